"""The one shape of settings found somewhere, and the reading that fills it without trust.

Nothing is dropped silently: what has no counterpart here, or cannot be used, is a note.
"""

import json
import unicodedata
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from ...recipe import MAX_PROMPT_CHARACTERS, ImageFormat, ImageRequest, LoRA
from ..schedulers import SCHEDULERS
from .samplers import ours

MAX_TEXT_CHARACTERS = 2_000_000
MAX_NAME_CHARACTERS = 200
MAX_NOTES = 20
MAX_LEFT = 30
SHOWN_CHARACTERS = 80

# The limits of a request, field by field, so that they are written once.
CHECKS: dict[str, TypeAdapter[Any]] = {
    name: TypeAdapter(Annotated[field.annotation, field])  # type: ignore[arg-type]
    for name, field in ImageRequest.model_fields.items()
}
LORA_CHECK = TypeAdapter(LoRA)


class FoundSettings(BaseModel):
    """A partial request with where it came from. `None` and empty mean that nothing was said.

    `source` is "Fooocus Lite", "A1111", "Fooocus" or "ComfyUI". Names are as written there: whether
    this installation has such a model, style or LoRA is another question, as it is for `image`, the
    sha256 of a picture to start from.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())

    source: str
    prompt: str = ""
    negative_prompt: str = ""
    styles: tuple[str, ...] = ()
    preset: str | None = None
    model: str | None = None
    performance: str | None = None
    aspect: str | None = None
    width: int | None = None
    height: int | None = None
    seed: int | None = None
    num_inference_steps: int | None = None
    guidance_scale: float | None = None
    scheduler: str | None = None
    loras: tuple[LoRA, ...] = ()
    image: str | None = None
    strength: float | None = None
    image_format: ImageFormat | None = None
    notes: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to use, only notes to read."""
        return not self.model_dump(exclude={"source", "notes"}, exclude_defaults=True)


class Reading:
    """Takes values of any type from one source, keeps what is within our limits, notes the rest."""

    def __init__(self, source: str) -> None:
        self.source = source
        self._values: dict[str, Any] = {"source": source}
        self._loras: list[LoRA] = []
        self._notes: list[str] = []
        self._left: list[str] = []

    def take_text(self, field: str, value: object) -> None:
        """A prompt. Control characters go, an over-long text is left out; each with a note."""
        if not isinstance(value, str):
            self.leave(field.replace("_", " "), value)
            return
        words = field.replace("_", " ")
        if len(value) > MAX_PROMPT_CHARACTERS:
            self.note(
                f"The {words} has {len(value):,} characters and was left out; "
                f"the limit is {MAX_PROMPT_CHARACTERS:,}."
            )
            return
        text = cleaned(value)
        if len(text) != len(value.replace("\r\n", "\n")):
            self.note(f"Control characters were taken out of the {words}.")
        self._values[field] = text.strip()

    def take_name(self, field: str, value: object) -> None:
        """A model, performance or preset by name; empty and "None" say nothing."""
        name = cleaned(value).strip() if isinstance(value, str) else None
        if name is None or len(name) > MAX_NAME_CHARACTERS:
            self.leave(field, value)
        elif name and name != "None":
            self._values[field] = name

    def take_names(self, field: str, values: tuple[object, ...]) -> None:
        """Styles, in their order."""
        names = [cleaned(each).strip() for each in values if isinstance(each, str)]
        kept = tuple(name for name in names if 0 < len(name) <= MAX_NAME_CHARACTERS)
        if len(kept) < len(values) or len(kept) > 20:
            self.note(f"Some of the {field} were left out: they are no names, or more than 20.")
        self._values[field] = kept[:20]

    def take_number(self, field: str, value: object, name: str | None = None) -> None:
        """A number, also written as text, when the field's limits allow it. `name` is theirs."""
        try:
            if isinstance(value, bool):
                raise ValueError
            self._values[field] = CHECKS[field].validate_python(value)
        except (ValidationError, ValueError):
            self.leave((name or field).replace("_", " "), value)

    def take_size(self, width: object, height: object) -> None:
        """Both sides in pixels, or neither."""
        before = dict(self._values)
        self.take_number("width", width)
        self.take_number("height", height)
        if not ("width" in self._values and "height" in self._values):
            self._values = before

    def take_sampler(self, sampler: object, schedule: object = "") -> None:
        """Our scheduler for their pair of names, as any of the three programs writes them."""
        written = " / ".join(str(each) for each in (sampler, schedule) if each)
        found = ours(str(sampler)[:100], str(schedule)[:100])
        if found in SCHEDULERS:
            self._values["scheduler"] = found
        elif written:
            self.note(
                f"The sampler “{shortened(written)}” has no counterpart here; "
                "the program chooses one."
            )

    def take_lora(self, name: object, weight: object) -> None:
        """A LoRA with its weight; file endings are no part of our names."""
        stem = stem_of(name) if isinstance(name, str) else name
        try:
            self._loras.append(LORA_CHECK.validate_python({"name": stem, "weight": weight}))
        except ValidationError:
            self.leave(f"LoRA {shortened(str(stem))}", weight)

    def leave(self, name: str, value: object) -> None:
        """Something without a counterpart here, or a value nobody can use."""
        self._left.append(f"{shortened(name)}: {shortened(_written(value))}")

    def note(self, sentence: str) -> None:
        self._notes.append(sentence)

    def done(self) -> FoundSettings:
        if len(self._loras) > 10:
            self.note(f"Of {len(self._loras)} LoRAs the first 10 are used.")
        notes = self._notes[:MAX_NOTES]
        if self._left:
            more = len(self._left) - MAX_LEFT
            listed = ", ".join(self._left[:MAX_LEFT]) + (f" and {more} more" if more > 0 else "")
            notes.append(f"Not used here: {listed}.")
        return FoundSettings(**self._values, loras=tuple(self._loras[:10]), notes=tuple(notes))


