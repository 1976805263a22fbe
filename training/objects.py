"""How each object looks: one small function per word, all in the pen's coordinates.

Objects fill about -1..1; those that stand have their feet at y = 0.95.
"""

from collections.abc import Callable

from training.pen import INK, PAPER, Pen, accent, darker, heart_points, lighter, mix, star_points
from training.vocabulary import RGB

WOOD: RGB = (120, 76, 46)
LEAF: RGB = (78, 164, 72)
SUNNY: RGB = (255, 220, 90)
GLASS: RGB = (190, 228, 250)


def circle(pen: Pen, color: RGB) -> None:
    pen.disc(0, 0, 0.95, darker(color))
    pen.disc(-0.05, -0.05, 0.88, color)
    pen.oval(-0.35, -0.42, 0.22, 0.16, lighter(color))


def square(pen: Pen, color: RGB) -> None:
    pen.box(-0.85, -0.85, 0.85, 0.85, darker(color))
    pen.box(-0.85, -0.85, 0.7, 0.7, color)
    pen.box(-0.65, -0.65, -0.2, -0.5, lighter(color))


def triangle(pen: Pen, color: RGB) -> None:
    pen.polygon([(0, -0.92), (1, 0.8), (-1, 0.8)], color)
    pen.polygon([(0, -0.92), (1, 0.8), (0.25, 0.8)], darker(color))


def star(pen: Pen, color: RGB) -> None:
    points = star_points()
    pen.polygon(points, color)
    for i in range(0, 10, 2):
        pen.polygon([(0, 0), points[i], points[(i + 1) % 10]], darker(color, 0.16))


def heart(pen: Pen, color: RGB) -> None:
    pen.polygon(heart_points(1.0), darker(color))
    pen.polygon([(x - 0.04, y - 0.05) for x, y in heart_points(0.9)], color)
    pen.oval(-0.48, -0.5, 0.18, 0.14, lighter(color))


def apple(pen: Pen, color: RGB) -> None:
    pen.oval(0.36, 0.2, 0.56, 0.72, darker(color))
    pen.oval(-0.34, 0.2, 0.6, 0.74, color)
    pen.oval(0.26, 0.2, 0.56, 0.7, color)
    pen.oval(-0.5, -0.08, 0.16, 0.2, lighter(color))
    pen.stroke([(0, -0.42), (0.04, -0.7), (0.14, -0.95)], 0.12, WOOD)
    pen.polygon([(0.1, -0.62), (0.35, -0.95), (0.75, -0.92), (0.5, -0.62)], LEAF)


def flower(pen: Pen, color: RGB) -> None:
    pen.box(-0.07, 0.1, 0.07, 0.98, LEAF)
    pen.polygon([(0, 0.85), (0.2, 0.5), (0.62, 0.42), (0.42, 0.75)], LEAF)
    pen.polygon([(0, 0.85), (-0.2, 0.5), (-0.62, 0.42), (-0.42, 0.75)], LEAF)
    petals = [(0, -0.8), (0.42, -0.5), (0.27, 0.0), (-0.27, 0.0), (-0.42, -0.5)]
    for x, y in petals:
        pen.disc(x, y + 0.06, 0.34, darker(color, 0.16))
        pen.disc(x, y + 0.02, 0.31, color)
    pen.disc(0, -0.34, 0.27, mix(SUNNY, (230, 140, 20), 0.35))


def tree(pen: Pen, color: RGB) -> None:
    pen.box(-0.14, 0.2, 0.14, 0.98, WOOD)
    pen.disc(0.36, 0.0, 0.48, darker(color))
    pen.disc(-0.38, 0.0, 0.5, color)
    pen.disc(0.0, -0.42, 0.55, color)
    pen.disc(0.1, 0.08, 0.45, color)
    pen.oval(-0.2, -0.62, 0.2, 0.14, lighter(color, 0.3))


