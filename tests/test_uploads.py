"""Model files that people bring: what is taken, what is refused, and that nothing half stays."""

import hashlib
import json
import os
import tempfile
from pathlib import Path

import pytest

from fooocus_lite.errors import BadRequest, WeightsError
from fooocus_lite.supplies.uploads import INCOMING, Upload, checked_stem, sweep

LIMIT = 10**9
SD15 = {
    "model.diffusion_model.input_blocks.0.0.weight": [320, 4, 1, 1],
    "cond_stage_model.transformer.text_model.final_layer_norm.weight": [768],
}
VAE = {"decoder.conv_in.weight": [512, 4, 1, 1]}
EMBEDDING = {"emb_params": [2, 768]}
# Most files of FLUX.1 that people share are the denoiser alone.
FLUX = {
    "double_blocks.0.img_attn.norm.key_norm.scale": [128],
    "img_in.weight": [3072, 64],
    "guidance_in.in_layer.weight": [1],
}


def safetensors(shapes: dict[str, list[int]], said: dict[str, str] | None = None) -> bytes:
    """A whole file of zeros, as another program would write it, and what it says of itself."""
    table: dict[str, object] = {"__metadata__": said} if said else {}
    at = 0
    for name, shape in shapes.items():
        size = 2
        for side in shape:
            size *= side
        table[name] = {"dtype": "F16", "shape": shape, "data_offsets": [at, at + size]}
        at += size
    head = json.dumps(table).encode()
    return len(head).to_bytes(8, "little") + head + bytes(at)


def bring(models: Path, name: str, data: bytes, piece: int = 1000):
    upload = Upload(name, len(data), models, LIMIT)
    for start in range(0, len(data), piece):
        upload.write(data[start : start + piece])
    return upload.keep()


def files_in(models: Path) -> list[str]:
    return sorted(str(each.relative_to(models)) for each in models.rglob("*") if each.is_file())


@pytest.mark.parametrize(
    ("shapes", "folder", "family"),
    [
        (SD15, "checkpoints", "sd15"),
        (FLUX, "checkpoints", "flux1"),
        (EMBEDDING, "embeddings", "sd15"),
    ],
)
def test_a_file_goes_where_its_kind_belongs(tmp_path, shapes, folder, family):
    data = safetensors(shapes)
    added = bring(tmp_path, "My Model v1.2.safetensors", data)
    assert added.is_new
    assert added.path == tmp_path / folder / "My Model v1.2.safetensors"
    assert added.path.read_bytes() == data
    assert family in added.inspection.families
    assert files_in(tmp_path) == [f"{folder}/My Model v1.2.safetensors"]


def test_a_lora_is_known_by_what_is_in_it_not_by_its_name(tmp_path, tiny_lora):
    added = bring(tmp_path, "whatever.safetensors", tiny_lora.read_bytes())
    assert added.inspection.kind == "lora"
    assert added.path == tmp_path / "loras" / "whatever.safetensors"


def test_a_name_that_is_taken_is_never_written_over(tmp_path):
    first = bring(tmp_path, "a.safetensors", safetensors(SD15))
    second = bring(tmp_path, "a.safetensors", safetensors(SD15 | {"more": [1]}))
    assert second.path.name == "a 2.safetensors"
    assert first.path.read_bytes() != second.path.read_bytes()


def test_the_same_bytes_are_kept_once_whatever_they_are_called(tmp_path):
    first = bring(tmp_path, "a.safetensors", safetensors(SD15))
    again = bring(tmp_path, "b.safetensors", safetensors(SD15))
    assert not again.is_new
    assert again.path == first.path
    assert files_in(tmp_path) == ["checkpoints/a.safetensors"]


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("plain.safetensors", "plain"),
        ("../../etc/passwd.safetensors", "passwd"),
        ("C:\\models\\a.safetensors", "a"),
        ('a<b>:"c|?*\x00\n.safetensors', "a-b-c"),
        ("CON.safetensors", "model-CON"),
        ("com1.old.safetensors", "model-com1.old"),
        (".safetensors", "model"),
        ("....safetensors", "model"),
        ("картинка 1.safetensors", "картинка 1"),
        ("x" * 500 + ".SAFETENSORS", "x" * 120),
        ("漢" * 120 + ".safetensors", "漢" * 66),
        ("हिन्दी ไทย.safetensors", "हिन्दी ไทย"),
        ("cafe\u0301.safetensors", "caf\u00e9"),
        ("a\u202eb\u200b--c_d.safetensors", "a-b---c_d"),
    ],
)
def test_a_name_becomes_one_that_every_disk_takes(name, stem):
    assert checked_stem(name) == stem


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("a.ckpt", "is a pickle, which can run code.*models convert a.ckpt"),
        ("a.PT", "is a pickle"),
        ("a.pickle", "is a pickle"),
        ("a.zip", "is no model file; those end in .safetensors"),
        ("", "That is no model file"),
    ],
)
def test_what_is_no_model_by_its_name_is_refused_before_a_byte_comes(tmp_path, name, says):
    with pytest.raises(BadRequest, match=says):
        Upload(name, 10, tmp_path, LIMIT)
    assert files_in(tmp_path) == []


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"PK\x03\x04" + bytes(100), "bad.safetensors is damaged: it is a zip archive"),
        (b"<!doctype html>" + bytes(100), "it is a web page"),
        (b"\xff" * 100, "bad.safetensors is damaged"),
        (safetensors(SD15)[:-1], "bytes where"),
        (safetensors(VAE), "bad.safetensors is not kept: it looks like a vae"),
        (safetensors({"x": [3, 3, 3]}), "it looks like nothing known"),
    ],
)
def test_a_file_that_cannot_be_used_is_said_and_nothing_of_it_stays(tmp_path, data, says):
    with pytest.raises((BadRequest, WeightsError), match=says) as caught:
        bring(tmp_path, "bad.safetensors", data)
    assert INCOMING not in str(caught.value)
    assert files_in(tmp_path) == []


