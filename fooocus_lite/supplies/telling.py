"""Who is told what becomes of models: the audit log, and whoever makes their sample pictures."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ..archive.audit import Entry
from ..errors import FooocusLiteError

BROKEN_OFF = "broken off"


@dataclass(frozen=True)
class Told:
    """`came` and `left` get the name of a model, or of a LoRA such as "loras/ink"."""

    note: Callable[[Entry], None] = lambda _entry: None
    came: Callable[[str], None] = lambda _name: None
    left: Callable[[str], None] = lambda _name: None

    @contextmanager
    def noting(self, who: str, action: str, subject: str) -> Iterator[None]:
        """Writes down how what is done within it ended."""
        outcome = BROKEN_OFF
        try:
            yield
            outcome = "done"
        except FooocusLiteError as error:
            outcome = error.code
            raise
        finally:
            self.note(Entry(who, action, outcome, subject))
