"""Text files that belong to the page. Knows nothing of what is in them."""

from pathlib import Path

UI = Path(__file__).resolve().parent.parent


def asset(name: str) -> str:
    """The text of a file below ui/, such as "widgets/stage.js"."""
    return (UI / name).read_text(encoding="utf-8")
