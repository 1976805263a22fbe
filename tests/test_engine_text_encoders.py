"""CLIP with weights, embeddings and a memory, on random encoders of the real classes."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import tiny
import torch
from accelerate import cpu_offload, cpu_offload_with_hook
from accelerate.hooks import remove_hook_from_module
from diffusers import StableDiffusionPipeline, StableDiffusionXLPipeline

from fooocus_lite.engine import text_encoders
from fooocus_lite.engine.text_encoders import TextEncoders
from fooocus_lite.errors import WeightsError
from fooocus_lite.thinking import emphasis

WIDTHS = {"clip_l": 32, "clip_g": 64}


@pytest.fixture
def pipeline(tiny_model: Path) -> Any:
    return StableDiffusionXLPipeline.from_pretrained(tiny_model, dtype=torch.float32)


@pytest.fixture
def encoders(pipeline: Any) -> TextEncoders:
    return TextEncoders(pipeline)


@pytest.fixture
def calls(pipeline: Any) -> Iterator[list[str]]:
    """Grows by the class's name whenever a text encoder runs."""
    seen: list[str] = []
    handles = [
        each.register_forward_pre_hook(lambda module, _: seen.append(type(module).__name__))
        for each in (pipeline.text_encoder, pipeline.text_encoder_2)
    ]
    yield seen
    for handle in handles:
        handle.remove()


def tokens_of(encoders: TextEncoders, prompt: str) -> torch.Tensor:
    """[1, 77·n, width] of a prompt's only line."""
    (line,) = encoders.encode(emphasis.conditions(prompt))
    return torch.concat([window.tokens for window in line], dim=1)


@pytest.mark.parametrize("weight", [0.0, 0.5, 1.3, 5.0])
def test_a_weight_moves_a_word_away_from_nothing_and_keeps_each_encoders_mean(
    pipeline: Any, encoders: TextEncoders, weight: float
) -> None:
    found = tokens_of(encoders, f"a (red:{weight}) cat")
    plain, empty = (pipeline.encode_prompt(text)[0] for text in ("a red cat", ""))
    expected = plain.clone()
    place = slice(2, 5)  # after the start and "a": a letter is a token here
    expected[:, place] = empty[:, place] + weight * (plain - empty)[:, place]
    for part in (slice(0, 32), slice(32, 96)):
        moved = expected[..., part] + plain[..., part].mean() - expected[..., part].mean()
        assert torch.allclose(found[..., part], moved, atol=1e-5)
        assert torch.isclose(found[..., part].mean(), plain[..., part].mean(), atol=1e-5)


def test_weights_stay_with_their_words_in_every_window(encoders: TextEncoders) -> None:
    start = " ".join(["aaaaaaaaaa"] * 8)
    plain, weighted = (tokens_of(encoders, f"{start} {word} b") for word in ("(red:1.5)", "red"))
    assert torch.equal(plain[:, :77], weighted[:, :77])
    assert not torch.equal(plain[:, 77:], weighted[:, 77:])


def test_half_precision_stays_half(tiny_model: Path) -> None:
    pipeline = StableDiffusionXLPipeline.from_pretrained(tiny_model, dtype=torch.bfloat16)
    assert tokens_of(TextEncoders(pipeline), "a (red:1.5) cat").dtype == torch.bfloat16


def test_what_was_encoded_is_remembered_to_the_bit(
    encoders: TextEncoders, calls: list[str]
) -> None:
    lines = emphasis.conditions("a (red:1.5) cat\na dog")
    first = encoders.encode(lines)
    assert calls == ["CLIPTextModel"] * 3 + ["CLIPTextModelWithProjection"] * 3
    again = encoders.encode(emphasis.conditions("a dog\na (red:1.5) cat"))
    assert len(calls) == 6
    for (before,), (now,) in zip(first, reversed(again), strict=True):
        assert torch.equal(before.tokens, now.tokens)
    tokens_of(encoders, "a (red:0.5) cat")
    assert len(calls) == 6


