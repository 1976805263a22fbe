"""Styles: a named wrapping of the prompt. Knows nothing of files; `parse` gets their text."""

from collections.abc import Mapping, Sequence

from pydantic import BaseModel, ConfigDict, Field, field_validator

from ..errors import UnknownName


class Style(BaseModel):
    """One style card. `prompt` holds `{prompt}` where the person's words go."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1, max_length=80)
    category: str = Field(default="Other", max_length=40)
    prompt: str = Field(default="{prompt}", max_length=2_000)
    negative_prompt: str = Field(default="", max_length=2_000)
    tags: tuple[str, ...] = ()

    @field_validator("prompt")
    @classmethod
    def _has_a_place(cls, prompt: str) -> str:
        return prompt if "{prompt}" in prompt else "{prompt}, " + prompt


def chosen(names: Sequence[str], known: Mapping[str, Style]) -> tuple[Style, ...]:
    """The styles of those names in the order given, each once, found without regard to case.

    Raises UnknownName with the nearest names.
    """
    by_lower = {name.lower(): style for name, style in known.items()}
    found: dict[str, Style] = {}
    for name in names:
        style = by_lower.get(name.strip().lower())
        if style is None:
            raise UnknownName.among("style", name, known)
        found.setdefault(style.name, style)
    return tuple(found.values())


def apply(styles: Sequence[Style], prompt: str, negative_prompt: str) -> tuple[str, str]:
    """The prompt and negative prompt the model is asked, with what styles add written once.

    The first style wraps the person's words; what the others add follows in their order.
    """
    if not styles:
        return prompt, negative_prompt
    first, *others = styles
    parts = [first.prompt.replace("{prompt}", prompt)]
    parts += [style.prompt.replace("{prompt}", "").strip(" ,.") for style in others]
    negatives = [negative_prompt, *(style.negative_prompt for style in styles)]
    return _joined(parts), _joined(negatives)


def _joined(parts: Sequence[str]) -> str:
    kept: dict[str, None] = {}
    for part in parts:
        if part.strip():
            kept.setdefault(part.strip())
    return ", ".join(kept)
