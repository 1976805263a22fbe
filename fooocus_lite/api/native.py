"""Sizes asked for by programs that do not know ours: drawn at home, then brought to size."""

from dataclasses import dataclass

from ..errors import BadRequest
from ..recipe import request_from
from ..studio import Studio
from ..thinking.sizes import nearest_in_shape

MIN_SIDE, MAX_SIDE = 64, 2048
HEADER = "x-fooocus-lite-rendered"


@dataclass(frozen=True)
class Drawn:
    """`rendered` is what the model draws, `size` what is given out; (width, height) in pixels."""

    rendered: tuple[int, int]
    size: tuple[int, int]

    @property
    def header(self) -> dict[str, str]:
        """Says in an answer at what size the model drew."""
        return {HEADER: text(self.rendered)}


def sized(studio: Studio, values: dict[str, object], size: tuple[int, int] | None) -> Drawn:
    """The sizes for a request of these `values`; None asks for the model's own.

    The model draws the size nearest in shape of those it is at its best in. Raises BadRequest.
    """
    bare = request_from({**values, "prompt": "any", "count": 1, "styles": ()})
    planned = studio.orders.plan(bare)[0]
    if size is None:
        return Drawn((planned.width, planned.height), (planned.width, planned.height))
    aspect = nearest_in_shape(*size, studio.stock.family_of(planned.model))
    return Drawn((aspect.width, aspect.height), size)


def read(written: str) -> tuple[int, int] | None:
    """Of "1024x768"; None for "auto". Raises BadRequest for anything else, or too large."""
    if written == "auto":
        return None
    parts = written.lower().split("x")
    if len(parts) != 2 or not all(part.isascii() and part.isdecimal() for part in parts):
        raise BadRequest(
            f"The size “{written[:40]}” is neither “auto” nor like “1024x768”.", field="size"
        )
    width, height = (int(part[:6]) for part in parts)
    return checked((width, height))


def checked(size: tuple[int, int]) -> tuple[int, int]:
    """The size. Raises BadRequest when it is beyond what is given out."""
    if all(MIN_SIDE <= side <= MAX_SIDE for side in size):
        return size
    raise BadRequest(
        f"The size {text(size)} is not possible: each side has {MIN_SIDE} to {MAX_SIDE} pixels.",
        field="size",
        allowed=[f"{MIN_SIDE} to {MAX_SIDE}"],
    )


def text(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"