def test_what_is_remembered_has_an_end(
    encoders: TextEncoders, calls: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text_encoders, "CACHED_WINDOWS", 2)
    for prompt in ("a", "b", "a", "c", "a", "b"):
        tokens_of(encoders, prompt)
    assert len(calls) == 2 * len(["a", "b", "c", "b"])


def test_other_loras_are_another_encoding(encoders: TextEncoders, calls: list[str]) -> None:
    for loras in ((), ("ink",), (), ("ink",)):
        encoders.prepare({}, loras)
        tokens_of(encoders, "a cat")
    assert len(calls) == 4


@pytest.mark.parametrize("way", ["model", "sequential"])
def test_offloaded_encoders_are_reached_through_their_hooks(pipeline: Any, way: str) -> None:
    expected = tokens_of(TextEncoders(pipeline), "a (red:1.5) cat")
    parts = (pipeline.text_encoder, pipeline.text_encoder_2)
    for part in parts:
        if way == "model":
            cpu_offload_with_hook(part, execution_device="cpu")
        else:
            # The weights are on no device until a hook fetches them.
            cpu_offload(part, execution_device="cpu")
    assert torch.equal(tokens_of(TextEncoders(pipeline), "a (red:1.5) cat"), expected)
    for part in parts:
        remove_hook_from_module(part, recurse=True)


@pytest.mark.parametrize("vectors", [1, 3])
def test_an_embedding_is_what_diffusers_makes_of_it(
    pipeline: Any, encoders: TextEncoders, tmp_path: Path, vectors: int
) -> None:
    file = tiny.build_embedding(tmp_path / "Calm.safetensors", WIDTHS, vectors)
    encoders.prepare({"Calm": file}, ())
    found = tokens_of(encoders, "a cat embedding:calm now")
    assert not torch.equal(found, tokens_of(encoders, "a cat now"))
    untouched = pipeline.encode_prompt("a cat now")[0]

    tensors = text_encoders.embeddings.load_file(file)
    for key, end in (("clip_l", ""), ("clip_g", "_2")):
        pipeline.load_textual_inversion(
            {"calm": tensors[key]},
            token="calm",
            text_encoder=getattr(pipeline, f"text_encoder{end}"),
            tokenizer=getattr(pipeline, f"tokenizer{end}"),
        )
    assert torch.equal(found, pipeline.encode_prompt("a cat calm now")[0])
    assert torch.equal(tokens_of(encoders, "a cat now"), untouched)


def test_an_embedding_of_a_model_with_one_encoder(tmp_path: Path) -> None:
    folder = tiny.build_sd15(tmp_path / "sd15")
    encoders = TextEncoders(StableDiffusionPipeline.from_pretrained(folder, dtype=torch.float32))
    file = tiny.build_embedding(tmp_path / "calm.safetensors", {"emb_params": 32})
    encoders.prepare({"calm": file}, ())
    found = tokens_of(encoders, "a cat (embedding:calm:1.2)")
    assert found.shape == (1, 77, 32)
    assert not torch.equal(found, tokens_of(encoders, "a cat embedding:calm"))


def test_an_embedding_that_changed_on_disk_is_read_again(
    encoders: TextEncoders, tmp_path: Path
) -> None:
    file = tmp_path / "calm.safetensors"
    found = []
    for vectors in (1, 2):
        tiny.build_embedding(file, WIDTHS, vectors)
        encoders.prepare({"calm": file}, ())
        found.append(tokens_of(encoders, "embedding:calm"))
    assert not torch.equal(*found)


def test_an_embedding_without_a_file_says_where_to_put_it(encoders: TextEncoders) -> None:
    with pytest.raises(WeightsError, match=r"models/embeddings.*\.pt file"):
        tokens_of(encoders, "a cat embedding:nobody")
