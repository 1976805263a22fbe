"""How a job shows on the command line: a bar on a terminal, or JSON lines for programs."""

import time
from pathlib import Path
from typing import Any, Protocol, TextIO

from ..events import (
    Cancelled,
    Event,
    Failed,
    Finished,
    Loading,
    Picture,
    PictureReady,
    Queued,
    Step,
)
from ..thinking.amounts import time_left
from .json_line import print_json
from .status_line import StatusLine

BAR_WIDTH = 24


class Reporter(Protocol):
    def tell(self, job_id: str, event: Event, /) -> None: ...


class JsonLines:
    """One JSON object a line on stdout."""

    def tell(self, job_id: str, event: Event) -> None:
        print_json({**as_json(event), "id": job_id})


class Terminal:
    """Paths on stdout; a progress bar on stderr where that is a terminal."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._line = StatusLine(stream)
        self._last_drawn = 0.0

    def tell(self, _job_id: str, event: Event) -> None:
        match event:
            case Step() if self._line.is_terminal:
                if event.step == event.total_steps or time.monotonic() - self._last_drawn > 0.05:
                    self._last_drawn = time.monotonic()
                    self._line.draw(bar(event))
            case Queued(position=position) if position > 1:
                self._line.draw(f"Waiting: {position - 1} ahead")
            case Loading(stage=stage):
                self._line.draw(f"{stage} …")
            case PictureReady(picture=picture):
                self._line.clear()
                print(picture.path, flush=True)
            case Finished(notices=notices):
                self._line.clear()
                for notice in notices:
                    print(f"{notice}.", file=self._line.stream)
            case Cancelled() | Failed():
                self._line.clear()
            case _:
                pass


def bar(step: Step) -> str:
    """Such as `picture 1/2 ██████      step 10/20  0.05 s/step  about 1 s left`."""
    filled = round(BAR_WIDTH * step.step / max(1, step.total_steps))
    parts = [
        f"picture {step.picture}/{step.pictures}",
        "█" * filled + "░" * (BAR_WIDTH - filled),
        f"step {step.step}/{step.total_steps}",
    ]
    if step.seconds_per_step is not None:
        parts.append(f"{step.seconds_per_step:.2f} s/step")
    if step.eta_s is not None:
        parts.append(f"about {time_left(step.eta_s)} left")
    return "  ".join(parts)


def as_json(event: Event) -> dict[str, Any]:
    """An event as a flat JSON object; previews are left out."""
    match event:
        case Queued():
            return {"event": "queued", "position": event.position, "eta_s": event.eta_s}
        case Loading():
            return {"event": "loading", "stage": event.stage}
        case Step():
            values = {name: value for name, value in vars(event).items() if name != "preview"}
            return {"event": "step", **values}
        case PictureReady():
            return {"event": "picture", **picture_json(event.picture)}
        case Finished():
            counts = {"pictures": event.pictures, "skipped": event.skipped}
            return {"event": "completed", **counts, "notices": list(event.notices)}
        case Cancelled():
            return {"event": "cancelled", "pictures": event.pictures}
        case Failed():
            return {"event": "failed", "error": {**vars(event.error)}}


def picture_json(picture: Picture, path: Path | None = None) -> dict[str, Any]:
    return {
        "path": str(path or picture.path),
        "seed": picture.recipe.seed,
        "width": picture.width,
        "height": picture.height,
        "index": picture.index,
        "picture_id": picture.id,
    }
