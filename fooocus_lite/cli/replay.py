"""`replay`: makes a picture again from its recipe and says whether it came out the same.

The recipe is in a picture, in a recipe file, or in a link; the last two have no pixels, so there
the comparison is with a fingerprint.
"""

import sys
from argparse import Namespace
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import BadRequest, NotFound
from ..events import Event, PictureReady
from ..recipe import MadeWith, Recipe
from ..settings import Settings
from ..studio import Studio
from ..thinking import link
from ..whole_file import write_whole
from .generate import add_input, finish
from .json_line import print_json
from .progress import Reporter, Terminal

IDENTICAL, DIFFERENT = 0, 1
MAX_FILE_BYTES = 4 * link.MAX_JSON_BYTES


@dataclass(frozen=True)
class _Original:
    """What to make again, and what to hold it against: `picture`, else `fingerprint`.

    The new picture goes `beside` a file; None for a link, whose picture stays among the outputs.
    """

    recipe: Recipe
    beside: Path | None = None
    picture: Path | None = None
    made_with: MadeWith | None = None
    fingerprint: link.Fingerprint | None = None


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
    """Exit code 0 when identical, 1 when different, not comparable or failed."""
    studio = Studio(settings)
    original = _original(studio, arguments.picture)
    recipe = original.recipe
    _check_input(studio, recipe, arguments.image)
    request = recipe.request.model_copy(update={"count": 1, "image_format": "png"})
    job_id = studio.orders.start_recipes(request, [recipe])
    catching = _Catching(Terminal())
    if finish(studio, [job_id], catching) or catching.event is None:
        return DIFFERENT
    made = catching.event.picture
    path = made.path if original.beside is None else _copied(made.path, original.beside)
    again = studio.gallery.inspect(path)
    differences = _differences(recipe.model_hashes, made.recipe.model_hashes)
    if original.made_with and again.made_with:
        differences += _differences(original.made_with.model_dump(), again.made_with.model_dump())
    verdict = _verdict(studio, original, path)
    result = {**verdict, "differences": differences, "path": str(path)}
    return _report(result, arguments.json)


def _original(studio: Studio, given: str) -> _Original:
    """Of a link, a recipe file or a picture. Raises BadRequest when there is no recipe in it."""
    if link.is_link(given):
        shared = link.from_link(given)
        return _Original(shared.recipe, fingerprint=shared.fingerprint)
    path = Path(given)
    if not path.is_file():
        raise BadRequest(f"There is no file {path}. Check the path.", field="picture")
    if path.suffix.lower() == ".json":
        if path.stat().st_size > MAX_FILE_BYTES:
            raise BadRequest(f"{path.name} is too large to be a recipe file.", field="picture")
        shared = link.from_file(path.read_text(encoding="utf-8", errors="replace"))
        return _Original(shared.recipe, path, fingerprint=shared.fingerprint)
    found = studio.gallery.inspect(path)
    if found.recipe is None:
        reason = found.problem or "It carries no recipe of Fooocus Lite."
        raise BadRequest(f"{path.name} cannot be replayed. {reason}", field="picture")
    return _Original(found.recipe, path, path, found.made_with)


def _check_input(studio: Studio, recipe: Recipe, file: str | None) -> None:
    """Raises BadRequest unless the picture that the recipe starts from is here, or is this file."""
    if recipe.image is None:
        if file is not None:
            raise BadRequest("It started from no picture. Leave --image out.", field="image")
        return
    if file is None:
        try:
            studio.gallery.input_size(recipe.image)
        except NotFound:
            raise BadRequest(
                f"It started from a picture that is not here, with the sha256 {recipe.image}. Give "
                "that file with --image FILE.",
                field="image",
            ) from None
        return
    given = add_input(studio, file)
    if given != recipe.image:
        raise BadRequest(
            f"{file} is not the picture it started from: its sha256 is {given}, and it was "
            f"{recipe.image}.",
            field="image",
        )


def _verdict(studio: Studio, original: _Original, made: Path) -> dict[str, Any]:
    """Whether they are identical (None: nobody can tell), by how much not, and a line about it."""
    if original.picture is not None:
        decibels = studio.gallery.psnr(original.picture, made)
        is_identical = decibels == float("inf")
        lossy = "" if original.picture.suffix == ".png" else " (the original is saved with losses)"
        said = "identical" if is_identical else f"different: PSNR {decibels:.2f} dB{lossy}"
        psnr_db = None if is_identical else round(decibels, 2)
        return {"identical": is_identical, "psnr_db": psnr_db, "said": said}
    if original.fingerprint is None:
        return {"identical": None, "said": "made; the recipe brings nothing to compare with"}
    is_same, percent = studio.gallery.compare(original.fingerprint, made)
    measured = f"a miniature of 8 x 8 colours differs by {percent:.2f} %"
    words = {
        True: "identical",
        False: f"different: {measured}",
        None: f"not decided: the original is saved with losses; {measured}",
    }
    return {
        "identical": is_same,
        "thumbnail_percent": round(percent, 2),
        "said": words[is_same],
    }


def _report(result: dict[str, Any], as_json: bool) -> int:
    said = result.pop("said")
    if as_json:
        print_json({"event": "replayed", **result})
    else:
        print(result["path"])
        for difference in result["differences"]:
            print(difference, file=sys.stderr)
        print(said)
    return IDENTICAL if result["identical"] else DIFFERENT


def _differences(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    names = sorted({*before, *now})
    return [
        f"{name}: was {before.get(name, 'absent')}, is {now.get(name, 'absent')}"
        for name in names
        if before.get(name) != now.get(name)
    ]


def _copied(picture: Path, beside: Path) -> Path:
    """Where the picture lies too, complete or not at all."""
    path = _free_name(beside)
    write_whole(path, picture.read_bytes())
    return path


def _free_name(path: Path) -> Path:
    """`name-replay.png` beside the picture, or `-replay-2` and so on."""
    number = 1
    while True:
        suffix = "" if number == 1 else f"-{number}"
        candidate = path.with_name(f"{path.stem}-replay{suffix}.png")
        if not candidate.exists():
            return candidate
        number += 1
