"""What a file is, told from names, shapes and words in its header."""

import json
import struct
from pathlib import Path

import pytest
import single_files
import tiny
import tiny_families
from diffusers.loaders.single_file_utils import CHECKPOINT_KEY_NAMES

from fooocus_lite.thinking.families import FAMILIES
from fooocus_lite.thinking.labels import MAX_LABEL
from fooocus_lite.weights import inspect as inspection_module
from fooocus_lite.weights import kinds
from fooocus_lite.weights.header import Header, Tensor
from fooocus_lite.weights.inspect import Inspection, inspect, of_header

LDM = "model.diffusion_model."
TEXT_LAYER = "input_blocks.4.1.transformer_blocks.0.attn2.to_k.weight"


def header_of(
    shapes: dict[str, tuple[int, ...]], dtype: str = "F16", **metadata: str
) -> Inspection:
    tensors = {name: Tensor(dtype, shape, 0, 2) for name, shape in shapes.items()}
    return of_header(Header(tensors, metadata))


@pytest.mark.parametrize("name", [name for name in FAMILIES if name != "starter"])
def test_the_denoiser_of_every_family_is_known_by_its_diffusers_folder(
    name: str, tmp_path: Path
) -> None:
    folder = tiny_families.build(name, tmp_path / name)
    part = folder / ("unet" if name in ("sd15", "sdxl") else "transformer")
    found = inspect(next(part.glob("*.safetensors")))
    assert found.kind == "diffusion model"
    if name in (
        "sd15",
        "sdxl",
    ):  # these go by the width of the text, and the tiny ones' is not real
        assert found.architecture.title.startswith("a UNet for text")
    else:
        assert found.family == name


@pytest.mark.parametrize(
    ("keys", "family"),
    [
        ("flux", "flux1"),
        ("flux2", "flux2-klein"),
        ("chroma", "chroma"),
        ("sd3", "sd35"),
        ("sd35_large", "sd35"),
        ("lumina2", "lumina2"),
    ],
)
def test_names_that_diffusers_knows_a_model_by_mean_the_same_here(keys: str, family: str) -> None:
    names = CHECKPOINT_KEY_NAMES[keys]
    for name in names:
        found = header_of({name: (8, 8)})
        assert (found.kind, found.family) == ("diffusion model", family), name


@pytest.mark.parametrize("shape", [(), (0,), (1,), (2**40, 0), (1, 1, 1, 1, 1)])
def test_tensors_of_no_sensible_shape_are_looked_at_all_the_same(shape: tuple[int, ...]) -> None:
    known = [each for keys in CHECKPOINT_KEY_NAMES.values() for each in keys if len(each) > 1]
    others = [
        "conditioner.embedders.1.model.x",
        "control_model.input_hint_block.0.weight",
        "controlnet_cond_embedding.conv_in.weight",
        "decoder.conv_in.weight",
        "double_blocks.0.img_attn.norm.key_norm.scale",
        "img_in.weight",
        "lora_unet_down_blocks_0_attn2_to_k.lora_down.weight",
        "single_stream_modulation.lin.weight",
        "single_stream_modulation.linear.weight",
        "single_transformer_blocks.0.proj_mlp.weight",
        "time_embedding.linear_1.weight",
        "x.attn2.to_k.weight",
    ]
    for name in {*known, *others}:
        for beside in (
            {},
            {"txt_in.weight": shape, "img_in.weight": shape, "conv_in.weight": shape},
        ):
            assert header_of({name: shape} | beside).shown_kind


@pytest.mark.parametrize(
    ("beside", "kind"),
    [
        ("first_stage_model.decoder.conv_in.weight", "diffusion model"),
        ("text_encoders.qwen3_4b.model.layers.0.input_layernorm.weight", "diffusion model"),
        ("text_encoders.clip_l.transformer.text_model.final_layer_norm.weight", "diffusion model"),
        ("text_encoders.t5xxl.transformer.shared.weight", "checkpoint"),
    ],
)
def test_a_file_is_a_whole_model_when_its_text_encoders_can_be_read(beside: str, kind: str) -> None:
    *_, entry = CHECKPOINT_KEY_NAMES["sd35_large"]
    found = header_of({entry: (8, 8), beside: (8,)})
    assert (found.kind, found.family, found.problem) == (kind, "sd35", "")


