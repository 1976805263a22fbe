"""The real program in its own processes: a picture, the same again, Ctrl+C, one line for two."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from fooocus_lite.settings import load
from fooocus_lite.studio import Studio
from tests.browser.live_server import ROOT, LiveServer, environment

SMALL = ("--size", "64x64", "--steps", "4")


def program(home: Path, *arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "fooocus_lite", *arguments],
        cwd=ROOT,
        env=environment(home),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )


def events(output: str) -> list[dict]:
    return [json.loads(line) for line in output.splitlines()]


def test_a_prompt_becomes_a_picture_that_replays_identically(home):
    making = program(
        home, "generate", "a red circle on a white background", "--seed", "3", "--json"
    )
    out, errors = making.communicate(timeout=300)
    assert making.returncode == 0, errors
    (made,) = [event for event in events(out) if event["event"] == "picture"]
    assert made["seed"] == 3
    picture = Path(made["path"])
    assert picture.is_relative_to(home / "outputs")
    with Image.open(picture) as image:
        red, green, blue = image.convert("RGB").getpixel((128, 128))
        assert red > green + 60, (red, green, blue)
        assert red > blue + 60, (red, green, blue)
        assert min(image.convert("RGB").getpixel((8, 8))) > 180

    again = program(home, "replay", str(picture))
    out, errors = again.communicate(timeout=300)
    assert again.returncode == 0, out + errors
    assert out.splitlines()[-1] == "identical"
    beside = picture.with_name(f"{picture.stem}-replay.png")
    assert out.splitlines()[0] == str(beside)
    assert beside.is_file()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for another process")
def test_ctrl_c_ends_with_130_and_keeps_finished_pictures(home):
    making = program(home, "generate", "a fox", "--count", "30", "--json", *SMALL)
    seen = []
    for line in making.stdout:
        seen.append(json.loads(line))
        if seen[-1]["event"] == "picture":
            making.send_signal(signal.SIGINT)
            break
    out, errors = making.communicate(timeout=60)
    assert making.returncode == 130
    assert "Traceback" not in errors
    assert events(out)[-1]["event"] == "cancelled"
    assert Path(seen[-1]["path"]).is_file()
    assert Studio(load({"home": home})).jobs.active() == []


def test_a_second_program_joins_the_line_of_the_first(home, tmp_path):
    server = LiveServer(home)
    server.start()
    try:
        elsewhere = tmp_path / "elsewhere"
        making = program(
            home, "generate", "a fox", "--json", "--output-path", str(elsewhere), *SMALL
        )
        out, errors = making.communicate(timeout=300)
    finally:
        server.stop()
    assert making.returncode == 0, errors
    (made,) = [event for event in events(out) if event["event"] == "picture"]
    assert Path(made["path"]).is_relative_to(elsewhere)
    assert Path(made["path"]).is_file()
    assert list((home / "outputs").rglob("*.png")), "the first program made it"


def test_a_style_card_is_rendered_by_the_model_that_is_here(home):
    rendering = program(home, "styles", "render", "pop art", "--json")
    out, errors = rendering.communicate(timeout=300)
    assert rendering.returncode == 0, errors
    assert events(out)[-1]["event"] == "completed"
    with Image.open(home / "styles" / "thumbnails" / "pop-art.webp") as card:
        assert max(card.size) == 192
