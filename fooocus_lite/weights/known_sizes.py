"""How large published models are, known before one is here. Never imports torch.

The table beside this file is written by `benchmarks/known_sizes.py`, from published configs.
"""

import json
import math
from functools import cache, partial
from pathlib import Path

from ..thinking.activations import DecoderShape, DenoiserShape
from ..thinking.model_size import ModelSize, Part

TABLE = Path(__file__).with_suffix(".json")

OF_FAMILY = {
    "sd15": ("SD 1.5",),
    "sdxl": ("SDXL",),
    "sdxl-refiner": ("SDXL refiner",),
    "sd35": ("SD 3.5 Large", "SD 3.5 Medium"),
    "flux1": ("FLUX.1 dev", "FLUX.1 schnell"),
    "flux2-klein": ("FLUX.2 klein 4B", "FLUX.2 klein 9B"),
    "z-image": ("Z-Image",),
    "qwen-image": ("Qwen-Image",),
    "chroma": ("Chroma",),
    "lumina2": ("Lumina Image 2.0",),
    "sana": ("Sana 1.6B", "Sana 0.6B", "SANA 1.5 4.8B"),
}
"""The architectures that a family's models have."""

NAMED = {
    "stabilityai/stable-diffusion-3.5-large": "SD 3.5 Large",
    "stabilityai/stable-diffusion-3.5-large-turbo": "SD 3.5 Large",
    "stabilityai/stable-diffusion-3.5-medium": "SD 3.5 Medium",
    "black-forest-labs/FLUX.1-schnell": "FLUX.1 schnell",
    "black-forest-labs/FLUX.2-klein-4B": "FLUX.2 klein 4B",
    "black-forest-labs/FLUX.2-klein-base-4B": "FLUX.2 klein 4B",
    "black-forest-labs/FLUX.2-klein-9B": "FLUX.2 klein 9B",
    "black-forest-labs/FLUX.2-klein-base-9B": "FLUX.2 klein 9B",
    "Efficient-Large-Model/Sana_600M_512px_diffusers": "Sana 0.6B",
    "Efficient-Large-Model/Sana_600M_1024px_diffusers": "Sana 0.6B",
    "Efficient-Large-Model/Sana_1600M_512px_diffusers": "Sana 1.6B",
    "Efficient-Large-Model/Sana_1600M_1024px_diffusers": "Sana 1.6B",
    "Efficient-Large-Model/SANA1.5_1.6B_1024px_diffusers": "Sana 1.6B",
    "Efficient-Large-Model/SANA1.5_4.8B_1024px_diffusers": "SANA 1.5 4.8B",
}
"""The makers' repositories of families that have several."""

NUMBER_BYTES = (1.8, 4.2)
"""Of each number in a download: files in 16 or 32 bits, with what lies between."""
ALIKE = 1.1
"""Architectures whose numbers differ by less than this factor are taken for each other."""


def of(name: str, family: str, download_bytes: float | None = None) -> ModelSize | None:
    """The size of a repository, such as "Qwen/Qwen-Image-2512"; None where it is not known.

    One that is not named here has the architecture of its family that is as large as its download;
    where nobody says how large that is, the only one there is.
    """
    names = [NAMED[name]] if name in NAMED else OF_FAMILY.get(family, ())
    sizes = [_table()[each] for each in names]
    if download_bytes is not None:
        least, most = NUMBER_BYTES
        fitting = [each for each in sizes if least <= download_bytes / each.parameters <= most]
        return min(fitting, key=partial(_distance, download_bytes), default=None)
    counts = [each.parameters for each in sizes]
    return sizes[0] if sizes and max(counts) < ALIKE * min(counts) else None


def _distance(download_bytes: float, size: ModelSize) -> float:
    """How far a download is from 16 or 32 bits for each number of a model."""
    number_bytes = download_bytes / size.parameters
    return min(abs(math.log2(number_bytes / whole)) for whole in (2, 4))


@cache
def _table() -> dict[str, ModelSize]:
    known = json.loads(TABLE.read_text(encoding="utf-8"))
    return {
        name: ModelSize(
            parts=tuple(Part(**part) for part in size["parts"]),
            denoiser_shape=DenoiserShape(**size["denoiser_shape"]),
            decoder_shape=DecoderShape(**size["decoder_shape"]),
            is_float16_safe=size["is_float16_safe"],
            can_load_4bit=size["can_load_4bit"],
        )
        for name, size in known.items()
    }
