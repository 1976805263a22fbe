"""Everything that can go wrong in a way a person should read.

    FooocusLiteError
    ├── BadRequest        a value outside what the program accepts
    │   ├── UnknownName   a style, preset, scheduler, … that does not exist
    │   ├── TooMany       more than somebody may have at a time or in an hour
    │   └── LineFull      nobody's job is taken until some of those waiting are done
    ├── NotFound          a job or picture that is not there, or is somebody else's
    ├── NotWaiting        a job that has begun or ended, where only a waiting one will do
    ├── NotAllowed        only the host of the program may do that
    ├── NotLoggedIn       nobody is asking, or with a wrong password or key
    ├── WeightsError      a model file is missing, damaged or of the wrong kind
    ├── OutOfMemory       the device could not hold the picture being made
    ├── BrokenPicture     the model returned numbers that are no picture (NaN)
    ├── DeviceError       the GPU failed, for a moment or for good
    ├── DiskError         a picture could not be written
    │   └── DiskBusy      another program is using the file just now
    └── Cancelled         somebody asked to stop; not a failure

A message says what was wrong, with the value, and what to do next. It is shown to people as it is.
"""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches


class FooocusLiteError(Exception):
    """Base of all errors meant to be shown; `code` is stable, for programs."""

    code = "failed"

    def __init__(
        self, message: str, *, field: str | None = None, allowed: Iterable[object] = ()
    ) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.allowed = [str(value) for value in allowed]


class BadRequest(FooocusLiteError):
    code = "bad_request"


class UnknownName(BadRequest):
    code = "unknown_name"

    @classmethod
    def among(
        cls, kind: str, name: str, known: Iterable[str], folder: str | None = None
    ) -> "UnknownName":
        """An error that names the nearest known names, or lists them all when few.

        `folder` is where a file of one's own would go; it is told when no known name is near.
        """
        names, noun = sorted(known), {"lora": "LoRA"}.get(kind, kind)
        near = nearest_names(name, names)
        if near:
            hint = "Did you mean " + " or ".join(f"“{each}”" for each in near) + "?"
        elif names:
            hint = "There is: " + ", ".join(names[:12]) + ("…" if len(names) > 12 else ".")
            hint += f" Your own belong into {folder}." if folder else ""
        else:
            hint = f"There is no {noun} here yet" + (f": put one into {folder}." if folder else ".")
        return cls(f"There is no {noun} called “{name}”. {hint}", field=kind, allowed=near or names)


class TooMany(BadRequest):
    """`retry_after_s`: when it will be possible, if waiting helps."""

    code = "too_many"

    def __init__(
        self,
        message: str,
        *,
        field: str | None = None,
        allowed: Iterable[object] = (),
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(message, field=field, allowed=allowed)
        self.retry_after_s = retry_after_s


class LineFull(BadRequest):
    code = "line_full"


class NotFound(FooocusLiteError):
    code = "not_found"


class NotWaiting(FooocusLiteError):
    code = "not_waiting"


class NotAllowed(FooocusLiteError):
    code = "not_allowed"


class NotLoggedIn(FooocusLiteError):
    code = "not_logged_in"


class WeightsError(FooocusLiteError):
    """`link` is the page to open, where one would help; the message names it too.

    `download`: what to ask the studio to download, where that would help, and its size if known.
    `problem`: the message without its way out, for a door that has a button for the download.
    """

    code = "weights"
    link: str | None = None
    download: str | None = None
    download_gib: float | None = None
    problem: str | None = None


class OutOfMemory(FooocusLiteError):
    code = "out_of_memory"


class BrokenPicture(FooocusLiteError):
    code = "broken_picture"


class DeviceError(FooocusLiteError):
    """`is_lost`: it will not answer this process again."""

    code = "device"

    def __init__(self, message: str, *, is_lost: bool) -> None:
        super().__init__(message)
        self.is_lost = is_lost


class DiskError(FooocusLiteError):
    code = "disk"


class DiskBusy(DiskError):
    pass


class Cancelled(FooocusLiteError):
    code = "cancelled"


def causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what it was raised because of, the latest first, each once."""
    seen: list[BaseException] = []
    cause: BaseException | None = error
    # One that is raised again "from" itself is its own cause.
    while cause is not None and all(cause is not each for each in seen):
        seen.append(cause)
        yield cause
        cause = cause.__cause__


def nearest_names(name: str, known: Iterable[str], at_most: int = 3) -> list[str]:
    """Known names that look like `name`, best first, compared without regard to case."""
    by_lower = {each.lower(): each for each in known}
    found = get_close_matches(name.strip().lower(), by_lower, n=at_most, cutoff=0.5)
    return [by_lower[each] for each in found]
