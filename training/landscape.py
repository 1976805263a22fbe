"""Places at a time of day in some weather: sky, sun or moon, ground and what stands far away.

Fixed templates, so that equal words give equal pictures. All measures are shares of the picture.
"""

from collections.abc import Callable

from training.canvas import HORIZON, Canvas
from training.pen import PAPER, mix
from training.scene import Scene
from training.vocabulary import RGB

SKY: dict[str, tuple[RGB, RGB, RGB]] = {
    "day": ((92, 168, 240), (150, 204, 250), (216, 238, 252)),
    "dawn": ((128, 152, 222), (236, 180, 204), (255, 222, 190)),
    "sunset": ((92, 58, 140), (232, 92, 88), (255, 194, 88)),
    "night": ((8, 12, 40), (18, 26, 70), (40, 52, 108)),
}
TINT: dict[str, tuple[float, float, float]] = {
    "day": (1.0, 1.0, 1.0),
    "dawn": (0.98, 0.86, 0.9),
    "sunset": (0.82, 0.58, 0.56),
    "night": (0.26, 0.3, 0.46),
}
WEATHER_SKY: dict[str, tuple[RGB, float]] = {
    "cloudy": ((186, 194, 206), 0.6),
    "rain": ((128, 140, 158), 0.7),
    "snowfall": ((206, 214, 226), 0.65),
    "storm": ((58, 62, 84), 0.8),
}
GROUND: dict[str, RGB] = {
    "meadow": (116, 190, 84),
    "desert": (238, 200, 126),
    "snow": (240, 246, 252),
    "sea": (44, 128, 196),
    "city": (128, 132, 142),
    "forest": (78, 142, 72),
    "mountains": (128, 184, 96),
}
STARS = (
    (0.06, 0.09), (0.17, 0.3), (0.25, 0.06), (0.34, 0.2), (0.44, 0.07), (0.53, 0.28), (0.6, 0.1),
    (0.68, 0.36), (0.93, 0.4), (0.9, 0.07), (0.08, 0.46), (0.36, 0.44),
)  # fmt: skip


def paint_landscape(canvas: Canvas, scene: Scene) -> None:
    """Everything of a landscape but its thing and what falls from the sky."""
    sky = SKY[scene.time]
    if scene.weather in WEATHER_SKY:
        color, share = WEATHER_SKY[scene.weather]
        sky = tuple(mix(c, tinted(color, scene.time), share) for c in sky)  # type: ignore[assignment]
    canvas.sky(*sky)
    _paint_lights(canvas, scene)
    _paint_clouds(canvas, scene)
    assert scene.place is not None
    PLACE[scene.place](canvas, scene.time)


def paint_weather(canvas: Canvas, scene: Scene) -> None:
    """Rain, snow or lightning in front of everything."""
    if scene.weather in ("rain", "storm"):
        color = mix(PAPER, SKY[scene.time][1], 0.35)
        for row in range(6):
            for column in range(6):
                x, y = (column + 0.25 + 0.5 * (row % 2)) / 6, (row + 0.2) / 6
                canvas.pen(x, y, 0.05).stroke([(0.3, -0.8), (-0.3, 0.8)], 0.22, color)
    if scene.weather == "snowfall":
        for row in range(7):
            for column in range(6):
                x, y = (column + 0.25 + 0.5 * (row % 2)) / 6, (row + 0.5) / 7
                canvas.pen(x, y, 0.016).disc(0, 0, 1, PAPER)


def tinted(color: RGB, time: str, share: float = 1.0) -> RGB:
    """A colour in the light of a time of day; `share` of the effect."""
    light = TINT[time]
    return tuple(round(c * (1 - share + share * f)) for c, f in zip(color, light, strict=True))  # type: ignore[return-value]


def _paint_lights(canvas: Canvas, scene: Scene) -> None:
    if scene.time == "night" and scene.weather == "clear":
        for x, y in STARS:
            canvas.pen(x, y, 0.011).disc(0, 0, 1, (255, 250, 220))
        canvas.pen(0.8, 0.2, 0.095).disc(0, 0, 1, (252, 244, 206))
        canvas.pen(0.8, 0.2, 0.095).disc(
            -0.4, -0.25, 0.85, mix(SKY["night"][0], SKY["night"][1], 0.6)
        )
    if scene.weather != "clear" or scene.time == "night":
        return
    y, r, glow, color = {
        "day": (0.2, 0.1, (255, 240, 176), (255, 214, 60)),
        "dawn": (0.5, 0.12, (255, 232, 190), (255, 200, 120)),
        "sunset": (0.52, 0.17, (255, 168, 84), (255, 226, 120)),
    }[scene.time]
    canvas.pen(0.8, y, r * 1.35).disc(0, 0, 1, mix(SKY[scene.time][1], glow, 0.55))
    canvas.pen(0.8, y, r).disc(0, 0, 1, color)


