"""The controls a beginner does not need. Empty means "you choose"."""

from dataclasses import dataclass

import gradio as gr

from ..recipe import MAX_COUNT
from ..studio import Studio
from ..thinking.families import Family, Performance
from ..thinking.presets import Preset
from .preset_facts import about, about_preset, kept_settings, preset_choices
from .widgets.pickers import performance_picker, size_picker

AUTOMATIC = "Automatic"
KEPT = [
    "preset", "start", "aspect", "size", "styles", "count", "wildcards_in_order", "seed",
    "negative_prompt", "performance", "num_inference_steps", "guidance_scale", "scheduler",
    "image_format",
]  # fmt: skip
FORMATS = [("PNG", "png"), ("JPEG", "jpeg"), ("WebP", "webp")]


@dataclass(frozen=True)
class Advanced:
    preset: gr.Dropdown
    about: gr.HTML
    kept: gr.HTML
    count: gr.Slider
    wildcards_in_order: gr.Checkbox
    seed: gr.Textbox
    last_seed: gr.Button
    negative_prompt: gr.Textbox
    performance: gr.HTML
    size: gr.HTML
    num_inference_steps: gr.Textbox
    guidance_scale: gr.Textbox
    scheduler: gr.Dropdown
    image_format: gr.Radio
    save_row: gr.Row
    preset_name: gr.Textbox
    save_preset: gr.Button


def place_advanced(studio: Studio, preset: Preset, family: Family) -> Advanced:
    """Draws the region where it is called and returns its parts."""
    preset_box, facts, kept = _place_preset(studio, preset)
    performance = performance_picker(
        family.offers(preset.is_distilled),
        first_performance(preset, family).name,
        elem_id="fl-performance",
    )
    count, wildcards_in_order, seed, last_seed = _place_many()
    negative_prompt = _place_negative(preset)
    size = size_picker(family, own_size(preset), elem_id="fl-size")
    steps, guidance, scheduler = _place_numbers(preset, family)
    image_format = gr.Radio(
        FORMATS, value=studio.settings.image_format, label="File format", elem_id="fl-format"
    )
    row, preset_name, save_preset = _place_saving(studio)
    return Advanced(
        preset=preset_box,
        about=facts,
        kept=kept,
        count=count,
        wildcards_in_order=wildcards_in_order,
        seed=seed,
        last_seed=last_seed,
        negative_prompt=negative_prompt,
        performance=performance,
        size=size,
        num_inference_steps=steps,
        guidance_scale=guidance,
        scheduler=scheduler,
        image_format=image_format,
        save_row=row,
        preset_name=preset_name,
        save_preset=save_preset,
    )


def first_performance(preset: Preset, family: Family) -> Performance:
    """The preset's own when it names one, else the default for its kind of model."""
    rows = family.rows(preset.is_distilled)
    return next((row for row in rows if row.name == preset.performance), rows[0])


def scheduler_choices(family: Family) -> list[tuple[str, str]]:
    return [(AUTOMATIC, ""), *((name, name) for name in family.schedulers)]


def own_size(preset: Preset) -> dict[str, int] | None:
    """The preset's exact size, None when it means an aspect."""
    if preset.width is None or preset.height is None:
        return None
    return {"width": preset.width, "height": preset.height}


def model_line(preset: Preset, family: Family) -> str:
    """What is used, said honestly."""
    if family.name == "starter":
        return "Built-in starter model: small, for trying things"
    return f"{preset.title or preset.name}, {family.title}"


def text_of(value: float | None) -> str:
    """A number for a text box; empty means that the program chooses."""
    return "" if value is None else f"{value:g}"


def _place_preset(studio: Studio, preset: Preset) -> tuple[gr.Dropdown, gr.HTML, gr.HTML]:
    """The choice, what is said about it, and what keeps the settings in the browser."""
    presets = preset_choices(studio)
    here = studio.stock.models_and_refiners()
    return (
        gr.Dropdown(
            presets, value=preset.name, label="Preset", visible=len(presets) > 1,
            elem_id="fl-preset",
        ),
        about_preset(value=about(preset, here), elem_id="fl-about"),
        kept_settings(KEPT, studio.settings.preset, elem_id="fl-kept"),
    )  # fmt: skip


def _place_many() -> tuple[gr.Slider, gr.Checkbox, gr.Textbox, gr.Button]:
    """How many pictures, and how they differ: count, order of wildcards, seed and the last one."""
    count = gr.Slider(
        1, MAX_COUNT, value=1, step=1, label="Number of pictures", buttons=[], elem_id="fl-count"
    )
    wildcards_in_order = gr.Checkbox(
        label="Wildcards in order",
        info="Picture 1 takes line 1 of each wildcard, and so on, instead of any.",
        elem_id="fl-wildcards-in-order",
    )
    with gr.Row(elem_id="fl-seed-row"):
        seed = gr.Textbox("-1", label="Seed (-1 is random)", max_lines=1, elem_id="fl-seed")
        last_seed = gr.Button("Use last", size="sm", scale=0, min_width=96, elem_id="fl-last-seed")
    return count, wildcards_in_order, seed, last_seed


def _place_negative(preset: Preset) -> gr.Textbox:
    return gr.Textbox(
        preset.negative_prompt,
        label="Negative prompt (what to avoid)",
        lines=2,
        max_lines=5,
        elem_id="fl-negative",
    )


def _place_numbers(preset: Preset, family: Family) -> tuple[gr.Textbox, gr.Textbox, gr.Dropdown]:
    """Steps, guidance and scheduler."""
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
        scheduler_choices(family),
        value=preset.scheduler or "", label="Scheduler", elem_id="fl-scheduler",
    )  # fmt: skip
    return steps, guidance, scheduler


def _place_saving(studio: Studio) -> tuple[gr.Row, gr.Textbox, gr.Button]:
    """The name of a preset to save, for the host alone.

    On a page that others can reach the row is shown when the host loads it.
    """
    row = gr.Row(elem_id="fl-save-row", visible=studio.settings.is_local_only)
    with row:
        name = gr.Textbox(
            label="Save as preset", placeholder="Name", max_lines=1, elem_id="fl-preset-name"
        )
        save = gr.Button("Save", size="sm", scale=0, min_width=96, elem_id="fl-save-preset")
    return row, name, save