def test_z_image_and_lumina_are_told_apart() -> None:
    shapes = {"cap_embedder.0.weight": (8,), "layers.0.adaLN_modulation.0.weight": (8, 8)}
    assert header_of(shapes).family == "z-image"
    assert header_of({"cap_embedder.0.weight": (8,)}).family == "lumina2"


@pytest.mark.parametrize("keys", ["wan", "hunyuan-video", "auraflow", "krea2", "flux3"])
def test_models_that_are_not_run_are_named(keys: str) -> None:
    names = CHECKPOINT_KEY_NAMES[keys]
    name = names if isinstance(names, str) else names[0]
    found = header_of({name: (8, 8)})
    assert found.family is None
    assert found.architecture.title in found.problem
    assert "is no model that is run here" in found.problem


@pytest.mark.parametrize(
    ("width", "channels", "title", "family"),
    [
        (768, 4, "Stable Diffusion 1.5", "sd15"),
        (1024, 4, "Stable Diffusion 2", None),
        (2048, 4, "SDXL", "sdxl"),
        (2048, 9, "SDXL for inpainting", None),
        (768, 8, "Stable Diffusion 1.5 for editing pictures", None),
    ],
)
def test_a_unet_goes_by_the_width_of_its_text_and_its_channels(
    width: int, channels: int, title: str, family: str | None
) -> None:
    entry = {"input_blocks.0.0.weight": (320, channels, 3, 3), TEXT_LAYER: (640, width)}
    for prefix in ("", LDM):
        found = header_of({prefix + name: shape for name, shape in entry.items()})
        assert (found.architecture.title, found.family) == (title, family)
        assert bool(found.problem) == (family is None)


@pytest.mark.parametrize(
    ("encoder", "title"),
    [
        ("cond_stage_model.transformer.text_model.x", "Stable Diffusion 1.5"),
        ("cond_stage_model.model.x", "Stable Diffusion 2"),
        ("conditioner.embedders.1.model.x", "SDXL"),
    ],
)
def test_a_checkpoint_goes_by_its_text_encoders(encoder: str, title: str) -> None:
    found = header_of({f"{LDM}input_blocks.0.0.weight": (320, 4, 3, 3), encoder: (1,)})
    assert (found.kind, found.architecture.title) == ("checkpoint", title)


def test_a_refiner_is_a_kind_of_its_own_and_half_of_one_is_no_use() -> None:
    unet = {f"{LDM}input_blocks.0.0.weight": (384, 4, 3, 3), LDM + TEXT_LAYER: (768, 1280)}
    whole = header_of({**unet, "conditioner.embedders.0.model.x": (1,)})
    assert (whole.kind, whole.family, whole.problem) == ("refiner", "sdxl-refiner", "")
    assert (whole.shown_kind, whole.is_model) == ("SDXL refiner", False)
    assert "only a part of a refiner" in header_of(unet).problem


@pytest.mark.parametrize(
    ("text_width", "title"),
    [(7680, "FLUX.2 klein 4B"), (12288, "FLUX.2 klein 9B"), (15360, "FLUX.2 dev")],
)
def test_the_sizes_of_flux_2_go_by_their_text(text_width: int, title: str) -> None:
    shapes = {"single_stream_modulation.lin.weight": (8, 8), "txt_in.weight": (8, text_width)}
    assert header_of(shapes).architecture.title == title


def test_flux_1_dev_schnell_and_fill_are_told_apart() -> None:
    base = {"double_blocks.0.img_attn.norm.key_norm.scale": (128,), "img_in.weight": (3072, 64)}
    assert header_of(base).architecture is kinds.FLUX1_SCHNELL
    assert header_of({**base, "guidance_in.in_layer.weight": (1,)}).architecture is kinds.FLUX1
    assert "picture to start from" in header_of({**base, "img_in.weight": (3072, 384)}).problem


