"""Encoded texts are given out again, each for itself, and bounded in number."""

from typing import Any

import pytest
import torch

from fooocus_lite.engine import remembered
from fooocus_lite.engine.remembered import Remembered


class Encoder:
    """Encodes as pipelines do: tensors, in lists for some families, and None."""

    def __init__(self) -> None:
        self.calls = 0

    def encode_prompt(
        self,
        prompt: str | list[str] | None,
        device: Any = None,
        max_sequence_length: int = 4,
        prompt_embeds: torch.Tensor | None = None,
    ) -> tuple[Any, ...]:
        self.calls += 1
        length = len(str(prompt)) + max_sequence_length
        return torch.full((1, length), float(self.calls)), [torch.ones(2)], None


@pytest.fixture
def pipeline() -> Encoder:
    return Encoder()


def test_the_same_question_is_answered_once(pipeline: Encoder) -> None:
    Remembered(pipeline)
    first = pipeline.encode_prompt("a cat", device=torch.device("cpu"))
    again = pipeline.encode_prompt(prompt="a cat", device=torch.device("cpu"))
    assert pipeline.calls == 1
    assert first[0].equal(again[0])
    assert first[1][0].equal(again[1][0])
    assert first[2] is again[2] is None


def test_another_question_is_another_answer(pipeline: Encoder) -> None:
    memory = Remembered(pipeline)
    pipeline.encode_prompt("a cat")
    pipeline.encode_prompt(["a cat"])
    pipeline.encode_prompt("a cat", max_sequence_length=5)
    pipeline.encode_prompt("")
    pipeline.encode_prompt(None)
    assert pipeline.calls == 5
    memory.loras = "wobble"
    pipeline.encode_prompt("a cat")
    memory.loras = None
    pipeline.encode_prompt("a cat")
    assert pipeline.calls == 6


def test_what_a_caller_changes_is_changed_for_nobody_else(pipeline: Encoder) -> None:
    Remembered(pipeline)
    for _ in range(2):
        tokens, (extra,), _ = pipeline.encode_prompt("a cat")
        assert tokens.unique().tolist() == [1.0]
        assert extra.tolist() == [1.0, 1.0]
        tokens.zero_()
        extra.zero_()


def test_what_is_encoded_already_is_not_kept(pipeline: Encoder) -> None:
    Remembered(pipeline)
    for _ in range(2):
        pipeline.encode_prompt(None, prompt_embeds=torch.ones(1))
    assert pipeline.calls == 2


def test_the_oldest_text_goes_first(pipeline: Encoder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remembered, "TEXTS", 2)
    Remembered(pipeline)
    for prompt in ("a", "b", "a", "c", "a"):
        pipeline.encode_prompt(prompt)
    assert pipeline.calls == 3
    pipeline.encode_prompt("b")
    assert pipeline.calls == 4
