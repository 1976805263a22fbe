"""`generate` with a preset whose model is not here: what to run, or one flag that gets it."""

import json
from pathlib import Path

import pytest
from local_hub import LocalHub
from PIL import Image

from fooocus_lite.cli import main

NAME = "somebody/tiny"
ASK = ("generate", "a hill", "--preset", "small", "--size", "512x512", "--steps", "1", "--json")


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tiny_model: Path):
    with LocalHub() as opened:
        monkeypatch.setenv("FOOOCUS_LITE_HOME", str(tmp_path))
        monkeypatch.setenv("HF_ENDPOINT", opened.endpoint)
        (tmp_path / "presets").mkdir()
        preset = {"model": NAME, "family": "sdxl", "download_gib": 0.01}
        (tmp_path / "presets" / "small.json").write_text(json.dumps(preset))
        opened.add_repo(NAME, tiny_model)
        yield opened


def test_a_missing_model_is_not_downloaded_unasked(hub, capsys):
    assert main([*ASK]) == 1
    said = capsys.readouterr()
    (failed,) = [json.loads(line) for line in said.out.splitlines()]
    assert failed["error"]["code"] == "weights"
    assert f"`fooocus-lite models download {NAME}`" in said.err
    assert "0.01 GiB" in said.err
    assert hub.requests == []


def test_one_flag_gets_it_and_the_picture_is_made(hub, capsys, tmp_path):
    assert main([*ASK, "--download"]) == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert "downloading" in {each["event"] for each in events}
    (made,) = [each for each in events if each["event"] == "picture"]
    with Image.open(made["path"]) as picture:
        assert picture.size == (512, 512)
    hub.heal()
    assert main([*ASK, "--download"]) == 0
    assert hub.requests == []


def test_what_the_hub_does_not_have_either_is_said(hub, capsys, tmp_path):
    (tmp_path / "presets" / "small.json").write_text(
        json.dumps({"model": "somebody/gone", "family": "sdxl"})
    )
    assert main([*ASK, "--download"]) == 1
    assert "The Hub has no model “somebody/gone”" in capsys.readouterr().err
