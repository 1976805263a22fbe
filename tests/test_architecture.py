"""The table of rooms: who may import what. Read from the code, so that it cannot drift."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "fooocus_lite"
OUTSIDE = {
    "thinking": {
        "torch",
        "diffusers",
        "gradio",
        "sqlite3",
        "os",
        "pathlib",
        "time",
        "socket",
        "httpx",
    },
    "weights": {"torch", "diffusers", "gradio", "sqlite3"},
    "archive": {"torch", "diffusers", "gradio", "httpx", "huggingface_hub"},
    "access": {"torch", "diffusers", "gradio", "httpx", "sqlite3", "starlette"},
    "engine": {"gradio", "sqlite3", "httpx", "requests", "fastapi"},
    "cli": {"torch", "diffusers", "sqlite3", "gradio"},
    "ui": {"torch", "diffusers", "sqlite3"},
    "api": {"torch", "diffusers", "sqlite3", "gradio"},
}
INSIDE = {
    "thinking": {
        "archive",
        "weights",
        "engine",
        "studio",
        "stock",
        "lane",
        "library",
        "preset_files",
        "cli",
        "ui",
        "api",
    },
    "weights": {"archive", "engine", "studio", "lane", "cli", "ui", "api"},
    "archive": {"access", "weights", "engine", "studio", "lane", "cli", "ui", "api"},
    "access": {"archive", "weights", "engine", "studio", "lane", "cli", "ui", "api"},
    "engine": {"archive", "studio", "lane", "library", "preset_files", "cli", "ui", "api"},
    "cli": {"weights", "engine", "archive", "lane", "library", "preset_files", "api"},
    "ui": {"weights", "engine", "archive", "lane", "cli", "library", "preset_files"},
    "api": {"weights", "engine", "archive", "lane", "cli", "ui", "library", "preset_files"},
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


def test_the_page_can_be_built_without_torch():
    code = "import sys, fooocus_lite.ui.server, fooocus_lite.studio; print('torch' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=PACKAGE.parent
    )
    assert done.stdout.split() == ["False"]