@pytest.mark.parametrize(
    ("layer", "width", "families"),
    [
        ("lora_unet_down_blocks_1_attentions_0_transformer_blocks_0_attn2_to_k", 768, ("sd15",)),
        ("lora_unet_input_blocks_4_1_transformer_blocks_0_attn2_to_k", 2048, ("sdxl",)),
        ("unet.down_blocks.1.attentions.0.transformer_blocks.0.attn2.to_k", 2048, ("sdxl",)),
        ("lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_k", 320, ("sd15",)),
        ("lora_unet_input_blocks_7_1_transformer_blocks_5_attn1_to_k", 1280, ("sdxl",)),
        ("lora_te2_text_model_encoder_layers_0_mlp_fc1", 1280, ("sdxl",)),
        ("text_encoder_2.text_model.encoder.layers.0.mlp.fc1", 1280, ("sdxl",)),
        ("lora_te_text_model_encoder_layers_0_mlp_fc1", 768, ("sd15", "sdxl")),
        ("lora_unet_double_blocks_9_img_attn_proj", 3072, ("flux1", "chroma")),
        ("diffusion_model.double_blocks.0.img_attn.proj", 4096, ("flux2-klein",)),
        ("transformer.single_transformer_blocks.0.attn.to_q", 3072, ("flux1", "chroma")),
        ("transformer.single_transformer_blocks.0.attn.to_qkv_mlp_proj", 3072, ("flux2-klein",)),
        ("transformer.single_transformer_blocks.0.attn.to_qkv_mlp_proj", 6144, ()),
        ("transformer.transformer_blocks.0.attn.add_k_proj", 2432, ("sd35",)),
        ("transformer.transformer_blocks.3.img_mlp.net.0.proj", 3072, ("qwen-image",)),
        ("diffusion_model.layers.0.attention.to_q", 3840, ("z-image",)),
        ("diffusion_model.layers.0.attention.qkv", 2304, ("lumina2",)),
        ("transformer.transformer_blocks.0.attn1.to_q", 2240, ("sana",)),
        ("diffusion_model.blocks.0.self_attn.q", 1536, ()),
        ("something.else", 7, ()),
    ],
)
def test_a_lora_names_the_families_it_may_fit(
    layer: str, width: int, families: tuple[str, ...]
) -> None:
    for down, up in (("lora_down", "lora_up"), ("lora_A", "lora_B")):
        found = header_of(
            {f"{layer}.{down}.weight": (4, width), f"{layer}.{up}.weight": (width, 4)}
        )
        assert (found.kind, found.families) == ("lora", families)


def test_a_loha_is_a_lora_too() -> None:
    layer = "lora_unet_down_blocks_1_attentions_0_transformer_blocks_0_attn2_to_k"
    shapes = {f"{layer}.hada_w1_a": (640, 4), f"{layer}.hada_w1_b": (4, 2048)}
    assert header_of(shapes).family == "sdxl"


@pytest.mark.parametrize(
    ("shapes", "kind", "families"),
    [
        ({"emb_params": (4, 768)}, "embedding", ("sd15",)),
        ({"clip_l": (4, 768), "clip_g": (4, 1280)}, "embedding", ("sdxl",)),
        ({"emb_params": (4, 33)}, "embedding", ()),
        (
            {"decoder.conv_in.weight": (512, 4, 3, 3), "encoder.a": (1, 1, 3, 3)},
            "vae",
            ("sd15", "sdxl"),
        ),
        ({"first_stage_model.decoder.conv_in.weight": (512, 4, 3, 3)}, "vae", ("sd15", "sdxl")),
        ({"control_model.input_hint_block.0.weight": (16, 3, 3, 3)}, "controlnet", ()),
        ({"model.1.sub.0.RDB1.conv1.0.weight": (32, 64, 3, 3)}, "upscaler", ()),
        ({"text_model.encoder.layers.0.self_attn.q_proj.weight": (8, 8)}, "text encoder", ()),
        ({"a.b.c": (1, 2, 3)}, "unknown", ()),
        ({}, "unknown", ()),
    ],
)
def test_other_kinds_are_told_apart(
    shapes: dict[str, tuple[int, ...]], kind: str, families: tuple[str, ...]
) -> None:
    found = header_of(shapes)
    assert (found.kind, found.families) == (kind, families)


