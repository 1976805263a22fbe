"""A diffusers folder's weights in one file, under the names that the makers' own code gives them.

For folders of `tiny`: one layer a block, no attention in the VAE.
"""

import re
from collections.abc import Iterable
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

_UNET = (
    (r"^conv_in", "input_blocks.0.0"),
    (r"^time_embedding\.linear_1", "time_embed.0"),
    (r"^time_embedding\.linear_2", "time_embed.2"),
    (r"^add_embedding\.linear_1", "label_emb.0.0"),
    (r"^add_embedding\.linear_2", "label_emb.0.2"),
    (r"^conv_norm_out", "out.0"),
    (r"^conv_out", "out.2"),
    (r"^mid_block\.resnets\.0", "middle_block.0"),
    (r"^mid_block\.attentions\.0", "middle_block.1"),
    (r"^mid_block\.resnets\.1", "middle_block.2"),
)
_RESNET = (
    ("norm1", "in_layers.0"),
    ("conv1", "in_layers.2"),
    ("time_emb_proj", "emb_layers.1"),
    ("norm2", "out_layers.0"),
    ("conv2", "out_layers.3"),
    ("conv_shortcut", "skip_connection"),
)
_VAE = (
    (r"mid_block\.resnets\.0", "mid.block_1"),
    (r"mid_block\.resnets\.1", "mid.block_2"),
    (r"conv_norm_out", "norm_out"),
    (r"conv_shortcut", "nin_shortcut"),
    (r"down_blocks\.(\d+)\.resnets", r"down.\1.block"),
    (r"down_blocks\.(\d+)\.downsamplers\.0", r"down.\1.downsample"),
)
_CLIP_G = (
    (r"^text_model\.encoder\.layers", "transformer.resblocks"),
    (r"^text_model\.embeddings\.position_embedding\.weight", "positional_embedding"),
    (r"^text_model\.embeddings\.token_embedding", "token_embedding"),
    (r"^text_model\.final_layer_norm", "ln_final"),
    (r"^text_projection\.weight", "text_projection"),
    (r"layer_norm(\d)", r"ln_\1"),
    (r"mlp\.fc1", "mlp.c_fc"),
    (r"mlp\.fc2", "mlp.c_proj"),
    (r"self_attn\.out_proj", "attn.out_proj"),
)


def sdxl(folder: Path, target: Path, metadata: dict[str, str] | None = None) -> Path:
    """A checkpoint of SDXL as its makers wrote them."""
    first = {
        f"text_model.{name.removeprefix('text_model.')}": value
        for name, value in _weights(folder / "text_encoder").items()
    }
    return _written(
        target,
        metadata,
        ("model.diffusion_model.", unet(folder)),
        ("conditioner.embedders.0.transformer.", first),
        ("conditioner.embedders.1.model.", _clip_g(_weights(folder / "text_encoder_2"))),
        ("first_stage_model.", _vae(folder)),
    )


def refiner(folder: Path, target: Path) -> Path:
    """A checkpoint of SDXL's refiner as its makers wrote them."""
    return _written(
        target,
        None,
        ("model.diffusion_model.", unet(folder)),
        ("conditioner.embedders.0.model.", _clip_g(_weights(folder / "text_encoder_2"))),
        ("first_stage_model.", _vae(folder)),
    )


def sd15(folder: Path, target: Path) -> Path:
    """A checkpoint of Stable Diffusion 1.5 as its makers wrote them."""
    first = {
        f"text_model.{name.removeprefix('text_model.')}": value
        for name, value in _weights(folder / "text_encoder").items()
    }
    return _written(
        target,
        None,
        ("model.diffusion_model.", unet(folder)),
        ("cond_stage_model.transformer.", first),
        ("first_stage_model.", _vae(folder)),
    )


def z_image(folder: Path, target: Path, beside: Iterable[str]) -> Path:
    """Z-Image's denoiser as its makers name it, with these parts as ComfyUI puts them beside it."""
    denoiser = {
        re.sub(r"^all_(\w+)\.2-1\.", r"\1.", name): value
        for name, value in _weights(folder / "transformer").items()
    }
    prefixes = {"vae": "vae.", "text_encoder": "text_encoders.qwen3_4b."}
    return _written(
        target,
        None,
        ("model.diffusion_model.", denoiser),
        *((prefixes[part], _weights(folder / part)) for part in beside),
    )


