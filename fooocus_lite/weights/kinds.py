"""Which network a file holds, told from the names and shapes of its tensors. Tables and lookups.

The names are those of the makers' own files and of diffusers' folders.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "checkpoint",
    "refiner",
    "diffusion model",
    "lora",
    "vae",
    "embedding",
    "controlnet",
    "upscaler",
    "text encoder",
    "unknown",
]
Shapes = Mapping[str, tuple[int, ...]]


@dataclass(frozen=True)
class Architecture:
    """A network as people call it. `family` is None for one that is recognised and not run.

    `repo_id` has the configs and tokenizers for it on the Hub. `families` are all it fits, where
    its tensors do not tell them apart. One that is not known may fit any.
    """

    title: str
    family: str | None = None
    repo_id: str | None = None
    families: tuple[str, ...] = ()
    why_not: str = ""
    is_known: bool = True

    def __post_init__(self) -> None:
        if self.family and not self.families:
            object.__setattr__(self, "families", (self.family,))


UNKNOWN = Architecture("unknown", is_known=False)
SD15 = Architecture("Stable Diffusion 1.5", "sd15", "stable-diffusion-v1-5/stable-diffusion-v1-5")
SD2 = Architecture("Stable Diffusion 2")
SDXL = Architecture("SDXL", "sdxl", "stabilityai/stable-diffusion-xl-base-1.0")
SDXL_REFINER = Architecture(
    "SDXL refiner", "sdxl-refiner", "stabilityai/stable-diffusion-xl-refiner-1.0"
)
FLUX1 = Architecture("FLUX.1 dev", "flux1", "black-forest-labs/FLUX.1-dev")
FLUX1_SCHNELL = Architecture("FLUX.1 schnell", "flux1", "black-forest-labs/FLUX.1-schnell")
FLUX2_DEV = Architecture("FLUX.2 dev")
FLUX2_4B = Architecture("FLUX.2 klein 4B", "flux2-klein", "black-forest-labs/FLUX.2-klein-4B")
FLUX2_9B = Architecture("FLUX.2 klein 9B", "flux2-klein", "black-forest-labs/FLUX.2-klein-9B")
SD35_LARGE = Architecture(
    "Stable Diffusion 3.5 Large", "sd35", "stabilityai/stable-diffusion-3.5-large"
)
SD35_MEDIUM = Architecture(
    "Stable Diffusion 3.5 Medium", "sd35", "stabilityai/stable-diffusion-3.5-medium"
)
SD3 = Architecture(
    "Stable Diffusion 3 Medium", "sd35", "stabilityai/stable-diffusion-3-medium-diffusers"
)
CHROMA = Architecture("Chroma", "chroma", "lodestones/Chroma1-HD")
Z_IMAGE = Architecture("Z-Image", "z-image", "Tongyi-MAI/Z-Image-Turbo")
LUMINA2 = Architecture("Lumina Image 2.0", "lumina2", "Alpha-VLLM/Lumina-Image-2.0")
QWEN_IMAGE = Architecture("Qwen-Image", "qwen-image", "Qwen/Qwen-Image")
SANA = Architecture("Sana", "sana", "Efficient-Large-Model/Sana_1600M_1024px_diffusers")

UNET_BY_TEXT_WIDTH = {768: SD15, 1024: SD2, 2048: SDXL, 1280: SDXL_REFINER}
"""How wide the text is that the UNet reads, in its layers attn2.to_k."""

# The first whose names are all there counts.
_TRANSFORMERS: tuple[tuple[tuple[str, ...], Architecture], ...] = (
    (("distilled_guidance_layer.in_proj.bias",), CHROMA),
    (("early_stream_modulations.image.lin.weight",), Architecture("FLUX.3")),
    (("joint_blocks.37.x_block.mlp.fc1.weight",), SD35_LARGE),
    (("joint_blocks.0.x_block.attn2.qkv.weight",), SD35_MEDIUM),
    (("joint_blocks.0.context_block.adaLN_modulation.1.bias",), SD3),
    (("transformer_blocks.37.norm1_context.linear.weight", "pos_embed.proj.weight"), SD35_LARGE),
    (
        ("transformer_blocks.0.norm1_context.linear.weight", "pos_embed.proj.weight"),
        SD35_MEDIUM,
    ),
    (("layers.0.adaLN_modulation.0.weight", "cap_embedder.0.weight"), Z_IMAGE),
    (("cap_embedder.0.weight",), LUMINA2),
    (("time_caption_embed.caption_embedder.0.weight",), LUMINA2),
    (("txt_in.text_norm.weight",), Architecture("Qwen-Image 2.1")),
    (("transformer_blocks.0.txt_mod.1.weight", "txt_norm.weight"), QWEN_IMAGE),
    (("blocks.0.mlp.inverted_conv.conv.weight",), SANA),
    (("transformer_blocks.0.ff.conv_inverted.weight",), SANA),
    (("blocks.0.cross_attn.q_linear.weight",), Architecture("PixArt")),
    (("head.modulation",), Architecture("Wan")),
    (
        ("txt_in.individual_token_refiner.blocks.0.adaLN_modulation.1.bias",),
        Architecture("HunyuanVideo"),
    ),
    (("double_layers.0.attn.w2q.weight",), Architecture("AuraFlow")),
    (("patchify_proj.weight",), Architecture("LTX-Video")),
    (("clip_txt_mapper.weight",), Architecture("Stable Cascade")),
    (("double_stream_blocks.0.block.adaLN_modulation.1.bias",), Architecture("HiDream")),
    (("txtfusion.projector.weight",), Architecture("Krea 2")),
)  # fmt: skip
_PREFIXES = ("model.diffusion_model.", "", "diffusion_model.", "model.", "transformer.", "unet.")
# Those that diffusers reads out of such a file; CLIP is never without T5 where both are needed.
_TEXT_ENCODERS = ("cond_stage_model.", "conditioner.", "text_encoders.t5xxl.")


def denoiser(shapes: Shapes) -> Architecture | None:
    """The network that a file's denoiser is, whole pipeline or not; None when it has none."""
    for prefix in _PREFIXES:
        for unet in ("input_blocks.0.0.weight", "conv_in.weight"):
            entry = f"{prefix}{unet}"
            is_unet = (
                unet != "conv_in.weight" or f"{prefix}time_embedding.linear_1.weight" in shapes
            )
            if entry in shapes and is_unet and not _is_controlnet(shapes):
                return _unet(shapes, prefix, shapes[entry])
        if f"{prefix}single_stream_modulation.lin.weight" in shapes:
            return _flux2(shapes.get(f"{prefix}txt_in.weight", (0,)))
        if f"{prefix}single_stream_modulation.linear.weight" in shapes:
            return _flux2(shapes.get(f"{prefix}context_embedder.weight", (0,)))
        for names, found in _TRANSFORMERS:
            if all(prefix + name in shapes for name in names):
                return found
        if f"{prefix}double_blocks.0.img_attn.norm.key_norm.scale" in shapes:
            return _flux1(shapes, f"{prefix}img_in.weight", f"{prefix}guidance_in.in_layer.weight")
        if f"{prefix}single_transformer_blocks.0.proj_mlp.weight" in shapes:
            guidance = f"{prefix}time_text_embed.guidance_embedder.linear_1.weight"
            return _flux1(shapes, f"{prefix}x_embedder.weight", guidance)
    return None


