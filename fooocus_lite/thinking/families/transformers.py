"""Families whose denoiser is a transformer, trained by flow matching, reading whole sentences.

Trained in bfloat16: SD 3.5 and FLUX.1 are known to work in float16 all the same, Z-Image and
Qwen-Image to give black pictures. The others are kept from it out of caution.
"""

from .family import Aspect, Family, Latents, Performance, PerformanceLoRA, TextEncoder

# About a megapixel each, in multiples of 64.
_MEGAPIXEL = (
    Aspect("1:1", 1024, 1024),
    Aspect("4:3", 1152, 896),
    Aspect("3:4", 896, 1152),
    Aspect("3:2", 1216, 832),
    Aspect("2:3", 832, 1216),
    Aspect("16:9", 1344, 768),
    Aspect("9:16", 768, 1344),
)


def _encoder(title: str, max_tokens: int) -> TextEncoder:
    return TextEncoder("text_encoder", "tokenizer", title, max_tokens)


SD35 = Family(
    name="sd35",
    title="Stable Diffusion 3.5",
    pipeline="StableDiffusion3Pipeline",
    img2img="StableDiffusion3Img2ImgPipeline",
    inpaint="StableDiffusion3InpaintPipeline",
    denoiser="SD3Transformer2DModel",
    text="long",
    text_encoders=(
        TextEncoder("text_encoder", "tokenizer", "CLIP-L", 77),
        TextEncoder("text_encoder_2", "tokenizer_2", "CLIP-G", 77),
        TextEncoder("text_encoder_3", "tokenizer_3", "T5", 256),
    ),
    guidance_scale=4.5,
    schedulers=("flow_euler", "flow_dpmpp_2m"),
    latents=Latents(16),
    size_multiple=16,
    min_side=512,
    max_side=1536,
    aspects=_MEGAPIXEL,
    performances=(
        Performance("Quality", 40, "40 steps, the most detail"),
        Performance("Speed", 28, "28 steps, nearly as good"),
    ),
    distilled=(Performance("Speed", 4, "4 steps, what it was made for", 1.0),),
    can_compile_blocks=False,
)

FLUX1 = Family(
    name="flux1",
    title="FLUX.1",
    pipeline="FluxPipeline",
    img2img="FluxImg2ImgPipeline",
    inpaint="FluxInpaintPipeline",
    denoiser="FluxTransformer2DModel",
    text="long",
    text_encoders=(
        TextEncoder("text_encoder", "tokenizer", "CLIP", 77),
        TextEncoder("text_encoder_2", "tokenizer_2", "T5", 512),
    ),
    # FLUX.1 schnell was trained with 256.
    unguided_tokens=256,
    # Guidance is a number the model was trained to read, so there is no second, negative pass.
    has_negative_prompt=False,
    has_two_passes=False,
    guidance_off=0.0,
    guidance_scale=3.5,
    schedulers=("flow_euler",),
    latents=Latents(16, is_packed=True),
    size_multiple=16,
    min_side=256,
    max_side=2048,
    aspects=_MEGAPIXEL,
    performances=(
        Performance("Quality", 50, "50 steps, the most detail"),
        Performance("Speed", 28, "28 steps, nearly as good"),
    ),
    distilled=(Performance("Speed", 4, "4 steps, what it was made for", 0.0),),
    has_step_cache=True,
)

FLUX2_KLEIN = Family(
    name="flux2-klein",
    title="FLUX.2 klein",
    pipeline="Flux2KleinPipeline",
    img2img=None,
    inpaint="Flux2KleinInpaintPipeline",
    denoiser="Flux2Transformer2DModel",
    text="long",
    text_encoders=(_encoder("Qwen3", 512),),
    # Guidance leads away from an empty prompt; the pipeline takes no other words for it.
    has_negative_prompt=False,
    guidance_scale=4.0,
    schedulers=("flow_euler",),
    latents=Latents(32, is_packed=True),
    size_multiple=16,
    min_side=256,
    max_side=2048,
    aspects=_MEGAPIXEL,
    performances=(
        Performance("Quality", 50, "50 steps, the most detail"),
        Performance("Speed", 25, "25 steps, nearly as good"),
    ),
    distilled=(Performance("Speed", 4, "4 steps, what it was made for", 1.0),),
    has_step_cache=True,
    is_float16_safe=False,
)

