"""Other programs' trees are used where they lie, whatever is in them."""

import os
import shutil
import sys
from pathlib import Path

import pytest
import single_files
import tiny

from fooocus_lite.weights import catalogue, folders, own_files


def put(path: Path, content: bytes = b"x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("kind", "places"),
    [
        ("checkpoints", ["models/Stable-diffusion", "models/checkpoints", "models/unet"]),
        ("loras", ["models/Lora", "models/loras", "models/LyCORIS"]),
        ("vae", ["models/VAE", "models/vae"]),
        ("embeddings", ["embeddings", "models/embeddings"]),
        ("controlnet", ["models/ControlNet", "models/controlnet"]),
        ("upscale", ["models/ESRGAN", "models/upscale_models"]),
    ],
)
def test_the_trees_of_other_programs_are_recognised(
    tmp_path: Path, kind: str, places: list[str]
) -> None:
    for index, place in enumerate(places):
        file = put(tmp_path / f"tree{index}" / place / "sub" / "ink.v1.safetensors")
        found = folders.find(folders.trees([tmp_path / f"tree{index}"]), kind).files
        assert found == {"sub/ink.v1": file}


def test_the_models_folder_of_a_tree_may_be_named_itself(tmp_path: Path) -> None:
    file = put(tmp_path / "models" / "Lora" / "ink.safetensors")
    assert folders.find(folders.trees([tmp_path / "models"]), "loras").files == {"ink": file}


def test_a_tree_that_is_not_there_is_left_out(tmp_path: Path) -> None:
    assert folders.trees([tmp_path / "unplugged"]) == []


def test_nothing_is_written_into_a_tree(tmp_path: Path) -> None:
    put(tmp_path / "models" / "Lora" / "ink.safetensors")
    put(tmp_path / "models" / "Lora" / "old.pt")
    before = sorted(tmp_path.rglob("*"))
    own_files.found(folders.trees([tmp_path]))
    catalogue.find(folders.trees([tmp_path]))
    assert sorted(tmp_path.rglob("*")) == before


def test_of_two_files_with_one_name_the_first_trees_counts(tmp_path: Path) -> None:
    own = put(tmp_path / "home" / "loras" / "ink.safetensors")
    put(tmp_path / "other" / "models" / "Lora" / "ink.safetensors")
    dirs = [tmp_path / "home", *folders.trees([tmp_path / "other"])]
    assert folders.find(dirs, "loras").files == {"ink": own}


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_links_are_followed_but_never_in_circles(tmp_path: Path) -> None:
    elsewhere = put(tmp_path / "disk" / "deep" / "ink.safetensors").parent.parent
    loras = tmp_path / "models" / "loras"
    loras.mkdir(parents=True)
    (loras / "far").symlink_to(elsewhere)
    (loras / "again").symlink_to(loras)
    (loras / "circle").symlink_to(loras / "circle")
    (loras / "nowhere.safetensors").symlink_to(tmp_path / "none")
    found = folders.find([tmp_path / "models"], "loras").files
    assert list(found) == ["far/deep/ink"]


def test_depth_and_number_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = tmp_path / "loras"
    for level in range(folders.MAX_DEPTH + 2):
        put(deep / f"{level}.safetensors")
        deep = deep / "d"
    assert len(folders.find([tmp_path], "loras").files) == folders.MAX_DEPTH + 1
    monkeypatch.setattr(folders, "MAX_ENTRIES", 3)
    assert len(folders.find([tmp_path], "loras").files) < 3


@pytest.mark.skipif(sys.platform == "win32", reason="such names cannot be there")
def test_names_that_cannot_be_shown_and_hidden_files_are_left_out(tmp_path: Path) -> None:
    loras = tmp_path / "loras"
    put(loras / "line\nbreak.safetensors")
    put(loras / ".hidden.safetensors")
    put(Path(os.fsdecode(os.fsencode(loras) + b"/broken\xff.safetensors")))
    put(loras / "turned\u202e.safetensors")
    put(loras / "Tinte 墨 🎨.SAFETENSORS")
    assert list(folders.find([tmp_path], "loras").files) == ["Tinte 墨 🎨"]