def _paint_clouds(canvas: Canvas, scene: Scene) -> None:
    if scene.weather == "clear":
        if scene.time != "night":
            color = {"day": PAPER, "dawn": (255, 226, 226), "sunset": (255, 160, 130)}[scene.time]
            _cloud(canvas, 0.17, 0.17, 0.11, color)
        return
    base = {"storm": (72, 76, 98), "rain": (150, 160, 176)}.get(scene.weather, (232, 236, 242))
    color = tinted(base, scene.time, 0.75)
    for x, y in ((0.15, 0.16), (0.5, 0.09), (0.84, 0.18)):
        _cloud(canvas, x, y, 0.17, color)
    if scene.weather == "storm":
        bolt = [
            (0.1, -1),
            (0.75, -1),
            (0.3, -0.2),
            (0.75, -0.2),
            (-0.45, 1.2),
            (-0.1, 0.1),
            (-0.5, 0.1),
        ]
        canvas.pen(0.84, 0.4, 0.15).polygon(bolt, (255, 236, 110))


def _cloud(canvas: Canvas, x: float, y: float, size: float, color: RGB) -> None:
    pen = canvas.pen(x, y, size)
    pen.disc(-0.5, 0.1, 0.45, color)
    pen.disc(0.1, -0.12, 0.58, color)
    pen.disc(0.68, 0.14, 0.4, color)
    pen.round_box(-0.95, 0.1, 1.08, 0.54, color, 0.22)


def _meadow(canvas: Canvas, time: str) -> None:
    ground = GROUND["meadow"]
    canvas.oval(0.1, 0.78, 0.55, 0.24, tinted(mix(ground, (60, 150, 110), 0.45), time))
    canvas.oval(0.85, 0.8, 0.6, 0.27, tinted(mix(ground, (60, 150, 90), 0.25), time))
    canvas.box(0, 0.74, 1, 1, tinted(ground, time))
    for x, y, color in (
        (0.1, 0.84, PAPER), (0.2, 0.94, (255, 220, 80)), (0.74, 0.9, PAPER),
        (0.9, 0.82, (255, 220, 80)),
        (0.84, 0.96, (250, 150, 180)), (0.06, 0.97, (250, 150, 180)),
    ):  # fmt: skip
        canvas.pen(x, y, 0.02).disc(0, 0, 1, tinted(color, time))


def _desert(canvas: Canvas, time: str) -> None:
    ground = GROUND["desert"]
    canvas.polygon(
        [(0, 0.6), (0.3, 0.53), (0.62, 0.66), (1, 0.56), (1, 1), (0, 1)],
        tinted(mix(ground, (214, 140, 84), 0.4), time),
    )
    canvas.oval(0.2, 0.98, 0.7, 0.3, tinted(ground, time))
    canvas.oval(0.9, 1.0, 0.6, 0.26, tinted(mix(ground, (250, 230, 170), 0.4), time))
    canvas.box(0, 0.94, 1, 1, tinted(ground, time))
    _cactus(canvas, 0.9, 0.68, 0.1, time)


def _snow(canvas: Canvas, time: str) -> None:
    ground = GROUND["snow"]
    canvas.oval(0.2, 0.86, 0.7, 0.27, tinted(mix(ground, (170, 196, 226), 0.6), time))
    for x, size in ((0.08, 0.15), (0.72, 0.13), (0.92, 0.18)):
        _pine(canvas, x, 0.72, size, time, snowy=True)
    canvas.oval(0.8, 0.98, 0.8, 0.28, tinted(ground, time))
    canvas.box(0, 0.82, 1, 1, tinted(ground, time))


def _sea(canvas: Canvas, time: str) -> None:
    water = GROUND["sea"]
    canvas.box(0, HORIZON, 1, 1, tinted(water, time))
    canvas.box(0, 0.8, 1, 1, tinted(mix(water, (20, 80, 160), 0.5), time))
    foam = tinted(mix(water, PAPER, 0.45), time)
    for x, y in ((0.12, 0.69), (0.66, 0.68), (0.9, 0.76), (0.08, 0.86), (0.78, 0.88), (0.36, 0.95)):
        canvas.box(x - 0.06, y, x + 0.06, y + 0.012, foam)
    if time != "night":
        return
    for i in range(3):
        canvas.box(0.76, 0.66 + 0.06 * i, 0.84, 0.675 + 0.06 * i, (200, 196, 170))


