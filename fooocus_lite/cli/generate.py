"""`generate`: a prompt, or a file of prompts, to pictures."""

import re
import sys
import tempfile
import time
from argparse import Namespace
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..errors import BadRequest, WeightsError
from ..events import Cancelled, Event, Failed, Picture, PictureReady
from ..recipe import ImageRequest, request_from
from ..settings import Settings
from ..studio import Studio
from ..thinking.prompt_list import prompts_in
from ..whole_file import write_whole
from . import INTERRUPTED
from .json_line import print_json
from .leaving import leave
from .progress import JsonLines, Reporter, Terminal
from .transfer import TransferBar, TransferLines

RETRY_DEVICE_S = 1.0
CANCEL_S = 5.0
LANE_S = 3.0
"""How long an interrupted step is waited for: till its job has ended, and then its thread."""
DRY_RUN_KEYS = (
    "prompt",
    "negative_prompt",
    "seed",
    "width",
    "height",
    "num_inference_steps",
    "guidance_scale",
    "scheduler",
    "model",
    "loras",
    "styles",
    "image",
    "strength",
    "refiner",
    "refiner_switch",
)


def generate(settings: Settings, arguments: Namespace) -> int:
    """Makes the pictures and prints their paths; exit code 1 when a job failed."""
    studio = Studio(settings)
    image = add_input(studio, arguments.image) if arguments.image else None
    requests = {number: request_from(values) for number, values in _asked(arguments, image)}
    for problem in studio.notices:
        print(problem, file=sys.stderr)
    if arguments.dry_run:
        for request in requests.values():
            _dry_run(studio, request, arguments.json)
        return 0
    for request in requests.values():
        # A mistake in the last prompt is said before the first is cooked.
        studio.orders.plan(request)
        if arguments.download:
            _bring_missing(studio, request, arguments.json)
    reporter: Reporter = JsonLines() if arguments.json else Terminal()
    job_ids = (
        studio.orders.start_all(requests) if arguments.file else [studio.orders.start(requests[1])]
    )
    return finish(studio, job_ids, reporter)


def finish(studio: Studio, job_ids: list[str], reporter: Reporter) -> int:
    """Follows jobs to their end, cooking them here unless another process has the device."""
    code = 0
    try:
        for job_id in job_ids:
            for event in follow(studio, job_id, set(job_ids)):
                reporter.tell(job_id, event)
                if isinstance(event, Failed):
                    print(event.error.message, file=sys.stderr)
                if isinstance(event, Failed | Cancelled):
                    code = 1
    except KeyboardInterrupt:
        _cancel(studio, job_ids, reporter)
        raise
    finally:
        if not studio.close(LANE_S):
            leave(INTERRUPTED)
    return code


def follow(studio: Studio, job_id: str, own: set[str]) -> Iterator[Event]:
    """The job's events. As long as nobody here cooks, the device is asked for again and again."""
    is_cooking = studio.is_cooking or studio.cook(only=own)
    asked = time.monotonic()
    for event in studio.jobs.follow(job_id):
        if not is_cooking and time.monotonic() - asked > RETRY_DEVICE_S:
            is_cooking = studio.cook(only=own)
            asked = time.monotonic()
        if event is not None:
            yield _delivered(event, studio) if isinstance(event, PictureReady) else event


def _delivered(event: PictureReady, studio: Studio) -> PictureReady:
    """A picture that another process saved elsewhere, copied to where this command was told to."""
    source, folder = event.picture.path, studio.settings.output_path
    if not event.picture.is_saved:
        return PictureReady(_rescued(event.picture, studio))
    if source.is_relative_to(folder):
        return event
    target = folder / source.parent.name / source.name
    target.parent.mkdir(parents=True, exist_ok=True)
    write_whole(target, source.read_bytes())
    return PictureReady(replace(event.picture, path=target))


def _rescued(picture: Picture, studio: Studio) -> Picture:
    """A picture that could not be saved lives in this process only: kept wherever there is room."""
    content, _ = studio.gallery.picture_bytes(picture.id)
    name = f"fooocus-lite-{picture.recipe.seed}-{picture.id[:8]}{picture.path.suffix}"
    for folder in (Path.cwd(), Path(tempfile.gettempdir())):
        try:
            (folder / name).write_bytes(content)
        except OSError:
            (folder / name).unlink(missing_ok=True)
            continue
        print(f"The picture is in {folder / name} instead.", file=sys.stderr)
        return replace(picture, path=folder / name)
    return picture


