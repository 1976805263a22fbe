"""Models and single files read again, to see whether they are still whole."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..errors import UnknownName
from ..weights import lock
from ..weights.selection import PICKLES
from .removal import whole_name
from .stock import Stock


@dataclass(frozen=True)
class Checked:
    """What was looked at: `is_hashed` when every byte was compared, not only headers."""

    name: str
    is_hashed: bool
    problem: str | None


def checked(stock: Stock, models_dir: Path, name: str | None = None) -> Iterator[Checked]:
    """Every model, download and single file ("loras/ink"), or the named one.

    All bytes where lock.json knows what they should be, else the headers. Raises UnknownName, and
    WeightsError when lock.json itself is damaged.
    """
    entries, models = lock.read(models_dir), stock.models_and_refiners()
    paths = {model.folder for model in models.values()}
    # A pickle is never opened, so nobody can say whether it is whole.
    files = {
        whole_name(file): file
        for file in stock.own_files()
        if file.path not in paths and file.path.suffix.lower() not in PICKLES
    }
    names = sorted({*entries, *models, *files})
    if name is not None and name not in names:
        raise UnknownName.among("model or file", name, names)
    for each in names if name is None else [name]:
        problem = stock.model_problem(models[each]) if each in models else None
        if problem is None and each in entries:
            problem = lock.problem(models_dir, each, entries[each])
        if each in files and files[each].inspection is None:
            problem = files[each].problem
        yield Checked(each, each in entries, problem)
