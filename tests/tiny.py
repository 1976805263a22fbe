"""Tiny random pipeline folders, made in memory with no network: real classes, no meaning.

0.7 MB and two steps of 64 px in a few hundredths of a second on one thread.
"""

import json
import string
from pathlib import Path
from typing import Any

import torch
from diffusers import (
    AutoencoderKL,
    EulerDiscreteScheduler,
    StableDiffusionPipeline,
    StableDiffusionXLImg2ImgPipeline,
    StableDiffusionXLPipeline,
    UNet2DConditionModel,
)
from peft import LoraConfig
from peft.utils import get_peft_model_state_dict
from safetensors.torch import save_file
from transformers import (
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTextModelWithProjection,
    CLIPTokenizer,
)

from fooocus_lite.weights.catalogue import Model
from fooocus_lite.weights.ingredients import Ingredients


def build(
    folder: Path,
    unet_channels: tuple[int, ...] = (32, 64),
    vae_channels: tuple[int, ...] = (8, 8, 16, 16),
    seed: int = 0,
) -> Path:
    """A folder that `StableDiffusionXLPipeline.from_pretrained` loads; fp16 weights, v-prediction.

    Larger channels give a model of the starter's size, for timing.
    """
    torch.manual_seed(seed)
    # diffusers tells the two text encoders apart by their width alone.
    first, second = text_config(32), text_config(64)
    words = vocabulary()
    pipeline = StableDiffusionXLPipeline(
        vae=_vae(vae_channels),
        text_encoder=CLIPTextModel(first),
        text_encoder_2=CLIPTextModelWithProjection(second),
        tokenizer=CLIPTokenizer(vocab=words, merges=[], model_max_length=77),
        tokenizer_2=CLIPTokenizer(vocab=words, merges=[], model_max_length=77),
        unet=_unet(unet_channels, text_width=32 + 64, pooled_width=64),
        scheduler=_scheduler(),
        force_zeros_for_empty_prompt=False,
        add_watermarker=False,
    )
    pipeline.to(dtype=torch.float16).save_pretrained(folder, safe_serialization=True)
    factors = [[0.3, 0.1, 0.0], [0.0, 0.3, 0.1], [0.1, 0.0, 0.3], [0.2, 0.2, 0.2]]
    preview = {"factors": factors, "bias": [0.5, 0.5, 0.5]}
    (folder / "preview.json").write_text(json.dumps(preview), encoding="utf-8")
    return folder


def build_refiner(folder: Path, seed: int = 5) -> Path:
    """A refiner for `build`: the second text encoder alone, five time ids, fp16 weights."""
    torch.manual_seed(seed)
    pipeline = StableDiffusionXLImg2ImgPipeline(
        vae=_vae((8, 8, 16, 16)),
        text_encoder=None,
        text_encoder_2=CLIPTextModelWithProjection(text_config(64)),
        tokenizer=None,
        tokenizer_2=CLIPTokenizer(vocab=vocabulary(), merges=[], model_max_length=77),
        unet=_unet((32, 64), text_width=64, pooled_width=64, time_ids=5),
        scheduler=_scheduler(),
        requires_aesthetics_score=True,
        force_zeros_for_empty_prompt=False,
        add_watermarker=False,
    )
    pipeline.to(dtype=torch.float16).save_pretrained(folder, safe_serialization=True)
    return folder


