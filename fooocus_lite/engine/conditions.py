"""From a recipe's text to the keywords a pipeline is called with. Knows nothing of tokens."""

import math
from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from ..recipe import Recipe
from ..thinking import emphasis
from ..thinking.emphasis import Condition
from ..thinking.families import Family
from .remembered import Remembered
from .text_encoders import Encoded, TextEncoders

MAX_REPEATS = 8
"""How often the longer of prompt and negative prompt is repeated at most; see `_as_long`."""
_NOTHING: tuple[Condition, ...] = (((),),)


class Conditions:
    """The text of recipes for one loaded pipeline.

    CLIP reads 75 tokens at a time, so its text is encoded here, piece by piece and weight by
    weight. Other encoders read whole sentences and get the words as they are.
    """

    def __init__(self, pipeline: Any, family: Family) -> None:
        self._encoders = TextEncoders(pipeline) if family.text == "clip" else None
        self._remembered = Remembered(pipeline) if family.text == "long" else None
        self._max_tokens = _max_tokens(pipeline, family)
        self._family = family
        self._has_zeros_for_nothing = bool(pipeline.config.get("force_zeros_for_empty_prompt"))

    def prepare(self, embedding_files: Mapping[str, Path], loras: Hashable) -> None:
        """Reads the embeddings that a text may name; `loras` tells those now applied from others.

        Raises WeightsError when an embedding is missing, damaged or made for another model.
        """
        if self._encoders is not None:
            self._encoders.prepare(embedding_files, loras)
        if self._remembered is not None:
            self._remembered.loras = loras

    def arguments(self, recipe: Recipe) -> dict[str, Any]:
        """Keywords for the pipeline's call: `prompt_embeds` and its kin for CLIP, else `prompt`.

        Nothing negative is encoded without guidance. Raises WeightsError when the text names an
        embedding that was not prepared.
        """
        has_guidance = recipe.guidance_scale > self._family.guidance_off
        if self._encoders is None:
            words: dict[str, Any] = {
                "prompt": emphasis.plain(recipe.prompt),
                "max_sequence_length": self._max_tokens,
            }
            if has_guidance and self._family.has_negative_prompt:
                words["negative_prompt"] = emphasis.plain(recipe.negative_prompt)
            return words
        lines = emphasis.conditions(recipe.prompt) or _NOTHING
        if not has_guidance:
            return _keywords("", _joined(self._encoders.encode(lines)))
        avoided = emphasis.conditions(recipe.negative_prompt)
        if not avoided and not self._has_zeros_for_nothing:
            avoided = _NOTHING
        encoded = self._encoders.encode((*lines, *avoided))
        wanted = _joined(encoded[: len(lines)])
        unwanted = _joined(encoded[len(lines) :]) if avoided else _zeros(wanted)
        return _keywords("", _as_long(wanted, unwanted)) | _keywords(
            "negative_", _as_long(unwanted, wanted)
        )


def _max_tokens(pipeline: Any, family: Family) -> int:
    """How many tokens its longest text encoder reads; fewer for some that are not guided."""
    is_guided = "transformer" not in pipeline.components or pipeline.transformer.config.get(
        "guidance_embeds", True
    )
    limit = family.text_encoders[-1].max_tokens
    return limit if is_guided else family.unguided_tokens or limit


def _joined(lines: Sequence[Sequence[Encoded]]) -> Encoded:
    """All windows of all lines, one after the other; pooled is the mean of the lines' first ones.

    Fooocus adds the pooled outputs up, which grows with the lines beyond anything a model was
    trained on: in 60 pictures of two styles each, a line for one, the starter showed 52 of the 120
    styles with the mean and 46 with the sum.
    """
    tokens = torch.concat([window.tokens for line in lines for window in line], dim=1)
    pooled = [line[0].pooled for line in lines if line[0].pooled is not None]
    return Encoded(tokens, torch.stack(pooled).mean(dim=0) if pooled else None)


def _zeros(encoded: Encoded) -> Encoded:
    pooled = encoded.pooled
    return Encoded(
        torch.zeros_like(encoded.tokens), None if pooled is None else torch.zeros_like(pooled)
    )


def _as_long(encoded: Encoded, other: Encoded) -> Encoded:
    """The same condition in a length that the other can have too, for both go in one batch.

    Attention over tokens that are all repeated equally often is attention over them once, so both
    become the least common multiple. Where that is too long to compute with, only the shorter is
    repeated, and some of its windows once more than others.
    """
    length, other_length = encoded.tokens.shape[1], other.tokens.shape[1]
    common, longer = math.lcm(length, other_length), max(length, other_length)
    if common > MAX_REPEATS * longer:
        common = longer
    repeated = encoded.tokens.repeat(1, math.ceil(common / length), 1)[:, :common]
    return Encoded(repeated, encoded.pooled)


def _keywords(prefix: str, encoded: Encoded) -> dict[str, Any]:
    keywords = {f"{prefix}prompt_embeds": encoded.tokens}
    if encoded.pooled is not None:
        keywords[f"{prefix}pooled_prompt_embeds"] = encoded.pooled
    return keywords
