"""The page as `gradio_client` sees it: one endpoint with a name, and arguments with types."""

import asyncio
from typing import Any

import gradio as gr
from gradio.events import api

from ..api.answers import job_answer
from ..api.following import ended
from ..errors import FooocusLiteError
from ..recipe import request_from
from ..studio import Studio
from .owner import asker_of

WAIT_S = 600.0


class Programs:
    """What programs may call. Everything else on the page is private."""

    def __init__(self, studio: Studio) -> None:
        self.studio = studio

    def place(self) -> None:
        """Puts the endpoint on the page that is being built."""
        api(self.generate, api_name="generate", queue=False)

    async def generate(
        self,
        request: gr.Request,
        prompt: str,
        negative_prompt: str = "",
        styles: list[str] | None = None,
        preset: str | None = None,
        performance: str | None = None,
        aspect: str | None = None,
        count: int = 1,
        seed: int = -1,
    ) -> dict[str, Any]:
        """Makes pictures and waits for them, ten minutes at most.

        Gives the answer of `GET /api/v1/generate/{id}`, with the addresses of the pictures.
        """
        values: dict[str, object] = {
            "prompt": prompt,
            "negative_prompt": negative_prompt,
            "styles": styles,
            "preset": preset,
            "performance": performance,
            "aspect": aspect,
            "count": count,
            "seed": seed,
        }
        try:
            asker = asker_of(request)
            job_id = await asyncio.to_thread(self.studio.orders.start, request_from(values), asker)
            view = await ended(self.studio, job_id, asker.owner, WAIT_S)
        except FooocusLiteError as error:
            raise gr.Error(error.message, print_exception=False) from None
        return job_answer(view).model_dump(mode="json")
