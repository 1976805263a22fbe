"""The page: regions from top to bottom, and which click calls which handler."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import gradio as gr

from ..studio import Studio
from ..thinking.families import Family
from ..thinking.presets import Preset
from .actions import Actions, preset_named
from .advanced import KEPT, Advanced, model_line, place_advanced
from .forecast import ForecastLine
from .form import fields_of
from .models_panel import ModelsPanel, models_panel
from .presets_panel import PresetsPanel
from .programs import Programs
from .prompt import PromptRegion, place_prompt
from .prompt_tools import PromptTools, blocks_of
from .queue_panel import QueuePanel, queue_panel
from .styles_panel import shown_styles, style_cards
from .widgets.asset import asset
from .widgets.pickers import style_picker
from .widgets.stage import bridge, footer, history_panel, message_line, stage, strip

TITLE = "Fooocus Lite"
QUIET: Mapping[str, Any] = MappingProxyType(
    {"show_progress": "hidden", "api_visibility": "private"}
)
NOW: Mapping[str, Any] = MappingProxyType({**QUIET, "queue": False})
"""How a handler is called whose answer comes at once: past Gradio's queue."""


def build(studio: Studio) -> gr.Blocks:
    """The page as Gradio wants it; `server.serve` puts it on the network."""
    preset = preset_named(studio)
    family = studio.stock.family_of(preset.model)
    demo: gr.Blocks = gr.Blocks(title=TITLE, fill_height=True, fill_width=True)
    with demo:
        _static("header.html")
        with gr.Row(elem_id="fl-room", equal_height=True):
            with gr.Column(elem_id="fl-main", scale=1, min_width=0):
                hero = stage(elem_id="fl-stage")
                finished = strip(elem_id="fl-strip")
                message = message_line(elem_id="fl-message")
                prompt = place_prompt(preset, family, blocks_of(studio, preset.model))
                model = footer(model_line(preset, family), elem_id="fl-footer")
            with gr.Column(elem_id="fl-side", scale=0, min_width=0):
                styles, advanced, models, queue = _side(studio, preset, family)
        actions = Actions(
            studio=studio,
            fields=fields_of(prompt, advanced, styles),
            stage=hero,
            strip=finished,
            message=message,
            bridge=bridge(elem_id="fl-bridge"),
            sheet=prompt.sheet,
            examples=prompt.examples,
            model=model,
            newest=gr.State(""),
            shown=gr.State(""),
        )
        line = ForecastLine(studio, actions.fields, prompt.forecast)
        _wire(demo, actions, prompt, advanced)
        _wire_forecast(demo, line, [prompt.note.input, finished.change, models.select])
        panel = PresetsPanel(studio, actions, advanced.about, advanced.kept, advanced.preset_name)
        _wire_presets(demo, panel, advanced)
        _wire_models(ModelsPanel(studio, actions, models, advanced.about))
        _wire_queue(QueuePanel(studio, actions, queue), prompt)
        tools = PromptTools(studio, actions.fields, prompt.note, prompt.completions, prompt.blocks)
        _wire_tools(demo, tools)
        Programs(studio).place()
    return demo


def _side(
    studio: Studio, preset: Preset, family: Family
) -> tuple[gr.HTML, Advanced, gr.HTML, gr.HTML]:
    _static("side.html")
    with gr.Column(elem_id="fl-panel-styles", elem_classes="fl-panel"):
        styles = style_picker(
            style_cards(studio),
            preset.styles,
            shown=shown_styles(studio, preset),
            elem_id="fl-styles",
        )
    with gr.Column(elem_id="fl-panel-advanced", elem_classes="fl-panel"):
        advanced = place_advanced(studio, preset, family)
        _static("attention.html")
    with gr.Column(elem_id="fl-panel-models", elem_classes="fl-panel"):
        models = models_panel(preset, elem_id="fl-models")
    with gr.Column(elem_id="fl-panel-queue", elem_classes="fl-panel"):
        queue = queue_panel(elem_id="fl-queue")
    with gr.Column(elem_id="fl-panel-history", elem_classes="fl-panel"):
        history_panel(elem_id="fl-history")
    return styles, advanced, models, queue


