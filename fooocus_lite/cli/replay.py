"""`replay`: makes a picture again from its recipe and says whether it came out the same."""

import json
import shutil
import sys
from argparse import Namespace
from pathlib import Path
from typing import Any

from ..errors import BadRequest
from ..events import Event, PictureReady
from ..settings import Settings
from ..studio import Studio
from .generate import finish
from .progress import Reporter, Terminal

IDENTICAL, DIFFERENT = 0, 1


class _Catching:
    """Passes progress on, keeps the picture."""

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter
        self.event: PictureReady | None = None

    def tell(self, job_id: str, event: Event) -> None:
        if isinstance(event, PictureReady):
            self.event = event
        else:
            self._reporter.tell(job_id, event)


def replay(settings: Settings, arguments: Namespace) -> int:
    """Exit code 0 when identical, 1 when different or failed."""
    path = Path(arguments.picture)
    studio = Studio(settings)
    found = studio.inspect(path)
    if found.recipe is None:
        reason = found.problem or "it carries no recipe of Fooocus Lite."
        raise BadRequest(f"{path.name} cannot be replayed: {reason}", field="picture")
    request = found.recipe.request.model_copy(update={"count": 1, "image_format": "png"})
    job_id = studio.start_recipes(request, [found.recipe])
    catching = _Catching(Terminal())
    if finish(studio, [job_id], catching) or catching.event is None:
        return DIFFERENT
    made = catching.event.picture
    beside = _free_name(path)
    partial = beside.with_name(beside.name + ".part")
    shutil.copyfile(made.path, partial)
    partial.replace(beside)
    again = studio.inspect(beside)
    differences = _differences(found.recipe.model_hashes, made.recipe.model_hashes)
    if found.made_with and again.made_with:
        differences += _differences(found.made_with.model_dump(), again.made_with.model_dump())
    return _report(studio.psnr(path, beside), path, beside, differences, arguments.json)


def _report(
    decibels: float, original: Path, replayed: Path, differences: list[str], as_json: bool
) -> int:
    is_identical = decibels == float("inf")
    result: dict[str, Any] = {
        "event": "replayed",
        "identical": is_identical,
        "psnr_db": None if is_identical else round(decibels, 2),
        "differences": differences,
        "path": str(replayed),
    }
    if as_json:
        print(json.dumps(result, ensure_ascii=False), flush=True)
        return IDENTICAL if is_identical else DIFFERENT
    print(replayed)
    for difference in differences:
        print(difference, file=sys.stderr)
    lossy = " (the original is saved with losses)" if original.suffix != ".png" else ""
    print("identical" if is_identical else f"different: PSNR {decibels:.2f} dB{lossy}")
    return IDENTICAL if is_identical else DIFFERENT


def _differences(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    names = sorted({*before, *now})
    return [
        f"{name}: was {before.get(name, 'absent')}, is {now.get(name, 'absent')}"
        for name in names
        if before.get(name) != now.get(name)
    ]


def _free_name(path: Path) -> Path:
    """`name-replay.png` beside the picture, or `-replay-2` and so on."""
    number = 1
    while True:
        suffix = "" if number == 1 else f"-{number}"
        candidate = path.with_name(f"{path.stem}-replay{suffix}.png")
        if not candidate.exists():
            return candidate
        number += 1
