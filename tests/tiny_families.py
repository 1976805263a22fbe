"""A tiny random pipeline of every family, tokenizers included, made in memory with no network.

The classes, the order of parts and the shape of latents are the real ones; only widths are small.
The starter is the SDXL of `tiny.build`.
"""

import string
from collections.abc import Callable
from pathlib import Path
from typing import Any

import diffusers
import tiny
import torch
import transformers
from tokenizers.pre_tokenizers import ByteLevel

from fooocus_lite.thinking.families import Family

_LETTERS = string.ascii_letters + string.digits + string.punctuation + "\n"
_SPECIAL = ("<pad>", "<eos>", "<bos>", "<unk>", "<mask>")
_QWEN_MARKS = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
_CHAT_TEMPLATE = "{% for m in messages %}<|im_start|>{{ m.content }}<|im_end|>{% endfor %}"
_MLP = {"hidden_size": 32, "intermediate_size": 64, "num_attention_heads": 2}


def build(family: str, folder: Path, seed: int = 0) -> Path:
    """A folder with a pipeline of this family, float32, at most a few megabytes."""
    if family in ("starter", "sdxl"):
        return tiny.build(folder, seed=seed)
    if family == "sd15":
        return tiny.build_sd15(folder, seed=seed)
    torch.manual_seed(seed)
    pipeline = _PIPELINES[family]()
    with torch.no_grad():
        for name, value in pipeline.transformer.named_parameters():
            # Some are made without a value, and others as nothing at all, which shows no change.
            if "pad_token" in name or not value.any() or not torch.isfinite(value).all():
                value.normal_(std=0.02)
    pipeline.save_pretrained(folder, safe_serialization=True)
    return folder


def build_lora(family: Family, path: Path, folder: Path, seed: int = 1) -> Path:
    """A LoRA file for the denoiser of the model in `folder`, as its trainers write it."""
    torch.manual_seed(seed)
    part = "unet" if family.denoiser == "UNet2DConditionModel" else "transformer"
    denoiser = getattr(diffusers, family.denoiser).from_pretrained(
        folder, subfolder=part, dtype=torch.float32
    )
    pipeline = getattr(diffusers, family.pipeline)
    layers = tiny.lora_layers(denoiser, ["to_q", "to_k", "to_v"])
    pipeline.save_lora_weights(
        path.parent, weight_name=path.name, **{f"{part}_lora_layers": layers}
    )
    return path


def _sd35() -> Any:
    clip = _clip(32, transformers.CLIPTextModelWithProjection)
    clip_2 = _clip(64, transformers.CLIPTextModelWithProjection)
    return diffusers.StableDiffusion3Pipeline(
        transformer=diffusers.SD3Transformer2DModel(
            sample_size=8,
            num_layers=2,
            attention_head_dim=8,
            num_attention_heads=4,
            caption_projection_dim=32,
            # The widths of both CLIP side by side are filled up to T5's.
            joint_attention_dim=128,
            pooled_projection_dim=32 + 64,
            pos_embed_max_size=16,
            qk_norm="rms_norm",
        ),
        scheduler=_flow(shift=3.0),
        vae=_vae(16),
        text_encoder=clip[0],
        tokenizer=clip[1],
        text_encoder_2=clip_2[0],
        tokenizer_2=clip_2[1],
        text_encoder_3=_t5(128),
        tokenizer_3=_t5_tokenizer(),
    )


def _flux1() -> Any:
    clip, tokenizer = _clip(32, transformers.CLIPTextModel)
    return diffusers.FluxPipeline(
        transformer=diffusers.FluxTransformer2DModel(
            num_layers=1,
            num_single_layers=1,
            attention_head_dim=16,
            num_attention_heads=2,
            joint_attention_dim=32,
            pooled_projection_dim=32,
            guidance_embeds=True,
            axes_dims_rope=(4, 4, 8),
        ),
        scheduler=_flow(shift=3.0, use_dynamic_shifting=True),
        vae=_vae(16),
        text_encoder=clip,
        tokenizer=tokenizer,
        text_encoder_2=_t5(32),
        tokenizer_2=_t5_tokenizer(),
    )