def mushroom(pen: Pen, color: RGB) -> None:
    pen.round_box(-0.3, -0.1, 0.3, 0.95, (245, 232, 208), 0.2)
    pen.box(0.1, 0.1, 0.3, 0.8, (222, 204, 176))
    pen.pie(0, 0.1, 0.98, 180, 360, color)
    pen.round_box(-0.98, -0.02, 0.98, 0.2, darker(color), 0.1)
    for x, y, r in ((-0.5, -0.32, 0.15), (0.02, -0.52, 0.19), (0.52, -0.28, 0.14)):
        pen.disc(x, y, r, accent(color))


def cactus(pen: Pen, color: RGB) -> None:
    shade = darker(color)
    pen.round_box(-0.85, -0.45, -0.53, 0.25, color, 0.16)
    pen.box(-0.7, 0.0, -0.2, 0.25, color)
    pen.round_box(0.53, -0.6, 0.85, 0.1, shade, 0.16)
    pen.box(0.2, -0.15, 0.7, 0.1, shade)
    pen.round_box(-0.28, -0.95, 0.28, 1.0, color, 0.26)
    pen.round_box(0.06, -0.8, 0.28, 0.98, shade, 0.12)


def house(pen: Pen, color: RGB) -> None:
    pen.box(-0.72, -0.12, 0.72, 0.95, color)
    pen.box(0.4, -0.12, 0.72, 0.95, darker(color, 0.16))
    pen.box(0.42, -0.85, 0.62, -0.3, darker(WOOD))
    pen.polygon([(0, -0.95), (1, -0.1), (-1, -0.1)], mix(darker(color, 0.5), WOOD, 0.35))
    pen.box(-0.16, 0.4, 0.2, 0.95, WOOD)
    for x in (-0.56, 0.32):
        pen.box(x, 0.12, x + 0.28, 0.4, SUNNY)


def castle(pen: Pen, color: RGB) -> None:
    shade = darker(color, 0.16)
    pen.box(-0.6, -0.05, 0.6, 0.95, shade)
    for x in (-0.55, -0.18, 0.19):
        pen.box(x, -0.2, x + 0.36 - 0.12, 0.0, shade)
    for x in (-0.95, 0.5):
        pen.box(x, -0.42, x + 0.45, 0.95, color)
        pen.polygon([(x - 0.08, -0.4), (x + 0.53, -0.4), (x + 0.22, -0.98)], darker(color, 0.5))
        pen.box(x + 0.14, -0.15, x + 0.31, 0.12, SUNNY)
    pen.pie(0, 0.55, 0.25, 180, 360, WOOD)
    pen.box(-0.25, 0.54, 0.25, 0.95, WOOD)


def lighthouse(pen: Pen, color: RGB) -> None:
    pen.polygon([(-0.3, -0.4), (0.3, -0.4), (0.48, 0.95), (-0.48, 0.95)], color)
    for top, bottom in ((-0.1, 0.2), (0.5, 0.78)):
        left, right = 0.3 + 0.13 * (top + 0.4), 0.3 + 0.13 * (bottom + 0.4)
        band = [(-left, top), (left, top), (right, bottom), (-right, bottom)]
        pen.polygon(band, mix(PAPER if accent(color) == PAPER else INK, color, 0.1))
    pen.box(-0.4, -0.5, 0.4, -0.38, INK)
    pen.box(-0.24, -0.76, 0.24, -0.5, SUNNY)
    pen.polygon([(-0.34, -0.74), (0.34, -0.74), (0, -1.0)], darker(color, 0.4))


def car(pen: Pen, color: RGB) -> None:
    pen.polygon([(-0.6, -0.05), (-0.38, -0.52), (0.3, -0.52), (0.62, -0.05)], color)
    pen.polygon([(-0.44, -0.08), (-0.3, -0.4), (-0.06, -0.4), (-0.06, -0.08)], GLASS)
    pen.polygon([(0.04, -0.08), (0.04, -0.4), (0.24, -0.4), (0.44, -0.08)], GLASS)
    pen.round_box(-0.98, -0.1, 0.98, 0.46, color, 0.16)
    pen.box(-0.9, 0.28, 0.9, 0.46, darker(color))
    pen.box(0.84, 0.02, 0.98, 0.16, SUNNY)
    for x in (-0.54, 0.54):
        pen.disc(x, 0.44, 0.27, INK)
        pen.disc(x, 0.44, 0.12, (200, 204, 210))


