"""Presets: a named set of defaults for people who just want to start."""

import itertools
import math
import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from ..errors import BadRequest, UnknownName
from ..recipe import LoRA, Recipe
from .distilled import is_named_distilled
from .families import FAMILIES, REFINERS, Family
from .schedulers import SCHEDULERS

NAME = r"^[\w .+-]+$"
MAX_NAME_CHARACTERS = 80
MAX_STEM_CHARACTERS = 70
SCHEMA_URL = "https://json-schema.org/draft/2020-12/schema"


class Licence(BaseModel):
    """What a model's licence allows, for people who will not read it.

    `id` is the name the model's page gives, SPDX where there is one. `pictures`: whether they may
    be sold without a further thought, under conditions, or not at all.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(min_length=1, max_length=80)
    pictures: Literal["commercial", "conditions", "non-commercial"]
    summary: str = Field(default="", max_length=200)

    @property
    def text(self) -> str:
        """Its name, and what there is to know beyond what `pictures` says."""
        return f"{self.id}. {self.summary}" if self.summary else self.id


class Preset(BaseModel):
    """Defaults for one kind of work. Anything the person sets, and performance, beats them."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    schema_link: str = Field(
        default="", alias="$schema", exclude=True, description="For editors; not read."
    )
    name: str = Field(
        min_length=1,
        max_length=MAX_NAME_CHARACTERS,
        pattern=NAME,
        description="The file's name if left out.",
    )
    title: str = Field(default="", max_length=120)
    description: str = Field(default="", max_length=500)
    model: str = Field(
        min_length=1,
        max_length=200,
        description="A folder below models/, or a repository of the Hub.",
    )
    family: str | None = Field(
        default=None,
        description="The kind of model. Needed while the model is not on this computer.",
        json_schema_extra={"enum": [*FAMILIES, None]},
    )
    file: str | None = Field(
        default=None,
        max_length=200,
        description="One file of the repository, if it is in one file.",
    )
    variant: str | None = Field(
        default=None, max_length=20, description="Which of several precisions, such as fp16."
    )
    licence: Licence | None = None
    download_gib: float | None = Field(default=None, ge=0, le=1_000)
    memory_gib: float | None = Field(
        default=None, ge=0, le=1_000, description="Memory of the graphics card it needs."
    )
    memory_note: str = Field(
        default="", max_length=200, description="At which precision and offload."
    )
    is_distilled: bool = Field(
        default=False, description="Made for few steps, so that other performances do not suit it."
    )
    is_saved: bool = Field(default=False, description="Saved from the page, which may replace it.")
    performance: str | None = None
    aspect: str | None = Field(default=None, description="Such as 3:2.")
    width: int | None = Field(
        default=None, ge=64, le=4096, description="Beats aspect; with height."
    )
    height: int | None = Field(default=None, ge=64, le=4096)
    styles: tuple[str, ...] = Field(default=(), max_length=20)
    negative_prompt: str = Field(default="", max_length=10_000)
    num_inference_steps: int | None = Field(default=None, ge=1, le=150)
    guidance_scale: float | None = Field(default=None, ge=0, le=30, allow_inf_nan=False)
    scheduler: str | None = Field(default=None, json_schema_extra={"enum": [*SCHEDULERS, None]})
    loras: tuple[LoRA, ...] = Field(default=(), max_length=10)
    refiner: str | None = Field(
        default=None,
        min_length=1,
        max_length=200,
        description="A second model for the last steps: as model.",
    )
    refiner_switch: float = Field(
        default=0.8,
        ge=0.1,
        le=1,
        allow_inf_nan=False,
        description="The share of the noise levels before the refiner's; 1 leaves it out.",
    )
    refiner_gib: float | None = Field(
        default=None, ge=0, le=1_000, description="The refiner's download; download_gib is without."
    )
    examples: tuple[str, ...] = Field(default=(), max_length=40)

    @model_validator(mode="after")
    def _is_complete(self) -> "Preset":
        if (self.width is None) != (self.height is None):
            raise ValueError("width and height come together. Give both, or neither")
        return self

    def only_words(self) -> "Preset":
        """Without anything that is meant for its own model."""
        kept = {"name", "title", "description", "model", "styles", "negative_prompt", "examples"}
        return Preset.model_validate(self.model_dump(include=kept))

    @property
    def shown_name(self) -> str:
        return self.title or self.name

    @property
    def needs(self) -> tuple[str, ...]:
        """The models that have to be here: its own, and the refiner unless that is left out."""
        if self.refiner is None or self.refiner_switch == 1:
            return (self.model,)
        return (self.model, self.refiner)

    @property
    def total_gib(self) -> float | None:
        """The download of all it needs; None where a size is not known."""
        if len(self.needs) == 1 or self.download_gib is None:
            return self.download_gib
        return None if self.refiner_gib is None else round(self.download_gib + self.refiner_gib, 1)


