"""`doctor`: what this machine is, what was decided because of it, and whether all is well."""

import json
import platform
import shutil
import sys
import zipfile
from argparse import Namespace
from importlib import metadata
from pathlib import Path
from typing import Any

from .. import __version__
from ..errors import FooocusLiteError
from ..settings import Settings
from ..studio import Studio
from .json_line import print_json
from .logs import LOG_NAME

PACKAGES = ("torch", "diffusers", "transformers", "gradio", "peft", "safetensors", "pillow")
LOW_DISK_GIB = 1.0


def doctor(settings: Settings, arguments: Namespace) -> int:
    """Prints the findings; exit code 1 when something needs attention."""
    findings = examine(settings)
    if arguments.bundle:
        print(_bundle(settings, findings))
    elif arguments.json:
        print_json(findings)
    else:
        for name, value in findings.items():
            if name != "problems":
                shown = ", ".join(map(str, value)) if isinstance(value, list) else value
                print(f"{name:>14}  {shown}")
        for problem in findings["problems"]:
            print(f"{'problem':>14}  {problem}")
        if not findings["problems"]:
            print(f"{'':>14}  All is well.")
    return 1 if findings["problems"] else 0


def examine(settings: Settings) -> dict[str, Any]:
    """What was found, ready to be shown. Imports torch: the device is asked itself."""
    studio = Studio(settings)
    problems = list(studio.stock.problems)
    findings: dict[str, Any] = {
        "program": f"Fooocus Lite {__version__}",
        "python": f"{platform.python_version()} on {platform.system()} {platform.machine()}",
        "packages": [f"{name} {_version(name)}" for name in PACKAGES],
        "home": str(settings.home),
        "outputs": str(settings.output_path),
    }
    models = studio.stock.models()
    findings["models"] = [f"{name} ({model.family})" for name, model in models.items()]
    if not models:
        problems.append("There is no model. models/starter is missing: get the program again.")
    for name in models:
        try:
            if need := studio.needs.of(name):
                findings["device"] = need.reason
        except FooocusLiteError as error:
            problems.append(error.message)
    problems += _disk_problems(settings)
    findings["presets"] = len(studio.stock.presets)
    findings["styles"] = len(studio.stock.styles)
    findings["problems"] = problems
    return findings


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "missing"


def _disk_problems(settings: Settings) -> list[str]:
    problems = []
    for folder in (settings.output_path, settings.state):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            probe = folder / ".doctor.part"
            probe.write_bytes(b"")
            probe.unlink()
        except OSError as error:
            problems.append(f"{folder} cannot be written: {error.strerror}.")
            continue
        free_gib = shutil.disk_usage(folder).free / 2**30
        if free_gib < LOW_DISK_GIB:
            problems.append(f"{folder} has only {free_gib:.1f} GiB of free space left.")
    return problems


def _bundle(settings: Settings, findings: dict[str, Any]) -> Path:
    """A zip with the findings and the log. The log never holds prompts; nothing else is read."""
    target = Path.cwd() / "fooocus-lite-report.zip"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as bundle:
        bundle.writestr("doctor.json", json.dumps(findings, ensure_ascii=False, indent=2))
        log = settings.state / LOG_NAME
        if log.is_file():
            bundle.write(log, LOG_NAME)
    print("The report holds no prompts, pictures or secrets.", file=sys.stderr)
    return target
