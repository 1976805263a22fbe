"""What the page is told about a picture: plain values, JSON-ready, never HTML."""

from typing import Any

from ..events import Picture
from ..recipe import Recipe

ALT_CHARACTERS = 200


def card(picture: Picture) -> dict[str, Any]:
    """One finished picture for the page. The seed is text: a browser's numbers end at 2**53."""
    recipe = picture.recipe
    request = recipe.request
    return {
        "id": picture.id,
        "job": picture.job_id,
        "index": picture.index,
        "url": f"pictures/{picture.id}",
        "thumbnail": f"pictures/{picture.id}/thumbnail",
        "download": f"pictures/{picture.id}?download=1",
        "width": picture.width,
        "height": picture.height,
        "created": picture.created,
        "saved": picture.is_saved,
        "alt": _shortened(request.prompt),
        "prompt": request.prompt,
        "negative": request.negative_prompt,
        "styles": list(recipe.styles),
        "seed": str(recipe.seed),
        "steps": recipe.num_inference_steps,
        "guidance": recipe.guidance_scale,
        "scheduler": recipe.scheduler,
        "strength": recipe.strength,
        "performance": request.performance or "",
        "model": recipe.models,
        "asked": asked_text(recipe),
    }


def asked_text(recipe: Recipe) -> str:
    """What the model was really asked, after styles, choices and Enhance: text to read and copy."""
    facts = {
        "Model": recipe.model,
        "Refiner": recipe.refiner
        and f"{recipe.refiner}, after {recipe.refiner_switch:.0%} of the noise",
        "LoRAs": ", ".join(f"{lora.name} {lora.weight:g}" for lora in recipe.loras),
        "Scheduler": recipe.scheduler,
        "Steps": recipe.num_inference_steps,
        "Guidance": f"{recipe.guidance_scale:g}",
        "Seed": recipe.seed,
        "Size": f"{recipe.width} × {recipe.height}",
        "Strength": "" if recipe.strength is None else f"{recipe.strength:g} (from a picture)",
    }
    parts = [recipe.prompt]
    if recipe.negative_prompt:
        parts.append(f"Avoid:\n{recipe.negative_prompt}")
    parts.append("\n".join(f"{name}: {value}" for name, value in facts.items() if value))
    return "\n\n".join(parts)


def _shortened(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= ALT_CHARACTERS else text[: ALT_CHARACTERS - 1] + "…"
