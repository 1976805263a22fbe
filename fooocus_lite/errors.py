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
    ├── DiskError         a picture could not be written
    └── Cancelled         somebody asked to stop; not a failure

A message says what was wrong, with the value, and what to do next. It is shown to people as it is.
"""

from collections.abc import Iterable
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
            hint = "There is: " + ", ".join(names[:20]) + ("…" if len(names) > 20 else ".")
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
    """

    code = "weights"
    link: str | None = None
    download: str | None = None
    download_gib: float | None = None


class OutOfMemory(FooocusLiteError):
    code = "out_of_memory"


class BrokenPicture(FooocusLiteError):
    code = "broken_picture"


class DiskError(FooocusLiteError):
    code = "disk"


class Cancelled(FooocusLiteError):
    code = "cancelled"


def nearest_names(name: str, known: Iterable[str], at_most: int = 3) -> list[str]:
    """Known names that look like `name`, best first, compared without regard to case."""
    by_lower = {each.lower(): each for each in known}
    found = get_close_matches(name.strip().lower(), by_lower, n=at_most, cutoff=0.5)
    return [by_lower[each] for each in found]