def unet_for(text_width: int) -> Architecture:
    """A UNet of no family that is known; small ones have widths of their own."""
    return Architecture(f"a UNet for text {text_width} wide", is_known=False)


def has_text_encoders(shapes: Shapes) -> bool:
    """Whether the text encoders are in the file too, and so the whole model."""
    return any(name.startswith(_TEXT_ENCODERS) for name in shapes)


def other(shapes: Shapes) -> tuple[Kind, Architecture]:
    """What a file is that holds neither denoiser nor LoRA."""
    if _is_controlnet(shapes):
        return "controlnet", _controlled(shapes)
    for prefix in ("", "first_stage_model.", "vae."):
        entry = shapes.get(f"{prefix}decoder.conv_in.weight")
        entry = entry or shapes.get(f"{prefix}decoder.conv1.weight")
        if entry and len(entry) >= 4:
            return "vae", _vae(entry, f"{prefix}bn.running_mean" in shapes)
    if any(name in shapes for name in _UPSCALERS):
        return "upscaler", Architecture("ESRGAN", is_known=False)
    for name, title in _READERS.items():
        if name in shapes:
            return "text encoder", Architecture(title)
    if any(name.startswith(("ip_adapter.", "image_proj.")) for name in shapes):
        return "unknown", Architecture("IP-Adapter")
    if shapes and len(shapes) <= 4 and all(len(shape) in (1, 2) for shape in shapes.values()):
        return "embedding", _embedding(shapes)
    return "unknown", UNKNOWN


