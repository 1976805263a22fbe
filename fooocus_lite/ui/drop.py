"""What people drop on the page or paste into it: read for its settings, answered, and forgotten.

A picture comes as its bytes, text as text/plain. Nothing is stored; only metadata is looked at.
"""

import asyncio
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ..errors import BadRequest
from ..studio import Studio
from ..thinking.fit import fitted
from ..thinking.foreign.found import FoundSettings
from ..thinking.inspection import in_text
from .answers import NO_STORE, nothing_here
from .owner import find_owner

MAX_PICTURE_BYTES = 20_000_000
MAX_TEXT_BYTES = 2_000_000
BODY_TIMEOUT_S = 30.0
NOTHING = "This picture says nothing about how it was made."
# In the order they are shown; a name of ours and the page's word for it.
WORDS = {
    "prompt": "Prompt",
    "negative_prompt": "Avoid",
    "styles": "Styles",
    "model": "Model",
    "loras": "LoRAs",
    "performance": "Performance",
    "aspect": "Shape",
    "num_inference_steps": "Steps",
    "guidance_scale": "Guidance",
    "scheduler": "Scheduler",
    "seed": "Seed",
}


class Drop:
    """The address that reads what was dropped; only for somebody who has the page open."""

    def __init__(self, studio: Studio) -> None:
        self.studio = studio

    def all(self) -> list[Route]:
        return [Route("/inspect", self.inspect, methods=["POST"])]

    async def inspect(self, request: Request) -> Response:
        """{"source", "settings", "rows", "notes", "problem"}; `settings` is "" without any.

        `settings` is text for `use_settings` of the page, since a browser would round the seed.
        """
        owner = find_owner(request.headers.get("cookie", ""))
        if owner is None:
            return nothing_here()
        is_text = request.headers.get("content-type", "").startswith("text/plain")
        limit = MAX_TEXT_BYTES if is_text else MAX_PICTURE_BYTES
        try:
            async with asyncio.timeout(BODY_TIMEOUT_S):
                data = await _body(request, limit)
        except TimeoutError:
            return _problem("The file took too long to arrive. Try once more.", 408)
        except ClientDisconnect:
            return Response(status_code=400)
        if data is None:
            return _problem(f"At most {limit // 1_000_000} MB can be read here.", 413)
        look = self._of_text if is_text else self._of_picture
        answer = await run_in_threadpool(look, data, owner)
        return JSONResponse(answer, headers=NO_STORE)

    def _of_text(self, data: bytes, owner: str) -> dict[str, Any]:
        try:
            found = in_text(data.decode("utf-8", "replace"))
        except BadRequest as error:
            return _answer(None, [], error.message)
        return self._of_settings(found, "", owner)

    def _of_picture(self, data: bytes, owner: str) -> dict[str, Any]:
        found = self.studio.gallery.inspect(data)
        return self._of_settings(
            found.settings, found.problem or ("" if found.settings else NOTHING), owner
        )

    def _of_settings(self, found: FoundSettings | None, problem: str, owner: str) -> dict[str, Any]:
        if found is None or found.is_empty:
            return _answer(found, [*found.notes] if found else [], problem)
        here = fitted(found, self.studio.orders.pantry(found.image, owner))
        return _answer(found, [*here.notes], problem)


def shown_rows(found: FoundSettings) -> list[tuple[str, str]]:
    """What was found, as words and values to read; only what was said."""
    values = found.model_dump(exclude_defaults=True)
    rows = [(word, _text_of(values[name])) for name, word in WORDS.items() if name in values]
    if found.width is not None and found.height is not None:
        rows.append(("Size", f"{found.width} × {found.height}"))
    if found.strength is not None:
        rows.append(("Starts from", f"another picture, changed {found.strength:.0%}"))
    return rows


def _answer(found: FoundSettings | None, notes: list[str], problem: str) -> dict[str, Any]:
    is_usable = found is not None and not found.is_empty
    return {
        "source": found.source if found else "",
        "settings": found.model_dump_json() if found is not None and is_usable else "",
        "rows": shown_rows(found) if found else [],
        "notes": notes,
        "problem": problem,
    }


async def _body(request: Request, limit: int) -> bytes | None:
    """The whole body, None as soon as it is known to be longer than `limit`."""
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:20]) > limit:
        return None
    parts = bytearray()
    async for part in request.stream():
        parts += part
        if len(parts) > limit:
            return None
    return bytes(parts)


def _problem(sentence: str, status: int) -> Response:
    return JSONResponse(_answer(None, [], sentence), status, headers=NO_STORE)


def _text_of(value: Any) -> str:
    if isinstance(value, (tuple, list)):
        return ", ".join(map(_text_of, value))
    if isinstance(value, dict):
        return f"{value['name']} {value.get('weight', 1):g}"
    return f"{value:g}" if isinstance(value, float) else str(value)
