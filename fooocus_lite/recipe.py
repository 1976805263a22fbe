"""The words that flow through the house: what was asked, what was decided, what came out.

Knows nothing of files, widgets or torch. Every limit of a request stands here, once, for all doors.
"""

import unicodedata
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_core import PydanticCustomError

from .errors import BadRequest
from .visitor import Priority

MAX_SEED = 2**63 - 1
MAX_COUNT = 32
MAX_PROMPT_CHARACTERS = 10_000
ImageFormat = Literal["png", "jpeg", "webp"]
SHA256 = r"^[0-9a-f]{64}$"
Strength = Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)]
"""How much of an input picture may change, and the share of the steps that are made."""


class LoRA(BaseModel):
    """A LoRA by name, with the weight it is applied at (-2..2)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(min_length=1, max_length=200)]
    weight: Annotated[float, Field(ge=-2, le=2, allow_inf_nan=False)] = 1.0


class ImageRequest(BaseModel):
    """What a person asked for; `None` means "you choose".

    `seed` -1 means random. `width` and `height` are pixels and come together; they beat `aspect`.
    `image` is the id of an input picture to start from, the sha256 of its file; `strength` says how
    much of it may change. `priority` is the class the job waits in, None the best that its owner
    may have. `prompt_limit` of the settings may be lower than the limit here, never higher.
    """

    # What was typed stays out of tracebacks, and so out of the log.
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    prompt: str
    negative_prompt: str = ""
    styles: tuple[str, ...] | None = Field(default=None, max_length=20)
    preset: str | None = None
    model: str | None = None
    performance: str | None = None
    aspect: str | None = None
    width: int | None = Field(default=None, ge=64, le=4096)
    height: int | None = Field(default=None, ge=64, le=4096)
    count: int = Field(default=1, ge=1, le=MAX_COUNT)
    seed: int = Field(default=-1, ge=-1, le=MAX_SEED)
    num_inference_steps: int | None = Field(default=None, ge=1, le=150)
    guidance_scale: float | None = Field(default=None, ge=0, le=30, allow_inf_nan=False)
    scheduler: str | None = None
    loras: tuple[LoRA, ...] | None = Field(default=None, max_length=10)
    image: str | None = Field(default=None, pattern=SHA256)
    strength: Strength | None = None
    image_format: ImageFormat | None = None
    save_metadata: bool | None = None
    wildcards_in_order: bool = False
    priority: Priority | None = None

    @field_validator("prompt", "negative_prompt")
    @classmethod
    def _is_clean_text(cls, text: str) -> str:
        if len(text) > MAX_PROMPT_CHARACTERS:
            raise ValueError(
                f"has {len(text):,} characters; the limit is {MAX_PROMPT_CHARACTERS:,}. Shorten it"
            )
        for place, character in enumerate(text):
            is_control = (
                unicodedata.category(character) in ("Cc", "Cs") and character not in "\n\t\r"
            )
            if is_control:
                raise ValueError(
                    f"has the control character U+{ord(character):04X} at position {place + 1}. "
                    "Remove it"
                )
        return text

    @model_validator(mode="after")
    def _is_complete(self) -> "ImageRequest":
        if not self.prompt.strip():
            raise PydanticCustomError(
                "empty",
                "The prompt is empty. Write what you want to see, or pick an example",
                {"field": "prompt"},
            )
        if (self.width is None) != (self.height is None):
            raise ValueError("width and height come together. Give both, or neither")
        if self.strength is not None and self.image is None:
            raise ValueError(
                "strength says how much of an image may change, and there is no image. Give an "
                "image too, or leave strength out"
            )
        return self


class Recipe(BaseModel):
    """Every choice made for ONE picture; enough, with the same weights, to make it again.

    `prompt` and `negative_prompt` are what is asked of the model, one condition a line; `expansion`
    is the part of it that Enhance added, `embeddings` the names it holds. `request` is what was
    typed, so "use these settings" never applies a style twice. `refiner` is the model that takes
    over after the share `refiner_switch` of the noise levels. `image` is the sha256 of the input
    picture that an image-to-image recipe starts from; `strength` is the share of the steps made.
    `model_hashes` (file name -> sha256) and `model_revision` are filled in by the lane.
    """

    model_config = ConfigDict(
        extra="forbid", frozen=True, protected_namespaces=(), hide_input_in_errors=True
    )

    version: Literal[1] = 1
    task: Literal["text-to-image", "image-to-image"] = "text-to-image"
    model: str
    family: str
    model_revision: str | None = None
    model_hashes: dict[str, str] = {}
    prompt: str
    negative_prompt: str = ""
    expansion: str = ""
    embeddings: tuple[str, ...] = ()
    styles: tuple[str, ...] = ()
    loras: tuple[LoRA, ...] = ()
    num_inference_steps: int = Field(ge=1, le=150)
    guidance_scale: float = Field(ge=0, le=30, allow_inf_nan=False)
    scheduler: str
    width: int = Field(ge=64, le=4096)
    height: int = Field(ge=64, le=4096)
    seed: int = Field(ge=0, le=MAX_SEED)
    refiner: str | None = None
    refiner_switch: float | None = Field(default=None, ge=0.1, lt=1, allow_inf_nan=False)
    image: str | None = Field(default=None, pattern=SHA256)
    strength: Strength | None = None
    request: ImageRequest

    @model_validator(mode="after")
    def _has_a_whole_refiner(self) -> "Recipe":
        if (self.refiner is None) != (self.refiner_switch is None):
            raise ValueError("refiner and refiner_switch come together. Give both, or neither")
        return self

    @model_validator(mode="after")
    def _has_what_its_task_needs(self) -> "Recipe":
        needs_image = self.task == "image-to-image"
        if {self.image is not None, self.strength is not None} != {needs_image}:
            raise ValueError("image and strength come with the task image-to-image, and only there")
        if needs_image and self.refiner is not None:
            raise ValueError(
                "a picture that starts from another one (image-to-image) has no refiner"
            )
        return self

    @property
    def steps_made(self) -> int:
        """How many of `num_inference_steps` are made: an image stands for those left out."""
        if self.strength is None:
            return self.num_inference_steps
        return max(1, round(self.num_inference_steps * self.strength))

    @property
    def models(self) -> str:
        """All models it is cooked with, in a word."""
        return self.model if self.refiner is None else f"{self.model} + {self.refiner}"


class MadeWith(BaseModel):
    """The machine and versions a picture came from; kept beside its recipe, never inside."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    program: str
    torch: str
    diffusers: str
    device: str
    dtype: str
    plan: str
    threads: int
    notices: tuple[str, ...] = ()
    """Sentences about what did not take part as it was asked for, such as layers of a LoRA."""


