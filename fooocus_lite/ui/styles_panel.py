"""The style cards: what each shows, and how one without a picture is painted."""

import hashlib
from typing import Any

from ..studio import Studio
from ..thinking.presets import Preset
from ..thinking.styles import ENHANCE, RANDOM_STYLE, Style

# Hue in degrees and motif (drawn by assets/styles.css) of the categories that come along.
LOOKS = {
    "3D": (258, "facets"),
    "Anime & Comics": (340, "speed"),
    "Cinema": (205, "frames"),
    "Craft": (24, "weave"),
    "Design & Architecture": (216, "grid"),
    "Drawing": (42, "hatching"),
    "Era": (14, "arches"),
    "Fantasy & Sci-Fi": (276, "stars"),
    "Game": (150, "pixels"),
    "Material": (190, "sheen"),
    "Mood & Light": (48, "glow"),
    "Painting": (318, "strokes"),
    "Photography": (178, "rings"),
    "Print": (4, "dots"),
}
RULES = {ENHANCE: (28, "spark"), RANDOM_STYLE: (250, "die")}
MOTIFS = tuple(motif for _, motif in LOOKS.values())
HUE_SPREAD = 44


def style_cards(studio: Studio) -> list[dict[str, Any]]:
    """All styles as cards, in the order of their files."""
    return [_card(style) for style in studio.stock.styles.values()]


def pictures_made(studio: Studio) -> dict[str, int]:
    """When the picture of a style's card was made, in seconds; of those that have one."""
    files = {name: studio.stock.style_card(name) for name in studio.stock.styles}
    return {name: int(file.stat().st_mtime) for name, file in files.items() if file}


def shown_styles(studio: Studio, preset: Preset) -> list[str] | None:
    """Names of the styles that the preset's model can show; None when it sets no limit."""
    shown = studio.stock.shown_styles(preset.model)
    return None if shown is None else list(shown)


def _card(style: Style) -> dict[str, Any]:
    """`hue` and `turn` are degrees; they and `motif` paint the card until there is a picture."""
    digest = hashlib.sha256(style.name.encode()).digest()
    hue, motif = RULES.get(style.name) or _look(style.category)
    return {
        "name": style.name,
        "category": style.category,
        "tags": list(style.tags),
        "motif": motif,
        "hue": (hue + digest[0] % HUE_SPREAD - HUE_SPREAD // 2) % 360,
        "turn": digest[1] * 360 // 256,
    }


def _look(category: str) -> tuple[int, str]:
    """A category people added gets a look of its own, always the same."""
    if category in LOOKS:
        return LOOKS[category]
    digest = hashlib.sha256(category.encode()).digest()
    return digest[0] * 360 // 256, MOTIFS[digest[1] % len(MOTIFS)]
