"""`models convert`, and what `models list` and `models info` say of single files."""

from argparse import Namespace
from pathlib import Path
from typing import Any

from ..errors import BadRequest
from ..studio import Studio
from ..supplies.model_store import ModelStore, OwnFile
from ..thinking.amounts import in_bytes
from .json_line import print_json
from .rows import print_row


def convert(store: ModelStore, arguments: Namespace) -> int:
    """Makes safetensors files of others, one after the other."""
    if not arguments.files:
        raise BadRequest("Which file? Write `models convert FILE`, or several.", field="file")
    for file in arguments.files:
        made = store.convert(Path(file))
        if arguments.json:
            print_json({"event": "converted", "path": str(made.path), **_values(made)})
        else:
            print(f"{made.path}  {_words(made)}")
    return 0


def show(studio: Studio, arguments: Namespace) -> None:
    """The single files that are no models by themselves, and those that cannot be used."""
    models = studio.stock.models_and_refiners()
    for file in studio.stock.own_files():
        if file.name in models and not file.problem:
            continue
        if arguments.json:
            print_json(_values(file))
        else:
            print_row(f"{file.name:<44} {in_bytes(file.size_bytes):>9}  {_words(file)}")


def info(store: ModelStore, arguments: Namespace) -> bool:
    """Says what a file on this computer is; False when the name is none of one."""
    file = store.own_file(arguments.name)
    if file is None:
        return False
    if arguments.json:
        print_json(_values(file) | {"path": str(file.path)})
        return True
    print(f"{file.path}  {in_bytes(file.size_bytes)}")
    found = file.inspection
    if found is not None:
        rows = {
            "kind": found.kind,
            "made for": found.architecture.title,
            "title": found.title,
            "licence": found.licence,
            "numbers": f"{found.parameters:,} in {found.precision}",
            "base": found.base_model,
            "words": ", ".join(found.trigger_words),
        }
        for row, text in rows.items():
            if text:
                print(f"  {row:<9} {text}")
    if file.problem or file.note:
        print(f"  {file.problem or file.note}")
    return True


def _words(file: OwnFile) -> str:
    if file.inspection is None:
        return file.problem
    found = file.inspection
    said = f"{found.shown_kind}, {found.precision}"
    if found.trigger_words:
        said += f", words: {', '.join(found.trigger_words)}"
    said += f" ({file.note})" if file.note else ""
    return f"{said}. {file.problem}" if file.problem else said


def _values(file: OwnFile) -> dict[str, Any]:
    found = file.inspection
    return {
        "name": file.name,
        "folder": file.folder,
        "size_mib": round(file.size_bytes / 2**20, 1),
        "is_here": True,
        "kind": found.kind if found else None,
        "family": found.family if found else None,
        "made_for": found.architecture.title if found else None,
        "precision": found.precision if found else None,
        "title": found.title if found else None,
        "licence": found.licence if found else None,
        "trigger_words": list(found.trigger_words) if found else [],
        "problem": file.problem or None,
        "note": file.note or None,
    }
