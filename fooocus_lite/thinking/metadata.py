"""What we write inside a picture, as text: our JSON, and the A1111 `parameters` other tools read.

Texts in, values out; knows nothing of files. Reading what others wrote is in foreign/.
"""

import json
import re

from pydantic import BaseModel, ConfigDict, ValidationError

from ..errors import BadRequest
from ..recipe import MadeWith, Recipe, bad_request_from
from .schedulers import SCHEDULERS

MAX_TEXT_CHARACTERS = 2_000_000


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
            f"The recipe has {len(text):,} characters; at most {MAX_TEXT_CHARACTERS:,} are read, "
            "more than any of this program has. Take the picture as it was saved."
        )
    try:
        written = _Written.model_validate_json(text)
    except ValidationError as error:
        if error.errors(include_url=False)[0]["type"] == "json_invalid":
            raise BadRequest(
                "The recipe is no readable JSON; the file was changed. Take the picture as it was "
                "saved."
            ) from None
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
        **({} if recipe.strength is None else {"Denoising strength": f"{recipe.strength:g}"}),
        "Model": recipe.model,
        **_refiner(recipe),
        "Version": f"Fooocus Lite {program_version}",
    }
    lines.append(", ".join(f"{name}: {_quoted(str(value))}" for name, value in settings.items()))
    return "\n".join(lines)


def _refiner(recipe: Recipe) -> dict[str, object]:
    if recipe.refiner is None:
        return {}
    return {"Refiner": recipe.refiner, "Refiner switch at": f"{recipe.refiner_switch:g}"}


def _quoted(value: str) -> str:
    """As A1111 does it: JSON quotes around what would break the line."""
    return json.dumps(value, ensure_ascii=False) if re.search(r'[,:\n"]', value) else value