def build_sd15(folder: Path, seed: int = 0) -> Path:
    """A folder that `StableDiffusionPipeline.from_pretrained` loads: one CLIP, fp32 weights."""
    torch.manual_seed(seed)
    pipeline = StableDiffusionPipeline(
        vae=_vae((8, 8, 16, 16)),
        text_encoder=CLIPTextModel(text_config(32)),
        tokenizer=CLIPTokenizer(vocab=vocabulary(), merges=[], model_max_length=77),
        unet=_unet((32, 64), text_width=32, pooled_width=None),
        scheduler=_scheduler(steps_offset=1),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    pipeline.save_pretrained(folder, safe_serialization=True)
    return folder


def build_lora(path: Path, model: Path, seed: int = 1) -> Path:
    """A LoRA file for the UNet of `model`, strong enough to change every picture."""
    torch.manual_seed(seed)
    unet = UNet2DConditionModel.from_pretrained(model, subfolder="unet", dtype=torch.float32)
    path.parent.mkdir(parents=True, exist_ok=True)
    StableDiffusionXLPipeline.save_lora_weights(
        path.parent,
        unet_lora_layers=lora_layers(unet, ["to_q", "to_k", "to_v"]),
        weight_name=path.name,
    )
    return path


def build_text_lora(path: Path, model: Path, seed: int = 1) -> Path:
    """A LoRA file for the first text encoder of `model` alone."""
    torch.manual_seed(seed)
    encoder = CLIPTextModel.from_pretrained(model, subfolder="text_encoder", dtype=torch.float32)
    path.parent.mkdir(parents=True, exist_ok=True)
    StableDiffusionXLPipeline.save_lora_weights(
        path.parent,
        text_encoder_lora_layers=lora_layers(encoder, ["q_proj", "v_proj"]),
        weight_name=path.name,
    )
    return path


def build_embedding(path: Path, widths: dict[str, int], vectors: int = 2, seed: int = 2) -> Path:
    """A textual inversion's file: so many vectors of these widths, by the tensors' names."""
    torch.manual_seed(seed)
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({name: torch.randn(vectors, width) for name, width in widths.items()}, path)
    return path


def files(folder: Path, **others: Any) -> Ingredients:
    """What a kitchen loads: the model of a folder, with a refiner, LoRAs or embeddings."""
    model = Model(folder.name, folder, family="", title="", licence="", size_bytes=0)
    return Ingredients(model, **others)


def lora_layers(module: Any, targets: list[str]) -> dict[str, torch.Tensor]:
    """Random LoRA tensors for every layer of the module whose name ends like this."""
    module.add_adapter(LoraConfig(r=4, init_lora_weights="gaussian", target_modules=targets))
    layers = get_peft_model_state_dict(module, save_embedding_layers=False)
    return {name: torch.randn_like(value) * 0.3 for name, value in layers.items()}


def _scheduler(steps_offset: int = 0) -> EulerDiscreteScheduler:
    return EulerDiscreteScheduler(
        steps_offset=steps_offset,
        beta_schedule="scaled_linear",
        beta_start=0.00085,
        beta_end=0.02,
        prediction_type="v_prediction",
        timestep_spacing="trailing",
    )


def _vae(channels: tuple[int, ...]) -> AutoencoderKL:
    return AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * len(channels),
        up_block_types=("UpDecoderBlock2D",) * len(channels),
        block_out_channels=channels,
        layers_per_block=1,
        latent_channels=4,
        norm_num_groups=4,
        sample_size=64,
        mid_block_add_attention=False,
        scaling_factor=1.0,
        force_upcast=False,
    )


def _unet(
    channels: tuple[int, ...], text_width: int, pooled_width: int | None, time_ids: int = 6
) -> UNet2DConditionModel:
    deeper = len(channels) - 1
    sdxl = {
        "addition_embed_type": "text_time",
        "addition_time_embed_dim": 16,
        "projection_class_embeddings_input_dim": time_ids * 16 + (pooled_width or 0),
    }
    return UNet2DConditionModel(
        sample_size=8,
        down_block_types=("DownBlock2D",) + ("CrossAttnDownBlock2D",) * deeper,
        up_block_types=("CrossAttnUpBlock2D",) * deeper + ("UpBlock2D",),
        block_out_channels=channels,
        layers_per_block=1,
        transformer_layers_per_block=1,
        attention_head_dim=2,
        use_linear_projection=True,
        cross_attention_dim=text_width,
        norm_num_groups=16,
        **(sdxl if pooled_width is not None else {}),
    )


def text_config(width: int) -> CLIPTextConfig:
    """A CLIP text encoder that reads `vocabulary`."""
    end = len(vocabulary()) - 1
    return CLIPTextConfig(
        vocab_size=end + 1,
        hidden_size=width,
        intermediate_size=2 * width,
        num_hidden_layers=2,
        num_attention_heads=2,
        projection_dim=width,
        max_position_embeddings=77,
        bos_token_id=end - 1,
        eos_token_id=end,
        pad_token_id=end,
    )


def vocabulary() -> dict[str, int]:
    """Every letter as a token, alone and at the end of a word."""
    letters = string.ascii_lowercase + string.digits + string.punctuation
    words = [*letters, *(letter + "</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>"]
    return {word: index for index, word in enumerate(words)}
