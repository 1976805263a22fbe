"""Prompts a shared program refuses, as words, phrases and patterns, each with a reason.

A list like this stops the plain cases, not a determined person. Matching is on letters, not looks:
widths, accents, invisible characters, spaced-out letters and digits for letters are undone first.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from itertools import groupby
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from .emphasis import plain

_DIGITS = str.maketrans("0134578@$!|", "oieastbasii")
_TOKENS = re.compile(r"[^\W_]+")
_LEET = re.compile(r"(?=\S*[^\W\d_])(?=\S*[\d@$!|])\S+")
MAX_ENTRY_CHARACTERS = 300


def _checked(entry: str) -> str:
    """A word, a phrase, a beginning ("word*") or a pattern ("/…/")."""
    if len(entry) > MAX_ENTRY_CHARACTERS:
        raise ValueError(f"an entry has at most {MAX_ENTRY_CHARACTERS} characters")
    if not entry.strip(" */"):
        raise ValueError(f"“{entry}” would match everything; write a word or /a pattern/")
    try:
        _pattern_of(entry)
    except re.error as error:
        raise ValueError(f"“{entry}” is no regular expression: {error}") from None
    return entry


Entry = Annotated[str, AfterValidator(_checked)]


class Rule(BaseModel):
    """Refuses a prompt that has any entry of `any_of`, or of `all_of` one entry of each list."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1, max_length=60)
    reason: str = Field(min_length=1, max_length=300)
    any_of: tuple[Entry, ...] = ()
    all_of: tuple[tuple[Entry, ...], ...] = ()


def broken_rule(texts: Iterable[str], rules: Iterable[Rule]) -> Rule | None:
    """The first rule that one of these prompts breaks."""
    readings = {reading for text in texts for reading in _readings(text)}
    rules = tuple(rules)
    return next((rule for rule in rules if any(_breaks(each, rule) for each in readings)), None)


def _breaks(reading: str, rule: Rule) -> bool:
    def has_any(entries: tuple[str, ...]) -> bool:
        return any(_pattern_of(entry).search(reading) for entry in entries)

    return has_any(rule.any_of) or (bool(rule.all_of) and all(map(has_any, rule.all_of)))


def _readings(prompt: str) -> tuple[str, str]:
    """The prompt as words with single spaces: as it stands, and with digits read as letters."""
    text = _letters(" ".join(plain(line) for line in prompt.splitlines()))
    decoded = _LEET.sub(lambda word: word[0].translate(_DIGITS), text)
    return _words(text), _words(decoded)


def _letters(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    kept = (each for each in decomposed if unicodedata.category(each) not in ("Mn", "Me", "Cf"))
    return unicodedata.normalize("NFKC", "".join(kept))


def _words(text: str) -> str:
    """The words only; letters that stand alone, one after the other, are one word."""
    words: list[str] = []
    for is_single, group in groupby(_TOKENS.findall(text), key=lambda word: len(word) == 1):
        letters = list(group)
        words += ["".join(letters)] if is_single and len(letters) > 2 else letters
    return " ".join(words)


@cache
def _pattern_of(entry: str) -> re.Pattern[str]:
    """Patterns are searched in the words with single spaces between them, in small letters."""
    if len(entry) > 2 and entry.startswith("/") and entry.endswith("/"):
        return re.compile(entry[1:-1])
    words = r" ".join(map(re.escape, _words(_letters(entry)).split()))
    return re.compile(rf"\b{words}" if entry.rstrip().endswith("*") else rf"\b{words}\b")


_CHILDREN = (
    "child*", "kid", "kids", "kiddie*", "toddler*", "infant*", "baby", "babies", "preteen*",
    "pre teen*", "underage*", "under age", "minor", "minors", "little girl*", "little boy*",
    "young girl*", "young boy*", "school girl*", "schoolgirl*", "school boy*", "schoolboy*",
    "teen", "teens", "teenage*", "adolescent*", "juvenile*", "kindergarten*", "elementary school*",
    r"/\b(?:[1-9]|1[0-7]) ?(?:yo|y o|yrs?|years?)(?: olds?)?\b/",
    r"/\bage[ds]? (?:of )?(?:[1-9]|1[0-7])\b/",
)  # fmt: skip
_SEXUAL = (
    "nude*", "naked*", "nudity", "topless", "bottomless", "undress*", "sex", "sexual*", "sexy",
    "sexualized", "sexualised", "porn*", "erotic*", "nsfw", "hentai", "genital*", "penis*",
    "vagina*", "nipple*", "orgasm*", "masturbat*", "intercourse", "fellatio", "blowjob*",
    "cumshot*", "lingerie", "fetish*", "seductive*", "aroused", "strip tease", "striptease*",
    "bdsm",
)  # fmt: skip
_FORCE = ("rape", "raped", "raping", "rapist*", "molest*", "sexual assault*", "non consensual*")

DEFAULT_RULES = (
    Rule(
        name="children",
        reason="Sexual content with people under age is illegal and is never made here.",
        any_of=("child porn*", "kiddie porn*", "csam", "lolicon*", "shotacon*", "pedophil*",
                "paedophil*", "jailbait"),
        all_of=(_CHILDREN, _SEXUAL + _FORCE),
    ),
    Rule(
        name="sexual violence",
        reason="Pictures of sexual violence are not made here.",
        any_of=("rape scene*", "gang rape*", "raping", "revenge porn*"),
        all_of=(_FORCE, _SEXUAL),
    ),
    Rule(
        name="animals",
        reason="Sexual content with animals is not made here.",
        any_of=("bestiality", "zoophil*"),
    ),
    Rule(
        name="undressing real people",
        reason="Undressing or sexual pictures of real people without their consent are not made "
        "here.",
        any_of=("deepfake porn*", "deepfake nude*", "deep fake nude*", "nudify*", "celebrity nude*",
                "nude celebrity", "naked celebrity"),
    ),
)  # fmt: skip