def _bring_missing(studio: Studio, request: ImageRequest, as_json: bool) -> None:
    """Downloads what the request needs and the Hub has, one thing after the other."""
    store = studio.model_store()
    brought: set[str] = set()
    while (name := _missing(studio, request)) is not None and name not in brought:
        reporter = TransferLines() if as_json else TransferBar()
        try:
            store.bring(store.wish(name), reporter.tell)
        finally:
            reporter.end()
        brought.add(name)


def _missing(studio: Studio, request: ImageRequest) -> str | None:
    """The first thing to download. Raises WeightsError when something else is missing."""
    try:
        studio.stock.check_is_here(studio.orders.plan(request))
    except WeightsError as error:
        if error.download is None:
            raise
        return error.download
    return None


def _cancel(studio: Studio, job_ids: list[str], reporter: Reporter) -> None:
    for job_id in job_ids:
        studio.orders.stop(job_id)
    deadline = time.monotonic() + CANCEL_S
    for job_id in job_ids:
        while not studio.jobs.view(job_id).is_final and time.monotonic() < deadline:
            time.sleep(0.05)
        reporter.tell(job_id, Cancelled(len(studio.jobs.view(job_id).pictures)))


def _dry_run(studio: Studio, request: ImageRequest, as_json: bool) -> None:
    for recipe in studio.orders.plan(request):
        values = recipe.model_dump(mode="json")
        shown = {name: values[name] for name in DRY_RUN_KEYS}
        if as_json:
            print_json(shown)
        else:
            print("\n".join(f"{name:>20}  {value}" for name, value in shown.items()) + "\n")


def add_input(studio: Studio, file: str) -> str:
    """The id of a file's picture, kept to start from. Raises BadRequest when it is none."""
    try:
        data = Path(file).read_bytes()
    except OSError as error:
        raise BadRequest(
            f"The picture {file} cannot be read: {error.strerror}. Check the path.", field="image"
        ) from None
    return studio.gallery.add_input(data)


def _asked(arguments: Namespace, image: str | None) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, prompt in _prompts(arguments).items():
        values = {
            "prompt": prompt,
            "negative_prompt": arguments.negative,
            "styles": arguments.style,
            "preset": getattr(arguments, "preset", None),
            "model": arguments.model,
            "performance": arguments.performance,
            "aspect": arguments.aspect,
            "count": arguments.count,
            "seed": arguments.seed,
            "num_inference_steps": arguments.steps,
            "guidance_scale": arguments.guidance,
            "scheduler": arguments.scheduler,
            "loras": [_lora(text) for text in arguments.lora] if arguments.lora else None,
            "image": image,
            "strength": arguments.strength,
            "image_format": arguments.format,
            "save_metadata": False if arguments.no_metadata else None,
            "wildcards_in_order": arguments.wildcards_in_order or None,
            "priority": arguments.priority,
            **_size(arguments.size),
        }
        yield number, {name: value for name, value in values.items() if value is not None}


def _prompts(arguments: Namespace) -> dict[int, str]:
    """Each prompt by the number of its line."""
    if arguments.file is None:
        return {1: " ".join(arguments.prompt)}
    if arguments.prompt:
        raise BadRequest("Give a prompt or --file, not both.", field="prompt")
    try:
        text = Path(arguments.file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadRequest(f"{arguments.file} cannot be read: {error}.", field="file") from None
    return prompts_in(text)


def _size(text: str | None) -> dict[str, str]:
    if text is None:
        return {}
    found = re.fullmatch(r"(-?\d{1,12})[x×](-?\d{1,12})", text.strip().lower())
    if found is None:
        raise BadRequest(f"The size “{text}” is not WIDTHxHEIGHT, such as 256x192.", field="size")
    return {"width": found[1], "height": found[2]}


def _lora(text: str) -> dict[str, str]:
    name, colon, weight = text.rpartition(":")
    return {"name": name, "weight": weight} if colon else {"name": text}