def boat(pen: Pen, color: RGB) -> None:
    pen.box(-0.05, -0.98, 0.05, 0.45, WOOD)
    pen.polygon([(0.1, -0.92), (0.1, 0.28), (0.82, 0.28)], PAPER)
    pen.polygon([(-0.1, -0.7), (-0.1, 0.28), (-0.68, 0.28)], (232, 236, 244))
    pen.polygon([(-0.98, 0.42), (0.98, 0.42), (0.66, 0.9), (-0.66, 0.9)], color)
    pen.polygon([(-0.8, 0.68), (0.8, 0.68), (0.66, 0.9), (-0.66, 0.9)], darker(color))


def rocket(pen: Pen, color: RGB) -> None:
    pen.polygon([(-0.22, 0.55), (0.22, 0.55), (0, 1.0)], (255, 150, 30))
    pen.polygon([(-0.12, 0.55), (0.12, 0.55), (0, 0.8)], SUNNY)
    for side in (-1, 1):
        pen.polygon([(side * 0.28, 0.1), (side * 0.72, 0.62), (side * 0.28, 0.5)], darker(color))
    pen.oval(0, -0.15, 0.38, 0.83, color)
    pen.box(-0.3, 0.4, 0.3, 0.56, darker(color, 0.4))
    pen.disc(0, -0.3, 0.21, PAPER)
    pen.disc(0, -0.3, 0.14, (90, 160, 220))


def balloon(pen: Pen, color: RGB) -> None:
    for x in (-0.2, 0.2):
        pen.stroke([(x * 2.4, 0.1), (x, 0.68)], 0.05, WOOD)
    pen.polygon([(-0.66, 0.02), (0.66, 0.02), (0.22, 0.48), (-0.22, 0.48)], color)
    pen.disc(0, -0.26, 0.72, color)
    pen.oval(0, -0.26, 0.28, 0.72, lighter(color, 0.4))
    pen.polygon([(-0.26, 0.0), (0.26, 0.0), (0.1, 0.48), (-0.1, 0.48)], lighter(color, 0.4))
    pen.round_box(-0.24, 0.66, 0.24, 0.98, WOOD, 0.06)


def fish(pen: Pen, color: RGB) -> None:
    pen.polygon([(0.4, 0.0), (0.98, -0.48), (0.84, 0.0), (0.98, 0.48)], darker(color))
    pen.polygon([(-0.3, -0.4), (0.1, -0.8), (0.35, -0.3)], darker(color))
    pen.oval(-0.18, 0.0, 0.78, 0.5, color)
    pen.polygon([(0.0, 0.05), (0.32, 0.3), (0.0, 0.32)], darker(color))
    pen.oval(-0.2, -0.28, 0.3, 0.1, lighter(color, 0.35))
    pen.disc(-0.58, -0.08, 0.14, PAPER)
    pen.disc(-0.6, -0.08, 0.08, INK)


def bird(pen: Pen, color: RGB) -> None:
    for x in (-0.12, 0.2):
        pen.box(x - 0.04, 0.55, x + 0.04, 0.95, (240, 150, 40))
    pen.polygon([(0.4, 0.2), (1.0, -0.18), (0.9, 0.3), (0.5, 0.45)], darker(color))
    pen.oval(0.08, 0.2, 0.62, 0.48, color)
    pen.disc(-0.38, -0.35, 0.42, color)
    pen.polygon([(-0.74, -0.46), (-1.0, -0.28), (-0.74, -0.18)], (250, 160, 30))
    pen.oval(0.22, 0.2, 0.36, 0.24, darker(color))
    pen.disc(-0.46, -0.44, 0.13, PAPER)
    pen.disc(-0.48, -0.44, 0.07, INK)


