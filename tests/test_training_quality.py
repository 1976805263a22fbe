"""The committed starter draws what the prompt says: a part of benchmarks/starter_quality.py."""

import json
from pathlib import Path

import pytest
import torch
from diffusers import DPMSolverMultistepScheduler, StableDiffusionXLPipeline

from benchmarks.starter_cases import Case, cases
from benchmarks.starter_quality import judge, paint, summary
from training.classifier import OBJECTS, load_classifier
from training.measures import CLASSIFIER, measure_background
from training.scene import SIZES, Scene, Thing

pytestmark = pytest.mark.no_cover
STARTER = Path(__file__).parent.parent / "models" / "starter"


@pytest.fixture(scope="module")
def pipeline():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    loaded = StableDiffusionXLPipeline.from_pretrained(STARTER, dtype=torch.float32)
    loaded.set_progress_bar_config(disable=True)
    yield loaded
    torch.set_num_threads(threads)


def part_of(size: tuple[int, int]) -> list[Case]:
    """Two objects, one style, one place by day and at night."""
    turn = SIZES.index(size)
    own = [case for case in cases() if case.size == size]
    objects = [case for case in own if case.kind == "object"]
    styles = [case for case in own if case.kind == "style"]
    lights = [case for case in own if case.kind in ("day", "night")]
    return [objects[turn], objects[turn + 12], styles[3 * turn], *lights[2 * turn : 2 * turn + 2]]


def test_the_prompt_is_drawn_in_every_size(pipeline) -> None:
    chosen = [case for size in SIZES for case in part_of(size)]
    rows = judge(chosen, paint(pipeline, chosen, 12, 3.0))
    shares = {criterion: row["all"] for criterion, row in summary(rows).items()}
    wrong = [row for row in rows if not row["right"]]
    assert shares["object named"] >= 0.75, wrong
    assert shares["object colour"] >= 0.9, wrong
    assert shares["background"] >= 0.9, wrong
    assert shares["style named"] >= 0.8, wrong
    assert shares["night darker than day"] == 1.0, wrong


@pytest.mark.parametrize("prompt", ["", "xqzt 龍 🐉 wvut", "a zebra playing chess, 8k " * 30])
def test_unknown_words_give_a_picture_all_the_same(pipeline, prompt: str) -> None:
    generator = torch.Generator().manual_seed(1)
    picture = pipeline(
        prompt, width=144, height=256, num_inference_steps=4, generator=generator
    ).images[0]
    assert picture.size == (144, 256)
    assert picture.getextrema() != ((0, 0), (0, 0), (0, 0))


def test_twelve_steps_of_dpmpp_are_enough(pipeline) -> None:
    usual = pipeline.scheduler
    pipeline.scheduler = DPMSolverMultistepScheduler.from_config(usual.config)
    case = Case("object", Scene((Thing("star", "red"),), background="blue"), (256, 256), 7)
    picture = paint(pipeline, [case], 12, 3.0)[0]
    pipeline.scheduler = usual
    assert measure_background(picture) == "blue"
    assert all(row["right"] for row in judge([case], [picture]))


def test_the_folder_is_small_and_safe() -> None:
    files = [path for path in STARTER.rglob("*") if path.is_file()]
    weights = {path.suffix for path in files if path.stat().st_size > 300_000}
    assert weights == {".safetensors"}
    assert max(path.stat().st_size for path in files) <= 15_000_000
    assert sum(path.stat().st_size for path in files) <= 20_000_000
    assert not [path for path in files if path.suffix in (".bin", ".pt", ".pth", ".ckpt", ".pkl")]


def test_the_words_file_lists_what_the_page_shows() -> None:
    words = json.loads((STARTER / "starter.json").read_text())
    assert words["objects"] == list(OBJECTS)
    assert 8 <= len(words["examples"]) <= 10
    assert {"colors", "backgrounds", "styles", "places", "times", "weather"} <= set(words)


def test_the_classifier_was_good_on_held_out_drawings() -> None:
    load_classifier(CLASSIFIER)
    figures = json.loads(CLASSIFIER.with_suffix(".json").read_text())
    assert figures["drawings"]["all"] >= 0.95


def test_no_file_tells_where_it_was_made() -> None:
    for config in STARTER.glob("*/config.json"):
        assert "_name_or_path" not in json.loads(config.read_text())
