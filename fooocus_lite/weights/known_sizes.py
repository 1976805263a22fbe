"""How large published models are, known before one is here. Never imports torch.

The table beside this file is written by `benchmarks/known_sizes.py`, from published configs.
"""

import json
from functools import cache
from pathlib import Path

from ..thinking.activations import DecoderShape, DenoiserShape
from ..thinking.model_size import ModelSize, Part

TABLE = Path(__file__).with_suffix(".json")

USUAL = {
    "sd15": "SD 1.5",
    "sdxl": "SDXL",
    "sdxl-refiner": "SDXL refiner",
    "sd35": "SD 3.5 Large",
    "flux1": "FLUX.1 dev",
    "flux2-klein": "FLUX.2 klein 4B",
    "z-image": "Z-Image",
    "qwen-image": "Qwen-Image",
    "chroma": "Chroma",
    "lumina2": "Lumina Image 2.0",
    "sana": "Sana 1.6B",
}
"""The architecture that a family's models have, for all that are not named below."""

OTHERS = {
    "stabilityai/stable-diffusion-3.5-medium": "SD 3.5 Medium",
    "black-forest-labs/FLUX.1-schnell": "FLUX.1 schnell",
    "black-forest-labs/FLUX.2-klein-9B": "FLUX.2 klein 9B",
    "black-forest-labs/FLUX.2-klein-base-9B": "FLUX.2 klein 9B",
    "Efficient-Large-Model/Sana_600M_512px_diffusers": "Sana 0.6B",
    "Efficient-Large-Model/Sana_600M_1024px_diffusers": "Sana 0.6B",
    "Efficient-Large-Model/SANA1.5_4.8B_1024px_diffusers": "SANA 1.5 4.8B",
}
"""Repositories whose architecture is another one than their family's usual."""


NUMBER_BYTES = (1.8, 4.2)
"""Of each number in a download: files in 16 or 32 bits, with what lies between."""


def of(name: str, family: str, download_bytes: float | None = None) -> ModelSize | None:
    """The size of a repository, such as "Qwen/Qwen-Image-2512"; None where it is not known.

    One without a row here is taken for a usual model of its family, if its download, where that is
    known, is as large as such a model's.
    """
    size = _table().get(OTHERS.get(name) or USUAL.get(family, ""))
    if size is None or download_bytes is None:
        return size
    least, most = (each * size.parameters for each in NUMBER_BYTES)
    return size if least <= download_bytes <= most else None


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