def _wire(demo: gr.Blocks, actions: Actions, prompt: PromptRegion, advanced: Advanced) -> None:
    """Inputs are sets, so handlers get a dictionary; only following is queued, so that a full
    queue never refuses a click.
    """
    fields = actions.fields
    form = [*fields.values()]
    following = {
        **QUIET,
        "fn": actions.follow,
        "inputs": {actions.newest},
        "outputs": [actions.stage, actions.strip, actions.message, actions.shown, actions.newest],
        "concurrency_limit": None,
    }
    started = [actions.stage, actions.message, actions.newest, actions.shown]

    prompt.generate.click(actions.submit, set(form), started, **NOW).then(**following)
    prompt.sheet.click(actions.submit_sheet, set(form), started, **NOW).then(**following)
    demo.load(**following)
    actions.bridge.click(**following)
    prompt.skip.click(actions.skip, {actions.shown}, actions.message, **NOW)
    prompt.stop.click(actions.stop, {actions.shown}, actions.message, **NOW)
    prompt.sheet.select(
        actions.adopt,
        {actions.sheet},
        [fields["styles"], fields["seed"], actions.message],
        **NOW,
    )
    advanced.last_seed.click(actions.last_seed, None, [fields["seed"], actions.message], **NOW)
    actions.bridge.input(
        actions.use_settings,
        {actions.bridge, advanced.preset},
        [*form, actions.examples, actions.model, actions.message],
        **NOW,
    )
    advanced.preset.input(
        actions.choose_preset,
        {advanced.preset},
        [*form, actions.examples, actions.model, actions.message],
        **NOW,
    )


def _wire_presets(demo: gr.Blocks, panel: PresetsPanel, advanced: Advanced) -> None:
    """What the controls hold is kept by the browser itself; those changes call no handler."""
    fields: dict[str, Any] = panel.actions.fields
    form = [*fields.values()]
    changed = [*form, panel.actions.examples, panel.actions.model]
    kept = [fields[name] for name in KEPT]
    gr.on(
        [each.change for each in kept],
        fn=None,
        inputs=kept,
        js="(...values) => window.fooocusLite.keep(...values)",
        **NOW,
    )
    fields["preset"].change(panel.look, {fields["preset"]}, panel.about, **NOW)
    demo.load(panel.refresh, None, [fields["preset"], advanced.save_row], **NOW)
    panel.kept.input(panel.restore, {panel.kept}, [*changed, panel.kept], **NOW)
    advanced.save_preset.click(
        panel.save,
        {*form, panel.name},
        [fields["preset"], panel.name, panel.actions.message],
        **NOW,
    )


def _wire_models(models: ModelsPanel) -> None:
    actions = models.actions
    preset: Any = actions.fields["preset"]
    models.panel.input(
        models.use,
        {models.panel, preset},
        [*actions.fields.values(), actions.examples, actions.model, actions.message, models.about],
        **NOW,
    )
    preset.change(models.mark, {preset}, models.panel, **NOW)
    models.panel.select(models.look, {preset}, [preset, models.about], **NOW)


def _wire_queue(queue: QueuePanel, prompt: PromptRegion) -> None:
    """Nothing is followed from here: the stage does that already for all jobs of their owner."""
    actions = queue.actions
    form: set[Any] = {*actions.fields.values()}
    told = "() => document.dispatchEvent(new CustomEvent('fl:queued'))"
    # Else a second prompt, sent while the first is on its way, would be lost.
    prompt.add.click(
        actions.add, form, [actions.message, actions.newest], trigger_mode="multiple", **NOW
    ).then(fn=None, js=told)
    queue.panel.input(queue.add, {*form, queue.panel}, [queue.panel, actions.newest], **NOW).then(
        fn=None, js=told
    )


def _wire_forecast(demo: gr.Blocks, line: ForecastLine, others: list[Any]) -> None:
    """Looks anew after `others` too: a pause in writing, a picture that corrects what is known,
    and models that came or left.
    """
    gr.on(
        [demo.load, *others, *(each.change for each in line.deciding)],
        line.look,
        {*line.fields.values()},
        line.line,
        trigger_mode="always_last",
        **NOW,
    )


def _wire_tools(demo: gr.Blocks, tools: PromptTools) -> None:
    """Only the newest text is read: what is typed meanwhile replaces the call that waits."""
    fields: dict[str, Any] = tools.fields
    gr.on(
        [tools.note.input, fields["preset"].change, fields["seed"].change],
        tools.look,
        set(fields.values()),
        tools.note,
        trigger_mode="always_last",
        **NOW,
    )
    gr.on(
        [demo.load, fields["preset"].change],
        tools.offer,
        {fields["preset"]},
        [tools.completions, tools.blocks],
        **NOW,
    )


def _static(name: str) -> None:
    gr.HTML(
        asset(f"assets/{name}"),
        elem_id=f"fl-{name.removesuffix('.html')}-region",
        apply_default_css=False,
    )
