"""What there is to choose from: models, presets, styles, schedulers, sizes."""

from fastapi import APIRouter
from pydantic import BaseModel

from ..thinking.schedulers import SCHEDULERS
from .caller import House

router = APIRouter(tags=["Choices"])


class ModelAnswer(BaseModel):
    name: str
    title: str
    family: str
    is_here: bool
    loras: list[str]
    performances: list[str]
    schedulers: list[str]


class PresetAnswer(BaseModel):
    name: str
    title: str
    model: str
    is_here: bool
    performance: str | None
    aspect: str | None
    styles: list[str]


class StyleAnswer(BaseModel):
    name: str
    category: str


class SchedulerAnswer(BaseModel):
    name: str
    a1111: str


class Size(BaseModel):
    aspect: str
    width: int
    height: int


class Sizes(BaseModel):
    """What a model can make: any multiple between the limits; `native` are the ones it likes."""

    model: str
    multiple: int
    min_side: int
    max_side: int
    native: list[Size]


@router.get("/models")
def models(studio: House) -> list[ModelAnswer]:
    """Models that are here, and those that presets name and that can be downloaded."""
    listing = studio.stock.listing()
    pantry, here = studio.stock.pantry(listing), listing.models
    return [
        ModelAnswer(
            name=name,
            title=here[name].title if name in here else name,
            family=family.name,
            is_here=name in here,
            loras=sorted(pantry.loras[name]),
            performances=[row.name for row in family.rows(studio.stock.is_distilled(name))],
            schedulers=list(family.schedulers),
        )
        for name, family in sorted(pantry.families.items())
    ]


@router.get("/presets")
def presets(studio: House) -> list[PresetAnswer]:
    ready = set(studio.stock.ready_presets())
    return [
        PresetAnswer(
            name=name,
            title=preset.shown_name,
            model=preset.model,
            is_here=name in ready,
            performance=preset.performance,
            aspect=preset.aspect,
            styles=list(preset.styles or ()),
        )
        for name, preset in studio.stock.presets.items()
    ]


@router.get("/styles")
def styles(studio: House) -> list[StyleAnswer]:
    known = studio.stock.styles.values()
    return [StyleAnswer(name=style.name, category=style.category) for style in known]


@router.get("/schedulers")
def schedulers() -> list[SchedulerAnswer]:
    """Every scheduler; which of them suit a model stands in /models."""
    return [SchedulerAnswer(name=name, a1111=each.a1111) for name, each in SCHEDULERS.items()]


@router.get("/sizes")
def sizes(studio: House, model: str | None = None) -> Sizes:
    """The sizes of a model; without one, of the default preset's."""
    name = model or studio.stock.preset_named().model
    family = studio.stock.family_of(name)
    return Sizes(
        model=name,
        multiple=family.size_multiple,
        min_side=family.min_side,
        max_side=family.max_side,
        native=[Size(aspect=a.name, width=a.width, height=a.height) for a in family.all_aspects],
    )
