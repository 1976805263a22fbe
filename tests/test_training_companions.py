"""The starter's companions do what they are for."""

from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import LCMScheduler, StableDiffusionXLPipeline

from benchmarks.starter_cases import cases
from benchmarks.starter_quality import judge, paint

STARTER = Path(__file__).parent.parent / "models" / "starter"
CHOSEN = [case for case in cases() if case.kind == "object"][::40]


@pytest.fixture
def pipeline():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    loaded = StableDiffusionXLPipeline.from_pretrained(STARTER, dtype=torch.float32)
    loaded.set_progress_bar_config(disable=True)
    yield loaded
    torch.set_num_threads(threads)


def test_the_chalkboard_turns_pictures_into_dark_boards(pipeline) -> None:
    before = [np.asarray(picture, float) for picture in paint(pipeline, CHOSEN, 8, 3.0)]
    pipeline.load_lora_weights(STARTER / "loras", weight_name="starter-chalkboard.safetensors")
    after = [np.asarray(picture, float) for picture in paint(pipeline, CHOSEN, 8, 3.0)]
    for plain, chalk in zip(before, after, strict=True):
        assert np.abs(plain - chalk).mean() > 25
        board = np.median(chalk[:8].reshape(-1, 3), axis=0)
        assert board.mean() < 130


def test_four_steps_with_the_lcm_companion_draw_what_was_asked(pipeline) -> None:
    pipeline.scheduler = LCMScheduler.from_config(pipeline.scheduler.config)
    pipeline.load_lora_weights(STARTER / "loras", weight_name="starter-lcm.safetensors")
    rows = judge(CHOSEN, paint(pipeline, CHOSEN, 4, 1.0))
    assert sum(row["right"] for row in rows) >= 0.8 * len(rows), rows