def butterfly(pen: Pen, color: RGB) -> None:
    for side in (-1, 1):
        pen.oval(side * 0.5, -0.36, 0.48, 0.5, color)
        pen.oval(side * 0.42, 0.48, 0.38, 0.4, darker(color))
        pen.oval(side * 0.54, -0.38, 0.2, 0.22, accent(color))
        pen.stroke([(0, -0.5), (side * 0.22, -0.95)], 0.07, INK)
    pen.round_box(-0.1, -0.6, 0.1, 0.75, INK, 0.1)


def cat(pen: Pen, color: RGB) -> None:
    for side in (-1, 1):
        pen.polygon([(side * 0.1, -0.5), (side * 0.72, -0.98), (side * 0.82, 0.0)], color)
        pen.polygon(
            [(side * 0.4, -0.55), (side * 0.65, -0.78), (side * 0.7, -0.3)], (255, 176, 190)
        )
    pen.oval(0, 0.12, 0.86, 0.78, color)
    pen.oval(0, 0.48, 0.4, 0.26, lighter(color, 0.4))
    for x in (-0.38, 0.38):
        pen.oval(x, -0.04, 0.17, 0.2, PAPER)
        pen.oval(x, -0.04, 0.09, 0.16, INK)
    pen.polygon([(-0.13, 0.28), (0.13, 0.28), (0, 0.44)], (236, 96, 120))


def cup(pen: Pen, color: RGB) -> None:
    pen.ring(0.55, 0.15, 0.42, 0.15, darker(color))
    pen.polygon([(-0.75, -0.4), (0.55, -0.4), (0.4, 0.85), (-0.6, 0.85)], color)
    pen.polygon([(0.25, -0.4), (0.55, -0.4), (0.4, 0.85), (0.18, 0.85)], darker(color, 0.16))
    pen.oval(-0.1, -0.4, 0.65, 0.17, lighter(color, 0.3))
    pen.oval(-0.1, -0.38, 0.54, 0.11, (96, 58, 36))
    for x in (-0.32, 0.08):
        pen.stroke([(x, -0.62), (x + 0.08, -0.76), (x, -0.95)], 0.07, (214, 214, 220))


def umbrella(pen: Pen, color: RGB) -> None:
    pen.box(-0.05, -0.98, 0.05, 0.8, WOOD)
    pen.stroke([(0, 0.75), (0.06, 0.9), (0.2, 0.92), (0.28, 0.76)], 0.1, WOOD)
    pen.pie(0, 0.08, 0.96, 180, 360, color)
    pen.polygon([(-0.02, -0.88), (0.34, 0.08), (-0.34, 0.08)], lighter(color, 0.4))
    pen.polygon([(0.34, -0.8), (0.96, 0.08), (0.6, 0.08)], darker(color))


def robot(pen: Pen, color: RGB) -> None:
    steel: RGB = (112, 118, 130)
    pen.box(-0.04, -0.98, 0.04, -0.7, steel)
    pen.disc(0, -0.9, 0.1, (250, 90, 80))
    for x in (-0.8, 0.62):
        pen.round_box(x, 0.06, x + 0.18, 0.62, steel, 0.09)
    for x in (-0.38, 0.12):
        pen.box(x, 0.7, x + 0.26, 0.98, steel)
    pen.round_box(-0.56, -0.74, 0.56, -0.04, color, 0.14)
    pen.round_box(-0.58, 0.04, 0.58, 0.76, darker(color, 0.16), 0.1)
    for x in (-0.24, 0.24):
        pen.disc(x, -0.44, 0.16, PAPER)
        pen.disc(x, -0.44, 0.08, INK)
    pen.box(-0.26, -0.2, 0.26, -0.12, INK)
    pen.box(-0.28, 0.22, 0.28, 0.5, SUNNY)


DRAW: dict[str, Callable[[Pen, RGB], None]] = {
    draw.__name__: draw
    for draw in (
        circle, square, triangle, star, heart, apple, flower, tree, mushroom, cactus, house, castle,
        lighthouse, car, boat, rocket, balloon, fish, bird, butterfly, cat, cup, umbrella, robot,
    )
}  # fmt: skip
