"""What is known to be wrong with a model before it is used again."""

from pathlib import Path

import pytest
from test_uploads import SD15, safetensors

from fooocus_lite.weights import damage, snapshots, verify

UNET = "unet/diffusion_pytorch_model.safetensors"


def brought(models: Path, tiny_model: Path) -> Path:
    """The tiny model as a download of the Hub leaves it, but for its weights' being copies."""
    blobs = snapshots.folder_of(models, "owner/tiny") / "blobs"
    blobs.mkdir(parents=True)
    named = {}
    for file in (each for each in tiny_model.rglob("*") if each.is_file()):
        blob = verify.fresh_sha256(file)
        (blobs / blob).write_bytes(file.read_bytes())
        named[file.relative_to(tiny_model).as_posix()] = blob
    return snapshots.register(models, "owner/tiny", "a" * 40, named, "main")


def test_nothing_is_said_of_a_model_that_is_whole(tmp_path: Path, tiny_model: Path) -> None:
    folder = brought(tmp_path, tiny_model)
    assert damage.known(folder) == ""
    verify.sha256(folder / UNET)
    assert damage.known(folder) == ""


def test_a_file_that_is_cut_off_is_told_by_its_header(tmp_path: Path, tiny_model: Path) -> None:
    folder = brought(tmp_path, tiny_model)
    blob = (folder / UNET).resolve()
    blob.write_bytes(blob.read_bytes()[:-9])
    assert "is damaged" in damage.known(folder)


def test_other_bytes_are_told_as_soon_as_somebody_has_read_them(
    tmp_path: Path, tiny_model: Path
) -> None:
    folder = brought(tmp_path, tiny_model)
    blob = (folder / UNET).resolve()
    blob.write_bytes(blob.read_bytes()[:-1] + b"?")
    assert damage.known(folder) == ""
    verify.sha256(folder / UNET)
    said = damage.known(folder)
    assert said.startswith(f"{UNET} of owner/tiny is damaged")
    assert said.endswith("Remove owner/tiny and download it again.")


def test_a_file_of_ones_own_may_have_any_bytes(tmp_path: Path) -> None:
    file = tmp_path / "dream.safetensors"
    file.write_bytes(safetensors(SD15))
    verify.sha256(file)
    assert damage.known(file) == ""


@pytest.mark.parametrize(
    ("inside", "name"), [("", "owner/tiny"), (UNET, f"owner/tiny/{UNET}"), (None, "")]
)
def test_what_came_from_the_hub_has_a_name_there(
    tmp_path: Path, tiny_model: Path, inside: str | None, name: str
) -> None:
    folder = brought(tmp_path, tiny_model)
    assert snapshots.origin(tiny_model if inside is None else folder / inside) == name
