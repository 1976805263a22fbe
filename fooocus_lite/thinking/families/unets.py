"""Families whose denoiser is a UNet: the built-in starter, Stable Diffusion 1.5 and XL."""

from ..schedulers import SCHEDULERS
from .family import Aspect, Family, Latents, Performance, PerformanceLoRA, TextEncoder

CLIP_TOKENS = 77
_CLIP = TextEncoder("text_encoder", "tokenizer", "CLIP", CLIP_TOKENS)
_CLIP_L = TextEncoder("text_encoder", "tokenizer", "CLIP-L", CLIP_TOKENS)
CLIP_G = TextEncoder("text_encoder_2", "tokenizer_2", "CLIP-G", CLIP_TOKENS)
_NOISE = tuple(name for name, each in SCHEDULERS.items() if not each.is_flow)


def _schedulers(first: str) -> tuple[str, ...]:
    return (first, *(name for name in _NOISE if name != first))


STARTER = Family(
    name="starter",
    title="Starter (built in)",
    pipeline="StableDiffusionXLPipeline",
    img2img="StableDiffusionXLImg2ImgPipeline",
    inpaint="StableDiffusionXLInpaintPipeline",
    denoiser="UNet2DConditionModel",
    text="clip",
    text_encoders=(_CLIP_L, CLIP_G),
    guidance_scale=3.0,
    schedulers=_schedulers("euler"),
    latents=Latents(4),
    # It draws few things and is sure of them: at 0.6 little is left of where it started from.
    strength=0.4,
    size_multiple=8,
    min_side=64,
    max_side=512,
    aspects=(
        Aspect("1:1", 256, 256),
        Aspect("3:2", 240, 160),
        Aspect("2:3", 160, 240),
        Aspect("16:9", 256, 144),
        Aspect("9:16", 144, 256),
    ),
    performances=(
        Performance("Quality", 20, "20 steps, the best the model can do", 3.0, "euler"),
        Performance("Speed", 12, "12 steps, nearly as good", 3.0, "dpmpp_2m"),
        Performance(
            "Extreme Speed",
            4,
            "4 steps, in a blink",
            guidance_scale=1.0,
            scheduler="lcm",
            lora=PerformanceLoRA("starter-lcm", "starter-lcm.safetensors"),
        ),
    ),
)

# Half of SDXL's sizes: the pixels that 512 × 512 has, in multiples of 32.
SD15 = Family(
    name="sd15",
    title="Stable Diffusion 1.5",
    pipeline="StableDiffusionPipeline",
    img2img="StableDiffusionImg2ImgPipeline",
    inpaint="StableDiffusionInpaintPipeline",
    denoiser="UNet2DConditionModel",
    text="clip",
    text_encoders=(_CLIP,),
    guidance_scale=7.0,
    schedulers=_schedulers("dpmpp_2m_karras"),
    latents=Latents(4),
    strength=0.7,
    size_multiple=8,
    min_side=256,
    max_side=1024,
    aspects=(
        Aspect("1:1", 512, 512),
        Aspect("4:3", 576, 448),
        Aspect("3:4", 448, 576),
        Aspect("3:2", 608, 416),
        Aspect("2:3", 416, 608),
        Aspect("16:9", 672, 384),
        Aspect("9:16", 384, 672),
    ),
    performances=(
        Performance("Quality", 50, "50 steps, the most detail"),
        Performance("Speed", 25, "25 steps, nearly as good"),
        Performance(
            "Extreme Speed",
            8,
            "8 steps, with the LCM LoRA",
            guidance_scale=1.0,
            scheduler="lcm",
            lora=PerformanceLoRA(
                "lcm-lora-sdv1-5",
                "pytorch_lora_weights.safetensors",
                "latent-consistency/lcm-lora-sdv1-5",
                size_mib=128,
                licence="openrail++",
            ),
        ),
        Performance(
            "Hyper-SD",
            4,
            "4 steps, with the Hyper-SD LoRA",
            guidance_scale=1.0,
            scheduler="ddim_trailing",
            lora=PerformanceLoRA(
                "Hyper-SD15-4steps-lora",
                "Hyper-SD15-4steps-lora.safetensors",
                "ByteDance/Hyper-SD",
                size_mib=257,
            ),
        ),
    ),
)

SDXL = Family(
    name="sdxl",
    title="SDXL",
    pipeline="StableDiffusionXLPipeline",
    img2img="StableDiffusionXLImg2ImgPipeline",
    inpaint="StableDiffusionXLInpaintPipeline",
    denoiser="UNet2DConditionModel",
    text="clip",
    text_encoders=(_CLIP_L, CLIP_G),
    guidance_scale=5.0,
    schedulers=_schedulers("dpmpp_2m_sde_karras"),
    latents=Latents(4),
    strength=0.7,
    size_multiple=8,
    min_side=512,
    max_side=2048,
    aspects=(
        Aspect("1:1", 1024, 1024),
        Aspect("4:3", 1152, 896),
        Aspect("3:4", 896, 1152),
        Aspect("3:2", 1216, 832),
        Aspect("2:3", 832, 1216),
        Aspect("16:9", 1344, 768),
        Aspect("9:16", 768, 1344),
    ),
    # The buckets SDXL was trained on (arXiv:2307.01952, appendix I) that people use.
    sizes=(
        (704, 1408), (704, 1344), (768, 1344), (768, 1280), (832, 1216), (832, 1152), (896, 1152),
        (896, 1088), (960, 1088), (960, 1024), (1024, 1024), (1024, 960), (1088, 960), (1088, 896),
        (1152, 896), (1152, 832), (1216, 832), (1280, 768), (1344, 768), (1344, 704), (1408, 704),
        (1472, 704), (1536, 640), (1600, 640), (1664, 576), (1728, 576),
    ),
    performances=(
        Performance("Quality", 60, "60 steps, the most detail"),
        Performance("Speed", 30, "30 steps, nearly as good"),
        Performance(
            "Extreme Speed",
            8,
            "8 steps, with the LCM LoRA",
            guidance_scale=1.0,
            scheduler="lcm",
            lora=PerformanceLoRA(
                "lcm-lora-sdxl",
                "pytorch_lora_weights.safetensors",
                "latent-consistency/lcm-lora-sdxl",
                size_mib=376,
                licence="openrail++",
            ),
        ),
        Performance(
            "Lightning",
            4,
            "4 steps, with the SDXL-Lightning LoRA",
            guidance_scale=1.0,
            scheduler="euler_trailing",
            lora=PerformanceLoRA(
                "sdxl_lightning_4step_lora",
                "sdxl_lightning_4step_lora.safetensors",
                "ByteDance/SDXL-Lightning",
                size_mib=376,
                licence="openrail++",
            ),
        ),
        Performance(
            "Hyper-SD",
            4,
            "4 steps, with the Hyper-SD LoRA",
            guidance_scale=1.0,
            scheduler="ddim_trailing",
            lora=PerformanceLoRA(
                "Hyper-SDXL-4steps-lora",
                "Hyper-SDXL-4steps-lora.safetensors",
                "ByteDance/Hyper-SD",
                size_mib=751,
            ),
        ),
    ),
    # SDXL-Turbo, SDXL-Lightning and their kin.
    distilled=(
        Performance("Speed", 4, "4 steps, what it was made for", 1.0, "euler_trailing"),
    ),
)  # fmt: skip
