"""The parts of published models: classes and configs, as their makers' config.json files say.

What stands nowhere here is the default of the class, which then is the published value too.
"""

from typing import Any

from .gpu.full_size import SDXL, VAE, Z_IMAGE

Parts = dict[str, tuple[str, dict[str, Any]]]
"""By its name in the pipeline: the class, of diffusers or transformers, and its config."""

_CLIP_L = {
    "hidden_size": 768,
    "intermediate_size": 3072,
    "num_attention_heads": 12,
    "num_hidden_layers": 12,
    "projection_dim": 768,
}
_CLIP_G = SDXL.text[1]
_T5_XXL = {
    "d_model": 4096,
    "d_ff": 10240,
    "d_kv": 64,
    "num_layers": 24,
    "num_heads": 64,
    "vocab_size": 32128,
    "feed_forward_proj": "gated-gelu",
}
_QWEN3_4B = {**Z_IMAGE.text[0], "vocab_size": 151936, "tie_word_embeddings": True}
_QWEN3_8B = {**_QWEN3_4B, "hidden_size": 4096, "intermediate_size": 12288}
_QWEN3_8B |= {"tie_word_embeddings": False}
_QWEN2_5_VL_7B = {
    "text_config": {
        "hidden_size": 3584,
        "intermediate_size": 18944,
        "num_hidden_layers": 28,
        "num_attention_heads": 28,
        "num_key_value_heads": 4,
        "vocab_size": 152064,
    },
    "vision_config": {
        "depth": 32,
        "hidden_size": 1280,
        "intermediate_size": 3420,
        "num_heads": 16,
        "out_hidden_size": 3584,
    },
    "tie_word_embeddings": False,
}
_GEMMA2_2B = {
    "hidden_size": 2304,
    "intermediate_size": 9216,
    "num_hidden_layers": 26,
    "num_attention_heads": 8,
    "num_key_value_heads": 4,
    "head_dim": 256,
    "vocab_size": 256000,
}
# Its config.json does not say force_upcast, and its pipeline never widens it.
_SD15_VAE = {**VAE, "latent_channels": 4, "sample_size": 512, "force_upcast": False}
_FLUX_VAE = {**Z_IMAGE.vae, "force_upcast": True}
_DC_BLOCKS = ["ResBlock"] * 3 + ["EfficientViTBlock"] * 3
_DC_VAE = {
    "encoder_block_types": _DC_BLOCKS,
    "decoder_block_types": _DC_BLOCKS,
    "upsample_block_type": "interpolate",
    "downsample_block_type": "Conv",
}


def _sd35(denoiser: dict[str, Any]) -> Parts:
    return {
        "transformer": (
            "SD3Transformer2DModel",
            {"pooled_projection_dim": 2048, "qk_norm": "rms_norm", **denoiser},
        ),
        "text_encoder": ("CLIPTextModelWithProjection", _CLIP_L),
        "text_encoder_2": ("CLIPTextModelWithProjection", _CLIP_G),
        "text_encoder_3": ("T5EncoderModel", _T5_XXL),
        "vae": ("AutoencoderKL", _FLUX_VAE),
    }


def _flux1(has_guidance: bool) -> Parts:
    return {
        "transformer": ("FluxTransformer2DModel", {"guidance_embeds": has_guidance}),
        "text_encoder": ("CLIPTextModel", _CLIP_L),
        "text_encoder_2": ("T5EncoderModel", _T5_XXL),
        "vae": ("AutoencoderKL", _FLUX_VAE),
    }


def _flux2_klein(denoiser: dict[str, Any], text: dict[str, Any]) -> Parts:
    return {
        "transformer": ("Flux2Transformer2DModel", {"guidance_embeds": False, **denoiser}),
        "text_encoder": ("Qwen3ForCausalLM", text),
        "vae": ("AutoencoderKLFlux2", {}),
    }


def _sana(denoiser: dict[str, Any]) -> Parts:
    return {
        "transformer": ("SanaTransformer2DModel", denoiser),
        "text_encoder": ("Gemma2Model", _GEMMA2_2B),
        "vae": ("AutoencoderDC", _DC_VAE),
    }


