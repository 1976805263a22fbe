"""The style cards: what each shows, and where its thumbnail lies. Knows nothing of prompts."""

import hashlib
from typing import Any
from urllib.parse import quote

from ..studio import Studio
from ..thinking.styles import Style


def style_cards(studio: Studio) -> list[dict[str, Any]]:
    """All styles as cards, in the order of their files."""
    return [
        _card(style, studio.stock.style_card(style.name) is not None)
        for style in studio.stock.styles.values()
    ]


def _card(style: Style, has_thumbnail: bool) -> dict[str, Any]:
    return {
        "name": style.name,
        "category": style.category,
        "search": " ".join((style.name, style.category, *style.tags)).lower(),
        "thumbnail": f"styles/{quote(style.name, safe='')}/thumbnail" if has_thumbnail else "",
        "art": _art(style.name),
    }


def _art(name: str) -> str:
    """A calm gradient of the style's own, until it has a picture."""
    digest = hashlib.sha256(name.encode()).digest()
    hue = digest[0] * 360 // 256
    other = (hue + 40 + digest[1] % 60) % 360
    x, y = 15 + digest[2] % 70, 15 + digest[3] % 70
    return (
        f"radial-gradient(circle at {x}% {y}%, hsl({other} 62% 72%) 0, transparent 58%), "
        f"radial-gradient(circle at {100 - x}% {100 - y}%, hsl({hue} 48% 34%) 0, transparent 66%), "
        f"linear-gradient({digest[4] % 180}deg, hsl({hue} 42% 56%), hsl({other} 46% 46%))"
    )
