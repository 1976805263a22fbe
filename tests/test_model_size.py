"""What a model weighs: counted from names and sizes, and from the files of real folders."""

import json
import shutil
from pathlib import Path

import pytest

from fooocus_lite.errors import WeightsError
from fooocus_lite.thinking.activations import DecoderShape, DenoiserShape
from fooocus_lite.thinking.model_size import UNKNOWN_DECODER, UNKNOWN_DENOISER, part_of, role_of
from fooocus_lite.weights import sizes, verify


def test_a_block_is_an_entry_of_a_list_at_the_top() -> None:
    part = part_of(
        "transformer",
        "denoiser",
        [
            ("x_embedder.weight", 10),
            ("layers.0.attention.to_q.weight", 30),
            ("layers.0.norm.weight", 1),
            ("layers.1.attention.to_q.weight", 40),
            ("encoder.block.0.weight", 5),
        ],
    )
    assert (part.parameters, part.largest_block, part.outside_blocks) == (86, 40, 15)
    assert part.largest_leaf == 40


def test_a_unets_blocks_are_inside_of_its_levels() -> None:
    part = part_of(
        "unet",
        "denoiser",
        [
            ("conv_in.weight", 3),
            ("down_blocks.0.attentions.0.proj_in.weight", 30),
            ("down_blocks.0.attentions.1.proj_in.weight", 40),
            ("mid_block.resnets.0.conv1.weight", 50),
            ("up_blocks.0.upsamplers.0.conv.weight", 20),
            ("time_embedding.linear_1.weight", 4),
        ],
    )
    assert (part.largest_block, part.outside_blocks) == (50, 7)


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("unet", "denoiser"),
        ("transformer", "denoiser"),
        ("text_encoder_3", "text"),
        ("vae", "decoder"),
        ("safety_checker", "other"),
    ],
)
def test_roles_follow_the_names_that_diffusers_gives(name: str, role: str) -> None:
    assert role_of(name) == role


def test_the_starters_parts_are_all_counted(starter: Path) -> None:
    size = sizes.of_folder(starter)
    assert {part.name for part in size.parts} == {"unet", "vae", "text_encoder", "text_encoder_2"}
    assert size.denoiser.name == "unet"
    assert size.parameters == verify.parameters(starter)
    assert size.denoiser_shape == DenoiserShape("unet", 48, 8)
    assert size.denoiser not in size.others


def test_a_changed_file_is_measured_again_and_a_missing_one_is_named(
    tiny_model: Path, tmp_path: Path
) -> None:
    model = Path(shutil.copytree(tiny_model, tmp_path / "tiny"))
    before = sizes.of_folder(model)
    assert sizes.of_folder(model) is before
    weights = model / "vae" / "diffusion_pytorch_model.safetensors"
    shutil.copy(model / "unet" / "diffusion_pytorch_model.safetensors", weights)
    assert sizes.of_folder(model).parameters > before.parameters
    weights.unlink()
    with pytest.raises(WeightsError, match="vae"):
        sizes.of_folder(model)


@pytest.mark.parametrize(
    ("config", "vae", "shape"),
    [
        (
            {"num_attention_heads": 24, "attention_head_dim": 128},
            {},
            DenoiserShape("transformer", 3072, 16, text_tokens=512),
        ),
        ({"dim": 3840}, {}, DenoiserShape("transformer", 3840, 16, text_tokens=512)),
        ({"hidden_size": 2304}, {}, DenoiserShape("transformer", 2304, 16, text_tokens=512)),
        (
            {"num_attention_heads": 70, "attention_head_dim": 32},
            {"_class_name": "AutoencoderDC"},
            DenoiserShape("transformer", 2240, 32, text_tokens=512),
        ),
        (
            {
                "block_out_channels": [320, 640],
                "down_block_types": ["CrossAttnDownBlock2D", "DownBlock2D"],
                "up_block_types": ["UpBlock2D", "CrossAttnUpBlock2D"],
            },
            {},
            DenoiserShape("unet", 320, 8, has_full_size_attention=True),
        ),
        ({}, {}, UNKNOWN_DENOISER),
    ],
)
def test_a_denoisers_shape_is_read_from_its_config(
    config: dict, vae: dict, shape: DenoiserShape
) -> None:
    assert sizes.denoiser_shape(config, vae) == shape


@pytest.mark.parametrize(
    ("config", "shape"),
    [
        (
            {"block_out_channels": [128, 256, 512], "sample_size": 1024, "force_upcast": True},
            DecoderShape(256, 512, needs_float32=True),
        ),
        ({"block_out_channels": [16], "sample_size": 64}, DecoderShape(16, 64)),
        ({"base_dim": 96, "dim_mult": [1, 2, 4, 4]}, DecoderShape(192)),
        ({"decoder_block_out_channels": [128, 512], "sample_size": [8, 8]}, DecoderShape(512)),
        ({}, UNKNOWN_DECODER),
    ],
)
def test_a_decoders_shape_is_read_from_its_config(config: dict, shape: DecoderShape) -> None:
    assert sizes.decoder_shape(config) == shape


@pytest.mark.parametrize(
    ("denoiser", "vae"),
    [
        ({"block_out_channels": 5}, {"block_out_channels": 5}),
        ({"block_out_channels": ["a"]}, {"block_out_channels": ["a"], "sample_size": "x"}),
        ({"block_out_channels": [float("inf")]}, {"block_out_channels": [0, -4]}),
        ({"num_attention_heads": "x", "attention_head_dim": 8}, {"base_dim": "a"}),
        ({"hidden_size": {}, "dim": -1}, {"base_dim": 2**70, "dim_mult": ["x"]}),
        ({"hidden_size": True, "dim": 2**70}, {"block_out_channels": {}, "base_dim": []}),
    ],
)
def test_a_config_with_nonsense_is_like_none(denoiser: dict, vae: dict) -> None:
    assert sizes.denoiser_shape(denoiser, vae) == UNKNOWN_DENOISER
    assert sizes.decoder_shape(vae) == UNKNOWN_DECODER


def test_a_unet_that_does_not_name_its_blocks_has_no_attention_outside() -> None:
    shape = sizes.denoiser_shape({"block_out_channels": [320, 640]}, {})
    assert shape == DenoiserShape("unet", 320, 8, has_full_size_attention=False)


def test_a_broken_config_still_lets_the_model_be_weighed(tiny_model: Path, tmp_path: Path) -> None:
    model = Path(shutil.copytree(tiny_model, tmp_path / "tiny"))
    for text in ("{", json.dumps([])):
        (model / "unet" / "config.json").write_text(text)
        (model / "unet" / "diffusion_pytorch_model.safetensors").touch()
        assert sizes.of_folder(model).denoiser_shape == UNKNOWN_DENOISER


@pytest.mark.parametrize(
    ("class_name", "is_safe"),
    [
        ("UNet2DConditionModel", True),
        ("FluxTransformer2DModel", True),
        ("ZImageTransformer2DModel", False),
        ("QwenImageTransformer2DModel", False),
        ("SanaTransformer2DModel", False),
        ("SomethingNew", True),
    ],
)
def test_whether_float16_overflows_is_known_by_the_denoisers_class(
    class_name: str, is_safe: bool
) -> None:
    assert sizes.is_float16_safe({"_class_name": class_name}) == is_safe


def test_only_a_folder_can_be_loaded_in_four_bits(starter: Path) -> None:
    assert sizes.of_folder(starter).can_load_4bit
    single = starter / "unet" / "diffusion_pytorch_model.safetensors"
    assert not sizes.of_folder(single).can_load_4bit