Z_IMAGE = Family(
    name="z-image",
    title="Z-Image",
    pipeline="ZImagePipeline",
    img2img="ZImageImg2ImgPipeline",
    inpaint="ZImageInpaintPipeline",
    denoiser="ZImageTransformer2DModel",
    text="long",
    text_encoders=(_encoder("Qwen3", 512),),
    guidance_off=0.0,
    guidance_scale=4.0,
    schedulers=("flow_euler",),
    latents=Latents(16),
    size_multiple=16,
    min_side=512,
    max_side=2048,
    aspects=_MEGAPIXEL,
    performances=(
        Performance("Quality", 50, "50 steps, the most detail"),
        Performance("Speed", 28, "28 steps, nearly as good"),
    ),
    distilled=(Performance("Speed", 9, "9 steps, what it was made for", 0.0),),
    is_float16_safe=False,
)

QWEN_IMAGE = Family(
    name="qwen-image",
    title="Qwen-Image",
    pipeline="QwenImagePipeline",
    img2img="QwenImageImg2ImgPipeline",
    inpaint="QwenImageInpaintPipeline",
    denoiser="QwenImageTransformer2DModel",
    text="long",
    text_encoders=(_encoder("Qwen2.5-VL", 512),),
    guidance_argument="true_cfg_scale",
    guidance_scale=4.0,
    schedulers=("flow_euler", "flow_euler_shift_3"),
    latents=Latents(16, is_packed=True),
    size_multiple=16,
    min_side=512,
    max_side=2048,
    aspects=(
        Aspect("1:1", 1328, 1328),
        Aspect("4:3", 1472, 1104),
        Aspect("3:4", 1104, 1472),
        Aspect("3:2", 1584, 1056),
        Aspect("2:3", 1056, 1584),
        Aspect("16:9", 1664, 928),
        Aspect("9:16", 928, 1664),
    ),
    performances=(
        Performance("Quality", 50, "50 steps, the most detail"),
        Performance("Speed", 20, "20 steps, nearly as good"),
        Performance(
            "Lightning",
            8,
            "8 steps, with the Qwen-Image-Lightning LoRA",
            guidance_scale=1.0,
            # The shift its teacher had, as in the LoRA's own example.
            scheduler="flow_euler_shift_3",
            lora=PerformanceLoRA(
                "Qwen-Image-Lightning-8steps-V1.1",
                "Qwen-Image-Lightning-8steps-V1.1.safetensors",
                "lightx2v/Qwen-Image-Lightning",
                size_mib=1620,
                licence="apache-2.0",
            ),
        ),
    ),
    has_step_cache=True,
    is_float16_safe=False,
)

CHROMA = Family(
    name="chroma",
    title="Chroma",
    pipeline="ChromaPipeline",
    img2img="ChromaImg2ImgPipeline",
    inpaint="ChromaInpaintPipeline",
    denoiser="ChromaTransformer2DModel",
    text="long",
    text_encoders=(_encoder("T5", 512),),
    guidance_scale=4.0,
    schedulers=("flow_euler",),
    latents=Latents(16, is_packed=True),
    size_multiple=16,
    min_side=256,
    max_side=2048,
    aspects=_MEGAPIXEL,
    performances=(
        Performance("Quality", 40, "40 steps, the most detail"),
        Performance("Speed", 26, "26 steps, nearly as good"),
    ),
    has_step_cache=True,
    is_float16_safe=False,
)

LUMINA2 = Family(
    name="lumina2",
    title="Lumina Image 2.0",
    pipeline="Lumina2Pipeline",
    img2img=None,
    inpaint=None,
    denoiser="Lumina2Transformer2DModel",
    text="long",
    text_encoders=(_encoder("Gemma 2", 256),),
    guidance_scale=4.0,
    schedulers=("flow_euler",),
    latents=Latents(16),
    size_multiple=16,
    min_side=512,
    max_side=2048,
    aspects=_MEGAPIXEL,
    performances=(
        Performance("Quality", 50, "50 steps, the most detail"),
        Performance("Speed", 30, "30 steps, nearly as good"),
    ),
    can_compile_blocks=False,
    is_float16_safe=False,
)

SANA = Family(
    name="sana",
    title="Sana",
    pipeline="SanaPipeline",
    img2img=None,
    inpaint=None,
    denoiser="SanaTransformer2DModel",
    text="long",
    text_encoders=(_encoder("Gemma 2", 300),),
    guidance_scale=4.5,
    # It would make a picture of 1024 px or more, and shrink it to the size asked for.
    call={"use_resolution_binning": False},
    schedulers=("flow_dpmpp_2m", "flow_euler"),
    latents=Latents(32, factor=32),
    size_multiple=32,
    min_side=512,
    max_side=2048,
    aspects=_MEGAPIXEL,
    performances=(
        Performance("Quality", 40, "40 steps, the most detail"),
        Performance("Speed", 20, "20 steps, nearly as good"),
    ),
    can_compile_blocks=False,
    is_float16_safe=False,
)
