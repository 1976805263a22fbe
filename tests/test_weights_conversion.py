"""Pickles become safetensors, and a pickle that wants more than that gets nothing."""

import os
import pickle
import shutil
import subprocess
import sys
import types
import zipfile
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from fooocus_lite.errors import BadRequest, WeightsError
from fooocus_lite.weights import conversion
from fooocus_lite.weights.conversion import convert
from fooocus_lite.weights.inspect import inspect

META = torch.empty(10, device="meta")


class Malicious:
    """Makes a file when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> object:
        return os.system, (f"touch {self.mark}",)


@pytest.fixture
def models(tmp_path: Path) -> Path:
    return tmp_path / "models"


def saved(path: Path, value: object, **options: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save(value, path, **options)
    return path


def files_in(models: Path) -> list[str]:
    """The names of all files but the locks."""
    return [path.name for path in models.rglob("*") if path.is_file() and path.suffix != ".lock"]


def test_an_embedding_of_a1111_becomes_safetensors_in_its_folder(
    models: Path, tmp_path: Path
) -> None:
    vectors = torch.randn(2, 768)
    data = {"string_to_token": {"*": 265}, "string_to_param": {"*": vectors}, "name": "ink"}
    source = saved(tmp_path / "elsewhere" / "ink.pt", data)
    before = source.read_bytes()
    made = convert(source, models)
    assert made == models / "embeddings" / "ink.safetensors"
    assert (inspect(made).kind, inspect(made).family) == ("embedding", "sd15")
    assert torch.equal(load_file(made)["emb_params"], vectors)
    assert source.read_bytes() == before
    assert files_in(models) == ["ink.safetensors"]


@pytest.mark.parametrize("is_zip", [True, False])
def test_a_checkpoint_stays_where_it_is_and_keeps_numbers_and_names(
    models: Path, is_zip: bool
) -> None:
    whole = torch.randn(4, 6)
    weights = {
        "model.diffusion_model.input_blocks.0.0.weight": torch.randn(8, 4, 3, 3).half(),
        "cond_stage_model.transformer.text_model.a": whole,
        "cond_stage_model.transformer.text_model.shared": whole,
        "cond_stage_model.transformer.text_model.turned": whole.T,
        "cond_stage_model.transformer.text_model.ids": torch.arange(77),
    }
    source = saved(
        models / "checkpoints" / "old.ckpt",
        {"state_dict": weights, "global_step": 7},
        _use_new_zipfile_serialization=is_zip,
    )
    made = convert(source, models)
    assert made == source.with_suffix(".safetensors")
    assert (inspect(made).kind, inspect(made).family) == ("checkpoint", "sd15")
    found = load_file(made)
    assert found.keys() == weights.keys()
    assert all(torch.equal(found[name], value) for name, value in weights.items())
    assert found["model.diffusion_model.input_blocks.0.0.weight"].dtype is torch.float16


def test_the_notes_of_an_old_trainer_are_forgotten_not_run(
    models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "pytorch_lightning.callbacks.model_checkpoint"
    module = types.ModuleType(name)
    note = type("ModelCheckpoint", (), {"__module__": name})
    module.ModelCheckpoint = note  # type: ignore[attr-defined]
    for place in ("pytorch_lightning", "pytorch_lightning.callbacks", name):
        monkeypatch.setitem(sys.modules, place, module)
    value = {"state_dict": {"emb_params": torch.ones(1, 768)}, "callbacks": {note: {"best": 1.0}}}
    made = convert(saved(models / "embeddings" / "a.pt", value), models)
    assert torch.equal(load_file(made)["emb_params"], torch.ones(1, 768))


@pytest.mark.parametrize("form", ["plain", "zip", "legacy", "nested"])
def test_a_malicious_pickle_is_refused_and_does_nothing(
    models: Path, tmp_path: Path, form: str
) -> None:
    mark, source = tmp_path / "it-ran", tmp_path / "evil.ckpt"
    trap = Malicious(mark)
    if form == "plain":
        source.write_bytes(pickle.dumps(trap))
    elif form == "nested":
        saved(source, {"state_dict": {"a": torch.ones(2)}, "extra": [{"x": trap}]})
    else:
        saved(source, trap, _use_new_zipfile_serialization=form == "zip")
    with pytest.raises(WeightsError, match=r"evil\.ckpt was not converted: it asks for") as error:
        convert(source, models)
    assert "could run code" in error.value.message
    assert not mark.exists()
    assert not files_in(models)
    # The trap is real: opened in the usual way it would have sprung.
    torch.load(source, weights_only=False) if form != "plain" else pickle.loads(source.read_bytes())
    assert mark.exists()


def test_a_packed_archive_is_refused_before_it_is_unpacked(models: Path, tmp_path: Path) -> None:
    plain = saved(tmp_path / "plain.pt", {"a": torch.zeros(5_000_000)})
    bomb = tmp_path / "bomb.pt"
    with zipfile.ZipFile(plain) as old, zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            new.writestr(entry.filename, old.read(entry))
    with pytest.raises(WeightsError, match="packed so that"):
        convert(bomb, models)


@pytest.mark.parametrize(
    ("content", "why"),
    [(b"", "not converted"), (b"<html>404</html>", "not converted"), (b"PK\x03\x04", "not conv")],
)
def test_what_is_no_file_of_torch_is_refused(
    models: Path, tmp_path: Path, content: bytes, why: str
) -> None:
    (tmp_path / "a.bin").write_bytes(content)
    with pytest.raises(WeightsError, match=why):
        convert(tmp_path / "a.bin", models)
    assert not files_in(models)


def test_a_file_without_weights_is_refused(models: Path, tmp_path: Path) -> None:
    without = {"epoch": 3, "notes": ["x"], "few": torch.eye(2).to_sparse(), "none": META}
    with pytest.raises(WeightsError, match="no weights in it"):
        convert(saved(tmp_path / "a.pt", without), models)


def test_a_program_of_torchscript_is_called_so(models: Path, tmp_path: Path) -> None:
    # What torch 2 writes for one, as far as it is looked at.
    saved(tmp_path / "plain.pt", {"a": torch.ones(2)})
    with zipfile.ZipFile(tmp_path / "plain.pt", "a") as archive:
        folder = archive.namelist()[0].partition("/")[0]
        archive.writestr(f"{folder}/constants.pkl", b"\x80\x02).")
    with pytest.raises(WeightsError, match="made by TorchScript, not weights alone"):
        convert(tmp_path / "plain.pt", models)


def test_a_wrong_ending_and_a_missing_file_are_said_at_once(models: Path, tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match=r"notes\.txt is not converted"):
        convert(tmp_path / "notes.txt", models)
    with pytest.raises(WeightsError, match="is missing"):
        convert(tmp_path / "none.ckpt", models)


def test_a_file_that_is_there_is_not_replaced(models: Path) -> None:
    source = saved(models / "embeddings" / "a.pt", {"emb_params": torch.ones(1, 768)})
    source.with_suffix(".safetensors").write_bytes(b"mine")
    with pytest.raises(BadRequest, match="there already"):
        convert(source, models)
    assert source.with_suffix(".safetensors").read_bytes() == b"mine"


def test_a_models_folder_that_cannot_be_written_is_a_sentence(models: Path, tmp_path: Path) -> None:
    models.write_text("a file where a folder should be")
    source = saved(tmp_path / "a.pt", {"emb_params": torch.ones(1, 768)})
    with pytest.raises(WeightsError, match="cannot be written"):
        convert(source, models)


def test_a_full_disk_is_told_before_anything_is_written(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = saved(tmp_path / "a.pt", {"emb_params": torch.ones(1, 768)})
    usage = shutil.disk_usage(tmp_path)._replace(free=100)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with pytest.raises(WeightsError, match="free disk space"):
        convert(source, models)
    assert not files_in(models)


def test_a_conversion_that_takes_for_ever_is_ended(models: Path, tmp_path: Path) -> None:
    source = saved(tmp_path / "a.pt", {"emb_params": torch.ones(1, 768)})
    with pytest.raises(WeightsError, match="still not done"):
        convert(source, models, timeout_s=0.01)
    assert not files_in(models)


def test_what_a_killed_conversion_left_is_cleared_by_the_next(models: Path) -> None:
    sources = [
        saved(models / "embeddings" / f"{name}.pt", {"emb_params": torch.ones(1, 768)})
        for name in "ab"
    ]
    killed = (
        "import os, pathlib\n"
        "from fooocus_lite.weights import conversion\n"
        "def half(source, part, timeout_s):\n"
        "    part.write_bytes(b'half of it')\n"
        "    os._exit(9)\n"
        "conversion._run = half\n"
        f"conversion.convert(pathlib.Path({str(sources[0])!r}), pathlib.Path({str(models)!r}))\n"
    )
    subprocess.run([sys.executable, "-c", killed], check=False)
    assert any(name.endswith(".part") for name in files_in(models))
    convert(sources[1], models)
    assert sorted(files_in(models)) == ["a.pt", "b.pt", "b.safetensors"]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems give no such bound")
def test_more_memory_than_allowed_is_a_sentence(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversion, "_MEMORY_SLACK", 64 * 2**20)
    with pytest.raises(WeightsError, match="more memory"):
        convert(saved(tmp_path / "a.pt", {"emb_params": torch.ones(1, 768)}), models)


def test_a_name_as_long_as_a_disk_takes_is_converted_or_said(models: Path, tmp_path: Path) -> None:
    fits = saved(tmp_path / f"{'x' * 240}.pt", {"emb_params": torch.ones(1, 768)})
    assert convert(fits, models).name == f"{'x' * 240}.safetensors"
    longer = fits.rename(tmp_path / f"{'x' * 250}.pt")
    with pytest.raises(WeightsError, match="name too long"):
        convert(longer, models)
    assert files_in(models) == [f"{'x' * 240}.safetensors"]
