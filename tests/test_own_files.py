"""People's own files from the door to the picture: listed, converted, refused, cooked."""

import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import single_files
import tiny
import torch
from local_hub import LocalHub
from PIL import Image
from safetensors.torch import save_file

from fooocus_lite import settings
from fooocus_lite.cli import main
from fooocus_lite.errors import BadRequest, WeightsError
from fooocus_lite.events import Picture
from fooocus_lite.recipe import ImageRequest
from fooocus_lite.studio import Studio
from fooocus_lite.supplies.stock import Stock
from fooocus_lite.supplies.wishes import wish_for
from fooocus_lite.weights import configs, sizes


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A tree of A1111 with a LoRA and an embedding of SD 1.5, and an old file."""
    root = tmp_path / "stable-diffusion-webui"
    tiny.build_embedding(root / "embeddings" / "drawn.safetensors", {"emb_params": 768})
    folder = tiny.build_sd15(tmp_path / "sd15")
    (root / "models" / "Lora").mkdir(parents=True)
    single_files.lora(root / "models" / "Lora" / "ink.safetensors", width=768)
    old = root / "models" / "Lora" / "old.pt"
    torch.save({"emb_params": torch.ones(1, 768)}, old)
    single_files.sd15(folder, root / "models" / "Stable-diffusion" / "mine.safetensors")
    return root


@pytest.fixture
def home_with_tree(home: Path, tree: Path) -> Path:
    (home / "config.toml").write_text(f"extra_model_folders = [{json.dumps(str(tree))}]\n")
    return home


def settled(home: Path) -> settings.Settings:
    return settings.load({"home": home})


def test_a_tree_is_named_in_the_file_or_in_the_environment(home_with_tree: Path) -> None:
    (folder,) = settled(home_with_tree).extra_model_folders
    environment = {"FOOOCUS_LITE_EXTRA_MODEL_FOLDERS": f"{folder}, other/models"}
    other = settings.load({"home": home_with_tree}, environment).extra_model_folders
    assert other == (folder, Path("other/models"))


def test_what_lies_in_a_tree_is_listed_with_what_it_is(home_with_tree: Path) -> None:
    stock = Stock(settled(home_with_tree))
    assert stock.models()["mine"].family == "sd15"
    found = {file.name: file for file in stock.own_files()}
    assert set(found) == {"mine", "ink", "drawn", "old.pt"}
    assert "--config-only" in found["mine"].problem
    assert "models convert old.pt" in found["old.pt"].problem
    assert found["ink"].inspection is not None
    assert found["ink"].inspection.trigger_words == ("inkstyle",)
    assert found["ink"].problem == ""


def test_a_lora_for_another_family_is_refused_when_it_is_asked_for(home_with_tree: Path) -> None:
    studio = Studio(settled(home_with_tree))
    request = ImageRequest(prompt="a cat <lora:ink:1>")
    with pytest.raises(WeightsError) as error:
        studio.orders.start(request)
    assert error.value.message == (
        "The LoRA “ink” is made for Stable Diffusion 1.5, and the model is Starter (built in). "
        "Choose a LoRA for Starter (built in), or a model of Stable Diffusion 1.5."
    )


def test_an_embedding_for_another_family_is_refused_when_it_is_asked_for(
    home_with_tree: Path,
) -> None:
    studio = Studio(settled(home_with_tree))
    with pytest.raises(WeightsError, match="embedding “drawn” is made for Stable Diffusion 1"):
        studio.orders.start(ImageRequest(prompt="a cat embedding:drawn"))


@pytest.mark.parametrize(
    ("file", "values"),
    [
        ("loras/ink.pt", {"loras": ({"name": "ink"},)}),
        ("loras/ink.pt", {"prompt": "a cat <lora:ink:1>"}),
        ("embeddings/neg.bin", {"negative_prompt": "embedding:neg"}),
    ],
)
def test_a_file_that_has_to_be_converted_says_so_when_it_is_asked_for(
    home: Path, file: str, values: dict[str, Any]
) -> None:
    path = home / "models" / file
    path.parent.mkdir(parents=True)
    path.write_bytes(b"\x80\x02")
    studio = Studio(settled(home))
    with pytest.raises(WeightsError, match=f"models convert {path.name}"):
        studio.orders.plan(ImageRequest(**{"prompt": "a cat", **values}))


def test_a_model_that_cannot_be_used_says_why_when_it_is_asked_for(
    home_with_tree: Path, tree: Path
) -> None:
    checkpoints = tree / "models" / "Stable-diffusion"
    single_files.lora(checkpoints / "other.safetensors", width=768)
    (checkpoints / "page.safetensors").write_bytes(b"<html>Log in</html>")
    save_file(
        {
            "model.diffusion_model.input_blocks.0.0.weight": torch.zeros(320, 4, 3, 3),
            "cond_stage_model.model.ln_final.weight": torch.zeros(1024),
        },
        checkpoints / "v2.safetensors",
    )
    torch.save({}, checkpoints / "old.ckpt")
    studio = Studio(settled(home_with_tree))
    for model, why in {
        "mine": "--config-only",
        "other": "is a LoRA, and lies among the checkpoints",
        "page": "web page",
        "v2": "Stable Diffusion 2 is no model that is run here",
        "old.ckpt": "models convert old.ckpt",
        "old": "models convert old.ckpt",
    }.items():
        with pytest.raises(WeightsError, match=why):
            studio.orders.start(ImageRequest(prompt="a cat", model=model))


def test_a_folder_that_cannot_be_used_says_why_when_it_is_asked_for(
    home: Path, tiny_model: Path
) -> None:
    for name, index in (
        ("film", '{"_class_name": "AnimateDiffPipeline"}'),
        ("torn", '{"_class_name"'),
    ):
        folder = shutil.copytree(tiny_model, home / "models" / name)
        (folder / "model_index.json").write_text(index)
    studio = Studio(settled(home))
    for name, why in (
        ("film", "The model film is a AnimateDiffPipeline, which is not run here"),
        ("torn", r"torn/model_index\.json cannot be read"),
    ):
        with pytest.raises(WeightsError, match=why):
            studio.orders.start(ImageRequest(prompt="a cat", model=name))


def test_a_single_file_is_weighed_as_its_folder_is(tmp_path: Path) -> None:
    for name, build, write in (
        ("sdxl", tiny.build, single_files.sdxl),
        ("sd15", tiny.build_sd15, single_files.sd15),
    ):
        folder = build(tmp_path / name)
        file = write(folder, tmp_path / f"{name}.safetensors")
        whole, single = sizes.of_folder(folder), sizes.of_folder(file, folder)
        assert single.parameters == whole.parameters
        assert single.denoiser.parameters == whole.denoiser.parameters
        assert single.denoiser_shape == whole.denoiser_shape
        assert single.decoder_shape == whole.decoder_shape
        by_role = {part.role: part.parameters for part in whole.parts}
        assert {part.role for part in single.parts} == by_role.keys()


def test_a_single_file_makes_the_same_picture_as_its_folder(home: Path, tmp_path: Path) -> None:
    models = home / "models"
    folder = tiny.build(models / "whole")
    single_files.sdxl(folder, models / "checkpoints" / "mine.safetensors")
    shutil.copytree(
        folder, models / "configs" / "sdxl", ignore=shutil.ignore_patterns("*.safetensors")
    )
    studio = Studio(settled(home))
    studio.cook()
    try:
        pixels = []
        for model in ("whole", "mine"):
            request = ImageRequest(
                prompt="a cat", model=model, width=512, height=512, seed=3,
                num_inference_steps=1, scheduler="euler",
            )  # fmt: skip
            picture = finished(studio, studio.orders.start(request))
            assert picture.recipe.model_hashes
            pixels.append(Image.open(picture.path).tobytes())
        assert pixels[0] == pixels[1]
    finally:
        studio.close()


def finished(studio: Studio, job_id: str) -> Picture:
    """The picture of a job, when it is over."""
    deadline = time.monotonic() + 300
    while not (view := studio.jobs.view(job_id)).is_final:
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)
    assert view.pictures, view.error
    return view.pictures[0]


@pytest.fixture
def run(home_with_tree: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> Callable[..., Any]:
    """A command of this home: exit code, JSON lines, and what was told on stderr."""
    monkeypatch.setenv("FOOOCUS_LITE_HOME", str(home_with_tree))

    def command(*arguments: str) -> tuple[int, list[dict[str, Any]], str]:
        code = main(["models", *arguments, "--json"])
        said = capsys.readouterr()
        return code, [json.loads(line) for line in said.out.splitlines()], said.err

    return command


def test_the_command_that_an_error_names_brings_what_a_file_lacks(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    folder = tiny.build(tmp_path / "source")
    single_files.sdxl(folder, home / "models" / "checkpoints" / "mine.safetensors")
    stock = Stock(settled(home))
    problem = stock.model_problem(stock.models()["mine"])
    assert problem is not None
    command = problem.rsplit("fooocus-lite ", 1)[1].split()
    with LocalHub() as hub:
        hub.add_repo("stabilityai/stable-diffusion-xl-base-1.0", folder)
        monkeypatch.setenv("FOOOCUS_LITE_HOME", str(home))
        monkeypatch.setenv("HF_ENDPOINT", hub.endpoint)
        assert main(command) == 0
    brought = Path(capsys.readouterr().out.strip())
    assert not list(brought.rglob("*.safetensors"))
    model = stock.models()["mine"]
    assert model.config == brought
    assert stock.model_problem(model) is None
    assert "stabilityai/stable-diffusion-xl-base-1.0" not in stock.models()


def test_the_page_can_bring_the_settings_that_a_file_lacks(home_with_tree: Path) -> None:
    found = {file.name: file for file in Stock(settled(home_with_tree)).own_files()}
    assert found["mine"].inspection is not None
    with pytest.raises(WeightsError) as caught:
        configs.checked("mine", found["mine"].inspection, None)
    wish = wish_for(caught.value.download or "", {})
    assert wish.is_config_only
    assert "--config-only" in caught.value.message
    assert "fooocus-lite" not in (caught.value.problem or "")


def test_models_verify_tells_of_damaged_files_and_leaves_pickles_alone(
    run: Callable[..., Any], home_with_tree: Path
) -> None:
    (home_with_tree / "models" / "loras").mkdir(parents=True, exist_ok=True)
    (home_with_tree / "models" / "loras" / "torn.safetensors").write_bytes(b"\x50" * 8)
    code, lines, _ = run("verify")
    assert code == 1
    found = {line["name"]: line["problem"] for line in lines}
    assert "torn.safetensors is damaged" in found.pop("loras/torn")
    assert "--config-only" in found.pop("mine")
    assert {"embeddings/drawn", "loras/ink"} <= {*found}
    assert not [name for name, problem in found.items() if problem or "old" in name]
    assert run("verify", "loras/ink")[0] == 0


def test_models_list_tells_of_files_that_cannot_be_used(run: Callable[..., Any]) -> None:
    code, lines, _ = run("list")
    assert code == 0
    by_name = {line["name"]: line for line in lines}
    assert by_name["ink"]["trigger_words"] == ["inkstyle"]
    assert (by_name["ink"]["kind"], by_name["ink"]["family"]) == ("lora", "sd15")
    assert "convert old.pt" in by_name["old.pt"]["problem"]


def test_models_info_describes_a_file_by_path_and_by_name(
    run: Callable[..., Any], tree: Path, capsys: Any
) -> None:
    path = tree / "models" / "Lora" / "ink.safetensors"
    for name in (str(path), "ink", "loras/ink", "Ink"):
        code, (line,), _ = run("info", name)
        assert code == 0
        assert (line["path"], line["made_for"]) == (str(path), "Stable Diffusion 1.5")
    assert main(["models", "info", "ink"]) == 0
    assert "words     inkstyle" in capsys.readouterr().out


def test_models_convert_makes_a_file_that_is_found(
    run: Callable[..., Any], tree: Path, home: Path
) -> None:
    old = tree / "models" / "Lora" / "old.pt"
    code, (line,), _ = run("convert", str(old))
    assert code == 0
    assert Path(line["path"]) == home / "models" / "embeddings" / "old.safetensors"
    assert (line["event"], line["kind"]) == ("converted", "embedding")
    code, _, said = run("convert", str(old))
    assert code == 2
    assert "there already" in said


def test_models_convert_without_a_file_says_how(run: Callable[..., Any]) -> None:
    code, _, said = run("convert")
    assert code == 2
    assert "models convert FILE" in said


def test_a_store_says_nothing_of_names_it_does_not_know(home_with_tree: Path) -> None:
    store = Studio(settled(home_with_tree)).model_store()
    assert store.own_file("nobody") is None
    with pytest.raises(BadRequest):
        store.convert(Path("notes.txt"))