def request_from(values: dict[str, object]) -> ImageRequest:
    """An `ImageRequest` from outside data, or a BadRequest naming the first wrong value."""
    try:
        return ImageRequest.model_validate(values)
    except ValidationError as error:
        raise bad_request_from(error) from None


_WORDS = {
    "less_than_equal": "It may be at most {le}",
    "greater_than_equal": "It has to be at least {ge}",
    "greater_than": "It has to be more than {gt}",
    "int_parsing": "It has to be a whole number",
    "int_from_float": "It has to be a whole number",
    "float_parsing": "It has to be a number",
}
"""Instead of pydantic's for these mistakes."""


def in_words(complaint: Mapping[str, Any]) -> str:
    """One of pydantic's complaints for a person, without a full stop."""
    if words := _WORDS.get(complaint["type"]):
        limits = complaint.get("ctx", {})
        return words.format(**{name: f"{each}".removesuffix(".0") for name, each in limits.items()})
    return str(complaint["msg"]).removeprefix("Value error, ")


def bad_request_from(error: ValidationError) -> BadRequest:
    """The first complaint of pydantic as one sentence that names the field and the value."""
    first = error.errors(include_url=False)[0]
    field = ".".join(str(part) for part in first["loc"])
    message = in_words(first)
    if not field:
        return BadRequest(f"{message}.", field=first.get("ctx", {}).get("field"))
    if first["type"] == "extra_forbidden":
        return BadRequest(f"There is no setting called “{field}”. Check its spelling.", field=field)
    if first["type"] == "value_error":
        return BadRequest(f"The {field.replace('_', ' ')} {message}.", field=field)
    shown = str(first["input"])
    shown = shown if len(shown) <= 60 else shown[:57] + "…"
    return BadRequest(f"{field} is “{shown}”: {message[0].lower()}{message[1:]}.", field=field)
