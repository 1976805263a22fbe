"""LoRAs of every format on a tiny SDXL: applied, mixed, reported, and gone without a trace."""

from pathlib import Path
from typing import Any

import pytest
import tiny_families
import torch
from diffusers import FluxPipeline, StableDiffusionXLPipeline
from safetensors.torch import load_file, save_file

from fooocus_lite.engine.lora_names import authors_name
from fooocus_lite.engine.loras import LoRAs
from fooocus_lite.errors import WeightsError
from fooocus_lite.recipe import LoRA

LAYER = "down_blocks.1.attentions.0.transformer_blocks.0.attn1.to_q"


@pytest.fixture(scope="module")
def pipeline(tiny_model: Path) -> Any:
    made = StableDiffusionXLPipeline.from_pretrained(tiny_model, dtype=torch.float32)
    made.set_progress_bar_config(disable=True)
    return made


@pytest.fixture
def loras(pipeline: Any) -> Any:
    """What every test leaves behind is nothing, to the last bit."""
    before = {name: value.clone() for name, value in pipeline.unet.state_dict().items()}
    made = LoRAs(pipeline)
    yield made
    made.apply((), {})
    after = pipeline.unet.state_dict()
    assert after.keys() == before.keys()
    assert all(after[name].equal(value) for name, value in before.items())


def layer_of(pipeline: Any) -> Any:
    return pipeline.unet.get_submodule(LAYER)


def effect(pipeline: Any) -> torch.Tensor:
    """What the layer computes for each of its inputs alone: its weight, with all that was added."""
    layer = layer_of(pipeline)
    with torch.no_grad():
        return layer(torch.eye(layer.in_features)).T.clone()


def kohya(pipeline: Any, name: str = LAYER, rank: int = 2, **more: torch.Tensor) -> dict[str, Any]:
    """A LoRA of one layer as kohya writes it, with the authors' name for the layer."""
    known = authors_name(name, pipeline.unet)
    assert known is not None
    prefix = f"lora_unet_{known.replace('.', '_')}"
    outs, ins = layer_of(pipeline).weight.shape
    random = torch.Generator().manual_seed(rank)
    tensors = {
        "lora_up.weight": torch.randn(outs, rank, generator=random),
        "lora_down.weight": torch.randn(rank, ins, generator=random),
        "alpha": torch.tensor(1.0),
    } | more
    return {f"{prefix}.{end}": tensor for end, tensor in tensors.items()}


def ends_of(pipeline: Any) -> dict[str, torch.Tensor]:
    return {name.partition(".")[2]: value for name, value in kohya(pipeline).items()}


def saved(folder: Path, **tensors: dict[str, torch.Tensor]) -> dict[str, Path]:
    files = {}
    for name, values in tensors.items():
        files[name] = folder / f"{name}.safetensors"
        save_file({key: value.clone() for key, value in values.items()}, files[name])
    return files


def change(tensors: dict[str, torch.Tensor]) -> torch.Tensor:
    ends = {name.partition(".")[2]: value for name, value in tensors.items()}
    return ends["lora_up.weight"] @ ends["lora_down.weight"] / len(ends["lora_down.weight"])


@pytest.mark.parametrize("weight", [-2.0, 0.5, 2.0])
def test_kohyas_lora_adds_its_product(
    loras: LoRAs, pipeline: Any, tmp_path: Path, weight: float
) -> None:
    plain, tensors = effect(pipeline), kohya(pipeline)
    assert loras.apply([LoRA(name="k", weight=weight)], saved(tmp_path, k=tensors)) == ()
    torch.testing.assert_close(effect(pipeline), plain + weight * change(tensors))


def test_kohyas_dora_has_its_whole_effect(loras: LoRAs, pipeline: Any, tmp_path: Path) -> None:
    plain = effect(pipeline)
    lengths = torch.rand(len(plain), 1, generator=torch.Generator().manual_seed(5)) + 0.5
    tensors = kohya(pipeline, dora_scale=lengths)
    loras.apply([LoRA(name="d")], saved(tmp_path, d=tensors))
    torch.testing.assert_close(effect(pipeline).norm(dim=1), lengths.flatten())


