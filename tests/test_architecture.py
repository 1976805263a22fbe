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
    "admission",
    "board",
    "data_files",
    "forecasts",
    "lane",
    "library",
    "missing",
    "news",
    "preset_files",
    "rule_files",
    "stock",
    "wildcard_files",
}
"""What the studio is made of. The doors ask the studio for it."""
FRONTS = BEHIND_THE_STUDIO | {"downloads", "gallery", "model_store", "studio", "uploads", "wishes"}
"""The modules beside the rooms that join them. No room knows who uses it."""
INSIDE = {
    "thinking": {"archive", "weights", "engine", "access"} | FRONTS | DOORS,
    "weights": {"archive", "engine", "access"} | FRONTS | DOORS,
    "archive": {"access", "weights", "engine"} | FRONTS | DOORS,
    "access": {"archive", "weights", "engine"} | FRONTS | DOORS,
    "engine": {"archive", "access"} | FRONTS | DOORS,
    "cli": {"weights", "engine", "archive", "api"} | BEHIND_THE_STUDIO,
    "ui": {"weights", "engine", "archive", "cli"} | BEHIND_THE_STUDIO,
    "api": {"weights", "engine", "archive", "cli", "ui"} | BEHIND_THE_STUDIO,
}


def imports_of(path: Path) -> set[str]:
    """Top modules from outside, and rooms of our own, that a file imports anywhere."""
    package = path.relative_to(PACKAGE.parent).with_suffix("").parts[:-1]
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add((node.module or "").split(".")[0])
        elif isinstance(node, ast.ImportFrom):
            base = list(package[: len(package) - node.level + 1])
            names = [node.module] if node.module else [alias.name for alias in node.names]
            found |= {(base + name.split("."))[1] for name in names if len(base) == 1} | {
                base[1] for _ in names if len(base) > 1
            }
    return found


@pytest.mark.parametrize("room", sorted(OUTSIDE))
def test_a_room_touches_only_what_it_may(room):
    files = list((PACKAGE / room).rglob("*.py"))
    assert files
    for path in files:
        forbidden = imports_of(path) & (OUTSIDE[room] | INSIDE[room])
        assert not forbidden, f"{path.name} imports {forbidden}"


def test_the_table_names_only_what_there_is():
    names = {each.stem for each in PACKAGE.iterdir() if not each.name.startswith("_")}
    assert set(INSIDE).union(*INSIDE.values()) <= names


def test_the_page_can_be_built_without_torch():
    code = "import sys, fooocus_lite.ui.server, fooocus_lite.studio; print('torch' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=PACKAGE.parent
    )
    assert done.stdout.split() == ["False"]
