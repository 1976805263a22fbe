"""Presets as Fooocus has them, read into ours: its keys start with `default_`.

What has no counterpart here is named in a note. Knows nothing of files.
"""

from collections.abc import Collection
from typing import Any

from .families import FAMILIES
from .foreign.found import MAX_NAME_CHARACTERS, FoundSettings, Reading, stem_of
from .presets import Preset
from .sizes import aspect_of_size, snapped

FAMILY = FAMILIES["sdxl"]
MODEL = "stabilityai/stable-diffusion-xl-base-1.0"
"""What Fooocus means by a preset without a model, nearly enough."""

EXPANSION_STYLE, ENHANCE = "Fooocus V2", "Enhance"
NAMES = {"default_model": "model", "default_performance": "performance"}
NUMBERS = {"default_cfg_scale": "guidance_scale", "default_overwrite_step": "num_inference_steps"}
# At these values a key asks for nothing.
OFF: dict[str, tuple[object, ...]] = {
    "default_refiner": ("None", ""),
    "default_refiner_switch": (0.5, 0.8, 1.0),
    "default_vae": ("Default (model)", "None", ""),
    "default_overwrite_step": (-1,),
    "default_overwrite_switch": (-1,),
    "default_clip_skip": (2,),
    "default_prompt": ("",),
    "previous_default_models": ([],),
    "checkpoint_downloads": ({},),
    "embeddings_downloads": ({},),
    "lora_downloads": ({},),
    "vae_downloads": ({},),
}


def is_fooocus(values: dict[str, Any]) -> bool:
    """Whether a JSON object is one of Fooocus's presets."""
    return any(key.startswith("default_") for key in values)


def read(
    name: str, values: dict[str, Any], styles: Collection[str]
) -> tuple[Preset, tuple[str, ...]]:
    """Our preset of that name, and a sentence for everything in it that is not used here.

    `styles` are the names of the styles there are. Never raises, whatever the values are.
    """
    reading = Reading("Fooocus")
    left = {key: value for key, value in values.items() if value not in OFF.get(key, ())}
    for key, field in NAMES.items():
        if key in left:
            reading.take_name(field, left.pop(key))
    for key, field in NUMBERS.items():
        if key in left:
            reading.take_number(field, left.pop(key), key)
    if "default_prompt_negative" in left:
        reading.take_text("negative_prompt", left.pop("default_prompt_negative"))
    if "default_prompt" in left:
        reading.take_text("prompt", left.pop("default_prompt"))
    if "default_sampler" in left:
        reading.take_sampler(left.pop("default_sampler"), left.pop("default_scheduler", ""))
    _take_styles(left, styles, reading)
    _take_loras(left, reading)
    _take_size(left, reading)
    refiner = _refiner(values)
    for key in ("default_refiner", "default_refiner_switch") if refiner else ():
        left.pop(key, None)
    for key, value in left.items():
        reading.leave(key, value)
    found = reading.done()
    preset, changed = _preset(name, found, refiner)
    return preset, (*found.notes, *changed)


def _take_styles(left: dict[str, Any], styles: Collection[str], reading: Reading) -> None:
    written = left.pop("default_styles", [])
    if not isinstance(written, list):
        reading.leave("default_styles", written)
        return
    by_lower = {style.lower(): style for style in styles}
    wanted = [ENHANCE if each == EXPANSION_STYLE else each for each in written]
    known = [by_lower[str(each).lower()] for each in wanted if str(each).lower() in by_lower]
    reading.take_names("styles", tuple(dict.fromkeys(known)))
    for each in wanted:
        if str(each).lower() not in by_lower:
            reading.leave("style", each)


def _take_loras(left: dict[str, Any], reading: Reading) -> None:
    """From [is enabled, file, weight], in older versions [file, weight]; "None" is an empty row."""
    written = left.pop("default_loras", [])
    for each in written if isinstance(written, list) else [written]:
        if not isinstance(each, list) or len(each) not in (2, 3):
            reading.leave("default_loras", each)
            continue
        is_on = each[0] is not False if len(each) == 3 else True
        if is_on and each[-2] != "None":
            reading.take_lora(each[-2], each[-1])


def _take_size(left: dict[str, Any], reading: Reading) -> None:
    if "default_aspect_ratio" not in left:
        return
    written = left.pop("default_aspect_ratio")
    sides = str(written)[:40].replace("×", "*").split("*")
    if len(sides) == 2:
        reading.take_size(*sides)
    else:
        reading.leave("default_aspect_ratio", written)


def _refiner(values: dict[str, Any]) -> dict[str, Any]:
    """SDXL's refiner and when it takes over, for a preset; other models cannot be one here."""
    written, switch = values.get("default_refiner"), values.get("default_refiner_switch", 0.8)
    stem = stem_of(written) if isinstance(written, str) else ""
    is_share = isinstance(switch, int | float) and 0.1 <= switch <= 1
    if "refiner" not in stem.lower() or len(stem) > MAX_NAME_CHARACTERS or not is_share:
        return {}
    return {"refiner": stem, "refiner_switch": switch}


def _preset(
    name: str, found: FoundSettings, refiner: dict[str, Any]
) -> tuple[Preset, tuple[str, ...]]:
    """The preset, without what SDXL cannot do, which is said."""
    notes = []
    rows = {row.name: row for row in FAMILY.performances}
    performance = found.performance
    if performance is not None and performance not in rows:
        notes.append(f"There is no performance “{performance[:80]}” here; it is left out.")
        performance = None
    # Here a performance beats a preset's own number of steps; there it is the other way round.
    if performance is not None and found.num_inference_steps and not rows[performance].lora:
        performance = None
    size: dict[str, Any] = {}
    if found.width is not None and found.height is not None:
        aspect = aspect_of_size(found.width, found.height, FAMILY)
        width, height = snapped(found.width, found.height, FAMILY)
        size = {"aspect": aspect.name} if aspect else {"width": width, "height": height}
        if (width, height) != (found.width, found.height):
            notes.append(
                f"The size {found.width} × {found.height} became {width} × {height}, which "
                f"{FAMILY.title} can make."
            )
    preset = Preset(
        name=name,
        description="From a preset of Fooocus.",
        model=stem_of(found.model) if found.model else MODEL,
        family=FAMILY.name,
        performance=performance,
        styles=found.styles,
        negative_prompt=found.negative_prompt,
        num_inference_steps=found.num_inference_steps,
        guidance_scale=found.guidance_scale,
        scheduler=found.scheduler,
        loras=found.loras,
        examples=(found.prompt,) if found.prompt else (),
        **size,
        **refiner,
    )
    return preset, tuple(notes)