def test_pickles_are_listed_with_the_way_out_until_they_are_converted(tmp_path: Path) -> None:
    for name in ("old.ckpt", "done.pt"):
        put(tmp_path / "checkpoints" / name)
    put(tmp_path / "checkpoints" / "done.safetensors")
    found = {file.name: file for file in own_files.found([tmp_path])}
    assert set(found) == {"old.ckpt", "done"}
    assert "models convert old.ckpt" in found["old.ckpt"].problem
    assert "damaged" in found["done"].problem
    assert catalogue.find([tmp_path]) == {}


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    """A checkpoint of SDXL in a home's models folder, without its settings."""
    folder = tiny.build(tmp_path / "source")
    return single_files.sdxl(
        folder, tmp_path / "models" / "checkpoints" / "mine" / "ink.safetensors"
    )


def test_a_single_file_is_a_model_with_what_its_header_says(
    checkpoint: Path, tmp_path: Path
) -> None:
    model = catalogue.find([tmp_path / "models"])["mine/ink"]
    assert (model.family, model.kind, model.folder) == ("sdxl", "file", checkpoint)
    assert model.inspection is not None
    assert model.inspection.precision == "fp16"
    assert model.size_bytes == checkpoint.stat().st_size
    assert model.config is None


@pytest.mark.parametrize("name", ["sdxl", "stable-diffusion-xl-base-1.0"])
def test_its_settings_are_found_beside_the_models_and_are_no_model(
    checkpoint: Path, tmp_path: Path, name: str
) -> None:
    models = tmp_path / "models"
    config = models / "configs" / name
    shutil.copytree(
        tmp_path / "source", config, ignore=shutil.ignore_patterns("*.safetensors", "preview.json")
    )
    found = catalogue.find([models])
    assert list(found) == ["mine/ink"]
    assert found["mine/ink"].config == config


def test_its_settings_are_found_in_what_was_downloaded_and_alone_are_no_model(
    checkpoint: Path, tmp_path: Path
) -> None:
    models = tmp_path / "models"
    repository = models / "hub" / "models--stabilityai--stable-diffusion-xl-base-1.0"
    put(repository / "refs" / "main", b"a" * 40)
    config = repository / "snapshots" / ("a" * 40)
    shutil.copytree(tmp_path / "source", config, ignore=shutil.ignore_patterns("*.safetensors"))
    found = catalogue.find([models])
    assert list(found) == ["mine/ink"]
    assert found["mine/ink"].config == config


def test_a_file_without_its_settings_says_how_they_come(checkpoint: Path, tmp_path: Path) -> None:
    file = own_files.found([tmp_path / "models"], ["checkpoints"])[0]
    assert "models download stabilityai/stable-diffusion-xl-base-1.0 --config-only" in file.problem


def test_a_file_in_the_wrong_folder_says_where_it_belongs(tmp_path: Path) -> None:
    tiny.build_embedding(tmp_path / "loras" / "a.safetensors", {"emb_params": 768})
    (file,) = own_files.found([tmp_path])
    assert "is an embedding, and lies among the loras" in file.problem


@pytest.mark.parametrize(
    ("widths", "fits"),
    [({"emb_params": 768}, False), ({"clip_l": 768, "clip_g": 1280}, True), ({"a": 33}, True)],
)
def test_an_embedding_for_another_family_says_so_and_what_would_fit(
    tmp_path: Path, widths: dict[str, int], fits: bool
) -> None:
    path = tiny.build_embedding(tmp_path / "embeddings" / "ink.safetensors", widths)
    (file,) = own_files.found([tmp_path])
    assert file.path == path
    assert file.inspection is not None
    said = own_files.misfit("ink", file.inspection, "sdxl", "SDXL")
    if fits:
        assert said == ""
    else:
        assert said == (
            "The embedding “ink” is made for Stable Diffusion 1.5, and the model is SDXL. Choose "
            "an embedding for SDXL, or a model of Stable Diffusion 1.5."
        )


def test_thousands_of_files_are_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = tiny.build_embedding(tmp_path / "one.safetensors", {"emb_params": 8}).read_bytes()
    (tmp_path / "embeddings").mkdir()
    for index in range(5000):
        (tmp_path / "embeddings" / f"{index}.safetensors").write_bytes(content)
    assert len(own_files.found([tmp_path], ["embeddings"])) == 5000

    def read_again(path: Path) -> None:
        raise AssertionError(f"{path} was read again")

    monkeypatch.setattr("fooocus_lite.weights.header.read", read_again)
    assert len(own_files.found([tmp_path], ["embeddings"])) == 5000
