"""The page on people's own files says what the program does."""

import re
from pathlib import Path

import pytest

from fooocus_lite.cli.parser import build
from fooocus_lite.weights.folders import SPELLINGS

PAGE = (Path(__file__).parent.parent / "docs" / "models.md").read_text(encoding="utf-8")


def test_it_names_every_folder() -> None:
    assert re.findall(r"^\| `models/(\w+)`", PAGE, re.MULTILINE) == list(SPELLINGS)


@pytest.mark.parametrize("line", re.findall(r"^fooocus-lite (.+)$", PAGE, re.MULTILINE))
def test_its_commands_are_understood(line: str) -> None:
    assert build().parse_args(line.split()).command == "models"