def _city(canvas: Canvas, time: str) -> None:
    skyline = (
        (0.0, 0.3),
        (0.13, 0.42),
        (0.27, 0.22),
        (0.42, 0.36),
        (0.57, 0.26),
        (0.71, 0.44),
        (0.86, 0.32),
    )
    light = (255, 222, 120) if time in ("night", "sunset") else (206, 228, 246)
    for i, (x, top) in enumerate(skyline):
        wall = tinted(((104, 122, 158), (140, 152, 180), (86, 104, 142))[i % 3], time)
        canvas.box(x, top, x + 0.14, 0.8, wall)
        for row in range(3):
            for column in (0.028, 0.084):
                y = top + 0.05 + 0.1 * row
                canvas.box(x + column, y, x + column + 0.032, y + 0.045, light)
    canvas.box(0, 0.76, 1, 1, tinted(GROUND["city"], time))
    canvas.box(0, 0.76, 1, 0.79, tinted((190, 192, 198), time))
    for x in (0.05, 0.3, 0.55, 0.8):
        canvas.box(x, 0.95, x + 0.14, 0.97, tinted((244, 240, 220), time))


def _forest(canvas: Canvas, time: str) -> None:
    for x in (0.08, 0.26, 0.44, 0.62, 0.8, 0.96):
        _pine(canvas, x, 0.72, 0.2, time, color=(88, 140, 112))
    canvas.box(0, 0.68, 1, 1, tinted(GROUND["forest"], time))
    for x in (0.06, 0.94, 0.77):
        _pine(canvas, x, 0.84, 0.24, time)
    canvas.oval(0.42, 1.0, 0.36, 0.2, tinted((152, 186, 100), time))


def _mountains(canvas: Canvas, time: str) -> None:
    rock = (116, 124, 158)
    for x, top, width in ((0.2, 0.24, 0.34), (0.82, 0.32, 0.32), (0.52, 0.36, 0.3)):
        bottom = 0.74
        canvas.polygon([(x, top), (x + width, bottom), (x - width, bottom)], tinted(rock, time))
        canvas.polygon(
            [(x, top), (x + width, bottom), (x + width * 0.2, bottom)],
            tinted(mix(rock, (60, 64, 100), 0.35), time),
        )
        low = top + 0.12
        half = width * 0.12 / (bottom - top)
        cap = [
            (x, top),
            (x + half, low),
            (x + half * 0.3, low - 0.03),
            (x - half * 0.3, low + 0.02),
            (x - half, low),
        ]
        canvas.polygon(cap, tinted(PAPER, time, 0.75))
    canvas.box(0, 0.7, 1, 1, tinted(GROUND["mountains"], time))
    canvas.oval(0.25, 0.94, 0.75, 0.18, tinted(mix(GROUND["mountains"], (90, 160, 70), 0.5), time))
    canvas.box(0, 0.94, 1, 1, tinted(mix(GROUND["mountains"], (90, 160, 70), 0.5), time))


PLACE: dict[str, Callable[[Canvas, str], None]] = {
    "meadow": _meadow,
    "desert": _desert,
    "snow": _snow,
    "sea": _sea,
    "city": _city,
    "forest": _forest,
    "mountains": _mountains,
}


def _pine(
    canvas: Canvas,
    x: float,
    foot: float,
    size: float,
    time: str,
    *,
    snowy: bool = False,
    color: RGB = (40, 108, 70),
) -> None:
    pen = canvas.pen(x, foot, size)
    pen.box(-0.08, -0.3, 0.08, 0.0, tinted((104, 72, 48), time))
    for top, bottom, half in ((-1.0, -0.2, 0.46), (-1.35, -0.6, 0.38), (-1.65, -1.0, 0.28)):
        pen.polygon([(0, top), (half, bottom), (-half, bottom)], tinted(color, time))
    if snowy:
        pen.polygon([(0, -1.65), (0.14, -1.3), (-0.14, -1.3)], tinted(PAPER, time))


def _cactus(canvas: Canvas, x: float, foot: float, size: float, time: str) -> None:
    pen, color = canvas.pen(x, foot, size), tinted((70, 140, 84), time)
    pen.round_box(-0.16, -1.5, 0.16, 0.0, color, 0.16)
    pen.stroke([(-0.5, -1.2), (-0.5, -0.7), (0, -0.6)], 0.2, color)
    pen.stroke([(0.5, -1.3), (0.5, -0.9), (0, -0.8)], 0.2, color)
