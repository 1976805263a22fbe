"""What the page is told about a picture: plain values, JSON-ready, never HTML."""

from typing import Any

from ..events import Picture

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
        "performance": request.performance or "",
        "model": recipe.model,
    }


def _shortened(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= ALT_CHARACTERS else text[: ALT_CHARACTERS - 1] + "…"