def _flux2_klein() -> Any:
    vae = diffusers.AutoencoderKLFlux2(
        block_out_channels=(8, 8, 16, 16), layers_per_block=1, norm_num_groups=4, sample_size=64
    )
    # Trained ones have seen latents that are neither around 0 nor of variance 1.
    vae.bn.running_mean.normal_(std=0.5)
    vae.bn.running_var.uniform_(0.5, 2.0)
    return diffusers.Flux2KleinPipeline(
        transformer=diffusers.Flux2Transformer2DModel(
            num_layers=1,
            num_single_layers=1,
            attention_head_dim=16,
            num_attention_heads=2,
            # Three layers of the text encoder side by side.
            joint_attention_dim=3 * 32,
            timestep_guidance_channels=16,
            axes_dims_rope=(4, 4, 4, 4),
            guidance_embeds=False,
        ),
        scheduler=_flow(shift=3.0, use_dynamic_shifting=True),
        vae=vae,
        # The pipeline reads the layers 9, 18 and 27.
        text_encoder=_qwen3(num_hidden_layers=27, of=transformers.Qwen3ForCausalLM),
        tokenizer=_qwen_tokenizer(),
    )


def _z_image() -> Any:
    return diffusers.ZImagePipeline(
        transformer=diffusers.ZImageTransformer2DModel(
            dim=32,
            n_layers=2,
            n_refiner_layers=1,
            n_heads=2,
            n_kv_heads=2,
            cap_feat_dim=32,
            axes_dims=[4, 6, 6],
            axes_lens=[1024, 64, 64],
        ),
        scheduler=_flow(shift=3.0),
        vae=_vae(16),
        text_encoder=_qwen3(num_hidden_layers=2, of=transformers.Qwen3Model),
        tokenizer=_qwen_tokenizer(),
    )


def _qwen_image() -> Any:
    text = _MLP | {
        "num_hidden_layers": 2,
        "num_key_value_heads": 2,
        "vocab_size": _qwen_size(),
        "rope_parameters": {"rope_type": "default", "mrope_section": [2, 3, 3]},
    }
    vision = {"depth": 1, "hidden_size": 32, "intermediate_size": 64, "num_heads": 2}
    config = transformers.Qwen2_5_VLConfig(
        text_config=text, vision_config=vision | {"out_hidden_size": 32}
    )
    return diffusers.QwenImagePipeline(
        transformer=diffusers.QwenImageTransformer2DModel(
            num_layers=2,
            attention_head_dim=16,
            num_attention_heads=2,
            joint_attention_dim=32,
            axes_dims_rope=(4, 6, 6),
        ),
        scheduler=_flow(shift=1.0, use_dynamic_shifting=True, shift_terminal=0.02),
        vae=diffusers.AutoencoderKLQwenImage(base_dim=8, num_res_blocks=1),
        text_encoder=transformers.Qwen2_5_VLForConditionalGeneration(config),
        tokenizer=_qwen_tokenizer(),
    )


def _chroma() -> Any:
    return diffusers.ChromaPipeline(
        transformer=diffusers.ChromaTransformer2DModel(
            num_layers=1,
            num_single_layers=1,
            attention_head_dim=16,
            num_attention_heads=2,
            joint_attention_dim=32,
            axes_dims_rope=(4, 4, 8),
            approximator_hidden_dim=32,
            approximator_layers=1,
        ),
        scheduler=_flow(shift=1.0),
        vae=_vae(16),
        text_encoder=_t5(32),
        tokenizer=_t5_tokenizer(),
    )


def _lumina2() -> Any:
    return diffusers.Lumina2Pipeline(
        transformer=diffusers.Lumina2Transformer2DModel(
            sample_size=8,
            hidden_size=32,
            num_layers=2,
            num_refiner_layers=1,
            num_attention_heads=2,
            num_kv_heads=2,
            multiple_of=16,
            axes_dim_rope=(4, 6, 6),
            axes_lens=(300, 64, 64),
            cap_feat_dim=32,
        ),
        scheduler=_flow(shift=6.0),
        vae=_vae(16),
        text_encoder=_gemma2(),
        tokenizer=_gemma_tokenizer(),
    )


