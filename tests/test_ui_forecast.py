"""The line that says what a picture will take: from the form as it stands, silent when unsure."""

from pathlib import Path
from typing import Any

import gradio as gr
import pytest
from starlette.requests import Request
from ui_fake import FakeStudio

from fooocus_lite.settings import load
from fooocus_lite.ui.forecast import DECIDES, ForecastLine
from fooocus_lite.visitor import Visitor

NAMES = (*DECIDES, "prompt", "styles", "seed", "negative_prompt", "scheduler", "image_format")
FIELDS = {name: gr.Textbox(render=False) for name in NAMES}
EMPTY = {
    "prompt": "", "aspect": "1:1", "styles": [], "preset": "starter", "count": 1, "seed": "-1",
    "negative_prompt": "", "performance": "Quality", "num_inference_steps": "",
    "guidance_scale": "", "scheduler": "", "image_format": "png", "size": None, "start": None,
}  # fmt: skip


@pytest.fixture
def line(tmp_path: Path) -> ForecastLine:
    return ForecastLine(FakeStudio(load({"home": tmp_path})), FIELDS, gr.HTML(render=False))


def said(line: ForecastLine, **changes: Any) -> dict[str, str]:
    values = {FIELDS[name]: value for name, value in {**EMPTY, **changes}.items()}
    request = gr.Request(Request({"type": "http", "state": {"visitor": Visitor("1")}}))
    return line.look(values, request)[line.line]


def test_time_memory_and_reason_are_said_before_a_word_is_written(line: ForecastLine) -> None:
    assert said(line) == {
        "text": "≈ 14 s · 5.1 GiB of 8.0 GiB · model offload",
        "reason": "<b>Its parts</b> take turns.",
    }


def test_of_a_model_that_is_not_here_it_is_said_for_later(line: ForecastLine) -> None:
    once = "Once downloaded: 19.5 GiB of 8.0 GiB · leaf offload · may not fit"
    assert said(line, preset="large")["text"] == once


def test_the_number_of_pictures_counts(line: ForecastLine) -> None:
    assert said(line, count=4)["text"].startswith("≈ 56 s")


@pytest.mark.parametrize(
    "changes",
    [{"prompt": "unknown"}, {"seed": "many"}, {"styles": ["Nonsense"]}],
)
def test_nothing_is_said_where_nothing_is_known_or_the_form_is_wrong(
    line: ForecastLine, changes: dict[str, Any]
) -> None:
    assert said(line, **changes) == {}


def test_the_controls_that_decide_are_those_of_the_form(line: ForecastLine) -> None:
    assert line.deciding == [FIELDS[name] for name in DECIDES]
