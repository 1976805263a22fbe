"""The prompt language: from what a person typed to the text of one picture.

Arrays, wildcards, choices and LoRA tags are resolved here; emphasis, `BREAK` and embeddings stay
in the text and are read by the engine.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from ..errors import BadRequest
from ..recipe import LoRA
from . import arrays, emphasis, lora_tags, windows
from .wildcards import Filler, Wildcards

_ESCAPED = re.compile(r"(\\[\\()\[\]])|\\([{}|_<,])")


@dataclass(frozen=True)
class Written:
    """What one picture is asked for. Each LoRA stands once."""

    prompt: str
    negative_prompt: str
    loras: tuple[LoRA, ...] = ()


def write(
    prompt: str,
    negative_prompt: str,
    index: int,
    random: Random,
    wildcards: Wildcards,
    in_order: bool = False,
) -> Written:
    """The text of picture `index`, counted from 0. The same arguments give the same text anywhere.

    With `in_order` each wildcard gives its line `index`, counted round, instead of any. Arrays and
    LoRA tags are of the prompt alone; in the negative prompt they are text. Raises BadRequest or
    UnknownName.
    """
    text, negative_text = filled(prompt, negative_prompt, index, random, wildcards, in_order)
    text, loras = lora_tags.taken(text)
    text, negative_text = _unescaped(text), _unescaped(negative_text)
    if not emphasis.conditions(text):
        raise BadRequest(
            "Nothing is left of the prompt when its wildcards, choices and LoRA tags are filled "
            "in. Write what you want to see.",
            field="prompt",
        )
    return Written(text, negative_text, loras)


def filled(
    prompt: str,
    negative_prompt: str,
    index: int,
    random: Random,
    wildcards: Wildcards,
    in_order: bool = False,
) -> tuple[str, str]:
    """Both texts with arrays, wildcards and choices as picture `index` has them.

    The rest stands as typed, so that `write` makes the same of them as of what they come from.
    """
    filler = Filler(random, wildcards, index if in_order else None)
    text = filler.filled(arrays.combination(prompt, index))
    return arrays.elements_at(text, index), filler.filled(negative_prompt)


def named_embeddings(*texts: str) -> Iterator[str]:
    """The names after `embedding:` in what is left when everything else is resolved."""
    for text in texts:
        if "embedding:" in text.lower():
            for condition in emphasis.conditions(text):
                yield from windows.embeddings(condition)


def _unescaped(text: str) -> str:
    """Without the backslashes of this language; those of `emphasis` are still needed."""
    return _ESCAPED.sub(r"\1\2", text).strip()
