"""The controls a beginner does not need. Empty means "you choose"."""

from dataclasses import dataclass

import gradio as gr

from ..recipe import MAX_COUNT
from ..studio import Studio
from ..thinking.families import Family, Performance
from ..thinking.presets import Preset

AUTOMATIC = "Automatic"
FORMATS = [("PNG", "png"), ("JPEG", "jpeg"), ("WebP", "webp")]


@dataclass(frozen=True)
class Advanced:
    preset: gr.Dropdown
    count: gr.Slider
    seed: gr.Textbox
    last_seed: gr.Button
    negative_prompt: gr.Textbox
    performance: gr.Radio
    num_inference_steps: gr.Textbox
    guidance_scale: gr.Textbox
    scheduler: gr.Dropdown
    image_format: gr.Radio


def place_advanced(studio: Studio, preset: Preset, family: Family) -> Advanced:
    """Draws the region where it is called and returns its parts."""
    presets = [(each.title or each.name, each.name) for each in studio.stock.presets.values()]
    chosen = first_performance(preset, family)
    preset_box = gr.Dropdown(
        presets, value=preset.name, label="Preset", visible=len(presets) > 1, elem_id="fl-preset"
    )
    performance = gr.Radio(
        performance_choices(family),
        value=chosen.name,
        label="Performance",
        elem_id="fl-performance",
    )
    count = gr.Slider(
        1, MAX_COUNT, value=1, step=1, label="Number of pictures", buttons=[], elem_id="fl-count"
    )
    with gr.Row(elem_id="fl-seed-row"):
        seed = gr.Textbox("-1", label="Seed (-1 is random)", max_lines=1, elem_id="fl-seed")
        last_seed = gr.Button("Use last", size="sm", scale=0, min_width=96, elem_id="fl-last-seed")
    negative_prompt = gr.Textbox(
        preset.negative_prompt,
        label="Negative prompt (what to avoid)",
        lines=2,
        max_lines=5,
        elem_id="fl-negative",
    )
    with gr.Row(elem_classes="fl-pair"):
        steps = gr.Textbox(
            text_of(preset.num_inference_steps), label="Steps", max_lines=1,
            placeholder=AUTOMATIC, min_width=100, elem_id="fl-steps",
        )  # fmt: skip
        guidance = gr.Textbox(
            text_of(preset.guidance_scale), label="Guidance", max_lines=1,
            placeholder=AUTOMATIC, min_width=100, elem_id="fl-guidance",
        )  # fmt: skip
    scheduler = gr.Dropdown(
        [(AUTOMATIC, ""), *((name, name) for name in studio.stock.schedulers)],
        value=preset.scheduler or "", label="Scheduler", elem_id="fl-scheduler",
    )  # fmt: skip
    image_format = gr.Radio(
        FORMATS, value=studio.settings.image_format, label="File format", elem_id="fl-format"
    )
    return Advanced(
        preset_box, count, seed, last_seed, negative_prompt, performance, steps, guidance,
        scheduler, image_format,
    )  # fmt: skip


def first_performance(preset: Preset, family: Family) -> Performance:
    for each in family.performances:
        if each.name == preset.performance:
            return each
    return family.default_performance


def performance_choices(family: Family) -> list[tuple[str, str]]:
    return [(f"{each.name}: {each.hint}", each.name) for each in family.performances]


def model_line(preset: Preset, family: Family) -> str:
    """What is used, said honestly."""
    if family.name == "starter":
        return "Built-in starter model: small, for trying things"
    return f"{preset.title or preset.name}, {family.title}"


def text_of(value: float | None) -> str:
    """A number for a text box; empty means that the program chooses."""
    return "" if value is None else f"{value:g}"
