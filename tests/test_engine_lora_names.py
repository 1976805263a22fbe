"""Names of layers in LoRA files, against what diffusers makes of the authors' own checkpoints."""

from pathlib import Path
from typing import Any

import pytest
import tiny_families
import torch
from diffusers import FluxPipeline, StableDiffusionXLPipeline, UNet2DConditionModel
from diffusers.loaders.single_file_utils import convert_ldm_unet_checkpoint

from fooocus_lite.engine import lora_names
from fooocus_lite.engine.lora_names import authors_name


@pytest.fixture(scope="module")
def wide_unet() -> Any:
    """Three blocks of two layers, as SDXL has them, with only a few channels."""
    return UNet2DConditionModel(
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
        block_out_channels=(32, 64, 64),
        layers_per_block=2,
        attention_head_dim=2,
        use_linear_projection=True,
        cross_attention_dim=8,
        norm_num_groups=16,
        addition_embed_type="text_time",
        addition_time_embed_dim=8,
        projection_class_embeddings_input_dim=16,
    )


def test_every_layer_of_a_unet_has_the_name_its_authors_gave_it(wide_unet: Any) -> None:
    layers = {
        name: value for name, value in wide_unet.state_dict().items() if name.endswith(".weight")
    }
    theirs = {}
    for name, value in layers.items():
        known = authors_name(name.removesuffix(".weight"), wide_unet)
        assert known is not None, name
        theirs[f"model.diffusion_model.{known}.weight"] = value
        # The converter wants biases too; their values are not looked at.
        theirs[f"model.diffusion_model.{known}.bias"] = torch.zeros(1)
    config = dict(wide_unet.config) | {"class_embed_type": None}
    back = convert_ldm_unet_checkpoint(theirs, config)
    for name, value in layers.items():
        assert back[name] is value, name


def test_layers_are_found_under_every_name_that_trainers_use(tiny_model: Path) -> None:
    pipeline = StableDiffusionXLPipeline.from_pretrained(tiny_model, dtype=torch.float32)
    found = lora_names.layers(pipeline)
    attention = pipeline.unet.down_blocks[1].attentions[0].transformer_blocks[0].attn1.to_q
    inside = "transformer_blocks_0_attn1_to_q"
    assert found[f"lora_unet_down_blocks_1_attentions_0_{inside}"].module is attention
    assert found[f"lora_unet_input_blocks_3_1_{inside}"].module is attention
    for number, encoder in enumerate((pipeline.text_encoder, pipeline.text_encoder_2), start=1):
        module = dict(encoder.named_modules())
        layer = next(module[name] for name in module if name.endswith("layers.1.mlp.fc1"))
        assert found[f"lora_te{number}_text_model_encoder_layers_1_mlp_fc1"].module is layer


def test_a_pipeline_without_a_unet_has_no_such_names(tmp_path: Path) -> None:
    folder = tiny_families.build("flux1", tmp_path / "flux1")
    assert lora_names.layers(FluxPipeline.from_pretrained(folder)) == {}
