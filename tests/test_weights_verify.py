"""Damaged and missing model files are found before torch sees them, and named."""

import hashlib
import json
import os
import shutil
from pathlib import Path

import pytest

from fooocus_lite.errors import Cancelled, WeightsError
from fooocus_lite.weights import header, verify

UNET = "unet/diffusion_pytorch_model.safetensors"


@pytest.fixture
def model(tiny_model: Path, tmp_path: Path) -> Path:
    """A copy that may be damaged."""
    return Path(shutil.copytree(tiny_model, tmp_path / "tiny"))


def test_a_whole_folder_passes_and_counts_its_parameters(tiny_model: Path) -> None:
    verify.check_folder(tiny_model)
    assert 100_000 < verify.parameters(tiny_model) < 5_000_000


@pytest.mark.parametrize("kept", [0, 7, 100, 5_000, -1])
def test_a_truncated_file_is_named_with_both_sizes(model: Path, kept: int) -> None:
    path = model / UNET
    whole = path.read_bytes()
    path.write_bytes(whole[:kept])
    with pytest.raises(
        WeightsError, match=r"unet/diffusion_pytorch_model\.safetensors is damaged"
    ) as error:
        verify.check_folder(model)
    assert f"{len(whole[:kept]):,} bytes" in error.value.message
    assert "download it again" in error.value.message


@pytest.mark.parametrize(
    "content",
    [
        b"<html>404</html>" * 10,
        (4).to_bytes(8, "little") + b"{{{{",
        (2).to_bytes(8, "little") + b"[]",
        (13).to_bytes(8, "little") + b'{"a": "words"}'[:13],
        (14).to_bytes(8, "little") + b'{"a": "words"}',
        (2**63).to_bytes(8, "little") + b"{}",
    ],
)
def test_anything_that_is_no_safetensors_file_is_refused(model: Path, content: bytes) -> None:
    (model / UNET).write_bytes(content)
    with pytest.raises(WeightsError, match="damaged"):
        verify.check_folder(model)


def test_offsets_beyond_the_file_are_refused(tmp_path: Path) -> None:
    tensors = {"a": {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]}}
    head = json.dumps(tensors).encode()
    path = tmp_path / "a.safetensors"
    path.write_bytes(len(head).to_bytes(8, "little") + head + bytes(12))
    with pytest.raises(WeightsError, match="are expected"):
        header.read(path)
    path.write_bytes(len(head).to_bytes(8, "little") + head + bytes(16))
    assert list(header.read(path).tensors) == ["a"]


def test_a_shape_that_disagrees_with_its_bytes_is_refused(tmp_path: Path) -> None:
    tensors = {"a": {"dtype": "F32", "shape": [5], "data_offsets": [0, 16]}}
    head = json.dumps(tensors).encode()
    path = tmp_path / "a.safetensors"
    path.write_bytes(len(head).to_bytes(8, "little") + head + bytes(16))
    with pytest.raises(WeightsError, match="no tensor"):
        header.read(path)


@pytest.mark.parametrize("missing", ["model_index.json", "unet", "tokenizer", UNET])
def test_a_missing_part_is_named(model: Path, missing: str) -> None:
    path = model / missing
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    with pytest.raises(WeightsError, match=missing.split("/")[0]):
        verify.check_folder(model)


def test_pickle_weights_are_not_taken_for_weights(model: Path) -> None:
    (model / UNET).rename(model / "unet" / "diffusion_pytorch_model.bin")
    with pytest.raises(WeightsError, match="no safetensors file"):
        verify.check_folder(model)


def test_a_model_with_code_of_its_own_is_refused(model: Path) -> None:
    index = json.loads((model / "model_index.json").read_text())
    index["unet"] = ["my_unet", "Surprise"]
    (model / "model_index.json").write_text(json.dumps(index))
    for read in (verify.check_folder, verify.text_files):
        with pytest.raises(WeightsError, match=r"code of its own for “unet” \(\['my_unet'\]\)"):
            read(model)


