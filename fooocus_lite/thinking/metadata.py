"""What is written inside a picture, as text: our JSON, and the A1111 `parameters` other tools read.

Texts in, values out; knows nothing of files. What is read may be anybody's and is never trusted.
"""

import json
import re
from typing import Any, TypedDict

from pydantic import BaseModel, ConfigDict, ValidationError

from ..errors import BadRequest
from ..recipe import MAX_SEED, LoRA, MadeWith, Recipe, bad_request_from
from .schedulers import SCHEDULERS

MAX_TEXT_CHARACTERS = 2_000_000
MAX_PARAMETERS_LINE = 20_000

BY_A1111_NAME = {scheduler.a1111.lower(): name for name, scheduler in SCHEDULERS.items()}

# Bounded, so that no text makes the search slow.
SETTING = re.compile(r'\s*(\w[\w \-/]{0,60}):\s*("(?:\\.|[^\\"])+"|[^,]*)(?:,|$)')
LORA = re.compile(r"<lora:([^:<>]{1,200}):(-?\d{1,2}(?:\.\d{1,6})?)>")


class Parameters(TypedDict, total=False):
    """What a `parameters` text says, in our words; `rest` is what we have no word for."""

    prompt: str
    negative_prompt: str
    num_inference_steps: int
    guidance_scale: float
    scheduler: str
    seed: int
    width: int
    height: int
    model: str
    loras: tuple[LoRA, ...]
    rest: dict[str, str]


class _Written(BaseModel):
    """The JSON inside a picture; a later version may add to it."""

    model_config = ConfigDict(extra="ignore", frozen=True, protected_namespaces=())

    recipe: Recipe
    made_with: MadeWith | None = None


def to_json(recipe: Recipe, made_with: MadeWith | None) -> str:
    """The recipe and what it was made with, as one line of JSON."""
    return _Written(recipe=recipe, made_with=made_with).model_dump_json()


def from_json(text: str) -> tuple[Recipe, MadeWith | None]:
    """What `to_json` wrote. Raises BadRequest for anything else, however long or deep."""
    if len(text) > MAX_TEXT_CHARACTERS:
        raise BadRequest(
            f"The recipe has {len(text):,} characters; at most {MAX_TEXT_CHARACTERS:,} are read."
        )
    try:
        written = _Written.model_validate_json(text)
    except ValidationError as error:
        if error.errors(include_url=False)[0]["type"] == "json_invalid":
            raise BadRequest("The recipe is no readable JSON; the file was changed.") from None
        complaint = bad_request_from(error)
        raise BadRequest(
            f"The recipe is not one of this program: {complaint.message}", field=complaint.field
        ) from None
    return written.recipe, written.made_with


def to_parameters(recipe: Recipe, program_version: str) -> str:
    """The three-line text: prompt with its LoRAs, negative prompt, settings."""
    loras = "".join(f" <lora:{each.name}:{each.weight:g}>" for each in recipe.loras)
    lines = [recipe.prompt + loras]
    if recipe.negative_prompt:
        lines.append(f"Negative prompt: {recipe.negative_prompt}")
    scheduler = SCHEDULERS.get(recipe.scheduler)
    settings: dict[str, object] = {
        "Steps": recipe.num_inference_steps,
        "Sampler": scheduler.a1111 if scheduler else recipe.scheduler,
        "CFG scale": f"{recipe.guidance_scale:g}",
        "Seed": recipe.seed,
        "Size": f"{recipe.width}x{recipe.height}",
        "Model": recipe.model,
        "Version": f"Fooocus Lite {program_version}",
    }
    lines.append(", ".join(f"{name}: {_quoted(str(value))}" for name, value in settings.items()))
    return "\n".join(lines)


def from_parameters(text: str) -> Parameters:
    """What an A1111 text says, as far as it can be understood; never raises.

    A value that is no number, or out of every range, stays in `rest` as it was written.
    """
    head, settings = _split(text[:MAX_TEXT_CHARACTERS].strip())
    prompt, _, negative_prompt = ("\n" + head).partition("\nNegative prompt:")
    loras = tuple(
        LoRA(name=name, weight=float(weight))
        for name, weight in LORA.findall(prompt)
        if abs(float(weight)) <= 2
    )
    found = Parameters(prompt=LORA.sub("", prompt).strip(), negative_prompt=negative_prompt.strip())
    if loras:
        found["loras"] = loras
    found["rest"] = _take_known(settings, found)
    return found


def _split(text: str) -> tuple[str, dict[str, str]]:
    """The text before the line of settings, and the settings; no such line gives none."""
    head, _, last = text.rpartition("\n")
    if len(last) > MAX_PARAMETERS_LINE or "Steps:" not in last:
        return text, {}
    pairs = SETTING.findall(last)
    if len(pairs) < 3:
        return text, {}
    return head, {name.strip(): _unquoted(value.strip()) for name, value in pairs}


def _take_known(settings: dict[str, str], found: Parameters) -> dict[str, str]:
    """Moves what we have a word for into `found`; returns what is left."""
    rest = dict(settings)
    if (steps := _whole(rest.get("Steps"), 1, 150)) is not None:
        found["num_inference_steps"] = steps
        del rest["Steps"]
    if (seed := _whole(rest.get("Seed"), 0, MAX_SEED)) is not None:
        found["seed"] = seed
        del rest["Seed"]
    if (guidance := _number(rest.get("CFG scale"), 0, 30)) is not None:
        found["guidance_scale"] = guidance
        del rest["CFG scale"]
    width, _, height = rest.get("Size", "").partition("x")
    wide, high = _whole(width, 64, 4096), _whole(height, 64, 4096)
    if wide is not None and high is not None:
        found["width"], found["height"] = wide, high
        del rest["Size"]
    if rest.get("Model"):
        found["model"] = rest.pop("Model")
    if (scheduler := _scheduler(rest)) is not None:
        found["scheduler"] = scheduler
        del rest["Sampler"]
        rest.pop("Schedule type", None)
    return rest


def _scheduler(settings: dict[str, str]) -> str | None:
    """Our name for the sampler, which newer texts split into sampler and schedule type."""
    sampler = settings.get("Sampler", "").lower()
    schedule = settings.get("Schedule type", "").lower()
    joined = f"{sampler} {schedule}".strip() if schedule not in ("automatic", "normal") else sampler
    if joined in BY_A1111_NAME:
        return BY_A1111_NAME[joined]
    return sampler if not schedule and sampler in SCHEDULERS else None


def _whole(text: str | None, least: int, most: int) -> int | None:
    if text is None or not re.fullmatch(r"[0-9]{1,20}", text.strip()):
        return None
    return int(text) if least <= int(text) <= most else None


def _number(text: str | None, least: float, most: float) -> float | None:
    if text is None or not re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,10})?", text.strip()):
        return None
    return float(text) if least <= float(text) <= most else None


def _quoted(value: str) -> str:
    """As A1111 does it: JSON quotes around what would break the line."""
    return json.dumps(value, ensure_ascii=False) if re.search(r'[,:\n"]', value) else value


def _unquoted(value: str) -> str:
    if not (value.startswith('"') and value.endswith('"')):
        return value
    try:
        read: Any = json.loads(value)
    except ValueError:
        return value
    return read if isinstance(read, str) else value
