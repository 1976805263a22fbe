"""What people ask to have downloaded: from a name to a repository of the Hub and its files."""

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field

from ..errors import UnknownName
from ..thinking.families import FAMILIES
from ..thinking.families.family import PerformanceLoRA
from ..thinking.presets import Preset, preset_called, preset_of
from ..weights.address import address
from ..weights.selection import INDEX


class Wish(BaseModel):
    """What to bring: a repository of the Hub in a `variant`, or single `files` of it.

    `name` is what people call it; no two downloads have the same. `lora`: the file is kept under
    that name, for the performance that needs it. `is_config_only`: all but the weights.
    `is_update`: the newest revision, not the locked. `who` asked for it.
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

    Raises BadRequest or UnknownName.
    """
    preset = preset_called(name, presets)
    others = [each for each in preset.needs[1:] if "/" in each] if preset else []
    return (wish_for(name, presets), *(wish_for(each, presets) for each in others))


def performance_loras() -> dict[str, PerformanceLoRA]:
    """The LoRAs by name that performances need and the Hub has."""
    rows = (row for each in FAMILIES.values() for row in (*each.performances, *each.distilled))
    loras = (row.lora for row in rows if row.lora is not None)
    return {lora.name: lora for lora in loras if lora.repo_id is not None}