def stem_of(name: str) -> str:
    """A file's name without folders and ending, of any system: "a\\b.safetensors" is "b"."""
    last = cleaned(name).replace("\\", "/").rpartition("/")[2].strip()
    for ending in (".safetensors", ".ckpt", ".pt", ".pth", ".bin", ".gguf"):
        if last.lower().endswith(ending):
            return last[: -len(ending)]
    return last


def cleaned(text: str) -> str:
    """The text without control characters and half characters, which nothing can show."""
    text = text.replace("\r\n", "\n")
    return "".join(
        each for each in text if each in "\n\t" or unicodedata.category(each) not in ("Cc", "Cs")
    )


def one_line(text: str) -> str:
    """The text's lines as one, for programs where a new line is no condition of its own."""
    return " ".join(filter(None, (line.strip() for line in text.split("\n"))))


def shortened(text: str) -> str:
    """One line of at most 80 characters, to stand in a note."""
    line = " ".join(cleaned(text[:400]).split())
    return line if len(line) <= SHOWN_CHARACTERS else line[: SHOWN_CHARACTERS - 1] + "…"


def object_in(text: str) -> dict[str, Any] | None:
    """The JSON object a text is, or None, however long or deep it is made to be."""
    if len(text) > MAX_TEXT_CHARACTERS or not text.lstrip().startswith("{"):
        return None
    try:
        # ComfyUI writes NaN, which is no JSON.
        read = json.loads(text, parse_constant=lambda _: None)
    except (ValueError, RecursionError):
        return None
    return read if isinstance(read, dict) else None


def _written(value: object) -> str:
    """The value as text, without walking through anything deep or endless."""
    if isinstance(value, str):
        return value
    if isinstance(value, (bool, float)) or value is None:
        return str(value)
    if isinstance(value, int):
        return str(value) if abs(value) < 10**30 else "a number of many digits"
    return "a list" if isinstance(value, (list, tuple)) else "something"