def _sana() -> Any:
    channels = (8, 8, 16, 16, 32, 32)
    return diffusers.SanaPipeline(
        transformer=diffusers.SanaTransformer2DModel(
            num_attention_heads=4,
            attention_head_dim=8,
            num_layers=2,
            num_cross_attention_heads=4,
            cross_attention_head_dim=8,
            cross_attention_dim=32,
            caption_channels=32,
            sample_size=2,
        ),
        scheduler=diffusers.DPMSolverMultistepScheduler(
            use_flow_sigmas=True, prediction_type="flow_prediction", flow_shift=3.0
        ),
        vae=diffusers.AutoencoderDC(
            attention_head_dim=8,
            encoder_block_out_channels=channels,
            decoder_block_out_channels=channels,
            encoder_layers_per_block=(1,) * 6,
            decoder_layers_per_block=(1,) * 6,
            encoder_block_types=("ResBlock",) * 4 + ("EfficientViTBlock",) * 2,
            decoder_block_types=("ResBlock",) * 4 + ("EfficientViTBlock",) * 2,
            scaling_factor=0.41407,
        ),
        text_encoder=_gemma2(),
        tokenizer=_gemma_tokenizer(),
    )


_PIPELINES: dict[str, Callable[[], Any]] = {
    "sd35": _sd35,
    "flux1": _flux1,
    "flux2-klein": _flux2_klein,
    "z-image": _z_image,
    "qwen-image": _qwen_image,
    "chroma": _chroma,
    "lumina2": _lumina2,
    "sana": _sana,
}


def _flow(**settings: Any) -> Any:
    return diffusers.FlowMatchEulerDiscreteScheduler(**settings)


def _vae(latent_channels: int) -> Any:
    """As those of 16 channels are: eight pixels a latent, shifted and scaled."""
    return diffusers.AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        block_out_channels=(8, 8, 16, 16),
        norm_num_groups=4,
        latent_channels=latent_channels,
        sample_size=64,
        scaling_factor=0.3611,
        shift_factor=0.1159,
        use_quant_conv=False,
        use_post_quant_conv=False,
        force_upcast=False,
    )


def _clip(width: int, of: Any) -> tuple[Any, Any]:
    tokenizer = transformers.CLIPTokenizer(vocab=tiny.vocabulary(), merges=[], model_max_length=77)
    return of(tiny.text_config(width)), tokenizer


def _t5(width: int) -> Any:
    config = transformers.T5Config(
        vocab_size=len(_t5_vocabulary()),
        d_model=width,
        d_kv=8,
        d_ff=64,
        num_layers=2,
        num_heads=2,
        feed_forward_proj="gated-gelu",
    )
    return transformers.T5EncoderModel(config)


def _t5_vocabulary() -> list[tuple[str, float]]:
    letters = [(letter, -2.0) for letter in ("▁", *_LETTERS)]
    return [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), *letters]


def _t5_tokenizer() -> Any:
    return transformers.T5Tokenizer(vocab=_t5_vocabulary(), extra_ids=0, model_max_length=512)


def _qwen3(num_hidden_layers: int, of: Any) -> Any:
    config = transformers.Qwen3Config(
        **_MLP,
        num_hidden_layers=num_hidden_layers,
        num_key_value_heads=2,
        head_dim=16,
        vocab_size=_qwen_size(),
    )
    return of(config)


def _qwen_size() -> int:
    return 256 + len(_QWEN_MARKS)


def _qwen_tokenizer() -> Any:
    """One token a byte, written with the printable letters that GPT-2 gave to bytes."""
    words = (*sorted(ByteLevel.alphabet()), *_QWEN_MARKS)
    tokenizer = transformers.Qwen2Tokenizer(
        vocab={word: index for index, word in enumerate(words)}, merges=[]
    )
    tokenizer.chat_template = _CHAT_TEMPLATE
    return tokenizer


def _gemma2() -> Any:
    config = transformers.Gemma2Config(
        **_MLP,
        num_hidden_layers=2,
        num_key_value_heads=2,
        head_dim=16,
        vocab_size=len(_gemma_vocabulary()),
        pad_token_id=0,
        eos_token_id=1,
        bos_token_id=2,
    )
    return transformers.Gemma2Model(config)


def _gemma_vocabulary() -> dict[str, int]:
    return {word: index for index, word in enumerate((*_SPECIAL, "▁", *_LETTERS))}


def _gemma_tokenizer() -> Any:
    return transformers.GemmaTokenizer(vocab=_gemma_vocabulary(), merges=[])
