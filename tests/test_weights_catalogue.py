"""What is offered as a model or LoRA, and what is not."""

import json
import os
import shutil
import sys
from pathlib import Path

import pytest

from fooocus_lite.weights import catalogue, refiners, snapshots


@pytest.fixture
def models(tiny_model: Path, tmp_path: Path) -> Path:
    """A models folder with a starter in it."""
    shutil.copytree(tiny_model, tmp_path / "models" / "starter")
    return tmp_path / "models"


def test_the_starter_is_found_with_its_family_and_size(models: Path) -> None:
    (models / "starter" / "README.md").write_text("---\nlicense: apache-2.0\n---\n# Starter\n")
    model = catalogue.find([models])["starter"]
    assert (model.family, model.licence) == ("starter", "apache-2.0")
    assert model.size_bytes > 100_000
    assert model.preview == models / "starter" / "preview.json"
    assert model.title == "Starter (built in)"


def test_a_starter_without_a_card_has_an_unknown_licence(models: Path) -> None:
    assert catalogue.find([models])["starter"].licence == "unknown"


def test_a_licence_of_the_makers_own_goes_by_its_name(models: Path) -> None:
    card = "---\nlicense: other\nlicense_name: flux-1-dev-non-commercial-license\n---\n"
    (models / "starter" / "README.md").write_text(f"{card}license: this is not\n")
    licence = catalogue.find([models])["starter"].licence
    assert licence == "flux-1-dev-non-commercial-license"


def test_what_a_card_says_cannot_steer_a_terminal(models: Path) -> None:
    (models / "starter" / "README.md").write_text("---\nlicense: mit\x1b[31m\n---\n")
    assert catalogue.find([models])["starter"].licence == "mit [31m"


def test_the_earlier_folder_wins_and_missing_folders_are_fine(models: Path, home: Path) -> None:
    shutil.copytree(models / "starter", home / "models" / "starter")
    found = catalogue.find([models, home / "models", home / "nowhere"])
    assert found["starter"].folder == models / "starter"


def test_models_of_an_unknown_kind_or_broken_are_not_offered(models: Path) -> None:
    for name, text in {"wan": json.dumps({"_class_name": "WanPipeline"}), "broken": "{"}.items():
        (models / "owner" / name).mkdir(parents=True)
        (models / "owner" / name / "model_index.json").write_text(text)
    assert list(catalogue.find([models])) == ["starter"]


def test_why_a_folder_is_no_model_is_looked_for_and_logged_once(
    models: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for name, text in {"wan": json.dumps({"_class_name": "WanPipeline"}), "broken": "{"}.items():
        (models / name).mkdir()
        (models / name / "model_index.json").write_text(text)
    lying = catalogue.unsorted([models])
    # Whoever sorts it later sorts what was there.
    (models / "broken" / "model_index.json").unlink()
    assert list(catalogue.find([models], lying)) == ["starter"]
    assert refiners.find([models], lying) == {}
    why = catalogue.unusable(lying)
    assert "is a WanPipeline, which is not run here" in why.pop("wan")
    assert "model_index.json cannot be read" in why["broken"]
    assert [each.message for each in caplog.records if each.levelname == "WARNING"] == [
        why["broken"]
    ]


def test_a_damaged_starter_is_still_offered(models: Path) -> None:
    (models / "starter" / "model_index.json").write_text("{")
    assert "starter" in catalogue.find([models])


def test_a_downloaded_model_goes_by_its_repository_at_the_revision_in_use(
    models: Path, tiny_model: Path
) -> None:
    revisions = ("a" * 40, "b" * 40)
    for revision in revisions:
        folder = snapshots.snapshot_of(models, "owner/name", revision)
        shutil.copytree(tiny_model, folder)
        (folder / "README.md").write_text("---\nlicense: mit\n---\n")
    assert "owner/name" not in catalogue.find([models])
    snapshots.point(models, "owner/name", revisions[1])
    found = catalogue.find([models])["owner/name"]
    assert (found.family, found.licence, found.revision) == ("sdxl", "mit", revisions[1])
    assert found.folder.name == revisions[1]
    shutil.copytree(tiny_model, models / "owner" / "name")
    assert catalogue.find([models])["owner/name"].revision is None


def test_a_downloaded_lora_is_no_model(models: Path) -> None:
    revision = "a" * 40
    snapshots.snapshot_of(models, "owner/lora", revision).mkdir(parents=True)
    snapshots.point(models, "owner/lora", revision)
    assert list(catalogue.find([models])) == ["starter"]


def test_an_embedding_goes_by_its_file_name_alone() -> None:
    here = {"sd/calm": Path("one"), "people/hands": Path("two")}
    assert catalogue.by_file_name(here) == {"calm": Path("one"), "hands": Path("two")}


def test_a_folder_whose_name_cannot_be_shown_is_left_out(models: Path) -> None:
    for name in ("a\x1b[31m", "b\u202e"):
        shutil.copytree(models / "starter", models / name)
    if sys.platform == "linux":
        shutil.copytree(models / "starter", os.fsdecode(os.fsencode(models) + b"/\xff"))
    assert list(catalogue.find([models])) == ["starter"]


def test_an_index_made_to_hurt_is_only_one_folder_less(models: Path) -> None:
    for name, text in (("deep", "[" * 200_000), ("odd", '{"_class_name": "\\u001b[2J\\ud800"}')):
        (models / name).mkdir()
        (models / name / "model_index.json").write_text(text)
    assert list(catalogue.find([models])) == ["starter"]
    why = catalogue.unusable(catalogue.unsorted([models]))
    assert "deep/model_index.json cannot be read" in why["deep"]
    assert "\x1b" not in why["odd"]
    why["odd"].encode()


def test_a_licence_that_commands_a_terminal_is_shown_without(models: Path) -> None:
    (models / "starter" / "README.md").write_text("---\nlicense: \x1b[31mmit\n---\n")
    assert catalogue.find([models])["starter"].licence == "[31mmit"
