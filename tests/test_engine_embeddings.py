"""Files of textual inversions, and those that do not fit."""

from pathlib import Path

import pytest
import tiny
import torch

from fooocus_lite.engine import embeddings
from fooocus_lite.errors import WeightsError

SDXL = {"text_encoder": 32, "text_encoder_2": 64}


def test_each_encoder_gets_its_vectors(tmp_path: Path) -> None:
    file = tiny.build_embedding(tmp_path / "calm.safetensors", {"clip_l": 32, "clip_g": 64}, 3)
    found = embeddings.read("calm", file, SDXL)
    assert {part: tuple(each.shape) for part, each in found.items()} == {
        "text_encoder": (3, 32),
        "text_encoder_2": (3, 64),
    }


@pytest.mark.parametrize("name", ["emb_params", "<calm>"])
def test_one_encoder_takes_the_only_tensor_whatever_its_name(tmp_path: Path, name: str) -> None:
    file = tiny.build_embedding(tmp_path / "calm.safetensors", {name: 32})
    assert embeddings.read("calm", file, {"text_encoder": 32})["text_encoder"].shape == (2, 32)


def test_a_single_vector_without_a_row_is_one_row(tmp_path: Path) -> None:
    file = tmp_path / "calm.safetensors"
    embeddings_file = {"emb_params": torch.ones(32, dtype=torch.float16)}
    tiny.save_file(embeddings_file, file)
    found = embeddings.read("calm", file, {"text_encoder": 32})["text_encoder"]
    assert torch.equal(found, torch.ones(1, 32))


@pytest.mark.parametrize(
    ("tensors", "widths", "words"),
    [
        ({"clip_l": 16, "clip_g": 64}, SDXL, "16 and 64 wide.* take 32 and 64"),
        ({"emb_params": 32}, SDXL, "32 wide.* take 32 and 64"),
        ({"emb_params": 16}, {"text_encoder": 32}, "16 wide.* take 32"),
        ({"clip_l": 32, "clip_g": 64}, {"text_encoder": 32}, "32 and 64 wide.* take 32"),
    ],
)
def test_a_file_for_another_model_is_refused_with_both_widths(
    tmp_path: Path, tensors: dict[str, int], widths: dict[str, int], words: str
) -> None:
    file = tiny.build_embedding(tmp_path / "calm.safetensors", tensors)
    with pytest.raises(WeightsError, match=words):
        embeddings.read("calm", file, widths)


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "calm.safetensors"
    file.write_bytes(b"\x80\x04 not tensors")
    with pytest.raises(WeightsError, match=r"calm\.safetensors is damaged"):
        embeddings.read("calm", file, SDXL)
