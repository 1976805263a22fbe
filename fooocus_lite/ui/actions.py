"""What happens on a click: each handler asks the studio and returns what changes on the page."""

import logging
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.components import Component

from ..errors import FooocusLiteError
from ..events import JobView, Picture
from ..studio import Studio
from ..thinking.presets import Preset
from .advanced import model_line
from .cards import card
from .form import Fields, preset_updates, request_of, settings_of
from .owner import owner_of
from .progress import IDLE, frames

log = logging.getLogger(__name__)
Values = Mapping[Component, Any]
Changes = dict[Component, Any]
Order = Callable[[str, str], None]
WENT_WRONG = "Something went wrong on our side. It is written in the log; please try once more."
NOT_SAVED = "This picture could not be saved on disk. Download it now to keep it."
NO_PROMPT = "Write what you want to see, or start from an example."


@dataclass(frozen=True)
class Actions:
    """The handlers of one page; its parts are what they read and change."""

    studio: Studio
    fields: Fields
    stage: gr.HTML
    strip: gr.HTML
    message: gr.HTML
    bridge: gr.HTML
    examples: gr.HTML
    model: gr.HTML
    newest: gr.State
    """Id of the job this page started last."""
    shown: gr.State
    """Id of the job on the stage: what Skip and Stop mean."""

    def submit(self, values: Values, request: gr.Request) -> Changes:
        """Puts the job into the line; says calmly what is wrong when it cannot."""
        if not str(values[self.fields["prompt"]] or "").strip():
            return {self.message: _said("hint", NO_PROMPT), self.newest: ""}
        try:
            asked = request_of(self.fields, values)
            job_id = self.studio.start(asked, owner_of(request.headers))
        except FooocusLiteError as error:
            return {self.message: _said("error", error.message), self.newest: ""}
        except Exception:
            log.exception("A job could not be put into the line")
            return {self.message: _said("error", WENT_WRONG), self.newest: ""}
        waiting = {**IDLE, "state": "queued", "job": job_id, "line": "Sent…"}
        return {
            self.stage: waiting, self.message: _said(), self.newest: job_id, self.shown: job_id
        }  # fmt: skip

    async def follow(self, values: Values, request: gr.Request) -> AsyncIterator[Changes]:
        """Shows the owner's jobs until none is left; leaving the page only ends the watching."""
        yield {self.shown: gr.skip()}
        shown_job = None
        try:
            owner = owner_of(request.headers)
            async for shown in frames(self.studio, owner, values[self.newest] or ""):
                changes: Changes = {self.stage: shown.frame}
                if shown.frame["job"] != shown_job:
                    shown_job = shown.frame["job"]
                    changes[self.shown] = shown_job
                if shown.pictures is not None:
                    cards = [card(picture) for picture in shown.pictures]
                    changes[self.strip] = {"job": shown_job, "pictures": cards}
                if shown.is_last:
                    changes |= self._last_words(shown.view)
                yield changes
        except FooocusLiteError as error:
            yield {self.message: _said("error", error.message), self.stage: IDLE}
        except Exception:
            log.exception("Following a job failed")
            yield {self.message: _said("error", WENT_WRONG), self.stage: IDLE}

    def skip(self, values: Values, request: gr.Request) -> Changes:
        return self._tell(self.studio.skip, values, request)

    def stop(self, values: Values, request: gr.Request) -> Changes:
        return self._tell(self.studio.stop, values, request)

    def last_seed(self, request: gr.Request) -> Changes:
        """The seed of the newest picture, if there is one."""
        try:
            newest = self.studio.history(owner_of(request.headers), limit=1)
        except FooocusLiteError as error:
            return {self.message: _said("error", error.message)}
        if not newest:
            return {self.message: _said("info", "There is no picture yet whose seed to use.")}
        return {self.fields["seed"]: str(newest[0].recipe.seed)}

    def use_settings(self, values: Values, request: gr.Request) -> Changes:
        """Fills the controls as they were for the picture asked for."""
        try:
            picture = self.studio.picture(
                str(values[self.bridge]["picture"]), owner_of(request.headers)
            )
        except FooocusLiteError as error:
            return {self.message: _said("error", error.message)}
        except (KeyError, TypeError):
            return {self.message: _said("error", "That picture is not here any more.")}
        changes = self._settings(picture, values[self.fields["preset"]])
        lost = [name for name in picture.recipe.styles if name not in self.studio.stock.styles]
        text = f"Without the style {', '.join(lost)}: it is not here any more." if lost else ""
        changes[self.message] = _said("info" if lost else "", text)
        return changes

    def choose_preset(self, values: Values) -> Changes:
        return self._preset(self.preset_named(values[self.fields["preset"]]))

    def preset_named(self, name: str | None) -> Preset:
        """That preset, else the one of the settings, else the first there is."""
        presets = self.studio.stock.presets
        for wanted in (name, self.studio.settings.preset):
            if wanted in presets:
                return presets[wanted]
        return next(iter(presets.values()))

    def _settings(self, picture: Picture, current: str | None) -> Changes:
        preset = self.preset_named(picture.recipe.request.preset)
        changes = self._preset(preset) if preset.name != current else {}
        return changes | settings_of(self.fields, self.studio, picture.recipe, preset)

    def _preset(self, preset: Preset) -> Changes:
        family = self.studio.stock.family_of(preset.model)
        return {
            **preset_updates(self.fields, preset, family),
            self.examples: list(preset.examples),
            self.model: model_line(preset, family),
        }

    def _tell(
        self, order: Callable[[str, str], None], values: Values, request: gr.Request
    ) -> Changes:
        try:
            owner = owner_of(request.headers)
            waiting = self.studio.active(owner)
            job_id = (
                values[self.shown] if values[self.shown] in waiting else next(iter(waiting), "")
            )
            if job_id:
                order(job_id, owner)
        except FooocusLiteError as error:
            return {self.message: _said("error", error.message)}
        return {self.message: gr.skip()}

    def _last_words(self, view: JobView) -> Changes:
        if view.error is not None:
            return {self.message: _said("error", view.error.message)}
        if any(not picture.is_saved for picture in view.pictures):
            return {self.message: _said("warning", NOT_SAVED)}
        return {}


def _said(kind: str = "", text: str = "") -> dict[str, str]:
    return {"kind": kind, "text": text}
