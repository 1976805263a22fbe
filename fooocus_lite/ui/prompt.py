"""The prompt box with its buttons, and the quick choices under it."""

from dataclasses import dataclass
from typing import Any

import gradio as gr

from ..thinking.families import Family
from ..thinking.presets import Preset
from .widgets.pickers import aspect_picker, example_prompts, starting_picture, style_chips
from .widgets.stage import forever, sheet_button
from .widgets.writing import building_blocks, completions, forecast, note


@dataclass(frozen=True)
class PromptRegion:
    prompt: gr.Textbox
    start: gr.HTML
    generate: gr.Button
    add: gr.Button
    skip: gr.Button
    stop: gr.Button
    completions: gr.HTML
    note: gr.HTML
    forecast: gr.HTML
    examples: gr.HTML
    blocks: gr.HTML
    aspect: gr.HTML
    sheet: gr.HTML


def place_prompt(
    preset: Preset, family: Family, blocks_offered: list[dict[str, Any]]
) -> PromptRegion:
    """Draws the region where it is called and returns its parts."""
    with gr.Column(elem_id="fl-composer"):
        with gr.Row(elem_id="fl-ask"):
            prompt = _box()
            with gr.Column(elem_id="fl-actions", scale=0, min_width=132):
                generate = gr.Button("Generate", variant="primary", elem_id="fl-generate")
                add = gr.Button("Add to queue", elem_id="fl-add-to-queue")
                skip = gr.Button("Skip", elem_id="fl-skip")
                stop = gr.Button("Stop", elem_id="fl-stop")
        start = starting_picture(family, elem_id="fl-start")
        names = completions(elem_id="fl-completions")
        with gr.Row(elem_id="fl-under"):
            with gr.Row(elem_id="fl-ideas"):
                blocks = building_blocks(value=blocks_offered, elem_id="fl-blocks")
                examples = example_prompts(preset.examples, elem_id="fl-examples")
            with gr.Row(elem_id="fl-told"):
                under = note(elem_id="fl-note")
                takes = forecast(elem_id="fl-forecast")
                forever(elem_id="fl-forever")
        with gr.Row(elem_id="fl-choices"):
            aspect = aspect_picker(
                family.aspects, first_aspect(preset, family), elem_id="fl-aspect"
            )
            style_chips(elem_id="fl-chips")
            sheet = sheet_button(elem_id="fl-sheet")
    return PromptRegion(
        prompt=prompt,
        start=start,
        generate=generate,
        add=add,
        skip=skip,
        stop=stop,
        completions=names,
        note=under,
        forecast=takes,
        examples=examples,
        blocks=blocks,
        aspect=aspect,
        sheet=sheet,
    )


def _box() -> gr.Textbox:
    return gr.Textbox(
        label="Prompt",
        show_label=False,
        placeholder="Describe what you want to see",
        lines=2,
        max_lines=6,
        autofocus=True,
        container=False,
        elem_id="fl-prompt",
    )


def first_aspect(preset: Preset, family: Family) -> str:
    """The preset's aspect when the family has it, else the family's first."""
    names = [each.name for each in family.aspects]
    return preset.aspect if preset.aspect in names else names[0]
