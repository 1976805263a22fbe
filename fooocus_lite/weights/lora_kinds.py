"""Which model a LoRA was trained for, told from the names and widths of its layers.

Reads the spellings of diffusers, kohya, LyCORIS and the makers of the models.
"""

import re
from collections.abc import Mapping

from . import kinds
from .kinds import Architecture, Shapes

_PART = re.compile(
    r"[._](?:lora_(?:up|down|mid|A|B)|lora\.(?:up|down)|lora_linear_layer|hada_|lokr_|oft_|"
    r"dora_scale|lora_magnitude_vector|glora)"
)
# The tensors that are as wide as what comes into the layer.
_DOWN = ("lora_down", "lora_A", "lora.down", "hada_w1_b")
_PREFIX = re.compile(
    r"(?:base_model_model_|lycoris_|lora_|unet_|diffusion_model_|model_|transformer_(?!blocks_))*"
)
_UNET = re.compile(r"^(?:down_blocks|mid_block|up_blocks|input_blocks|middle_block|output_blocks)_")
# Only where a text width tells nothing: layers that one of the two has, and the other has not.
_ONLY_SDXL = re.compile(r"transformer_blocks_[2-9]|^(?:input|output)_blocks_\d+_1_", re.MULTILINE)
_ONLY_SD1 = re.compile(r"^down_blocks_0_attentions", re.MULTILINE)
_FLUX = ("flux1", "chroma")
_FLUX1 = Architecture("FLUX.1", families=_FLUX)
_FLUX_BLOCKS = Architecture("FLUX", families=(*_FLUX, "flux2-klein"))
# FLUX.2 klein has 5 and 20 blocks, FLUX.1 19 and 38.
_FLUX1_ONLY = re.compile(r"^(?:double_blocks_(?:[5-9]|1\d)|single_blocks_[23]\d)_", re.MULTILINE)
_SIGNS: tuple[tuple[re.Pattern[str], Mapping[int, Architecture]], ...] = tuple(
    (re.compile(pattern, re.MULTILINE), by_width)
    for pattern, by_width in (
        (r"^distilled_guidance_layer_", {0: kinds.CHROMA}),
        (
            r"to_qkv_mlp_proj|_stream_modulation_",
            {0: Architecture("FLUX.2 klein", "flux2-klein"), 6144: kinds.FLUX2_DEV},
        ),
        (
            r"^(?:double|single)_blocks_\d",
            {0: _FLUX_BLOCKS, 6144: kinds.FLUX2_DEV, 4096: kinds.FLUX2_9B},
        ),
        (r"^single_transformer_blocks_\d", {0: _FLUX1}),
        (r"^joint_blocks_\d", {0: Architecture("Stable Diffusion 3.5", "sd35")}),
        (r"^transformer_blocks_\d+_(?:img|txt)_(?:mod|mlp)_", {0: kinds.QWEN_IMAGE}),
        (
            r"^transformer_blocks_\d+_attn_(?:add_|to_)",
            {
                1536: Architecture("Stable Diffusion 3.5 Medium", "sd35"),
                2432: Architecture("Stable Diffusion 3.5 Large", "sd35"),
                3072: Architecture("Qwen-Image or FLUX.1", families=("qwen-image", *_FLUX)),
            },
        ),
        (r"^layers_\d+_", {3840: kinds.Z_IMAGE, 2304: kinds.LUMINA2}),
        (r"^transformer_blocks_\d+_attn[12]_", {2240: kinds.SANA, 1152: kinds.SANA}),
        (r"^blocks_\d+_(?:self|cross)_attn_", {0: Architecture("Wan")}),
    )
)


def is_lora(shapes: Shapes) -> bool:
    return any(_PART.search(name) for name in shapes)


def architecture(shapes: Shapes) -> Architecture:
    """What the LoRA was trained for; `families` names all that it may fit."""
    spelled: dict[str, int] = {}
    for name, shape in shapes.items():
        cut = _PART.search(name)
        if cut is not None:
            layer = name[: cut.start()]
            is_down = name.startswith(_DOWN, cut.start() + 1) and len(shape) > 1
            spelled[layer] = shape[1] if is_down else spelled.get(layer, 0)
    widths = {
        _PREFIX.sub("", layer.replace(".", "_"), count=1): width for layer, width in spelled.items()
    }
    layers = "\n".join(widths)
    if any(_UNET.match(layer) for layer in widths):
        return _unet(widths, layers)
    for pattern, by_width in _SIGNS:
        if pattern.search(layers):
            found = _by_width(widths, by_width)
            return _FLUX1 if found is _FLUX_BLOCKS and _FLUX1_ONLY.search(layers) else found
    if re.search(r"^(?:te2|text_encoder_2)_", layers, re.MULTILINE):
        return kinds.SDXL
    if re.search(r"^(?:te1?|text_encoder)_", layers, re.MULTILINE):
        return Architecture("a CLIP text encoder", families=("sd15", "sdxl"))
    return kinds.UNKNOWN


def _unet(widths: Mapping[str, int], layers: str) -> Architecture:
    reads = (width for layer, width in widths.items() if layer.endswith("attn2_to_k") and width)
    width = next(reads, None)
    if width is not None:
        return kinds.UNET_BY_TEXT_WIDTH.get(width) or kinds.unet_for(width)
    if _ONLY_SDXL.search(layers):
        return kinds.SDXL
    return kinds.SD15 if _ONLY_SD1.search(layers) else kinds.UNKNOWN


def _by_width(widths: Mapping[str, int], by_width: Mapping[int, Architecture]) -> Architecture:
    """The table's entry for one of the layers' widths, else that for any width (0)."""
    known = next((width for width in widths.values() if width and width in by_width), 0)
    return by_width.get(known, kinds.UNKNOWN)
