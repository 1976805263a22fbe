"""The table of rooms: who may import what. Read from the code, so that it cannot drift."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "fooocus_lite"
HTTP = {"httpx", "httpx2", "requests", "huggingface_hub"}
OUTSIDE = {
    "thinking": {"torch", "diffusers", "gradio", "sqlite3", "os", "pathlib", "time", "socket"}
    | HTTP,
    "weights": {"torch", "diffusers", "gradio", "sqlite3"},
    "archive": {"torch", "diffusers", "gradio"} | HTTP,
    "access": {"torch", "diffusers", "gradio", "sqlite3", "starlette"} | HTTP,
    "engine": {"gradio", "sqlite3", "fastapi"} | HTTP,
    "cli": {"torch", "diffusers", "sqlite3", "gradio"} | HTTP,
    "ui": {"torch", "diffusers", "sqlite3"} | HTTP,
    "api": {"torch", "diffusers", "sqlite3", "gradio"} | HTTP,
}
DOORS = {"cli", "ui", "api"}
BEHIND_THE_STUDIO = {
    "line.board",
    "line.cooking",
    "line.forecasts",
    "line.jobs",
    "line.lane",
    "line.news",
    "line.orders",
    "line.opening",
    "line.patience",
    "line.saving",
    "reception.admission",
    "reception.hosts",
    "reception.rule_files",
    "supplies.data_files",
    "supplies.library",
    "supplies.listing",
    "supplies.missing",
    "supplies.needs",
    "supplies.preset_files",
    "supplies.readiness",
    "supplies.saved_presets",
    "supplies.stock",
    "supplies.wildcard_files",
}
"""What the studio is made of. The doors ask the studio for it."""
FRONTS = {"gallery", "line", "reception", "studio", "supplies"}
"""What joins the rooms. No room knows who uses it."""
INSIDE = {
    "thinking": {"archive", "weights", "engine", "access", "whole_file"} | FRONTS | DOORS,
    "weights": {"archive", "engine", "access"} | FRONTS | DOORS,
    "archive": {"access", "weights", "engine"} | FRONTS | DOORS,
    "access": {"archive", "weights", "engine"} | FRONTS | DOORS,
    "engine": {"archive", "access"} | FRONTS | DOORS,
    "cli": {"weights", "engine", "archive", "api"} | BEHIND_THE_STUDIO,
    "ui": {"weights", "engine", "archive", "cli"} | BEHIND_THE_STUDIO,
    "api": {"weights", "engine", "archive", "cli", "ui"} | BEHIND_THE_STUDIO,
}


def imports_of(path: Path) -> set[str]:
    """What a file imports anywhere: top modules from outside; ours as `room` and `room.module`."""
    package = list(path.relative_to(PACKAGE.parent).with_suffix("").parts[:-1])
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add((node.module or "").split(".")[0])
        elif isinstance(node, ast.ImportFrom):
            base = package[1 : len(package) - node.level + 1]
            base += node.module.split(".") if node.module else []
            for whole in [base, *([*base, alias.name] for alias in node.names)]:
                found |= {".".join(whole[:1]), ".".join(whole[:2])}
    return found


@pytest.mark.parametrize("room", sorted(OUTSIDE))
def test_a_room_touches_only_what_it_may(room):
    files = list((PACKAGE / room).rglob("*.py"))
    assert files
    for path in files:
        forbidden = imports_of(path) & (OUTSIDE[room] | INSIDE[room])
        assert not forbidden, f"{path.name} imports {forbidden}"


def test_the_table_names_only_what_there_is():
    modules = (each.relative_to(PACKAGE).with_suffix("") for each in PACKAGE.rglob("*"))
    names = {".".join(each.parts) for each in modules if not each.name.startswith("_")}
    assert set(INSIDE).union(*INSIDE.values()) <= names


def test_the_page_can_be_built_without_torch():
    code = "import sys, fooocus_lite.ui.server, fooocus_lite.studio; print('torch' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=PACKAGE.parent
    )
    assert done.stdout.split() == ["False"]