def test_an_architecture_that_is_not_run_here_is_refused_by_its_name(tmp_path):
    other = {"cond_stage_model.model.x": [1]} | {
        "model.diffusion_model.input_blocks.0.0.weight": [320, 4, 1, 1]
    }
    with pytest.raises(BadRequest, match="Stable Diffusion 2 is no model that is run here"):
        bring(tmp_path, "old.safetensors", safetensors(other))
    assert files_in(tmp_path) == []


@pytest.mark.parametrize("came", [0, 50])
def test_a_file_that_breaks_off_is_not_kept(tmp_path, came):
    data = safetensors(SD15)
    upload = Upload("a.safetensors", len(data), tmp_path, LIMIT)
    upload.write(data[:came])
    with pytest.raises(BadRequest, match=f"Only {came} of"):
        upload.keep()
    assert files_in(tmp_path) == []


def test_more_than_was_said_is_refused(tmp_path):
    upload = Upload("a.safetensors", 10, tmp_path, LIMIT)
    with pytest.raises(BadRequest, match="longer than its sender said"):
        upload.write(bytes(11))
    upload.forget()
    assert files_in(tmp_path) == []


@pytest.mark.parametrize(
    ("size", "limit", "says"),
    [
        (0, LIMIT, "is empty"),
        (3 * 2**30, 2**30, "has 3.0 GiB; at most 1.0 GiB are taken"),
        (2**60, 2**61, "of free disk space, and there is"),
    ],
)
def test_the_size_is_looked_at_before_a_byte_comes(tmp_path, size, limit, says):
    with pytest.raises((BadRequest, WeightsError), match=says):
        Upload("a.safetensors", size, tmp_path, limit)
    assert files_in(tmp_path) == []


@pytest.mark.skipif(os.name != "posix", reason="needs /dev/full")
def test_a_disk_that_fills_up_is_said_in_words(tmp_path):
    upload = Upload("a.safetensors", 10**6, tmp_path, LIMIT)
    upload._stream.close()
    upload._stream = Path("/dev/full").open("wb", buffering=0)  # noqa: SIM115 - forget closes it
    with pytest.raises(WeightsError, match="The disk is full"):
        upload.write(bytes(100))
    upload.forget()
    assert files_in(tmp_path) == []


@pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="needs a second disk")
def test_a_folder_that_is_a_link_to_another_disk_takes_files_too(tmp_path):
    with tempfile.TemporaryDirectory(dir="/dev/shm") as other:
        assert Path(other).stat().st_dev != tmp_path.stat().st_dev
        models = tmp_path / "models"
        models.mkdir()
        (models / "embeddings").symlink_to(other)
        added = bring(models, "calm.safetensors", safetensors(EMBEDDING))
        assert added.path.read_bytes() == safetensors(EMBEDDING)
        assert [each.name for each in Path(other).iterdir()] == ["calm.safetensors"]
        assert not list((models / INCOMING).iterdir())


@pytest.mark.skipif(os.name == "nt" or os.getuid() == 0, reason="root may read everywhere")
def test_a_file_that_may_not_be_read_is_not_the_same(tmp_path):
    data = safetensors(EMBEDDING)
    bring(tmp_path, "secret.safetensors", data[:-1] + b"x").path.chmod(0)
    assert bring(tmp_path, "calm.safetensors", data).is_new


def test_what_an_earlier_run_left_is_swept(tmp_path):
    (tmp_path / INCOMING).mkdir()
    (tmp_path / INCOMING / "0123.safetensors").write_bytes(bytes(5))
    sweep(tmp_path)
    assert files_in(tmp_path) == []


def test_the_same_file_in_the_hubs_folders_counts_as_here(tmp_path):
    data = safetensors(SD15)
    blob = tmp_path / "hub" / "models--o--m" / "blobs" / hashlib.sha256(data).hexdigest()
    link = tmp_path / "hub" / "models--o--m" / "snapshots" / "r" / "m.safetensors"
    for each in (blob, link):
        each.parent.mkdir(parents=True)
    blob.write_bytes(data)
    link.symlink_to(blob)
    assert bring(tmp_path, "b.safetensors", data).path == link
