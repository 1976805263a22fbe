"""The words the starter model knows: objects, colours, places, times, weather and styles.

Plain data only. Drawings, captions, the model card and the benchmark all read the same tables, so a
word is either known everywhere or nowhere.
"""

from typing import Final

RGB = tuple[int, int, int]

COLORS: Final[dict[str, RGB]] = {
    "red": (218, 36, 44),
    "orange": (247, 124, 12),
    "yellow": (253, 208, 44),
    "green": (52, 160, 72),
    "turquoise": (30, 188, 190),
    "blue": (36, 92, 214),
    "purple": (128, 58, 186),
    "pink": (250, 132, 186),
    "brown": (126, 78, 44),
    "black": (34, 34, 40),
    "white": (250, 250, 250),
    "gray": (142, 146, 152),
}

BACKGROUNDS: Final[dict[str, RGB]] = {
    "red": (226, 72, 72),
    "orange": (250, 158, 74),
    "yellow": (255, 226, 110),
    "green": (112, 190, 112),
    "turquoise": (112, 214, 210),
    "blue": (92, 148, 236),
    "purple": (162, 112, 212),
    "pink": (255, 182, 212),
    "brown": (158, 114, 78),
    "black": (26, 26, 32),
    "white": (255, 255, 255),
    "gray": (178, 182, 188),
}

DEFAULT_BACKGROUND: Final[RGB] = (250, 240, 220)
"""A warm cream: what a picture stands on when the prompt names neither background nor place."""

SHAPES: Final = ("circle", "square", "triangle", "star", "heart")

OBJECTS: Final = (
    *SHAPES,
    "apple",
    "flower",
    "tree",
    "mushroom",
    "cactus",
    "house",
    "castle",
    "lighthouse",
    "car",
    "boat",
    "rocket",
    "balloon",
    "fish",
    "bird",
    "butterfly",
    "cat",
    "cup",
    "umbrella",
    "robot",
)

NATURAL_COLORS: Final[dict[str, str]] = {
    "circle": "red", "square": "blue", "triangle": "yellow", "star": "yellow", "heart": "red",
    "apple": "red", "flower": "pink", "tree": "green", "mushroom": "red", "cactus": "green",
    "house": "red", "castle": "gray", "lighthouse": "red", "car": "blue", "boat": "red",
    "rocket": "blue", "balloon": "orange", "fish": "orange", "bird": "blue", "butterfly": "purple",
    "cat": "orange", "cup": "turquoise", "umbrella": "pink", "robot": "gray",
}  # fmt: skip
"""The colour of an object whose prompt names none."""

FLYING: Final = frozenset({"balloon", "bird", "butterfly", "rocket", "star", "heart", "circle"})
"""Objects a landscape shows in its sky instead of on its ground."""

PLACES: Final = ("meadow", "desert", "snow", "sea", "city", "forest", "mountains")
TIMES: Final = ("day", "dawn", "sunset", "night")
WEATHER: Final = ("clear", "cloudy", "rain", "snowfall", "storm")

STYLES: Final = (
    "watercolor",
    "pixel art",
    "line art",
    "noir",
    "neon",
    "blueprint",
    "sepia",
    "pop art",
    "pastel",
    "black and white",
    "vaporwave",
    "oil painting",
    "comic",
    "stained glass",
    "mosaic",
    "charcoal",
    "crayon",
    "thermal",
    "x-ray",
    "cyanotype",
    "risograph",
    "linocut",
    "gold leaf",
    "embroidery",
    "night vision",
)
"""Looks that change a picture; "flat vector" and its synonyms name the plain look."""

NUMBERS: Final = {1: "one", 2: "two", 3: "three"}

COLOR_SYNONYMS: Final[dict[str, tuple[str, ...]]] = {
    "red": ("crimson", "scarlet"),
    "orange": ("tangerine",),
    "yellow": ("golden", "lemon"),
    "green": ("emerald",),
    "turquoise": ("teal", "cyan"),
    "blue": ("azure", "navy"),
    "purple": ("violet",),
    "pink": ("rose",),
    "brown": ("chocolate",),
    "black": ("dark black",),
    "white": ("snow-white",),
    "gray": ("grey", "silver"),
}

OBJECT_SYNONYMS: Final[dict[str, tuple[str, ...]]] = {
    "circle": ("ball", "disc"),
    "square": ("box", "block"),
    "house": ("cottage", "home"),
    "cat": ("kitten",),
    "car": ("automobile",),
    "boat": ("sailboat", "ship"),
    "balloon": ("hot air balloon",),
    "rocket": ("spaceship",),
    "flower": ("blossom",),
    "mushroom": ("toadstool",),
    "cup": ("mug", "teacup"),
    "umbrella": ("parasol",),
    "castle": ("fortress",),
}

PLURALS: Final[dict[str, str]] = {
    "cactus": "cactuses",
    "butterfly": "butterflies",
    "fish": "fish",
}

STYLE_SYNONYMS: Final[dict[str, tuple[str, ...]]] = {
    "watercolor": ("watercolour", "aquarelle", "watercolor painting"),
    "pixel art": ("8-bit", "pixelated", "retro game art"),
    "line art": ("line drawing", "ink sketch", "coloring page"),
    "noir": ("film noir", "dark moody monochrome"),
    "neon": ("neon lights", "glowing neon", "cyberpunk"),
    "blueprint": ("technical drawing", "schematic"),
    "sepia": ("old photo", "vintage photograph"),
    "pop art": ("halftone", "pop-art poster"),
    "pastel": ("soft pastel colors", "pale colors"),
    "black and white": ("monochrome", "grayscale"),
    "vaporwave": ("synthwave", "retrowave"),
    "oil painting": ("oil on canvas", "impasto"),
    "comic": ("comic book", "cartoon panel"),
    "stained glass": ("church window", "leaded glass"),
    "mosaic": ("tessera tiles", "tile mosaic"),
    "charcoal": ("charcoal drawing", "charcoal sketch"),
    "crayon": ("wax crayon", "child's crayon drawing"),
    "thermal": ("thermal camera", "heat map", "infrared thermography"),
    "x-ray": ("xray", "radiograph"),
    "cyanotype": ("sun print", "prussian blue print"),
    "risograph": ("riso print", "two-color print"),
    "linocut": ("woodcut", "lino print", "block print"),
    "gold leaf": ("gilded", "gold foil"),
    "embroidery": ("embroidered", "needlework", "stitched"),
    "night vision": ("night-vision goggles", "green phosphor"),
}

PLAIN_STYLES: Final = ("flat vector", "clip art", "flat design", "vector illustration")

FILLER: Final = (
    "highly detailed", "beautiful", "masterpiece", "best quality", "cinematic", "4k", "8k",
    "sharp focus", "bokeh", "professional", "trending", "digital art", "illustration", "artwork",
    "soft light", "dramatic lighting", "award winning", "intricate", "elegant", "photo", "picture",
    "concept art", "high resolution", "vivid", "stunning", "minimalist", "studio", "epic",
)  # fmt: skip
"""Words people add by habit. Captions contain them so that the model learns to pass over them."""


def plural(noun: str) -> str:
    """The plural of an object word or one of its synonyms."""
    if noun in PLURALS:
        return PLURALS[noun]
    if noun.endswith(("s", "x", "sh")):
        return noun + "es"
    return noun + "s"
