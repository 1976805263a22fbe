"""What people ask to have downloaded: from a name to a repository of the Hub and its files."""

from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from ..errors import UnknownName
from ..settings import Settings
from ..thinking.families import FAMILIES
from ..thinking.families.family import PerformanceLoRA
from ..thinking.presets import Preset, preset_called, preset_of
from ..weights import lock
from ..weights.address import address
from ..weights.download import Order
from ..weights.hub import Hub
from ..weights.patience import Patience
from ..weights.selection import CONFIGS, INDEX, Wanted


class Wish(BaseModel):
    """What to bring: a repository of the Hub in a `variant`, or single `files` of it.

    `name` is what people call it; no two downloads have the same. `lora`: the file is kept under
    that name, for the performance that needs it. `is_config_only`: all but the weights.
    `is_update`: the newest revision, not the locked. `who` asked for it. `preset`: the one that it
    is a part of, where several downloads belong together.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1, max_length=300)
    title: str = Field(max_length=300)
    repo_id: str = Field(max_length=100)
    revision: str | None = Field(default=None, max_length=200)
    variant: str | None = Field(default="fp16", max_length=20)
    files: tuple[str, ...] = Field(default=(), max_length=1000)
    is_config_only: bool = False
    lora: str | None = Field(default=None, max_length=100)
    is_update: bool = False
    who: str = Field(default="", max_length=100)
    preset: str = Field(default="", max_length=300)


def wish_for(name: str, presets: Mapping[str, Preset]) -> Wish:
    """What a preset's, model's or performance LoRA's name, or something pasted, asks for.

    The settings of a repository go by the name of its index: "owner/name/model_index.json".
    Raises BadRequest or UnknownName.
    """
    named = name.strip()
    alike = (each for each in presets.values() if each.model == named)
    if preset := preset_called(named, presets) or preset_of(named, alike):
        return Wish(
            name=preset.model,
            title=preset.shown_name,
            repo_id=address(preset.model).repo_id,
            variant=preset.variant,
            files=(preset.file,) if preset.file else (),
        )
    if lora := performance_loras().get(named):
        return Wish(
            name=named, title=named, repo_id=lora.repo_id or "", files=(lora.file,), lora=named
        )
    if "/" not in named:
        unknown = UnknownName.among("preset or LoRA", named, [*presets, *performance_loras()])
        raise UnknownName(
            f"{unknown.message} A model of the Hub is written owner/name, or as its link.",
            field="model",
            allowed=unknown.allowed,
        )
    if named.endswith(f"/{INDEX}") and "://" not in named:
        repo_id = address(named.removesuffix(f"/{INDEX}")).repo_id
        title = f"{repo_id} (settings)"
        return Wish(name=named, title=title, repo_id=repo_id, is_config_only=True)
    place = address(named)
    whole = f"{place.repo_id}/{place.file}" if place.file else place.repo_id
    files = (place.file,) if place.file else ()
    return Wish(
        name=whole, title=whole, repo_id=place.repo_id, revision=place.revision, files=files
    )


def wishes_for(name: str, presets: Mapping[str, Preset]) -> tuple[Wish, ...]:
    """All that a name asks for: of a preset, its refiner too if the Hub may have that.

    Of several, each goes by its own name: none of them is the preset yet. Raises BadRequest
    or UnknownName.
    """
    preset = preset_called(name, presets)
    others = [each for each in preset.needs[1:] if "/" in each] if preset else []
    first = wish_for(name, presets)
    if preset is None or not others:
        return (first,)
    every = (first, *(wish_for(each, presets) for each in others))
    return tuple(
        each.model_copy(update={"title": each.repo_id, "preset": preset.name}) for each in every
    )


def performance_loras() -> dict[str, PerformanceLoRA]:
    """The LoRAs by name that performances need and the Hub has."""
    rows = (row for each in FAMILIES.values() for row in (*each.performances, *each.distilled))
    loras = (row.lora for row in rows if row.lora is not None)
    return {lora.name: lora for lora in loras if lora.repo_id is not None}


def as_before(wish: Wish, models_dir: Path) -> Wish:
    """The wish for the same parts of the repository as were brought before."""
    entry = lock.read(models_dir).get(wish.repo_id)
    if entry is None:
        return wish
    locked = entry.revisions[wish.revision or entry.revision]
    variants = [each for each in locked.variants if each != CONFIGS]
    if variants:
        return wish.model_copy(update={"variant": variants[0] or None, "files": ()})
    if locked.variants:
        return wish.model_copy(update={"is_config_only": True, "files": ()})
    return wish.model_copy(update={"files": tuple(locked.files)})


def order_for(wish: Wish, settings: Settings, kinds: tuple[str, ...] = ()) -> Order:
    """The wish with where it comes from and goes to. `kinds`: the pipelines that can be used."""
    token = settings.hub_token
    return Order(
        repo_id=wish.repo_id,
        models_dir=settings.models,
        wanted=Wanted(wish.variant, wish.files, wish.is_config_only, kinds),
        revision=wish.revision,
        hub=Hub(
            settings.hub_endpoint,
            token.get_secret_value() if token else None,
            Patience(settings.download_timeout_s),
        ),
        is_update=wish.is_update,
    )
