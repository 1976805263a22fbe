"""Draws a scene: the picture that its caption describes, always the same for the same scene."""

from PIL import Image

from training import landscape, objects, vocabulary
from training.canvas import Canvas
from training.pen import Pen, mix
from training.scene import Scene, Thing
from training.styles import apply_style
from training.vocabulary import RGB

SUPERSAMPLING = 3
SINGLE_RADIUS = 0.375
"""Radius of a single thing as a share of the short side."""


def draw(scene: Scene, size: tuple[int, int]) -> Image.Image:
    """The scene as an RGB image of `size` (width, height) pixels, style included."""
    canvas = Canvas(size, SUPERSAMPLING)
    if scene.place is None:
        _paint_plain(canvas, scene)
    else:
        landscape.paint_landscape(canvas, scene)
        for thing in scene.things:
            _paint_in_place(canvas, scene, thing)
        landscape.paint_weather(canvas, scene)
    image = canvas.image.resize(size, Image.Resampling.BOX)
    return image if scene.style is None else apply_style(image, scene.style)


def background_color(scene: Scene) -> RGB:
    """The colour behind the things of a plain scene."""
    if scene.background is None:
        return vocabulary.DEFAULT_BACKGROUND
    return vocabulary.BACKGROUNDS[scene.background]


def thing_spots(scene: Scene, size: tuple[int, int]) -> list[tuple[float, float, float]]:
    """Centre x, y (shares of width and height) and radius (of the short side) of each thing."""
    total = max(scene.count, len(scene.things))
    width, height = size
    if total == 1:
        return [(0.5, 0.5, SINGLE_RADIUS)]
    if width == height and total == 3:
        return [(0.5, 0.27, 0.22), (0.26, 0.73, 0.22), (0.74, 0.73, 0.22)]
    radius = {(2, True): 0.225, (2, False): 0.3, (3, False): 0.23}[total, width == height]
    along = [(2 * i + 1) / (2 * total) for i in range(total)]
    if width >= height:
        return [(x, 0.5, radius) for x in along]
    return [(0.5, y, radius) for y in along]


def _paint_plain(canvas: Canvas, scene: Scene) -> None:
    color = background_color(scene)
    canvas.box(0, 0, 1, 1, color)
    spots = thing_spots(scene, (canvas.width, canvas.height))
    things = scene.things * scene.count if len(scene.things) == 1 else scene.things
    for thing, (x, y, radius) in zip(things, spots, strict=True):
        pen = canvas.pen(x, y, radius)
        pen.oval(0, 1.0, 0.8, 0.1, mix(color, (30, 30, 60), 0.1))
        objects.DRAW[thing.object](pen, vocabulary.COLORS[thing.color])


def _paint_in_place(canvas: Canvas, scene: Scene, thing: Thing) -> None:
    is_square = canvas.width == canvas.height
    if thing.object in vocabulary.FLYING:
        x, y, radius = 0.42, 0.36, 0.27 if is_square else 0.31
    else:
        radius = 0.31 if is_square else 0.37
        x, y = 0.42, 0.9 - 0.95 * radius * canvas.short / canvas.height
    if thing.object not in vocabulary.FLYING:
        _paint_footing(canvas, scene, thing, radius)
    stencil = Image.new("L", canvas.image.size, 0)
    layer = _lit_layer(canvas, thing, scene.time, (x, y, radius), stencil)
    canvas.image.paste(layer, mask=stencil)


def _paint_footing(canvas: Canvas, scene: Scene, thing: Thing, radius: float) -> None:
    foot = canvas.pen(0.42, 0.9, radius)
    if scene.place != "sea":
        ground = landscape.GROUND[scene.place or "meadow"]
        foot.oval(0, 0.0, 0.95, 0.1, landscape.tinted(mix(ground, (20, 30, 50), 0.35), scene.time))
    elif thing.object not in ("boat", "fish"):
        foot.oval(0, 0.06, 1.25, 0.2, landscape.tinted((240, 208, 140), scene.time))


def _lit_layer(
    canvas: Canvas, thing: Thing, time: str, spot: tuple[float, float, float], stencil: Image.Image
) -> Image.Image:
    """The thing in the light of the time of day; its outline is written to `stencil`."""
    key: RGB = (255, 0, 254)
    layer = Image.new("RGB", canvas.image.size, key)
    center = (spot[0] * canvas.width, spot[1] * canvas.height)
    pen = Pen(layer, center, spot[2] * canvas.short)
    objects.DRAW[thing.object](pen, vocabulary.COLORS[thing.color])
    red, green, blue = layer.split()
    mask = [red.point(lambda v: 255 * (v != 255)), green.point(lambda v: 255 * (v != 0))]
    outline = Image.merge("RGB", (*mask, blue.point(lambda v: 255 * (v != 254)))).convert("L")
    stencil.paste(outline.point(lambda v: 255 * (v > 0)))
    light = [1 - 0.4 * (1 - factor) for factor in landscape.TINT[time]]
    bands = [
        band.point(lambda v, f=f: round(v * f))
        for band, f in zip((red, green, blue), light, strict=True)
    ]
    return Image.merge("RGB", bands)