@pytest.mark.parametrize("part", ["../other", "a/b", "", "a part"])
def test_a_part_is_never_looked_for_outside_its_model(part: str) -> None:
    with pytest.raises(WeightsError, match="mine names a part"):
        verify.parts({part: ["diffusers", "UNet2DConditionModel"]}, "mine")


def test_parts_are_what_is_loaded_of_a_model() -> None:
    index = {
        "_class_name": "StableDiffusionPipeline",
        "vae": ["diffusers", "AutoencoderKL"],
        "text_encoder": ["transformers", "CLIPTextModel"],
        "image_encoder": [None, None],
        "safety_checker": ["stable_diffusion", "StableDiffusionSafetyChecker"],
        "requires_safety_checker": True,
    }
    assert verify.parts(index, "mine") == ["text_encoder", "vae"]


@pytest.mark.parametrize("content", ["{", "[]", "\x00"])
def test_a_broken_index_is_named(model: Path, content: str) -> None:
    (model / "model_index.json").write_text(content)
    with pytest.raises(WeightsError, match=r"model_index\.json"):
        verify.check_folder(model)


def test_a_missing_shard_is_named(model: Path) -> None:
    index = {"weight_map": {"a": "diffusion-00001-of-00002.safetensors"}}
    (model / "unet" / "diffusion.safetensors.index.json").write_text(json.dumps(index))
    with pytest.raises(WeightsError, match=r"00002\.safetensors is missing"):
        verify.check_folder(model)


def files_of(model: Path) -> dict[str, Path]:
    return {file.relative_to(model).as_posix(): file for file in verify.weight_files(model)}


def test_hashes_name_each_file_and_follow_a_change(model: Path) -> None:
    files = files_of(model)
    before = verify.hashes(files)
    assert set(before) == {
        UNET,
        "vae/diffusion_pytorch_model.safetensors",
        "text_encoder/model.safetensors",
        "text_encoder_2/model.safetensors",
    }
    content = bytearray((model / UNET).read_bytes())
    assert before[UNET] == hashlib.sha256(content).hexdigest()
    content[-1] ^= 1
    (model / UNET).write_bytes(content)
    os.utime(model / UNET, ns=(1, 1))
    assert verify.hashes(files)[UNET] == hashlib.sha256(content).hexdigest()


def test_hashing_tells_how_far_it_is_reads_each_file_once_and_can_be_stopped(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verify, "CHUNK_BYTES", 100_000)
    files = files_of(model)
    told: list[tuple[int, int]] = []

    def stop(done: int, total: int) -> None:
        told.append((done, total))
        if done > total / 2:
            raise Cancelled("stop")

    with pytest.raises(Cancelled):
        verify.hashes(files, stop)
    size = sum(file.stat().st_size for file in verify.weight_files(model))
    assert {total for _, total in told} == {size}
    told.clear()
    verify.hashes(files, lambda done, total: told.append((done, total)))
    # What was read to its end before is not read again.
    assert 0 < told[-1][0] == told[-1][1] < size
    assert [done for done, _ in told] == sorted({done for done, _ in told})
    told.clear()
    verify.hashes(files, lambda done, total: told.append((done, total)))
    assert told == []


def test_hashing_a_missing_file_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="is missing"):
        verify.sha256(tmp_path / "none.safetensors")


def test_a_folder_in_place_of_a_file_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"cannot be read \("):
        header.read(tmp_path)
    with pytest.raises(WeightsError, match=r"cannot be read \("):
        verify.sha256(tmp_path)


@pytest.mark.parametrize(
    "index",
    ["{", "[]", "[" * 200_000, '{"weight_map": [1]}', '{"weight_map": {}}', "{}",
     '{"weight_map": {"a": "x\\ud800"}}', '{"weight_map": {"a": "../../../etc/passwd"}}'],
)  # fmt: skip
def test_a_broken_list_of_shards_is_named(model: Path, index: str) -> None:
    (model / f"{UNET}.index.json").write_text(index)
    with pytest.raises(WeightsError, match=r"unet/(diffusion_pytorch_model|passwd)") as caught:
        verify.check_folder(model)
    caught.value.message.encode()