_UPSCALERS = (
    "model.1.sub.0.RDB1.conv1.0.weight",
    "RRDB_trunk.0.RDB1.conv1.weight",
    "body.0.rdb1.conv1.weight",
    "params_ema.body.0.rdb1.conv1.weight",
)
_READERS = {
    "text_model.encoder.layers.0.self_attn.q_proj.weight": "CLIP",
    "encoder.layers.0.self_attn.q_proj.weight": "CLIP",
    "encoder.block.0.layer.0.SelfAttention.q.weight": "T5",
    "model.layers.0.self_attn.q_proj.weight": "language model",
}


def _unet(shapes: Shapes, prefix: str, entry: tuple[int, ...]) -> Architecture:
    found = _unet_by_encoder(shapes) or _unet_by_width(shapes, prefix)
    channels = entry[1] if len(entry) > 1 else 0
    if channels not in (0, 4):
        task = {9: "inpainting", 8: "editing pictures", 7: "upscaling"}.get(
            channels, "its own task"
        )
        return Architecture(f"{found.title} for {task}", why_not=f"it is made for {task} alone")
    return found


def _unet_by_encoder(shapes: Shapes) -> Architecture | None:
    """A whole checkpoint says by its text encoders what it is."""
    signs = (
        ("conditioner.embedders.1.model.", SDXL),
        ("conditioner.embedders.0.model.", SDXL_REFINER),
        ("cond_stage_model.transformer.", SD15),
        ("cond_stage_model.model.", SD2),
    )
    return next((found for start, found in signs if _any_below(shapes, start)), None)


def _unet_by_width(shapes: Shapes, prefix: str) -> Architecture:
    ends = "attn2.to_k.weight"
    widths = (
        shape[-1]
        for name, shape in shapes.items()
        if name.endswith(ends) and name.startswith(prefix) and shape
    )
    width = next(widths, 0)
    return UNET_BY_TEXT_WIDTH.get(width) or unet_for(width)


def _flux1(shapes: Shapes, entry: str, guidance: str) -> Architecture:
    if _width(shapes.get(entry, (64,))) != 64:
        return Architecture(
            "FLUX.1 for editing pictures", why_not="it needs a picture to start from"
        )
    return FLUX1 if guidance in shapes else FLUX1_SCHNELL


def _flux2(text: tuple[int, ...]) -> Architecture:
    """By the width of three layers of its text encoder side by side."""
    return {15360: FLUX2_DEV, 12288: FLUX2_9B}.get(_width(text), FLUX2_4B)


def _width(shape: tuple[int, ...]) -> int:
    """How many numbers come into a layer; 0 for a tensor that is a number alone."""
    return shape[-1] if shape else 0


def _is_controlnet(shapes: Shapes) -> bool:
    return any(
        name in shapes
        for name in (
            "control_model.input_hint_block.0.weight",
            "input_hint_block.0.weight",
            "controlnet_cond_embedding.conv_in.weight",
            "controlnet_x_embedder.weight",
            "controlnet_blocks.0.weight",
            "controlnet_down_blocks.0.weight",
        )
    )


def _controlled(shapes: Shapes) -> Architecture:
    """The model that a ControlNet steers."""
    for prefix in ("control_model.", ""):
        if any(name.startswith(prefix) and "attn2.to_k" in name for name in shapes):
            return _unet_by_width(shapes, prefix)
    return UNKNOWN


def _vae(entry: tuple[int, ...], has_batch_norm: bool) -> Architecture:
    """By the channels of its latents; five dimensions are a VAE of films."""
    if len(entry) == 5:
        return Architecture("VAE of Qwen-Image and Wan", families=("qwen-image",))
    families: dict[int, tuple[str, ...]] = {
        4: ("sd15", "sdxl"),
        16: ("flux1", "sd35", "z-image", "chroma", "lumina2"),
        32: ("flux2-klein",) if has_batch_norm else ("sana",),
    }
    channels = entry[1]
    return Architecture(f"VAE of {channels} channels", families=families.get(channels, ()))


def _embedding(shapes: Shapes) -> Architecture:
    """By the widths of its vectors, which are those of the text encoders."""
    widths = sorted(shape[-1] for shape in shapes.values())
    known = {(768,): SD15, (1024,): SD2, (768, 1280): SDXL, (1280,): SDXL_REFINER}
    found = known.get(tuple(widths))
    return found or Architecture(f"vectors {' and '.join(map(str, widths))} wide", is_known=False)


def _any_below(names: Iterable[str], start: str) -> bool:
    return any(name.startswith(start) for name in names)
