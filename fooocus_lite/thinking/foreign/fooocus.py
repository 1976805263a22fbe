"""Fooocus's own JSON: in its pictures, and what the log's copy button gives, with other names.

The second has labels ("Base Model", "LoRA 1"); written small and with underscores they are the
names of the first, but for a few.
"""

import json
import re
from typing import Any

from .found import FoundSettings, Reading
from .literals import items_of

LABELS = {"cfg_mimicking_from_tsnr": "adaptive_cfg", "fooocus_v2_expansion": "prompt_expansion"}
SIGNS = frozenset({"base_model", "styles", "performance", "metadata_scheme", "full_prompt"})
NUMBERS = {"steps": "num_inference_steps", "guidance_scale": "guidance_scale", "seed": "seed"}
NUMBERED_LORA = re.compile(r"lora(?:_combined)?_[0-9]{1,2}")
# What repeats the settings in another form, is said of files and people, or is off at this value.
SAID_ELSEWHERE = frozenset(
    {
        "full_prompt", "full_negative_prompt", "prompt_expansion", "base_model_hash", "created_by",
        "metadata_scheme", "version", "refiner_switch", "refiner_model_hash", "image_number",
    }
)  # fmt: skip
OFF: dict[str, tuple[object, ...]] = {
    "refiner_model": ("None", ""),
    "vae": ("Default (model)", "None", ""),
    "inpaint_engine_version": ("None", ""),
    "refiner_swap_method": ("joint",),
    "clip_skip": (2, "2"),
}


def is_fooocus(values: dict[str, Any]) -> bool:
    """Whether a JSON object has the names that Fooocus writes."""
    return "prompt" in _named(values) and bool(SIGNS & set(_named(values)))


def read(values: dict[str, Any]) -> FoundSettings:
    """The settings of such an object; never raises, whatever it holds.

    The words are those typed, with the styles apart.
    """
    named = _named(values)
    reading = Reading("Fooocus")
    for field in ("prompt", "negative_prompt"):
        if field in named:
            reading.take_text(field, named.pop(field))
    _take_styles(named, reading)
    _take_loras(named, reading)
    for name, field in NUMBERS.items():
        if name in named:
            reading.take_number(field, named.pop(name), name)
    if "resolution" in named:
        _take_resolution(named.pop("resolution"), reading)
    for name, field in (("base_model", "model"), ("performance", "performance")):
        if name in named:
            reading.take_name(field, named.pop(name))
    if "sampler" in named:
        reading.take_sampler(named.pop("sampler"), named.pop("scheduler", ""))
    for name, value in named.items():
        if name not in SAID_ELSEWHERE and value not in OFF.get(name, ()):
            reading.leave(name.replace("_", " "), value)
    return reading.done()


def _named(values: dict[str, Any]) -> dict[str, Any]:
    small = {key.strip().lower().replace(" ", "_"): value for key, value in values.items()}
    return {LABELS.get(key, key): value for key, value in small.items()}


def _take_styles(named: dict[str, Any], reading: Reading) -> None:
    if "styles" not in named:
        return
    written = named.pop("styles")
    styles = _list_of(written)
    if styles is None:
        reading.leave("styles", written)
    else:
        reading.take_names("styles", styles)


def _take_loras(named: dict[str, Any], reading: Reading) -> None:
    """From "LoRA 1": "name : weight", in newer versions "True : name : weight"; else the list."""
    numbered = [key for key in named if NUMBERED_LORA.fullmatch(key)]
    listed = named.pop("loras", None)
    for key in numbered:
        parts = str(named.pop(key)).split(" : ")
        is_off = len(parts) == 3 and parts[0] == "False"
        if len(parts) in (2, 3) and not is_off and parts[-2] != "None":
            reading.take_lora(parts[-2], parts[-1])
    if not numbered and isinstance(listed, list):
        for each in listed:
            if isinstance(each, list) and len(each) >= 2:
                reading.take_lora(each[0], each[1])
            else:
                reading.leave("LoRA", each)


def _take_resolution(written: object, reading: Reading) -> None:
    sides = _list_of(written) or tuple(re.split("[x×*]", str(written)[:40]))
    if len(sides) == 2:
        reading.take_size(*sides)
    else:
        reading.leave("resolution", written)


def _list_of(written: object) -> tuple[object, ...] | None:
    """The items of a list, which may be written as JSON or as Python prints it."""
    if isinstance(written, list):
        return tuple(written)
    if not isinstance(written, str):
        return None
    try:
        read = json.loads(written)
    except (ValueError, RecursionError):
        return items_of(written)
    return tuple(read) if isinstance(read, list) else None
