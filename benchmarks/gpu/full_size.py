"""Full-size models with random weights, made in memory: the memory and time of real ones, no files.

Text is left out: the text encoders are there and are run, on numbers instead of words.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import diffusers
import torch
import transformers
from torch.overrides import TorchFunctionMode

from fooocus_lite.thinking.model_size import ModelSize, part_of, role_of
from fooocus_lite.weights import sizes

NOISE_NUMBERS = 2**24
TOKENS = 77


@dataclass(frozen=True)
class Architecture:
    """A pipeline's parts as the published models have them; tests put smaller numbers in."""

    name: str
    denoiser: dict[str, Any]
    text: tuple[dict[str, Any], ...]
    vae: dict[str, Any]


VAE = {
    "down_block_types": ["DownEncoderBlock2D"] * 4,
    "up_block_types": ["UpDecoderBlock2D"] * 4,
    "block_out_channels": [128, 256, 512, 512],
    "layers_per_block": 2,
    "sample_size": 1024,
}
SDXL = Architecture(
    "SDXL",
    denoiser={
        "sample_size": 128,
        "down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"],
        "up_block_types": ["CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"],
        "block_out_channels": [320, 640, 1280],
        "transformer_layers_per_block": [1, 2, 10],
        "attention_head_dim": [5, 10, 20],
        "cross_attention_dim": 2048,
        "addition_embed_type": "text_time",
        "addition_time_embed_dim": 256,
        "projection_class_embeddings_input_dim": 2816,
        "use_linear_projection": True,
    },
    text=(
        {"hidden_size": 768, "intermediate_size": 3072, "num_attention_heads": 12},
        {
            "hidden_size": 1280,
            "intermediate_size": 5120,
            "num_attention_heads": 20,
            "num_hidden_layers": 32,
            "projection_dim": 1280,
        },
    ),
    vae={**VAE, "latent_channels": 4, "scaling_factor": 0.13025, "force_upcast": True},
)
Z_IMAGE = Architecture(
    "Z-Image",
    denoiser={},
    text=(
        {
            "hidden_size": 2560,
            "intermediate_size": 9728,
            "num_hidden_layers": 36,
            "num_attention_heads": 32,
            "num_key_value_heads": 8,
            "head_dim": 128,
        },
    ),
    vae={
        **VAE,
        "latent_channels": 16,
        "scaling_factor": 0.3611,
        "shift_factor": 0.1159,
        "use_quant_conv": False,
        "use_post_quant_conv": False,
        "force_upcast": False,
    },
)


def sdxl(model: Architecture = SDXL, device: str = "cpu") -> Any:
    """SDXL's parts in bfloat16, with random weights; on "meta" without any."""
    first, second = (transformers.CLIPTextConfig(**text) for text in model.text)
    with _made_quickly(device):
        parts = {
            "unet": diffusers.UNet2DConditionModel(**model.denoiser),
            "text_encoder": transformers.CLIPTextModel(first),
            "text_encoder_2": transformers.CLIPTextModelWithProjection(second),
            "vae": diffusers.AutoencoderKL(**model.vae),
        }
    scheduler = diffusers.EulerDiscreteScheduler()
    return diffusers.StableDiffusionXLPipeline(
        **_filled(parts),
        tokenizer=None,
        tokenizer_2=None,
        scheduler=scheduler,
        add_watermarker=False,
    )


def z_image(model: Architecture = Z_IMAGE, device: str = "cpu") -> Any:
    """Z-Image's parts in bfloat16, with random weights; on "meta" without any."""
    with _made_quickly(device):
        parts = {
            "transformer": diffusers.ZImageTransformer2DModel(**model.denoiser),
            "text_encoder": transformers.Qwen3Model(transformers.Qwen3Config(**model.text[0])),
            "vae": diffusers.AutoencoderKL(**model.vae),
        }
    scheduler = diffusers.FlowMatchEulerDiscreteScheduler(shift=3.0)
    return diffusers.ZImagePipeline(**_filled(parts), tokenizer=None, scheduler=scheduler)


MODELS: dict[str, Callable[..., Any]] = {SDXL.name: sdxl, Z_IMAGE.name: z_image}


def words(pipeline: Any, device: str) -> dict[str, Any]:
    """What the text encoders make of some numbers, as keywords for the pipeline's call."""
    numbers = torch.arange(TOKENS, device=device)[None]
    with torch.no_grad():
        encoded = [
            getattr(pipeline, name)(numbers, output_hidden_states=True)
            for name in ("text_encoder", "text_encoder_2")
            if getattr(pipeline, name, None) is not None
        ]
    states = [each.hidden_states[-2] for each in encoded]
    if len(states) == 1:
        return {"prompt_embeds": [states[0][0]], "negative_prompt_embeds": [states[0][0]]}
    together = torch.concat(states, dim=-1)
    return {
        "prompt_embeds": together,
        "negative_prompt_embeds": together,
        "pooled_prompt_embeds": encoded[-1].text_embeds,
        "negative_pooled_prompt_embeds": encoded[-1].text_embeds,
    }


def size_of(pipeline: Any) -> ModelSize:
    """What `weights.sizes` would read from this model's files."""
    components = pipeline.components.items()
    return size_of_parts({n: part for n, part in components if isinstance(part, torch.nn.Module)})


def size_of_parts(parts: Mapping[str, Any]) -> ModelSize:
    """The same of parts by their names in a pipeline, which may be on "meta"."""
    denoiser = next(part for name, part in parts.items() if role_of(name) == "denoiser")
    vae = {"_class_name": type(parts["vae"]).__name__, **parts["vae"].config}
    config = {"_class_name": type(denoiser).__name__, **denoiser.config}
    return ModelSize(
        tuple(part_of(name, role_of(name), _counted(part)) for name, part in parts.items()),
        sizes.denoiser_shape(config, vae),
        sizes.decoder_shape(vae),
        sizes.is_float16_safe(config),
    )


def _counted(part: torch.nn.Module) -> Iterator[tuple[str, int]]:
    """Each tensor that a file of the part has, one that goes by two names once."""
    tensors = part.state_dict(keep_vars=True)
    by_tensor = {id(tensor): (name, tensor.numel()) for name, tensor in tensors.items()}
    yield from by_tensor.values()


class _NoFirstValues(TorchFunctionMode):
    """Leaves out what `torch.nn.init` does: billions of numbers that are then overwritten."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if getattr(func, "__module__", "") == "torch.nn.init":
            return args[0] if args else kwargs["tensor"]
        return func(*args, **(kwargs or {}))


@contextmanager
def _made_quickly(device: str) -> Iterator[None]:
    torch.set_default_dtype(torch.bfloat16)
    try:
        with torch.device(device), _NoFirstValues():
            yield
    finally:
        torch.set_default_dtype(torch.float32)


def _filled(parts: dict[str, torch.nn.Module]) -> dict[str, torch.nn.Module]:
    """The parts with small random weights, repeated, for making them all takes minutes."""
    noise = torch.randn(NOISE_NUMBERS, generator=torch.Generator().manual_seed(0)) * 0.02
    noise = noise.to(torch.bfloat16)
    with torch.no_grad():
        for part in parts.values():
            part.eval()
            for parameter in part.parameters():
                flat = parameter.view(-1)
                for start in range(0, len(flat), NOISE_NUMBERS):
                    piece = flat[start : start + NOISE_NUMBERS]
                    piece.copy_(noise[: len(piece)])
    return {name: part.to(torch.bfloat16) for name, part in parts.items()}
