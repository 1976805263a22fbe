"""The files of wildcards/: one line of a file is one thing its wildcard may become.

`wildcards/subject/animal.txt` is `__subject/animal__`. Empty lines and those with # are left out.
"""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ..recipe import MAX_PROMPT_CHARACTERS
from ..thinking.wildcards import NAME, Wildcards
from .data_files import MAX_FILE_BYTES, Mistake


@dataclass(frozen=True)
class WildcardFiles:
    """The lines by name, and a sentence for each file left out."""

    by_name: Wildcards
    problems: tuple[str, ...]


def read_all(folders: Iterable[Path]) -> WildcardFiles:
    """The wildcards of these folders; of two with one name the later folder's counts."""
    found: dict[str, tuple[str, ...]] = {}
    problems = []
    for folder in folders:
        for path in sorted(folder.rglob("*.txt")):
            name = path.relative_to(folder).with_suffix("").as_posix()
            try:
                found[name] = _lines(path, name)
            except Mistake as mistake:
                problems.append(str(mistake))
    return WildcardFiles(found, tuple(problems))


def _lines(path: Path, name: str) -> tuple[str, ...]:
    if not NAME.fullmatch(name):
        raise Mistake(
            f"{name}.txt is left out: __{name}__ cannot be written. Name it with letters, digits, "
            "“-” and single “_”."
        )
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise Mistake(f"{name}.txt is left out: larger than {MAX_FILE_BYTES:,} bytes.")
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise Mistake(f"{name}.txt is left out: it cannot be read ({error}).") from None
    lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), start=1)]
    kept = [(number, line) for number, line in lines if line and not line.startswith("#")]
    for number, line in kept:
        if problem := _problem_of(line):
            raise Mistake(f"{name}.txt, line {number}: {problem}. The file is left out.")
    if not kept:
        raise Mistake(f"{name}.txt is left out: it has no lines.")
    return tuple(line for _, line in kept)


def _problem_of(line: str) -> str | None:
    if len(line) > MAX_PROMPT_CHARACTERS:
        return f"longer than a prompt may be ({MAX_PROMPT_CHARACTERS:,} characters)"
    if any(unicodedata.category(character) == "Cc" and character != "\t" for character in line):
        return "it holds a control character"
    return None