def test_a_controlnet_goes_by_the_width_of_its_text() -> None:
    shapes = {
        "controlnet_cond_embedding.conv_in.weight": (16, 3, 3, 3),
        "conv_in.weight": (320, 4, 3, 3),
        "time_embedding.linear_1.weight": (8, 8),
        "down_blocks.1.attentions.0.transformer_blocks.0.attn2.to_k.weight": (640, 2048),
    }
    found = header_of(shapes)
    assert (found.kind, found.family) == ("controlnet", "sdxl")


def test_numbers_that_are_packed_in_an_unknown_way_are_a_problem() -> None:
    unet = {"input_blocks.0.0.weight": (320, 4, 3, 3), TEXT_LAYER: (640, 2048)}
    assert "scales of their own" in header_of({**unet, "a.scale_weight": (1,)}).problem
    assert "4 bits" in header_of({**unet, "a.weight.quant_state.bitsandbytes__nf4": (1,)}).problem


def test_a_checkpoint_of_the_makers_own_form_says_all(tmp_path: Path) -> None:
    said = {
        "modelspec.title": "Täst ‮<b>",
        "modelspec.license": "OpenRAIL++",
        "modelspec.trigger_phrase": "inkstyle, thick lines",
        "ss_sd_model_name": "sd_xl_base_1.0.safetensors",
    }
    folder = tiny.build(tmp_path / "sdxl")
    found = inspect(single_files.sdxl(folder, tmp_path / "x.safetensors", said))
    assert (found.kind, found.family, found.precision) == ("checkpoint", "sdxl", "fp16")
    assert found.parameters > 1_000_000
    assert found.title == "Täst  <b>"
    assert found.licence == "OpenRAIL++"
    assert found.trigger_words == ("inkstyle", "thick lines")
    assert found.base_model == "sd_xl_base_1.0.safetensors"
    assert found.problem == ""


def test_trigger_words_are_the_tags_that_most_pictures_had() -> None:
    tags = {"10_cat": {"my cat": 20, "grass": 11, "bird": 9}, "1_b": {"my cat": 2, "x": -5}}
    found = header_of({"emb_params": (1, 768)}, ss_tag_frequency=json.dumps(tags))
    assert found.trigger_words == ("my cat", "grass")


@pytest.mark.parametrize(
    "text",
    [
        "{", "[]", '{"a": 1}', '{"a": {"b": "c"}}', "[" * 100_000, " " * 5_000_000,
        '{"a": {"b": 1e999}}',
    ],
)  # fmt: skip
def test_tags_that_make_no_sense_are_no_trigger_words(text: str) -> None:
    assert header_of({"emb_params": (1, 768)}, ss_tag_frequency=text).trigger_words == ()


def test_words_are_bounded_however_many_a_file_says() -> None:
    tags = {"a": {f"{'x' * 999}{index}": 5 for index in range(1000)}}
    words = header_of({"a": (1,)}, ss_tag_frequency=json.dumps(tags)).trigger_words
    assert len(words) <= inspection_module.MAX_TRIGGER_WORDS
    assert all(len(word) <= MAX_LABEL for word in words)
    many = ", ".join(f"word{index}" for index in range(99_999))
    found = header_of({"a": (1,)}, **{"modelspec.trigger_phrase": many})
    assert len(found.trigger_words) == inspection_module.MAX_TRIGGER_WORDS


def test_the_trainers_note_counts_where_the_tensors_say_nothing() -> None:
    shapes = {"x.lora_down.weight": (4, 8), "x.lora_up.weight": (8, 4)}
    assert header_of(shapes, ss_base_model_version="sdxl_base_v1-0").family == "sdxl"
    assert header_of(shapes).family is None


def test_a_file_is_read_once_until_it_changes(tmp_path: Path) -> None:
    path = tiny.build_embedding(tmp_path / "a.safetensors", {"emb_params": 768})
    first = inspect(path)
    assert inspect(path) is first
    path.unlink()
    tiny.build_embedding(path, {"emb_params": 1024, "other": 7})
    assert inspect(path).families == ()


def test_an_empty_file_of_the_library_is_of_unknown_kind(tmp_path: Path) -> None:
    path = tmp_path / "empty.safetensors"
    path.write_bytes(struct.pack("<Q", 2) + b"{}")
    assert inspect(path).kind == "unknown"
