"""A pen that draws in an object's own coordinates, and the few colour mixes the drawings share.

x and y run from -1 to 1 over the object, y downwards. Knows nothing of what is drawn.
"""

import math
from collections.abc import Sequence

from PIL import Image, ImageDraw

from training.vocabulary import RGB

Point = tuple[float, float]
INK: RGB = (44, 44, 58)
PAPER: RGB = (255, 255, 255)


def mix(color: RGB, other: RGB, share: float) -> RGB:
    """`color` with `share` (0..1) of it replaced by `other`."""
    return tuple(round(a + (b - a) * share) for a, b in zip(color, other, strict=True))  # type: ignore[return-value]


def darker(color: RGB, share: float = 0.24) -> RGB:
    """A shadow tone of a colour."""
    return mix(color, (20, 20, 60), share)


def lighter(color: RGB, share: float = 0.45) -> RGB:
    """A highlight tone of a colour."""
    return mix(color, PAPER, share)


def accent(color: RGB) -> RGB:
    """White for details on a dark or strong colour, ink for details on a light one."""
    return PAPER if 0.3 * color[0] + 0.59 * color[1] + 0.11 * color[2] < 190 else INK


class Pen:
    """Draws on an image inside the circle of `radius` pixels around `center`."""

    def __init__(self, image: Image.Image, center: Point, radius: float) -> None:
        self._draw = ImageDraw.Draw(image)
        self._center = center
        self._radius = radius

    def polygon(self, points: Sequence[Point], color: RGB) -> None:
        """A filled polygon."""
        self._draw.polygon([self._at(x, y) for x, y in points], fill=color)

    def box(self, left: float, top: float, right: float, bottom: float, color: RGB) -> None:
        """A filled upright rectangle."""
        self._draw.rectangle((*self._at(left, top), *self._at(right, bottom)), fill=color)

    def round_box(
        self, left: float, top: float, right: float, bottom: float, color: RGB, radius: float = 0.15
    ) -> None:
        """A filled rectangle with rounded corners."""
        corners = (*self._at(left, top), *self._at(right, bottom))
        self._draw.rounded_rectangle(corners, radius=radius * self._radius, fill=color)

    def oval(self, x: float, y: float, rx: float, ry: float, color: RGB) -> None:
        """A filled ellipse around (x, y)."""
        self._draw.ellipse((*self._at(x - rx, y - ry), *self._at(x + rx, y + ry)), fill=color)

    def disc(self, x: float, y: float, r: float, color: RGB) -> None:
        """A filled circle around (x, y)."""
        self.oval(x, y, r, r, color)

    def ring(self, x: float, y: float, r: float, width: float, color: RGB) -> None:
        """A circle line of outer radius r."""
        corners = (*self._at(x - r, y - r), *self._at(x + r, y + r))
        self._draw.ellipse(corners, outline=color, width=self._pixels(width))

    def pie(self, x: float, y: float, r: float, start: float, end: float, color: RGB) -> None:
        """A filled slice of a circle; degrees clockwise from three o'clock."""
        corners = (*self._at(x - r, y - r), *self._at(x + r, y + r))
        self._draw.pieslice(corners, start, end, fill=color)

    def stroke(self, points: Sequence[Point], width: float, color: RGB) -> None:
        """A line through the points with round joints."""
        pixels = [self._at(x, y) for x, y in points]
        self._draw.line(pixels, fill=color, width=self._pixels(width), joint="curve")

    def _at(self, x: float, y: float) -> Point:
        return self._center[0] + x * self._radius, self._center[1] + y * self._radius

    def _pixels(self, width: float) -> int:
        return max(1, round(width * self._radius))


def star_points(outer: float = 1.0, inner: float = 0.42, tips: int = 5) -> list[Point]:
    """The corners of an upright star around the origin."""
    corners = []
    for i in range(2 * tips):
        angle = math.pi * i / tips - math.pi / 2
        radius = outer if i % 2 == 0 else inner
        corners.append((radius * math.cos(angle), radius * math.sin(angle)))
    return corners


def heart_points(size: float = 1.0, steps: int = 60) -> list[Point]:
    """The outline of an upright heart around the origin."""
    points = []
    for i in range(steps):
        a = 2 * math.pi * i / steps
        x = 16 * math.sin(a) ** 3
        y = 13 * math.cos(a) - 5 * math.cos(2 * a) - 2 * math.cos(3 * a) - math.cos(4 * a)
        points.append((size * x / 16.5, -size * (y + 2) / 16.0))
    return points
