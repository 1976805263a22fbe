"""The page: regions from top to bottom, and which click calls which handler."""

import html

import gradio as gr

from ..studio import Studio
from ..thinking.families import Family
from ..thinking.presets import Preset
from .actions import Actions
from .advanced import Advanced, model_line, place_advanced
from .form import fields_of
from .prompt import PromptRegion, place_prompt
from .styles_panel import style_cards
from .widgets.asset import asset
from .widgets.pickers import StylePicker
from .widgets.stage import Bridge, HistoryPanel, MessageLine, Stage, Strip

TITLE = "Fooocus Lite"


def build(studio: Studio) -> gr.Blocks:
    """The page as Gradio wants it; `server.serve` puts it on the network."""
    preset = _first_preset(studio)
    family = studio.family_of(preset.model)
    with gr.Blocks(title=TITLE, fill_height=True, fill_width=True) as demo:
        _static("header.html")
        with gr.Row(elem_id="fl-room", equal_height=True):
            with gr.Column(elem_id="fl-main", scale=1, min_width=0):
                stage = Stage(elem_id="fl-stage")
                strip = Strip(elem_id="fl-strip")
                message = MessageLine(elem_id="fl-message")
                prompt = place_prompt(preset, family)
                _footer(preset, family)
            with gr.Column(elem_id="fl-side", scale=0, min_width=0):
                styles, advanced = _side(studio, preset, family)
        bridge = Bridge(elem_id="fl-bridge")
        actions = Actions(
            studio=studio,
            fields=fields_of(prompt, advanced, styles),
            stage=stage,
            strip=strip,
            message=message,
            bridge=bridge,
            examples=prompt.examples,
            newest=gr.State(""),
            shown=gr.State(""),
        )
        _wire(demo, actions, prompt, advanced)
    return demo


def _first_preset(studio: Studio) -> Preset:
    presets = studio.presets()
    return presets.get(studio.settings.preset) or next(iter(presets.values()))


def _side(studio: Studio, preset: Preset, family: Family) -> tuple[StylePicker, Advanced]:
    _static("side.html")
    with gr.Column(elem_id="fl-panel-styles", elem_classes="fl-panel"):
        styles = StylePicker(style_cards(studio), preset.styles, elem_id="fl-styles")
    with gr.Column(elem_id="fl-panel-advanced", elem_classes="fl-panel"):
        advanced = place_advanced(studio, preset, family)
        _static("attention.html")
    with gr.Column(elem_id="fl-panel-history", elem_classes="fl-panel"):
        HistoryPanel(elem_id="fl-history")
    return styles, advanced


def _wire(demo: gr.Blocks, actions: Actions, prompt: PromptRegion, advanced: Advanced) -> None:
    """Only following is queued, so that a full queue never refuses a click."""
    fields = actions.fields
    now = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
    following = {
        "concurrency_limit": None, "show_progress": "hidden", "api_visibility": "private"
    }  # fmt: skip
    shown = {actions.stage, actions.strip, actions.message, actions.shown}
    asked = {*fields.values()}

    prompt.generate.click(
        actions.submit,
        asked,
        {actions.stage, actions.message, actions.newest, actions.shown},
        **now,
    ).then(actions.follow, {actions.newest}, shown, **following)
    demo.load(actions.follow, {actions.newest}, shown, **following)
    actions.bridge.click(actions.follow, {actions.newest}, shown, **following)

    prompt.skip.click(actions.skip, {actions.shown}, {actions.message}, **now)
    prompt.stop.click(actions.stop, {actions.shown}, {actions.message}, **now)
    advanced.last_seed.click(actions.last_seed, None, {fields["seed"], actions.message}, **now)
    actions.bridge.input(
        actions.use_settings,
        {actions.bridge, fields["preset"]},
        {*asked, actions.examples, actions.message},
        **now,
    )
    advanced.preset.input(
        actions.choose_preset, {advanced.preset}, {*asked, actions.examples}, **now
    )


def _footer(preset: Preset, family: Family) -> None:
    text = asset("assets/footer.html").replace("@model", html.escape(model_line(preset, family)))
    gr.HTML(text, elem_id="fl-footer", apply_default_css=False)


def _static(name: str) -> None:
    gr.HTML(
        asset(f"assets/{name}"),
        elem_id=f"fl-{name.removesuffix('.html')}-region",
        apply_default_css=False,
    )
