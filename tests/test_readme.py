"""The README says only what is true: commands parse, files are there, the card fits Spaces."""

import re
import shlex
from pathlib import Path

import pytest

from fooocus_lite.cli.parser import build
from fooocus_lite.settings import load
from fooocus_lite.studio import Studio

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^python launch\.py(.*)$", README, re.MULTILINE)


def test_the_two_commands_come_first():
    assert [command.strip() for command in COMMANDS[:2]] == ["", "--test"]


@pytest.mark.parametrize("command", [command for command in COMMANDS if "--test" not in command])
def test_every_command_shown_is_one_that_exists(command):
    build().parse_args(shlex.split(command))


@pytest.mark.parametrize("command", [each for each in COMMANDS if each.startswith(" generate")])
def test_every_generate_shown_can_be_planned(command, tmp_path, monkeypatch, capsys):
    from fooocus_lite.cli import main

    monkeypatch.setenv("FOOOCUS_LITE_HOME", str(tmp_path))
    assert main([*shlex.split(command), "--dry-run"]) == 0


@pytest.mark.parametrize("target", re.findall(r"\]\(([^)#:]+)\)", README))
def test_every_link_leads_to_a_file(target):
    assert (ROOT / target).exists()


def test_the_space_card_starts_what_the_first_command_starts():
    card = dict(re.findall(r"^(\w+): (.+)$", README.split("---")[1], re.MULTILINE))
    assert card["app_file"] == "launch.py"
    assert f"gradio=={card['sdk_version']}" in (ROOT / "constraints.txt").read_text()


def test_the_examples_of_the_starter_can_be_planned(tmp_path):
    from fooocus_lite.recipe import ImageRequest

    studio = Studio(load({"home": tmp_path}))
    examples = studio.stock.preset_named("starter").examples
    assert len(examples) >= 6
    for example in examples:
        studio.orders.plan(ImageRequest(prompt=example))