def lora(target: Path, width: int, trigger: str = "inkstyle") -> Path:
    """A LoRA as kohya's trainer writes it, for a UNet that reads text of this width."""
    layer = "lora_unet_down_blocks_1_attentions_0_transformer_blocks_0_attn2_to_k"
    tensors = {
        f"{layer}.lora_down.weight": torch.zeros(4, width),
        f"{layer}.lora_up.weight": torch.zeros(320, 4),
    }
    save_file(tensors, target, metadata={"modelspec.trigger_phrase": trigger})
    return target


def unet(folder: Path) -> dict[str, torch.Tensor]:
    """The UNet's weights: blocks are counted through, with the step to the next size as one."""
    return {_unet_name(name): value for name, value in _weights(folder / "unet").items()}


def _unet_name(name: str) -> str:
    name = _renamed(name, _UNET)
    block = re.match(
        r"(down|up)_blocks\.(\d+)\.(resnets|attentions|downsamplers|upsamplers)\.(\d+)", name
    )
    if block:
        way, level, what, index = block[1], int(block[2]), block[3], int(block[4])
        if way == "down":  # one layer and a step down to a block
            place = 1 + 2 * level + (1 if what == "downsamplers" else index)
            inside = {"resnets": ".0", "attentions": ".1", "downsamplers": ".0"}[what]
            rest = name[block.end() :].replace(".conv.", ".op.", what == "downsamplers")
        else:  # two layers to a block, the step up beside the last
            place = 2 * level + (1 if what == "upsamplers" else index)
            has_attention = level == 0
            inside = {"resnets": ".0", "attentions": ".1"}.get(what, f".{1 + has_attention}")
            rest = name[block.end() :]
        name = f"{'input' if way == 'down' else 'output'}_blocks.{place}{inside}{rest}"
    if re.search(r"(input_blocks|middle_block|output_blocks).*(norm|conv|time_emb_proj)", name):
        for ours, theirs in _RESNET:
            name = re.sub(rf"\.{ours}\.(weight|bias)$", rf".{theirs}.\1", name)
    # A transformer's own norms are called as a resnet's are.
    return re.sub(r"(transformer_blocks\.\d+)\.(?:in_layers|out_layers)\.0", _norm_of, name)


def _norm_of(match: re.Match[str]) -> str:
    return f"{match[1]}.{'norm1' if 'in_layers' in match[0] else 'norm2'}"


def _vae(folder: Path) -> dict[str, torch.Tensor]:
    weights = _weights(folder / "vae")
    levels = 1 + max(int(m[1]) for name in weights if (m := re.search(r"up_blocks\.(\d+)", name)))

    def turned(match: re.Match[str]) -> str:
        part = "block" if match[2] == "resnets" else "upsample"
        return f"up.{levels - 1 - int(match[1])}.{part}" + (match[3] if part == "block" else "")

    return {
        re.sub(
            r"up_blocks\.(\d+)\.(resnets|upsamplers)(\.\d+)", turned, _renamed(name, _VAE)
        ): value
        for name, value in weights.items()
    }


def _clip_g(weights: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    named: dict[str, torch.Tensor] = {}
    for name, value in weights.items():
        if ".self_attn.q_proj" in name:  # queries, keys and values are one tensor
            parts = [value] + [weights[name.replace("q_proj", f"{p}_proj")] for p in "kv"]
            end = "in_proj_weight" if name.endswith("weight") else "in_proj_bias"
            layer = name.split(".self_attn")[0]
            named[_renamed(f"{layer}.attn.{end}", _CLIP_G)] = torch.cat(parts)
        elif not re.search(r"self_attn\.[kv]_proj", name):
            is_projection = name == "text_projection.weight"
            named[_renamed(name, _CLIP_G)] = value.T if is_projection else value
    return named


def _renamed(name: str, table: Iterable[tuple[str, str]]) -> str:
    for pattern, replacement in table:
        name = re.sub(pattern, replacement, name)
    return name


def _weights(part: Path) -> dict[str, torch.Tensor]:
    return {
        name: value
        for file in part.glob("*.safetensors")
        for name, value in load_file(file).items()
    }


def _written(
    target: Path, metadata: dict[str, str] | None, *parts: tuple[str, dict[str, torch.Tensor]]
) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    tensors = {
        prefix + name: value.contiguous() for prefix, part in parts for name, value in part.items()
    }
    save_file(tensors, target, metadata=metadata)
    return target