def test_diffusers_dora_has_its_whole_effect(loras: LoRAs, pipeline: Any, tmp_path: Path) -> None:
    plain = effect(pipeline)
    lengths = torch.rand(len(plain), generator=torch.Generator().manual_seed(5)) + 0.5
    ends = ends_of(pipeline)
    tensors = {
        f"unet.{LAYER}.lora_A.weight": ends["lora_down.weight"],
        f"unet.{LAYER}.lora_B.weight": ends["lora_up.weight"],
        f"unet.{LAYER}.lora_magnitude_vector": lengths,
    }
    loras.apply([LoRA(name="d")], saved(tmp_path, d=tensors))
    torch.testing.assert_close(effect(pipeline).norm(dim=1), lengths, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("adapter", ["", ".default", ".mine"])
@pytest.mark.parametrize("wrapped", ["unet.", "base_model.model.", "base_model.model.unet."])
def test_a_lora_that_peft_wrote_adds_its_product(
    loras: LoRAs, pipeline: Any, tmp_path: Path, wrapped: str, adapter: str
) -> None:
    plain, ends = effect(pipeline), ends_of(pipeline)
    tensors = {
        f"{wrapped}{LAYER}.lora_A{adapter}.weight": ends["lora_down.weight"],
        f"{wrapped}{LAYER}.lora_B{adapter}.weight": ends["lora_up.weight"],
    }
    assert loras.apply([LoRA(name="p")], saved(tmp_path, p=tensors)) == ()
    product = ends["lora_up.weight"] @ ends["lora_down.weight"]
    torch.testing.assert_close(effect(pipeline), plain + product)


def test_a_layer_with_half_of_its_numbers_is_never_filled_up(
    loras: LoRAs, pipeline: Any, tmp_path: Path
) -> None:
    plain, ends = effect(pipeline), ends_of(pipeline)
    first, second = f"unet.{LAYER}.lora_A", f"unet.{LAYER}.lora_B"
    down, up = ends["lora_down.weight"], ends["lora_up.weight"]
    whole = {f"{first}.weight": down, f"{second}.weight": up}
    files = saved(
        tmp_path,
        only_first={f"{first}.weight": down},
        only_second={f"{second}.weight": up},
        nameless={first: down, second: up},
        beside=whole | {f"{first}.weight".replace("to_q", "to_k"): down},
        old={f"unet.{LAYER}.lora.down.weight": down},
    )
    for name in files:
        with pytest.raises(WeightsError, match=r"damaged: 1 of its .* lack a part"):
            loras.apply([LoRA(name=name)], files)
        assert effect(pipeline).equal(plain)


@pytest.mark.parametrize(
    "more",
    [
        {"alpha": torch.ones(2)},
        {"lora_up.weight": torch.ones(16, 0), "lora_down.weight": torch.ones(0, 16)},
    ],
)
def test_numbers_that_make_no_lora_are_refused_in_words(
    loras: LoRAs, pipeline: Any, tmp_path: Path, more: dict[str, torch.Tensor]
) -> None:
    with pytest.raises(WeightsError, match="1 of its 1 layers"):
        loras.apply([LoRA(name="k")], saved(tmp_path, k=kohya(pipeline, **more)))


def test_loha_and_lora_together_add_up_and_leave_one_by_one(
    loras: LoRAs, pipeline: Any, tmp_path: Path
) -> None:
    plain, first = effect(pipeline), kohya(pipeline)
    key = next(iter(first)).partition(".")[0]
    ends = [first[f"{key}.lora_up.weight"], first[f"{key}.lora_down.weight"]]
    loha = {f"{key}.hada_w{n}_{side}": ends[side == "b"] for n in (1, 2) for side in "ab"}
    files = saved(tmp_path, lora=first, loha=loha)
    squared = (ends[0] @ ends[1]) ** 2
    both = [LoRA(name="lora", weight=0.5), LoRA(name="loha", weight=-1)]
    loras.apply(both, files)
    torch.testing.assert_close(effect(pipeline), plain + 0.5 * change(first) - squared)
    loras.apply(both[1:], files)
    torch.testing.assert_close(effect(pipeline), plain - squared)
    loras.apply(both[:1], files)
    torch.testing.assert_close(effect(pipeline), plain + 0.5 * change(first))


def test_words_are_reached_under_kohyas_names(loras: LoRAs, pipeline: Any, tmp_path: Path) -> None:
    random = torch.Generator().manual_seed(0)
    modules = dict(pipeline.text_encoder_2.named_modules())
    layer = next(modules[name] for name in modules if name.endswith("layers.1.mlp.fc1"))
    before, (outs, ins) = layer.weight.detach().clone(), layer.weight.shape
    up, down = torch.randn(outs, 2, generator=random), torch.randn(2, ins, generator=random)
    name = "lora_te2_text_model_encoder_layers_1_mlp_fc1"
    plain = {f"{name}.lora_up.weight": up, f"{name}.lora_down.weight": down}
    loha = {f"{name}.hada_w{n}_{side}": (up, down)[side == "b"] for n in (1, 2) for side in "ab"}
    files = saved(tmp_path, plain=plain, loha=loha)
    loras.apply([LoRA(name="loha")], files)
    torch.testing.assert_close(layer.weight.detach(), before + (up @ down) ** 2)
    loras.apply([LoRA(name="plain")], files)
    wrapped = next(
        each for key, each in pipeline.text_encoder_2.named_modules() if key.endswith("1.mlp.fc1")
    )
    words = torch.eye(ins)
    with torch.no_grad():
        torch.testing.assert_close(wrapped(words) - layer(words), (up @ down).T)
    loras.apply((), files)
    assert layer.weight.equal(before)


def test_the_same_lora_twice_adds_up(loras: LoRAs, pipeline: Any, tmp_path: Path) -> None:
    plain, tensors = effect(pipeline), kohya(pipeline)
    twice = [LoRA(name="k", weight=0.5), LoRA(name="k", weight=0.25)]
    loras.apply(twice, saved(tmp_path, k=tensors))
    torch.testing.assert_close(effect(pipeline), plain + 0.75 * change(tensors))


def test_a_transformers_lora_in_kohyas_format_is_left_to_diffusers(tmp_path: Path) -> None:
    folder = tiny_families.build("flux1", tmp_path / "flux1")
    pipeline = FluxPipeline.from_pretrained(folder, dtype=torch.float32)
    layer = pipeline.transformer.transformer_blocks[0].attn.to_out[0]
    before, (outs, ins) = layer.weight.detach().clone(), layer.weight.shape
    random = torch.Generator().manual_seed(0)
    up, down = torch.randn(outs, 2, generator=random), torch.randn(2, ins, generator=random)
    name = "lora_unet_double_blocks_0_img_attn_proj"
    tensors = {"lora_up.weight": up, "lora_down.weight": down, "alpha": torch.tensor(1.0)}
    files = saved(tmp_path, flux={f"{name}.{end}": value for end, value in tensors.items()})
    loras = LoRAs(pipeline)
    assert loras.apply([LoRA(name="flux", weight=2)], files) == ()
    words = torch.eye(ins)
    wrapped = pipeline.transformer.transformer_blocks[0].attn.to_out[0]
    with torch.no_grad():
        torch.testing.assert_close(wrapped(words) - layer(words), (up @ down).T)
    loras.apply((), {})
    assert pipeline.transformer.transformer_blocks[0].attn.to_out[0].weight.equal(before)
    name = "lycoris_transformer_blocks_0_attn_to_out_0"
    files = saved(tmp_path, odd={f"{name}.{end}": value for end, value in tensors.items()})
    with pytest.raises(WeightsError, match="no layer whose name is known here"):
        loras.apply([LoRA(name="odd")], files)


@pytest.mark.parametrize("mark", ["hada_w1_a", "lokr_w1"])
def test_of_a_merged_kind_a_transformer_refuses_layers_not_tensors(
    tmp_path: Path, mark: str
) -> None:
    folder = tiny_families.build("flux1", tmp_path / "flux1")
    loras = LoRAs(FluxPipeline.from_pretrained(folder, dtype=torch.float32))
    ends = (mark, mark.replace("1", "2"), "alpha")
    layers = [f"lora_unet_double_blocks_{each}_img_attn_qkv" for each in range(2)]
    tensors = {f"{layer}.{end}": torch.ones(2, 2) for layer in layers for end in ends}
    with pytest.raises(WeightsError, match="2 of its 2 layers"):
        loras.apply([LoRA(name="odd")], saved(tmp_path, odd=tensors))


def renamed(tensors: dict[str, Any], before: str, after: str) -> dict[str, Any]:
    return {name.replace(before, after): value.clone() for name, value in tensors.items()}


def test_a_few_layers_without_a_place_are_named_and_the_rest_is_used(
    loras: LoRAs, pipeline: Any, tiny_lora: Path, tmp_path: Path
) -> None:
    tensors = load_file(tiny_lora)
    some = {name: value for name, value in tensors.items() if LAYER in name}
    files = saved(tmp_path, most=tensors | renamed(some, "down_blocks.1", "down_blocks.9"))
    plain = effect(pipeline)
    (notice,) = loras.apply([LoRA(name="most")], files)
    assert "24 of 25 layers" in notice
    assert "unet.down_blocks.9.attentions.0.transformer_blocks.0.attn1.to_q" in notice
    assert not effect(pipeline).equal(plain)
    assert loras.apply([LoRA(name="most", weight=0.5)], files) == (notice,)
    assert loras.apply([], files) == ()


def test_layers_of_loha_without_a_place_are_named_too(
    loras: LoRAs, pipeline: Any, tmp_path: Path
) -> None:
    lengths = torch.ones(len(effect(pipeline)), 1)
    tensors = kohya(pipeline, dora_scale=lengths)
    files = saved(tmp_path, d=tensors | renamed(tensors, "_1_", "_7_"))
    (notice,) = loras.apply([LoRA(name="d")], files)
    assert "1 of 2 layers" in notice
    assert "_7_" in notice


def test_a_lora_of_another_model_is_refused_with_its_layers_named(
    loras: LoRAs, pipeline: Any, tiny_lora: Path, tmp_path: Path
) -> None:
    strange = renamed(load_file(tiny_lora), "blocks", "towers")
    narrow = {name: value[:, :3].contiguous() for name, value in load_file(tiny_lora).items()}
    square = kohya(pipeline, dora_scale=torch.ones(3, 1))
    empty = {"weight": torch.zeros(1)}
    files = saved(tmp_path, strange=strange, narrow=narrow, empty=empty, square=square)
    plain = effect(pipeline)
    for name, words in {
        "strange": "24 of its 24 layers have no place in it .*towers",
        "narrow": r"its layers have other sizes than the model's \(.*\)\. Choose another",
        "empty": "weight",
        "square": "1 of its 1 layers",
        "nobody": "no file",
    }.items():
        with pytest.raises(WeightsError, match=words):
            loras.apply([LoRA(name=name)], files)
        assert effect(pipeline).equal(plain)


def test_one_lora_that_fails_takes_the_others_with_it(
    loras: LoRAs, pipeline: Any, tiny_lora: Path, tmp_path: Path
) -> None:
    plain = effect(pipeline)
    files = saved(tmp_path, bad={"weight": torch.zeros(1)}) | {"good": tiny_lora}
    with pytest.raises(WeightsError, match="“bad”"):
        loras.apply([LoRA(name="good"), LoRA(name="bad")], files)
    assert effect(pipeline).equal(plain)


@pytest.fixture(scope="module")
def flux(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tiny_families.build("flux1", tmp_path_factory.mktemp("flux") / "flux1")
    return FluxPipeline.from_pretrained(folder, dtype=torch.float32)


def pair(layer: str, ins: int, outs: int) -> dict[str, torch.Tensor]:
    return {
        f"{layer}.lora_A.weight": torch.ones(2, ins),
        f"{layer}.lora_B.weight": torch.ones(outs, 2),
    }


def test_a_lora_that_would_widen_the_model_is_refused(flux: Any, tmp_path: Path) -> None:
    transformer = flux.transformer
    before = {name: value.clone() for name, value in transformer.state_dict().items()}
    outs, ins = transformer.x_embedder.weight.shape
    query = pair("transformer.transformer_blocks.0.attn.to_q", outs, outs)
    files = saved(tmp_path, control=query | pair("transformer.x_embedder", 2 * ins, outs))
    with pytest.raises(WeightsError, match=rf"x_embedder: {2 * ins}, the model's {ins}\)"):
        LoRAs(flux).apply([LoRA(name="control")], files)
    after = transformer.state_dict()
    assert transformer.config.in_channels == ins
    assert after.keys() == before.keys()
    assert all(after[name].equal(value) for name, value in before.items())


def test_magnitudes_that_a_transformer_does_not_take_are_told(flux: Any, tmp_path: Path) -> None:
    name = "lora_unet_double_blocks_0_img_attn_proj"
    width = flux.transformer.transformer_blocks[0].attn.to_out[0].in_features
    tensors = {"lora_up.weight": torch.ones(width, 2), "lora_down.weight": torch.ones(2, width)}
    tensors |= {"alpha": torch.tensor(1.0), "dora_scale": torch.ones(width, 1)}
    files = saved(tmp_path, dora={f"{name}.{end}": value for end, value in tensors.items()})
    loras = LoRAs(flux)
    (notice,) = loras.apply([LoRA(name="dora")], files)
    assert "“dora” only the LoRA in it is used" in notice
    assert loras.apply([], {}) == ()
