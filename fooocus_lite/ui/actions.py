"""What happens on a click: each handler asks the studio and returns what changes on the page."""

import logging
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.components import Component

from ..errors import FooocusLiteError, WeightsError
from ..events import JobView
from ..recipe import ImageRequest
from ..studio import Studio
from ..thinking.fit import fitted
from ..thinking.foreign.found import FoundSettings
from ..thinking.inspection import of_recipe
from ..thinking.presets import Preset, preset_called
from ..visitor import Visitor
from .advanced import model_line
from .cards import card
from .form import Fields, preset_updates, request_of, settings_of, with_values
from .owner import asker_of, owner_of
from .progress import IDLE, frames
from .sheet import adopted, name_of, own_choice
from .styles_panel import shown_styles

log = logging.getLogger(__name__)
Values = Mapping[Component, Any]
Changes = dict[Component, Any]
WENT_WRONG = "Something went wrong on our side. It is written in the log; please try once more."
NOT_SAVED = "This picture could not be saved on disk. Download it now to keep it."
LINK_USED = "These are the settings of the link you opened."
RANDOM_AGAIN = "For a new one each time set the seed to -1, under Advanced."
ASK_THE_HOST = "Only the host of this page can download it; until then, choose something else."
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
    sheet: gr.HTML
    examples: gr.HTML
    model: gr.HTML
    newest: gr.State
    """Id of the job this page started last."""
    shown: gr.State
    """Id of the job on the stage: what Skip and Stop mean."""

    def submit(self, values: Values, request: gr.Request) -> Changes:
        """Puts the job into the line; says calmly what is wrong when it cannot."""
        return self._start(self.studio.orders.start, values, request)

    def add(self, values: Values, request: gr.Request) -> Changes:
        """`submit` while something is made: that one stays on the stage."""
        changes = self.submit(values, request)
        return {each: changes[each] for each in (self.message, self.newest)}

    def submit_sheet(self, values: Values, request: gr.Request) -> Changes:
        """`submit` for the prompt in several styles."""

        def start(asked: ImageRequest, visitor: Visitor) -> str:
            return self.studio.orders.start_sheet(asked, own_choice(asked.styles or ()), visitor)

        return self._start(start, values, request)

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
                    if shown_job == values[self.newest]:
                        changes[self.newest] = ""
                yield changes
        except FooocusLiteError as error:
            yield {self.message: _said("error", error.message), self.stage: IDLE}
        except Exception:
            log.exception("Following a job failed")
            yield {self.message: _said("error", WENT_WRONG), self.stage: IDLE}

    def skip(self, values: Values, request: gr.Request) -> Changes:
        return self._tell(self.studio.orders.skip, values, request)

    def stop(self, values: Values, request: gr.Request) -> Changes:
        return self._tell(self.studio.orders.stop, values, request)

    def last_seed(self, request: gr.Request) -> Changes:
        """The seed of the newest picture, if there is one."""
        try:
            newest = self.studio.gallery.history(owner_of(request.headers), limit=1)
        except FooocusLiteError as error:
            return {self.message: _said("error", error.message)}
        if not newest:
            return {self.message: _said("info", "There is no picture yet whose seed to use.")}
        return {self.fields["seed"]: str(newest[0].recipe.seed)}

    def use_settings(self, values: Values, request: gr.Request) -> Changes:
        """Fills the controls from a picture made here, or from settings that were dropped."""
        try:
            asked = dict(values[self.bridge] or {})
            owner = owner_of(request.headers)
            found = self._found(asked, owner)
            here = fitted(found, self.studio.orders.pantry(found.image, owner))
        except FooocusLiteError as error:
            return {self.message: _said("error", error.message)}
        except (KeyError, TypeError, ValueError):
            return {self.message: _said("error", "Those settings are not here any more.")}
        preset = preset_named(self.studio, here.preset)
        family = self.studio.stock.family_of(preset.model)
        is_new = preset.name != values[self.fields["preset"]]
        changes = self.preset_changes(preset) if is_new else {}
        changes = with_values(changes, settings_of(self.fields, here, preset, family))
        styles = self.fields["styles"]
        changes[styles] = self._styles(preset, list(here.styles))
        return {**changes, self.message: _notice(asked, here)}

    def _found(self, asked: dict[str, Any], owner: str) -> FoundSettings:
        if "settings" in asked:
            return FoundSettings.model_validate_json(asked["settings"])
        return of_recipe(self.studio.gallery.picture(str(asked["picture"]), owner).recipe)

    def adopt(self, values: Values, request: gr.Request) -> Changes:
        """Takes the style and the seed of a contact sheet's tile."""
        try:
            asked = str((values[self.sheet] or {}).get("picture"))
            picture = self.studio.gallery.picture(asked, owner_of(request.headers))
        except FooocusLiteError as error:
            return {self.message: _said("error", error.message)}
        text = f"{name_of(picture.recipe)} is chosen, with the seed of this picture. {RANDOM_AGAIN}"
        return {**adopted(self.fields, picture), self.message: _said("info", text)}

    def choose_preset(self, values: Values) -> Changes:
        """The page as the preset wants it; its model begins to load, if nothing else is done."""
        preset = preset_named(self.studio, values[self.fields["preset"]])
        self.studio.warm(preset.name)
        # What was said about the one before, such as that it has to be downloaded, is over.
        return {**self.preset_changes(preset), self.message: _said()}

    def preset_changes(self, preset: Preset) -> Changes:
        """The page as the preset wants it; the prompt, seed and count stay."""
        family = self.studio.stock.family_of(preset.model)
        return {
            **preset_updates(self.fields, preset, family),
            self.fields["styles"]: self._styles(preset, list(preset.styles)),
            self.examples: list(preset.examples),
            self.model: model_line(preset, family),
        }

    def _styles(self, preset: Preset, chosen: list[str]) -> Any:
        """The style cards with these chosen, pale where the preset's model cannot show one."""
        return gr.update(value=chosen, shown=shown_styles(self.studio, preset))

    def _start(
        self, start: Callable[[ImageRequest, Visitor], str], values: Values, request: gr.Request
    ) -> Changes:
        if not str(values[self.fields["prompt"]] or "").strip():
            return {self.message: _said("hint", NO_PROMPT), self.newest: ""}
        try:
            asked = request_of(self.fields, values)
            job_id = start(asked, asker_of(request))
        except WeightsError as error:
            return {self.message: self._about_weights(error, request), self.newest: ""}
        except FooocusLiteError as error:
            return {self.message: _said("error", error.message), self.newest: ""}
        except Exception:
            log.exception("A job could not be put into the line")
            return {self.message: _said("error", WENT_WRONG), self.newest: ""}
        waiting = {**IDLE, "state": "queued", "job": job_id, "line": "Sent…"}
        return {
            self.stage: waiting,
            self.message: _said(),
            self.newest: job_id,
            self.shown: job_id,
        }

    def _about_weights(self, error: WeightsError, request: gr.Request) -> dict[str, Any]:
        """With a button for the host that downloads what is missing; visitors cannot."""
        if error.download is None or error.problem is None:
            return _said("error", error.message)
        if not self.studio.is_host(asker_of(request)):
            return _said("error", f"{error.problem} {ASK_THE_HOST}")
        size = f" ({error.download_gib:g} GiB)" if error.download_gib else ""
        offer = {"label": f"Download{size}", "event": "fl:download", "detail": error.download}
        return {**_said("error", error.problem), "action": offer}

    def _tell(
        self, order: Callable[[str, str], None], values: Values, request: gr.Request
    ) -> Changes:
        try:
            owner = owner_of(request.headers)
            active, shown = self.studio.jobs.active(owner), values[self.shown]
            if active:
                job_id = shown if shown in active else active[0]
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


def preset_named(studio: Studio, name: str | None = None) -> Preset:
    """That preset, else the one of the settings, else the first there is."""
    presets = studio.stock.presets
    wanted = (preset_called(each or "", presets) for each in (name, studio.settings.preset))
    return next(filter(None, wanted), None) or next(iter(presets.values()))


def _notice(asked: Mapping[str, Any], used: FoundSettings) -> dict[str, str]:
    """What the page's own dialog did not say already about settings that are used."""
    if asked.get("is_read"):
        return _said()
    text = " ".join([*([LINK_USED] if "settings" in asked else []), *used.notes])
    return _said("info" if text else "", text)


def _said(kind: str = "", text: str = "") -> dict[str, str]:
    return {"kind": kind, "text": text}
