"""What of found settings this installation can do: names looked up here, sizes fitted.

Nothing is dropped silently: each name that is not here is a note.
"""

import math

from ..recipe import LoRA
from .families import Family
from .foreign.found import FoundSettings, shortened, stem_of
from .pantry import Pantry, as_here
from .presets import Preset, preset_of
from .resolve import is_distilled
from .sizes import aspect_of_size, snapped

# Fooocus's switch for its prompt expansion was one of its styles.
SAME_STYLES = {"fooocus v2": "enhance"}
# Ratios that differ by less than this part look the same.
SHAPE_TOLERANCE = 0.1


def fitted(found: FoundSettings, pantry: Pantry) -> FoundSettings:
    """`found` with our spelling of every name, without what is not here, and a note about each.

    `preset` is then always one that is here, and `model` is its model. A size that the model cannot
    make becomes the nearest of its shapes; `aspect` is the button of the size where there is one.
    """
    notes: list[str] = []
    preset = _preset(found, pantry, notes)
    model = preset.model
    family = pantry.families[model]
    aspect, width, height = _size(found, family, notes)
    image = _image(found, pantry, notes)
    return found.model_copy(
        update={
            "preset": preset.name,
            "model": model,
            "styles": _styles(found, pantry, notes),
            "performance": _performance(found.performance, model, pantry, notes),
            "scheduler": _scheduler(found, family, notes),
            "aspect": aspect,
            "width": width,
            "height": height,
            "image": image,
            "strength": found.strength if image else None,
            "loras": _loras(found, pantry.loras[model], notes),
            "notes": (*found.notes, *notes),
        }
    )


def _preset(found: FoundSettings, pantry: Pantry, notes: list[str]) -> Preset:
    """The one named, when its model is the one named; else one with that model; else the default.

    Only presets whose model is here come into question.
    """
    usable = {
        name: preset for name, preset in pantry.presets.items() if preset.model in pantry.families
    }
    default = usable.get(pantry.default_preset) or next(iter(usable.values()))
    named = usable.get(found.preset or "")
    if found.model is None:
        return named or default
    model = _model_here(found.model, pantry)
    fitting = [preset for preset in (named, default) if preset and preset.model == model]
    alike = (preset for preset in usable.values() if preset.model == model)
    chosen = next(iter(fitting), None) or preset_of(model or "", alike)
    if chosen is None:
        why = "is not here" if model is None else "is in no preset"
        notes.append(
            f"The model “{shortened(found.model)}” {why}; {default.shown_name} is used instead, "
            "so the picture will be another one."
        )
    return chosen or default


def _model_here(name: str, pantry: Pantry) -> str | None:
    if name in pantry.families:
        return name
    by_stem = {stem_of(each).lower(): each for each in pantry.families}
    return by_stem.get(stem_of(name).lower())


def _styles(found: FoundSettings, pantry: Pantry, notes: list[str]) -> tuple[str, ...]:
    by_lower = {name.lower(): name for name in pantry.styles}
    kept: list[str] = []
    lost: list[str] = []
    for name in found.styles:
        small = name.strip().lower()
        here = by_lower.get(small) or by_lower.get(SAME_STYLES.get(small, ""))
        (kept if here else lost).append(here or name)
    if lost:
        plural = "styles" if len(lost) > 1 else "style"
        listed = ", ".join(shortened(name) for name in lost)
        notes.append(f"Without the {plural} {listed}: not here.")
    return tuple(kept)


def _performance(wanted: str | None, model: str, pantry: Pantry, notes: list[str]) -> str | None:
    if wanted is None:
        return None
    family = pantry.families[model]
    rows = family.rows(is_distilled(model, pantry.presets))
    here = next((row.name for row in rows if row.name.lower() == wanted.lower()), None)
    if here is None:
        notes.append(f"The performance “{shortened(wanted)}” is not possible with {family.title}.")
    return here


def _loras(found: FoundSettings, known: frozenset[str], notes: list[str]) -> tuple[LoRA, ...]:
    here = []
    for lora in found.loras:
        if (name := as_here(lora.name, known)) is not None:
            here.append(LoRA(name=name, weight=lora.weight))
        else:
            notes.append(f"Without the LoRA “{shortened(lora.name)}”: not here for this model.")
    return tuple(here)


def _scheduler(found: FoundSettings, family: Family, notes: list[str]) -> str | None:
    if found.scheduler is None or found.scheduler in family.schedulers:
        return found.scheduler
    notes.append(f"The scheduler {found.scheduler} is not one of {family.title}.")
    return None


def _image(found: FoundSettings, pantry: Pantry, notes: list[str]) -> str | None:
    if found.image is not None and found.image not in pantry.inputs:
        notes.append("It started from another picture, which is not here. Add that picture again.")
        return None
    return found.image


def _size(
    found: FoundSettings, family: Family, notes: list[str]
) -> tuple[str | None, int | None, int | None]:
    """Aspect button, width and height; None for what was not said or has no button."""
    if found.width is None or found.height is None:
        names = [each.name for each in family.all_aspects]
        return (found.aspect if found.aspect in names else None), None, None
    width, height = snapped(found.width, found.height, family)
    shape = found.width / found.height
    if abs(math.log(width / height / shape)) > SHAPE_TOLERANCE:
        # Each side alone went to a limit; a button keeps the shape.
        nearest = min(
            family.aspects, key=lambda each: abs(math.log(each.width / each.height / shape))
        )
        width, height = nearest.width, nearest.height
    if (width, height) != (found.width, found.height):
        notes.append(
            f"{family.title} does not make {found.width} × {found.height}; "
            f"{width} × {height} is chosen."
        )
    aspect = aspect_of_size(width, height, family)
    return (aspect.name if aspect else None), width, height