ARCHITECTURES: dict[str, Parts] = {
    "SD 1.5": {
        "unet": (
            "UNet2DConditionModel",
            {"cross_attention_dim": 768, "attention_head_dim": 8, "sample_size": 64},
        ),
        "text_encoder": ("CLIPTextModel", _CLIP_L),
        "vae": ("AutoencoderKL", _SD15_VAE),
    },
    "SDXL": {
        "unet": ("UNet2DConditionModel", SDXL.denoiser),
        "text_encoder": ("CLIPTextModel", _CLIP_L),
        "text_encoder_2": ("CLIPTextModelWithProjection", _CLIP_G),
        "vae": ("AutoencoderKL", SDXL.vae),
    },
    "SDXL refiner": {
        "unet": (
            "UNet2DConditionModel",
            {
                **SDXL.denoiser,
                "down_block_types": [
                    "DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D",
                ],
                "up_block_types": [
                    "UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D",
                ],
                "block_out_channels": [384, 768, 1536, 1536],
                "transformer_layers_per_block": 4,
                "attention_head_dim": [6, 12, 24, 24],
                "cross_attention_dim": 1280,
                "projection_class_embeddings_input_dim": 2560,
            },
        ),
        "text_encoder_2": ("CLIPTextModelWithProjection", _CLIP_G),
        "vae": ("AutoencoderKL", SDXL.vae),
    },
    "SD 3.5 Large": _sd35(
        {
            "num_layers": 38,
            "num_attention_heads": 38,
            "caption_projection_dim": 2432,
            "pos_embed_max_size": 192,
        }
    ),
    "SD 3.5 Medium": _sd35(
        {
            "num_layers": 24,
            "num_attention_heads": 24,
            "caption_projection_dim": 1536,
            "pos_embed_max_size": 384,
            "dual_attention_layers": tuple(range(13)),
        }
    ),
    "FLUX.1 schnell": _flux1(has_guidance=False),
    "FLUX.1 dev": _flux1(has_guidance=True),
    "FLUX.2 klein 4B": _flux2_klein(
        {
            "num_layers": 5,
            "num_single_layers": 20,
            "num_attention_heads": 24,
            "joint_attention_dim": 7680,
        },
        _QWEN3_4B,
    ),
    "FLUX.2 klein 9B": _flux2_klein(
        {
            "num_layers": 8,
            "num_single_layers": 24,
            "num_attention_heads": 32,
            "joint_attention_dim": 12288,
        },
        _QWEN3_8B,
    ),
    "Z-Image": {
        "transformer": ("ZImageTransformer2DModel", {}),
        "text_encoder": ("Qwen3ForCausalLM", _QWEN3_4B),
        "vae": ("AutoencoderKL", _FLUX_VAE),
    },
    "Qwen-Image": {
        "transformer": ("QwenImageTransformer2DModel", {}),
        "text_encoder": ("Qwen2_5_VLForConditionalGeneration", _QWEN2_5_VL_7B),
        "vae": ("AutoencoderKLQwenImage", {}),
    },
    "Chroma": {
        "transformer": ("ChromaTransformer2DModel", {}),
        "text_encoder": ("T5EncoderModel", _T5_XXL),
        "vae": ("AutoencoderKL", _FLUX_VAE),
    },
    "Lumina Image 2.0": {
        "transformer": ("Lumina2Transformer2DModel", {"cap_feat_dim": 2304}),
        "text_encoder": ("Gemma2Model", _GEMMA2_2B),
        "vae": ("AutoencoderKL", _FLUX_VAE),
    },
    "Sana 1.6B": _sana({}),
    "Sana 0.6B": _sana(
        {
            "num_layers": 28,
            "num_attention_heads": 36,
            "num_cross_attention_heads": 16,
            "cross_attention_head_dim": 72,
            "cross_attention_dim": 1152,
        }
    ),
    "SANA 1.5 4.8B": _sana({"num_layers": 60, "qk_norm": "rms_norm_across_heads"}),
}  # fmt: skip
