"""Models and single files read again, to see whether they are still whole."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import UnknownName
from ..thinking.presets import Preset, preset_called
from ..weights import lock
from ..weights.selection import PICKLES
from .stock import Stock

OnReading = Callable[[str, int, int], None]
"""Hears the name of a file, how many of its bytes are read, and how many it has."""


@dataclass(frozen=True)
class Checked:
    """What was looked at: `is_hashed` when every byte was compared, not only headers."""

    name: str
    is_hashed: bool
    problem: str | None


def checked(
    stock: Stock, models_dir: Path, name: str | None = None, on_reading: OnReading | None = None
) -> Iterator[Checked]:
    """Every model, download and single file ("loras/ink"), or the named one; a preset's are those
    that it needs.

    All bytes where lock.json knows what they should be, else the headers. Raises UnknownName, and
    WeightsError when lock.json itself is damaged.
    """
    entries, models = lock.read(models_dir), stock.models_and_refiners()
    paths = {model.folder for model in models.values()}
    # A pickle is never opened, so nobody can say whether it is whole.
    files = {
        file.whole_name: file
        for file in stock.own_files()
        if file.path not in paths and file.path.suffix.lower() not in PICKLES
    }
    names = sorted({*entries, *models, *files})
    for each in names if name is None else _meant(name, names, stock.presets):
        problem = stock.model_problem(models[each]) if each in models else None
        is_hashed = problem is None and each in entries
        if is_hashed:
            problem = lock.problem(models_dir, each, entries[each], on_reading)
        if each in files and files[each].inspection is None:
            problem = files[each].problem
        yield Checked(each, is_hashed, problem)


def _meant(name: str, names: Sequence[str], presets: Mapping[str, Preset]) -> Sequence[str]:
    """The names asked for: of a preset, what it needs. Raises UnknownName for one not here."""
    preset = None if name in names else preset_called(name, presets)
    meant = preset.needs if preset else (name,)
    for each in meant:
        if each not in names:
            raise UnknownName.among("model or file", each, names)
    return meant
