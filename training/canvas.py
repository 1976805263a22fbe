"""An image to paint a scene on, measured in shares of its width, height and short side."""

import numpy as np
from PIL import Image, ImageDraw

from training.pen import Pen
from training.vocabulary import RGB

HORIZON = 0.62
"""Where sky meets ground, as a share of the height."""


class Canvas:
    """An image with helpers that take shares of its width and height."""

    def __init__(self, size: tuple[int, int], scale: int) -> None:
        self.width, self.height = size[0] * scale, size[1] * scale
        self.short = min(self.width, self.height)
        self.image = Image.new("RGB", (self.width, self.height))
        self._draw = ImageDraw.Draw(self.image)

    def pen(self, x: float, y: float, radius: float) -> Pen:
        """A pen around a point, its radius a share of the short side."""
        return Pen(self.image, (x * self.width, y * self.height), radius * self.short)

    def polygon(self, points: list[tuple[float, float]], color: RGB) -> None:
        """A filled polygon in shares of width and height."""
        self._draw.polygon([(x * self.width, y * self.height) for x, y in points], fill=color)

    def box(self, left: float, top: float, right: float, bottom: float, color: RGB) -> None:
        """A filled rectangle in shares of width and height."""
        self.polygon([(left, top), (right, top), (right, bottom), (left, bottom)], color)

    def oval(self, x: float, y: float, rx: float, ry: float, color: RGB) -> None:
        """A filled ellipse in shares of width and height."""
        corners = (x - rx) * self.width, (y - ry) * self.height
        self._draw.ellipse((*corners, (x + rx) * self.width, (y + ry) * self.height), fill=color)

    def sky(self, top: RGB, middle: RGB, bottom: RGB) -> None:
        """Fill the whole image with a vertical gradient that ends at the horizon."""
        stops = np.linspace(0, 1, self.height) / HORIZON
        rows = [np.interp(stops, (0, 0.55, 1), (top[i], middle[i], bottom[i])) for i in range(3)]
        column = np.stack(rows, -1).round().astype(np.uint8)[:, None]
        self.image.paste(Image.fromarray(np.repeat(column, self.width, 1)))