def preset_called(name: str, presets: Mapping[str, Preset]) -> Preset | None:
    """The preset of this name, as its file or the page writes it, in large letters or small."""
    wanted = name.strip().casefold()
    by_title = {each.shown_name.casefold(): each for each in presets.values()}
    by_name = {known.casefold(): each for known, each in presets.items()}
    return presets.get(name.strip()) or (by_title | by_name).get(wanted)


def preset_of(model: str, presets: Iterable[Preset]) -> Preset | None:
    """The preset that stands for a model or refiner: of those that use it, the one needing least.

    Of a model, that is the one with the fewest others beside it and the smallest download.
    """

    def need(preset: Preset) -> tuple[bool, int, float]:
        return preset.model != model, len(preset.needs), preset.total_gib or math.inf

    return min((each for each in presets if model in each.needs), key=need, default=None)


def problem_of(preset: Preset, families: Mapping[str, Family] = FAMILIES) -> BadRequest | None:
    """What in a preset its own family cannot do; None when all is well, or no family is named.

    The error's `field` is the key to correct.
    """
    if preset.family is None:
        return None
    if preset.family not in families:
        return UnknownName.among("family", preset.family, families)
    family = families[preset.family]
    aspects = [each.name for each in family.all_aspects]
    if preset.aspect is not None and preset.aspect not in aspects:
        return UnknownName.among("aspect", preset.aspect, aspects)
    rows = [row.name for row in family.rows(preset.is_distilled)]
    if preset.is_distilled and not family.distilled:
        return BadRequest(
            f"{family.title} has no distilled models. Leave out is_distilled.", field="is_distilled"
        )
    if preset.performance is not None and preset.performance not in rows:
        return UnknownName.among("performance", preset.performance, rows)
    if preset.scheduler is not None and preset.scheduler not in family.schedulers:
        return UnknownName.among("scheduler", preset.scheduler, family.schedulers)
    if preset.refiner is not None and family.name not in REFINERS:
        return BadRequest(f"{family.title} has no refiners. Leave out refiner.", field="refiner")
    return None


def named(name: str) -> str:
    """The name as a preset may have it, without spaces around it. Raises BadRequest."""
    stripped = name.strip()
    if len(stripped) > MAX_NAME_CHARACTERS or not re.fullmatch(NAME, stripped):
        raise BadRequest(
            f"“{stripped[:MAX_NAME_CHARACTERS]}” is no name for a preset. Write letters, digits, "
            f"spaces and . + - _, at most {MAX_NAME_CHARACTERS} of them.",
            field="name",
        )
    return stripped


def saved_as(name: str, recipe: Recipe, preset: Preset) -> Preset:
    """A preset that asks for what a picture was asked with; its words, seed and count stay out.

    A performance beats a preset's own numbers, so where the person changed those, the numbers and
    the LoRA of the performance are kept instead of its name.
    """
    request = recipe.request
    if recipe.model != preset.model:
        preset = Preset(name=name, model=recipe.model)
    loras = preset.loras if request.loras is None else request.loras
    numbers = ("num_inference_steps", "guidance_scale", "scheduler")
    values: dict[str, Any] = {
        "name": name,
        "title": "",
        "description": "",
        "is_saved": True,
        "family": recipe.family,
        "performance": request.performance or preset.performance,
        "styles": preset.styles if request.styles is None else request.styles,
        "negative_prompt": request.negative_prompt or preset.negative_prompt,
    }
    if any(getattr(request, number) is not None for number in numbers):
        family = FAMILIES[recipe.family]
        needed = {row.lora.name for row in family.performances if row.lora is not None}
        loras = (*loras, *(each for each in recipe.loras if each.name in needed))
        values |= {"performance": None, **{each: getattr(recipe, each) for each in numbers}}
    if request.width is not None:
        values |= {"width": request.width, "height": request.height, "aspect": None}
    elif request.aspect is not None:
        values |= {"width": None, "height": None, "aspect": request.aspect}
    values["loras"] = tuple({each.name: each for each in loras}.values())
    return Preset.model_validate({**preset.model_dump(), **values})


def bare(model: str, title: str, family: str | None, taken: Collection[str]) -> Preset:
    """A saved preset that says nothing but the model; its name is none of `taken` (lower case)."""
    stem = re.sub(r"[^\w .+-]+|\s+", " ", title.rpartition("/")[2]).strip()
    stem = stem[:MAX_STEM_CHARACTERS] or "model"
    numbered = (f"{stem} {number}" for number in itertools.count(2))
    name = next(each for each in itertools.chain([stem], numbered) if each.lower() not in taken)
    can_be = family is not None and bool(FAMILIES[family].distilled)
    is_distilled = can_be and is_named_distilled(model)
    return Preset(name=name, model=model, family=family, is_distilled=is_distilled, is_saved=True)


def json_schema() -> dict[str, Any]:
    """The schema of a preset file, for editors that complete and check what is typed."""
    schema = Preset.model_json_schema(by_alias=True)
    schema["required"] = ["model"]
    return {"$schema": SCHEMA_URL, **schema, "title": "Preset of Fooocus Lite"}
