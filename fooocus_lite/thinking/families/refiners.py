"""Models that finish what another one began: the last steps of a picture, on its latents."""

from dataclasses import replace

from .family import Family
from .unets import CLIP_G, SDXL

SDXL_REFINER = replace(
    SDXL,
    name="sdxl-refiner",
    title="SDXL refiner",
    pipeline="StableDiffusionXLImg2ImgPipeline",
    img2img=None,
    inpaint=None,
    text_encoders=(CLIP_G,),
    has_lora=False,
    distilled=(),
)

REFINERS: dict[str, Family] = {SDXL.name: SDXL_REFINER}
"""The refiner of a family, for those that have one; it is never a model on its own."""

CANNOT_SPLIT = ("heun", "dpm2", "dpm2_karras", "dpm2_a", "pndm")
"""Schedulers of several calls a step: diffusers may hand over in the middle of one."""
