"""`<lora:name:weight>`: a LoRA asked for in the prompt. Knows nothing of which LoRAs there are."""

import re

from ..errors import BadRequest
from ..recipe import LoRA

MAX_WEIGHT = 2.0

_TAG = re.compile(
    r"""
      \\.
    | <lora:[ ]*(?P<name>[^<>:\s][^<>:\n]{0,199})
      (?: : [ ]* (?P<weight>[+-]?(?:[0-9]{1,9}(?:\.[0-9]{0,20})?|\.[0-9]{1,20})) [ ]* )? >
    """,
    re.VERBOSE | re.DOTALL,
)
_GAP = " \t,"


def taken(prompt: str) -> tuple[str, tuple[LoRA, ...]]:
    """The prompt without its tags, and the LoRAs they name; of two with one name the last counts.

    What is no whole tag, such as `<lora:a:1..2>`, stays text. Raises BadRequest for a weight
    outside of -2..2.
    """
    if "<lora:" not in prompt:
        return prompt, ()
    loras: dict[str, LoRA] = {}
    text, place = "", 0
    for tag in _TAG.finditer(prompt):
        if tag["name"] is not None:
            lora = _lora(tag)
            loras[lora.name] = lora
            text, place = _joined(text, prompt[place : tag.start()], place), tag.end()
    return _joined(text, prompt[place:], place), tuple(loras.values())


def _lora(tag: re.Match[str]) -> LoRA:
    name, weight = tag["name"].strip(), float(tag["weight"] or 1)
    if abs(weight) > MAX_WEIGHT:
        raise BadRequest(
            f"The LoRA “{name}” has the weight {tag['weight']}; it goes from {-MAX_WEIGHT:g} to "
            f"{MAX_WEIGHT:g}. Write a weight in between.",
            field="lora",
        )
    return LoRA(name=name, weight=weight)


def _joined(before: str, after: str, place: int) -> str:
    """Both sides of a tag, with one gap where there were two. `place` 0: there is no tag yet."""
    if not place:
        return after
    left, right = before.rstrip(_GAP), after.lstrip(_GAP)
    if not left or not right or left.endswith("\n") or right.startswith("\n"):
        return left + right
    gap = before[len(left) :] + after[: len(after) - len(right)]
    return left + (", " if "," in gap else " " if gap else "") + right
