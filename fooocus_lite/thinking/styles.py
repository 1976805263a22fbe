"""Styles: a named wrapping of the prompt. Knows nothing of files; `library` reads them."""

import re
from collections.abc import Iterable, Mapping, Sequence
from random import Random

from pydantic import BaseModel, ConfigDict, Field

from ..errors import UnknownName
from . import chance

PLACE = "{prompt}"
ENHANCE = "Enhance"
RANDOM_STYLE = "Random Style"


class Style(BaseModel):
    """One style card. In `prompt` the person's words replace `{prompt}`; both texts may be empty.

    The three texts are what Fooocus style files hold, so those can be used as they are.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1, max_length=80)
    category: str = Field(default="Other", max_length=40)
    prompt: str = Field(default="", max_length=2_000)
    negative_prompt: str = Field(default="", max_length=2_000)
    tags: tuple[str, ...] = ()

    @property
    def is_wrapping(self) -> bool:
        """Whether the person's words have a place in it; others only add to what is asked."""
        return PLACE in self.prompt


BUILT_IN = (
    Style(name=ENHANCE, category="Magic", tags=("expand", "detail", "better")),
    Style(name=RANDOM_STYLE, category="Magic", tags=("surprise", "any", "dice")),
)
"""Styles that are rules, not text: `expansion` acts for the one, `chosen` for the other."""


def chosen(names: Sequence[str], known: Mapping[str, Style], random: Random) -> tuple[Style, ...]:
    """The styles of those names in the order given, each once; case and hyphens do not matter.

    RANDOM_STYLE stands for one wrapping style that is not chosen already. Raises UnknownName with
    the nearest names.
    """
    by_key = {_key(name): style for name, style in known.items()}
    found: dict[str, Style] = {}
    for name in names:
        style = by_key.get(_key(name))
        if style is None:
            raise UnknownName.among("style", name, known)
        found.setdefault(style.name, style)
    if RANDOM_STYLE in found:
        others = [known[name] for name in sorted(known.keys() - found) if known[name].is_wrapping]
        picked = chance.pick(others, random) if others else None
        found = {
            style.name: style
            for style in (picked if each.name == RANDOM_STYLE else each for each in found.values())
            if style is not None
        }
    return tuple(found.values())


def saying(styles: Iterable[Style], words: Iterable[str]) -> tuple[Style, ...]:
    """The wrapping styles whose text holds one of the words, a phrase such as "pixel art" whole."""
    joined = "|".join(re.escape(word.lower()) for word in words)
    pattern = re.compile(rf"(?<!\w)(?:{joined})(?!\w)")
    return tuple(
        style for style in styles if style.is_wrapping and pattern.search(style.prompt.lower())
    )


def apply(
    styles: Sequence[Style],
    prompt: str,
    negative_prompt: str,
    added: str = "",
    is_joined: bool = False,
) -> tuple[str, str]:
    """The lines the model is asked, and those it is asked to avoid; one line is one condition.

    The prompt's first line stands in each wrapping style's own line; then come the lines of styles
    without a place for it, then the prompt's other lines. `added` (Enhance's phrases) follows the
    person's words in the first line. The negative prompt keeps its first line, what styles avoid
    is one line more. Nothing a style adds is said twice in a line.

    With `is_joined` the first wrapping style has the only line and the other styles' phrases
    follow in it: for text encoders that read everything as one sentence.
    """
    main, *own_lines = _lines(prompt) or [""]
    templates = [line for style in styles for line in _lines(style.prompt)]
    wrapping = [line for line in templates if PLACE in line] or [PLACE]
    alone = [line for line in templates if PLACE not in line]
    first = ", ".join(filter(None, (main, added)))
    avoided = [phrase for style in styles for phrase in _phrases(style.negative_prompt)]
    if is_joined:
        rest = [phrase for line in (*wrapping[1:], *alone) for phrase in _without_place(line)]
        lines = [_extended(_wrapped(wrapping[0], first), rest)]
    else:
        lines = [_wrapped(wrapping[0], first)]
        lines += [_wrapped(line, main) for line in wrapping[1:]]
        lines += [_extended("", _phrases(line)) for line in alone]
    unwanted, *own_unwanted = _lines(negative_prompt) or [""]
    if is_joined:
        negatives = [_extended(unwanted, avoided)]
    else:
        negatives = [unwanted, _extended("", avoided, said=_phrases(unwanted))]
    return _text((*lines, *own_lines)), _text((*negatives, *own_unwanted))


def _wrapped(template: str, words: str) -> str:
    """The words in the template's place, without phrases of the template that they already say."""
    said = {_key(phrase) for phrase in _phrases(words)}
    kept = [each for each in _phrases(template) if PLACE in each or _is_new(each, said)]
    return ", ".join(kept).replace(PLACE, words)


def _extended(line: str, phrases: Iterable[str], said: Iterable[str] = ()) -> str:
    """The line and those phrases that neither it nor `said` says already."""
    known = {_key(phrase) for phrase in (*_phrases(line), *said)}
    new = [phrase for phrase in phrases if _is_new(phrase, known)]
    return ", ".join(filter(None, (line, *new)))


def _is_new(phrase: str, said: set[str]) -> bool:
    """Whether the phrase is not in `said`; it is afterwards.

    A part of a bracket always counts as new: leaving it out would take the bracket apart.
    """
    if any(character in "()[]{}<>" for character in phrase):
        return True
    is_new = _key(phrase) not in said
    said.add(_key(phrase))
    return is_new


def _without_place(template: str) -> list[str]:
    """The template's phrases for a line that has the person's words already.

    >>> _without_place("oil painting of {prompt}, thick paint")
    ['oil painting', 'thick paint']
    """
    phrases = _phrases(template.replace(PLACE, ","))
    return [phrase.removesuffix(" of").removesuffix(" showing") for phrase in phrases]


def _phrases(text: str) -> list[str]:
    return [phrase.strip() for phrase in text.split(",") if phrase.strip(" .")]


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _text(lines: Iterable[str]) -> str:
    """The lines that say something, each once."""
    return "\n".join(dict.fromkeys(line for line in lines if line))


def _key(name: str) -> str:
    return " ".join(name.lower().replace("-", " ").split())
