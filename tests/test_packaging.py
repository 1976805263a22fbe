"""What a release is: one list of requirements, tested pins, a wheel that works elsewhere."""

import importlib.metadata
import json
import os
import re
import site
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

import fooocus_lite

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def lines(name: str) -> list[str]:
    text = (ROOT / name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def test_a_space_installs_the_same_requirements() -> None:
    assert lines("requirements.txt") == PROJECT["dependencies"]


def test_constraints_are_sorted_exact_pins() -> None:
    pins = lines("constraints.txt")
    assert pins == sorted(pins)
    assert all(re.fullmatch(r"[a-z0-9.-]+==[0-9][\w.]*", pin) for pin in pins)
    assert "torch==2.13.0" in pins


def test_every_direct_requirement_has_a_pin_inside_its_range() -> None:
    pins = dict(pin.split("==") for pin in lines("constraints.txt"))
    for requirement in PROJECT["dependencies"] + PROJECT["optional-dependencies"]["test"]:
        name, low, high = re.fullmatch(r"([\w.-]+)>=([\d.]+),<([\d.]+)", requirement).groups()
        assert numbers(low) <= numbers(pins[name]) < numbers(high), requirement


def numbers(version: str) -> tuple[int, ...]:
    return tuple(int(each) for each in version.split("."))


def test_everything_the_requirements_bring_along_has_a_pin() -> None:
    pins = {pin.split("==")[0] for pin in lines("constraints.txt")}
    extras = PROJECT["optional-dependencies"]["test"]
    waiting = [name_of(each) for each in PROJECT["dependencies"] + extras]
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        needed = importlib.metadata.requires(name) or []
        # What another system needs is not installed here, and what an extra needs may not be.
        names = [name_of(each) for each in needed if "extra ==" not in each]
        waiting.extend(filter(is_installed, names))
    assert sorted(seen - pins) == []


def name_of(requirement: str) -> str:
    match = re.match(r"[\w.-]+", requirement)
    assert match is not None
    return re.sub(r"[-_.]+", "-", match[0]).lower()


def is_installed(name: str) -> bool:
    try:
        importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    # With CUDA, torch brings packages of its own, each pinned by torch itself.
    return not name.startswith(("nvidia", "cuda", "triton"))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", folder],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return next(folder.glob("*.whl"))


def test_the_wheel_carries_the_data_and_nothing_else(wheel: Path) -> None:
    assert wheel.name == f"fooocus_lite-{fooocus_lite.__version__}-py3-none-any.whl"
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    for folder in ("presets", "styles", "wildcards", "models/starter"):
        carried = {name for name in names if name.startswith(f"fooocus_lite/_data/{folder}/")}
        present = {
            f"fooocus_lite/_data/{path.relative_to(ROOT).as_posix()}"
            for path in (ROOT / folder).rglob("*")
            if path.is_file()
        }
        assert carried == present, folder
    info = f"fooocus_lite-{fooocus_lite.__version__}.dist-info/"
    assert {name.split("/")[0] + "/" for name in names} == {"fooocus_lite/", info}


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `fooocus-lite` command of a clean environment that has the wheel.

    The dependencies are those of the environment of the tests, lent through a path file.
    """
    folder = tmp_path_factory.mktemp("clean")
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    scripts = folder / ("Scripts" if os.name == "nt" else "bin")
    pip = [scripts / "python", "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", wheel]
    subprocess.run(pip, check=True)
    home_of_packages = next(folder.rglob("site-packages"))
    (home_of_packages / "lent.pth").write_text("\n".join(site.getsitepackages()))
    return scripts / "fooocus-lite"


def run_installed(
    command: Path, folder: Path, *arguments: str
) -> "subprocess.CompletedProcess[str]":
    """Run the command in another folder, as a person who never saw the checkout."""
    kept = {name: value for name, value in os.environ.items() if "FOOOCUS_LITE_" not in name}
    kept.pop("PYTHONPATH", None)
    environment = {**kept, "FOOOCUS_LITE_HOME": str(folder / "home"), "HF_HUB_OFFLINE": "1"}
    return subprocess.run(
        [command, *arguments], cwd=folder, env=environment, capture_output=True, text=True
    )


def test_the_installed_command_generates_from_another_folder(
    installed: Path, tmp_path: Path
) -> None:
    done = run_installed(installed, tmp_path, "generate", "a red circle", "--seed", "1", "--json")
    assert done.returncode == 0, done.stderr
    events = [json.loads(line) for line in done.stdout.splitlines()]
    paths = [Path(event["path"]) for event in events if "path" in event]
    assert len(paths) == 1
    assert paths[0].is_relative_to(tmp_path / "home")
    assert paths[0].stat().st_size > 0


def test_the_installed_command_runs_the_package_of_the_wheel(
    installed: Path, tmp_path: Path
) -> None:
    python = installed.parent / "python"
    done = subprocess.run(
        [python, "-c", "import fooocus_lite; print(fooocus_lite.__file__)"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert Path(done.stdout.strip()).is_relative_to(installed.parent.parent)
