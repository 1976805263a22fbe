"""The `parameters` text of A1111 and its heirs: prompt, "Negative prompt:", one line of settings.

Civitai, Forge and our own program write it too, and Fooocus in its scheme of that name.
"""

import json
import re
from typing import Any

from .found import MAX_TEXT_CHARACTERS, FoundSettings, Reading, one_line, shortened
from .literals import items_of

MAX_SETTINGS_CHARACTERS = 20_000
LEAST_SETTINGS = 3
# Bounded, so that no text makes the search slow.
SETTING = re.compile(r'\s*(\w[\w \-/]{0,60}):\s*("(?:\\.|[^\\"])+"|[^,]*)(?:,|$)')
LORA = re.compile(r"<lora:([^:<>]{1,200}):(-?\d{1,2}(?:\.\d{1,6})?)>")
NUMBERS = {"Steps": "num_inference_steps", "CFG scale": "guidance_scale", "Seed": "seed"}
# Programs whose lines and brackets mean what ours do.
ONE_LANGUAGE = frozenset({"Fooocus Lite", "Fooocus"})
# "[from:to:when]" and "AND": bounded as above.
EDITING = re.compile(r"\[[^\[\]\n]{0,200}:[0-9]{0,3}\.?[0-9]{1,5}\]")
TOGETHER = re.compile(r"\bAND\b")
# What only repeats the settings in another form, or tells of files and people.
SAID_ELSEWHERE = frozenset(
    {
        "Model hash", "VAE hash", "Lora hashes", "TI hashes", "Hashes", "Version", "User",
        "Created Date", "Civitai resources", "Civitai metadata", "Raw prompt",
        "Raw negative prompt", "Lora weights", "RNG",
    }
)  # fmt: skip


def is_parameters(text: str) -> bool:
    """Whether a text has the line of settings, and so is more than a prompt."""
    return bool(_split(text)[1])


def read(text: str) -> FoundSettings:
    """The settings of such a text; never raises, whatever it holds."""
    head, settings = _split(text)
    reading = Reading(_source(settings.get("Version", "")))
    prompt, _, negative_prompt = ("\n" + head).partition("\nNegative prompt:")
    styles = items_of(settings.pop("Styles", ""))
    if styles is not None and "Raw prompt" in settings:
        # Fooocus: the words as typed and the styles apart, so that no style is applied twice.
        prompt, negative_prompt = settings["Raw prompt"], settings.get("Raw negative prompt", "")
        reading.take_names("styles", styles)
    for name, weight in LORA.findall(prompt) or _listed_loras(settings):
        reading.take_lora(name, weight)
    for field, text in (("prompt", LORA.sub("", prompt)), ("negative_prompt", negative_prompt)):
        reading.take_text(field, text if reading.source in ONE_LANGUAGE else _translated(text))
        _note_what_is_text_here(field, text, reading)
    _take_settings(settings, reading)
    return reading.done()


def _translated(text: str) -> str:
    """The same words in our language: there a new line and "[[" are nothing special."""
    return one_line(text).replace("[[", "[ [").replace("[[", "[ [")


def _note_what_is_text_here(field: str, text: str, reading: Reading) -> None:
    for pattern in (EDITING, TOGETHER):
        if (found := pattern.search(text)) is not None:
            reading.note(
                f"In the {field.replace('_', ' ')} “{shortened(found[0])}” is only text here: "
                "prompts that change on the way, or are mixed, are not known."
            )


def _take_settings(settings: dict[str, str], reading: Reading) -> None:
    rest = dict(settings)
    for name, field in NUMBERS.items():
        if name in rest:
            reading.take_number(field, rest.pop(name), name)
    if "Size" in rest:
        width, _, height = rest.pop("Size").partition("x")
        reading.take_size(width, height)
    if "Model" in rest:
        reading.take_name("model", rest.pop("Model"))
    if "Performance" in rest:
        reading.take_name("performance", rest.pop("Performance"))
    if "Sampler" in rest:
        schedule = rest.pop("Schedule type", "") or rest.pop("Scheduler", "")
        reading.take_sampler(rest.pop("Sampler"), schedule)
    for name, value in rest.items():
        if name not in SAID_ELSEWHERE:
            reading.leave(name, value)


def _listed_loras(settings: dict[str, str]) -> list[tuple[str, str]]:
    """Name and weight from "name: weight", or "name: hash: weight", as Fooocus lists them."""
    listed = settings.get("Lora weights", "") or settings.get("Lora hashes", "")
    parts = [each.strip().split(": ") for each in listed.split(",")]
    length = 2 if "Lora weights" in settings else 3
    return [(each[0], each[-1]) for each in parts if len(each) == length]


def _source(version: str) -> str:
    for program in ("Fooocus Lite", "Fooocus", "ComfyUI"):
        if version.startswith(program):
            return program
    return "A1111"


def _split(text: str) -> tuple[str, dict[str, str]]:
    """The text before the line of settings, and the settings; no such line gives none."""
    text = text[:MAX_TEXT_CHARACTERS].replace("\r\n", "\n").strip()
    head, _, last = text.rpartition("\n")
    if len(last) > MAX_SETTINGS_CHARACTERS or "Steps:" not in last:
        return text, {}
    pairs = SETTING.findall(last)
    if len(pairs) < LEAST_SETTINGS:
        return text, {}
    return head, {name.strip(): _unquoted(value.strip()) for name, value in pairs}


def _unquoted(value: str) -> str:
    if not (value.startswith('"') and value.endswith('"')):
        return value
    try:
        read: Any = json.loads(value)
    except ValueError:
        return value
    return read if isinstance(read, str) else value
