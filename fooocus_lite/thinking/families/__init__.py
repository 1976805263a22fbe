"""Model families as data, one table entry each. Class names stand here as text."""

from .family import (
    PERFORMANCES,
    Aspect,
    Family,
    Latents,
    Offer,
    Performance,
    PerformanceLoRA,
    TextEncoder,
    ratio,
)
from .refiners import CANNOT_SPLIT, REFINERS
from .transformers import CHROMA, FLUX1, FLUX2_KLEIN, LUMINA2, QWEN_IMAGE, SANA, SD35, Z_IMAGE
from .unets import SD15, SDXL, STARTER

FAMILIES: dict[str, Family] = {
    family.name: family
    for family in (
        STARTER, SD15, SDXL, SD35, FLUX1, FLUX2_KLEIN, Z_IMAGE, QWEN_IMAGE, CHROMA, LUMINA2, SANA,
    )
}  # fmt: skip

TITLES = {each.name: each.title for each in (*FAMILIES.values(), *REFINERS.values())}
"""What people call each kind of model, refiners among them."""

__all__ = [
    "CANNOT_SPLIT", "FAMILIES", "PERFORMANCES", "REFINERS", "STARTER", "TITLES", "Aspect", "Family",
    "Latents", "Offer", "Performance", "PerformanceLoRA", "TextEncoder", "ratio",
]  # fmt: skip
