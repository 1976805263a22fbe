"""The Queue panel as a part of the page: several prompts become jobs with the page's settings."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.components import Component

from ..errors import BadRequest, FooocusLiteError
from ..recipe import ImageRequest
from ..studio import Studio
from ..thinking.prompt_list import in_line, prompts_in
from .actions import WENT_WRONG, Actions
from .form import request_of
from .owner import asker_of
from .widgets.asset import widget

log = logging.getLogger(__name__)
MAX_PROMPTS = 100
MAX_CHARACTERS = 1_000_000
Values = Mapping[Component, Any]
Changes = dict[Component, Any]


def queue_panel(**given: Any) -> gr.HTML:
    """One's jobs in the line; `input` carries {"prompts": text}, the answer comes as
    {"kind", "text"}.

    The list and orders about it go over the addresses of `queue_routes`.
    """
    return widget("queue", **given)


@dataclass(frozen=True)
class QueuePanel:
    """The handlers of the region; `panel` is its component."""

    studio: Studio
    actions: Actions
    panel: gr.HTML

    def add(self, values: Values, request: gr.Request) -> Changes:
        """A job for each line of the panel's box, all of them or none."""
        asked = values[self.panel]
        text = str(asked.get("prompts") or "") if isinstance(asked, dict) else ""
        try:
            requests = {
                number: self._asked(number, prompt, values)
                for number, prompt in _prompts_of(text).items()
            }
            job_ids = self.studio.orders.start_all(requests, asker_of(request))
        except FooocusLiteError as error:
            return {self.panel: _answer("error", error.message)}
        except Exception:
            log.exception("Several jobs could not be put into the line")
            return {self.panel: _answer("error", WENT_WRONG)}
        added = "1 job is" if len(job_ids) == 1 else f"{len(job_ids)} jobs are"
        said = _answer("info", f"{added} added to your queue.")
        return {self.panel: said, self.actions.newest: job_ids[0]}

    def _asked(self, number: int, prompt: str, values: Values) -> ImageRequest:
        fields = self.actions.fields
        try:
            return request_of(fields, {**values, fields["prompt"]: prompt})
        except BadRequest as error:
            raise in_line(number, error) from None


def _prompts_of(text: str) -> dict[int, str]:
    if len(text) > MAX_CHARACTERS:
        raise BadRequest("That is more than a megabyte of prompts. Send them in parts.")
    prompts = prompts_in(text)
    if len(prompts) > MAX_PROMPTS:
        raise BadRequest(
            f"These are {len(prompts):,} prompts; at most {MAX_PROMPTS} go at once. Send fewer."
        )
    return prompts


def _answer(kind: str, text: str) -> dict[str, str]:
    return {"kind": kind, "text": text}
