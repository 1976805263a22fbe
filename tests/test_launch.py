"""launch.py on small checkouts of its own: real environments, a real pip, wheels of a few bytes."""

import ast
import contextlib
import fcntl
import functools
import http.server
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import launch
from fooocus_lite.cli.page import DEVICE_LOST

SOURCE = Path(launch.__file__)
CLOSED_PORT = "http://127.0.0.1:9"
READY = ["pytest>=1,<99"]  # what the interpreter of the tests has
LACKING = ["pebble>=1.0,<2"]

# A program that tells what it was asked, or does what the test put into plan.py.
PROGRAM = """
import json, os, sys
def main(argv):
    plan = os.path.join(os.path.dirname(__file__), "plan.py")
    if os.path.exists(plan):
        return runpy(plan)
    print(json.dumps({"argv": argv, "python": sys.prefix}))
    return 0
def runpy(plan):
    names = {"code": 0}
    exec(open(plan).read(), names)
    return names["code"]
"""


class Checkout:
    """A folder with launch.py, a program of a few lines and its requirements."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.venv = folder / ".venv"
        self.wheels = folder.parent / "wheels"

    @classmethod
    def make(cls, folder: Path, requirements: list[str]) -> "Checkout":
        checkout = cls(folder)
        package = folder / "fooocus_lite"
        package.mkdir(parents=True)
        (package / "__init__.py").touch()
        shutil.copy(SOURCE.parent / "fooocus_lite" / "__main__.py", package)
        (package / "cli.py").write_text(PROGRAM)
        # No test asks PyTorch's index for anything.
        source = SOURCE.read_text(encoding="utf-8").replace(launch.CPU_INDEX, CLOSED_PORT)
        (folder / "launch.py").write_text(source, encoding="utf-8")
        checkout.write_requirements(requirements)
        checkout.wheels.mkdir(exist_ok=True)
        write_wheel(checkout.wheels, "pebble", "1.0")
        return checkout

    def write_requirements(self, requirements: list[str], pins: str = "pebble==1.0\n") -> None:
        (self.folder / "pyproject.toml").write_text(
            f"[project]\ndependencies = {json.dumps(requirements)}\n"
            "[project.optional-dependencies]\n"
            f"test = {json.dumps(READY)}\nmcp = {json.dumps(LACKING)}\n"
        )
        (self.folder / "constraints.txt").write_text(pins + "torch==2.13.0\n")

    def plan(self, code: str) -> None:
        (self.folder / "fooocus_lite" / "plan.py").write_text(code)

    def start(self, *arguments: str, **environment: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, str(self.folder / "launch.py"), *arguments],
            env=self.environment(**environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        process = self.start(*arguments, **environment)
        out, err = process.communicate(timeout=120)
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    def environment(self, **given: str) -> dict[str, str]:
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PIP_", "SPACE", "FOOOCUS_LITE_", "LAUNCH_"))
        }
        pip = {
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(self.wheels),
            "PIP_NO_CACHE_DIR": "1",
        }
        return {**kept, **pip, **given}


def write_wheel(folder: Path, name: str, version: str) -> Path:
    """A wheel with an empty module, enough for pip to install."""
    path = folder / f"{name}-{version}-py3-none-any.whl"
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr(f"{name}.py", "")
        wheel.writestr(
            f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        )
        wheel.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{info}/RECORD", "")
    return path


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> "tuple[Checkout, str]":
    """A checkout after its first start, and what that said. Tests take copies."""
    checkout = Checkout.make(tmp_path_factory.mktemp("finished") / "checkout", LACKING)
    done = checkout.run("generate", "a fox")
    assert done.returncode == 0, done.stderr
    return checkout, done.stdout


@pytest.fixture
def set_up_checkout(finished: "tuple[Checkout, str]", tmp_path: Path) -> Checkout:
    shutil.copytree(finished[0].folder, tmp_path / "checkout", symlinks=True)
    shutil.copytree(finished[0].wheels, tmp_path / "wheels")
    return Checkout(tmp_path / "checkout")


@pytest.fixture
def bare_checkout(tmp_path: Path) -> Checkout:
    """Its requirements are met by no interpreter, and nothing is set up."""
    return Checkout.make(tmp_path / "checkout", LACKING)


@pytest.fixture
def ready_checkout(tmp_path: Path) -> Checkout:
    """Its requirements are met by the interpreter of the tests."""
    return Checkout.make(tmp_path / "checkout", READY)


def is_one_sentence(text: str) -> bool:
    return "Traceback" not in text and len(text.strip().splitlines()) == 1


# Which Python


def test_python_3_6_can_read_the_file() -> None:
    ast.parse(SOURCE.read_text(encoding="utf-8"), feature_version=(3, 6))


def test_too_old_a_python_gets_one_sentence() -> None:
    pretend = (
        "import runpy, sys; sys.version_info = (3, 8, 10, 'final', 0); "
        f"runpy.run_path({str(SOURCE)!r}, run_name='__main__')"
    )
    done = subprocess.run([sys.executable, "-c", pretend], capture_output=True, text=True)
    assert done.returncode == 1
    assert "needs Python 3.11 or newer, and this is Python 3.8" in done.stderr
    assert is_one_sentence(done.stderr)


def test_an_environment_that_has_everything_is_used(ready_checkout: Checkout) -> None:
    done = ready_checkout.run("generate", "a fox")
    assert json.loads(done.stdout) == {"argv": ["generate", "a fox"], "python": sys.prefix}
    assert not ready_checkout.venv.exists()


@pytest.mark.parametrize(
    ("requirement", "is_met"),
    [
        ("pytest>=9.0,<10", pytest.version_tuple[0] == 9),
        ("pytest>=1", True),
        ("pytest<2", False),
        ("pytest>=99", False),
        ("nothing-of-that-name>=1,<2", False),
    ],
)
def test_requirements_are_compared_with_what_is_installed(requirement: str, is_met: bool) -> None:
    assert (launch.unsatisfied([requirement]) == []) is is_met


def test_every_requirement_of_the_project_can_be_read_and_is_met_here() -> None:
    assert launch.unsatisfied(launch.requirements({"test"})) == []


def test_a_local_or_candidate_version_counts_by_its_numbers() -> None:
    assert launch._release("2.13.0+cpu") == (2, 13)
    assert launch._release("6.0.0rc1") == (6,)


# The first start, and the ones after it


def test_first_start_sets_up_and_runs_in_the_new_environment(
    finished: tuple[Checkout, str],
) -> None:
    checkout, said = finished
    assert "Setting up in .venv" in said
    assert "pebble-1.0" in said
    assert json.loads(said.splitlines()[-1]) == {
        "argv": ["generate", "a fox"],
        "python": str(checkout.venv),
    }


def test_second_start_does_no_set_up_work(set_up_checkout: Checkout) -> None:
    shutil.rmtree(set_up_checkout.venv / "lib" / launch_lib() / "site-packages" / "pip")
    done = set_up_checkout.run("generate", "a fox")
    assert done.stderr == ""
    assert len(done.stdout.splitlines()) == 1


def launch_lib() -> str:
    return f"python{sys.version_info[0]}.{sys.version_info[1]}"


def test_a_changed_pin_updates_the_environment(set_up_checkout: Checkout) -> None:
    write_wheel(set_up_checkout.wheels, "pebble", "1.1")
    set_up_checkout.write_requirements(LACKING, pins="pebble==1.1\n")
    done = set_up_checkout.run("generate")
    assert done.stdout.startswith("What has to be installed has changed")
    assert "pebble-1.1" in done.stdout
    assert len(set_up_checkout.run("generate").stdout.splitlines()) == 1


@pytest.mark.parametrize("damage", ["interrupted", "no python", "empty"])
def test_a_half_made_environment_is_made_again(set_up_checkout: Checkout, damage: str) -> None:
    if damage == "interrupted":
        (set_up_checkout.venv / "fooocus-lite.json").write_text("{}")
    elif damage == "no python":
        for python in (set_up_checkout.venv / "bin").glob("python*"):
            python.unlink()
    else:
        shutil.rmtree(set_up_checkout.venv)
        set_up_checkout.venv.mkdir()
    done = set_up_checkout.run("generate")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("is not complete: making it again") == 1


def test_an_environment_made_by_hand_takes_the_packages_in(set_up_checkout: Checkout) -> None:
    (set_up_checkout.venv / "fooocus-lite.json").unlink()
    (set_up_checkout.venv / "mine.txt").touch()
    done = set_up_checkout.run("generate")
    assert done.returncode == 0, done.stderr
    assert "Installing into the .venv that is here." in done.stdout
    assert (set_up_checkout.venv / "mine.txt").exists()


def test_ctrl_c_ends_the_set_up_with_a_sentence_and_the_next_start_resumes(
    set_up_checkout: Checkout,
) -> None:
    set_up_checkout.write_requirements([*LACKING, "slow>=1,<2"])
    with deaf_server() as index:
        asked = {"PIP_NO_INDEX": "0", "PIP_INDEX_URL": index, "PIP_TIMEOUT": "60"}
        process = set_up_checkout.start("generate", **asked)
        log = set_up_checkout.venv / "setup.log"
        wait_until(lambda: log.exists() and "Looking in indexes" in log.read_text())
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=120)
    assert process.returncode == 130
    assert is_one_sentence(err)
    assert "the next start resumes" in err
    write_wheel(set_up_checkout.wheels, "slow", "1.0")
    assert set_up_checkout.run("generate").returncode == 0


def test_a_second_start_waits_for_the_set_up_of_the_first(set_up_checkout: Checkout) -> None:
    stamp = set_up_checkout.venv / "fooocus-lite.json"
    complete = stamp.read_text()
    stamp.write_text("{}")
    with (set_up_checkout.folder / "launch.py").open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        process = set_up_checkout.start("generate")
        assert process.stdout is not None
        assert "waiting for it" in process.stdout.readline()
        stamp.write_text(complete)
    out, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    assert "Setting up" not in out


def test_help_before_the_first_start_sets_nothing_up(bare_checkout: Checkout) -> None:
    done = bare_checkout.run("--help")
    assert done.returncode == 0
    assert "python launch.py --test" in done.stdout
    assert not bare_checkout.venv.exists()


# Set-ups that cannot be


def test_no_venv_module_names_the_debian_package(bare_checkout: Checkout) -> None:
    pretend = (
        "import runpy, sys; sys.modules['ensurepip'] = None; sys.argv = ['launch.py']; "
        f"runpy.run_path({str(bare_checkout.folder / 'launch.py')!r}, run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-c", pretend],
        env=bare_checkout.environment(),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "python3-venv" in done.stderr
    assert is_one_sentence(done.stderr)


def test_no_network_is_said_in_one_sentence(set_up_checkout: Checkout) -> None:
    set_up_checkout.write_requirements([*LACKING, "absent>=1,<2"])
    asked = {"PIP_NO_INDEX": "0", "PIP_INDEX_URL": CLOSED_PORT, "PIP_RETRIES": "1"}
    done = set_up_checkout.run("generate", **asked)
    assert done.returncode == 1
    assert done.stderr.startswith("No network")
    assert is_one_sentence(done.stderr)


def test_a_failing_pip_shows_its_last_error_and_the_log(set_up_checkout: Checkout) -> None:
    set_up_checkout.write_requirements([*LACKING, "absent>=1,<2"])
    done = set_up_checkout.run("generate")
    assert done.returncode == 1
    assert "No matching distribution found for absent" in done.stderr
    log = set_up_checkout.venv / "setup.log"
    assert str(log) in done.stderr
    assert "absent" in log.read_text()
    assert is_one_sentence(done.stderr)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_is_said_in_one_sentence(set_up_checkout: Checkout) -> None:
    set_up_checkout.write_requirements([*LACKING, "slow>=1,<2"])
    log = set_up_checkout.venv / "setup.log"
    log.unlink()
    log.symlink_to("/dev/full")
    done = set_up_checkout.run("generate")
    assert done.returncode == 1
    assert done.stderr.startswith("The disk is full")
    assert is_one_sentence(done.stderr)


def test_a_disk_full_for_pip_is_told_from_other_failures() -> None:
    output = (
        "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device"
    )
    assert launch.pip_sentence(output).startswith("The disk is full")


@pytest.mark.skipif(not Path("/sys/kernel").exists(), reason="needs a folder nobody can write to")
def test_a_read_only_folder_is_said_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launch, "VENV", Path("/sys/kernel/.venv"))
    monkeypatch.setattr(launch, "STAMP", Path("/sys/kernel/.venv/stamp.json"))
    with pytest.raises(launch.SetUpError, match="cannot be written"):
        launch.set_up(set())


def test_a_file_in_the_way_is_named(bare_checkout: Checkout) -> None:
    bare_checkout.venv.write_text("mine")
    done = bare_checkout.run("generate")
    assert done.returncode == 1
    assert ".venv is a file" in done.stderr
    assert is_one_sentence(done.stderr)
    assert bare_checkout.venv.read_text() == "mine"


# PyTorch without CUDA


def test_pytorchs_own_index_comes_first_on_linux_without_a_gpu(
    set_up_checkout: Checkout, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "index" / "torch").mkdir(parents=True)
    wheel = write_wheel(tmp_path / "index" / "torch", "torch", "2.13.0+cpu")
    (tmp_path / "index" / "torch" / "index.html").write_text(f'<a href="{wheel.name}">w</a>')
    set_up_checkout.write_requirements([*LACKING, "torch>=2,<3"])
    for name, value in set_up_checkout.environment(PIP_NO_INDEX="0").items():
        monkeypatch.setenv(name, value)
    for name in ("PYPROJECT", "CONSTRAINTS", "VENV", "STAMP", "LOG"):
        path = set_up_checkout.folder / getattr(launch, name).relative_to(launch.HERE)
        monkeypatch.setattr(launch, name, path)
    monkeypatch.setattr(launch, "needs_cpu_torch", lambda: True)
    before = signal.getsignal(signal.SIGTERM)
    with index_server(tmp_path / "index") as index:
        monkeypatch.setattr(launch, "CPU_INDEX", index)
        # Only that index has torch: the second pip finds it installed and asks nobody.
        monkeypatch.setenv("PIP_INDEX_URL", CLOSED_PORT)
        launch.set_up(set())
    signal.signal(signal.SIGTERM, before)
    assert list(set_up_checkout.venv.glob("lib/*/site-packages/torch-2.13.0+cpu.dist-info"))


def test_an_index_that_does_not_answer_is_given_up_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launch, "PROBE_TIMEOUT_S", 0.2)
    with deaf_server() as address:
        began = time.monotonic()
        assert not launch.is_reachable(address)
        assert time.monotonic() - began < 30
    assert not launch.is_reachable(CLOSED_PORT)


def test_the_only_public_address_in_the_code_is_pytorchs_index() -> None:
    addresses = re.findall(r"https?://[^\s\"')]+", SOURCE.read_text(encoding="utf-8"))
    assert addresses == [launch.CPU_INDEX]


# Spaces


def test_zero_gpu_is_refused_with_a_sentence(ready_checkout: Checkout) -> None:
    done = ready_checkout.run("generate", SPACES_ZERO_GPU="true")
    assert done.returncode == 1
    assert done.stderr.startswith("ZeroGPU is not supported for now")


def test_a_space_makes_no_environment(bare_checkout: Checkout) -> None:
    done = bare_checkout.run(SPACE_ID="somebody/fooocus-lite")
    assert done.returncode == 1
    assert "This Space has not installed pebble" in done.stderr
    assert not bare_checkout.venv.exists()


def test_assistants_bring_a_package_of_their_own(ready_checkout: Checkout) -> None:
    assert ready_checkout.run(SPACE_ID="somebody/fooocus-lite").returncode == 0
    done = ready_checkout.run("--mcp", SPACE_ID="somebody/fooocus-lite")
    assert "has not installed pebble" in done.stderr


# --test


@pytest.mark.parametrize(
    ("test", "code"), [("def test(): pass", 0), ("def test(): assert 0", 1), ("", 5)]
)
def test_test_ends_with_pytests_exit_code(ready_checkout: Checkout, test: str, code: int) -> None:
    (ready_checkout.folder / "test_one.py").write_text(test)
    done = ready_checkout.run("--test", "-q", "test_one.py")
    assert done.returncode == code, done.stdout + done.stderr


# Supervision


@pytest.mark.parametrize(
    ("arguments", "is_page"),
    [
        ([], True),
        (["--port", "7870"], True),
        (["generate", "a fox"], False),
        (["--help"], False),
        (["--version"], False),
    ],
)
def test_only_the_page_is_supervised(arguments: list[str], is_page: bool) -> None:
    assert launch.is_page(arguments) is is_page


@pytest.mark.parametrize("code", [0, 1, 2, 130])
def test_an_ordinary_end_is_passed_on(ready_checkout: Checkout, code: int) -> None:
    ready_checkout.plan(f"code = {code}; print('ran')")
    done = ready_checkout.run()
    assert (done.returncode, done.stdout) == (code, "ran\n")


def test_a_killed_program_is_started_again_without_a_second_browser(
    ready_checkout: Checkout,
) -> None:
    ready_checkout.plan(
        "import os, signal\n"
        "print(os.environ.get('FOOOCUS_LITE_BROWSER'), flush=True)\n"
        "if 'FOOOCUS_LITE_BROWSER' not in os.environ: os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = ready_checkout.run()
    assert done.returncode == 0
    assert done.stdout == "None\nfalse\n"
    assert done.stderr == "The program died of SIGKILL: starting it again (1 of 3).\n"


def test_a_program_that_lost_its_gpu_is_started_again() -> None:
    assert launch.is_crash(DEVICE_LOST)


def test_a_program_that_keeps_dying_is_given_up_after_three_restarts(
    ready_checkout: Checkout,
) -> None:
    ready_checkout.plan("import os; print('ran', flush=True); os._exit(134)")
    done = ready_checkout.run()
    assert done.returncode == 1
    assert done.stdout == "ran\n" * 4
    assert "died 4 times within 10 minutes, the last time of exit code 134" in done.stderr


WAITING = """
import os, pathlib, signal, time
def end(number, frame):
    print("ended cleanly", flush=True)
    pathlib.Path(__file__ + ".ended").touch()
    os._exit(0)
__file__ = {file!r}
signal.signal(signal.SIGTERM, end)
signal.signal(signal.SIGINT, end)
print("waiting", flush=True)
time.sleep(300)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_is_passed_on_and_ends_the_program_cleanly(
    ready_checkout: Checkout, tmp_path: Path, number: signal.Signals
) -> None:
    ready_checkout.plan(WAITING.format(file=str(tmp_path / "program")))
    process = ready_checkout.start()
    assert process.stdout is not None
    assert process.stdout.readline() == "waiting\n"
    process.send_signal(number)
    out, err = process.communicate(timeout=120)
    assert (process.returncode, out, err) == (0, "ended cleanly\n", "")


def test_the_program_does_not_outlive_its_supervisor(
    ready_checkout: Checkout, tmp_path: Path
) -> None:
    ready_checkout.plan(WAITING.format(file=str(tmp_path / "program")))
    process = ready_checkout.start()
    assert process.stdout is not None
    assert process.stdout.readline() == "waiting\n"
    process.kill()
    process.communicate(timeout=120)
    wait_until((tmp_path / "program.ended").exists)


# What the tests above stand on


def wait_until(condition: Callable[[], bool], timeout_s: float = 120.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


@contextlib.contextmanager
def deaf_server() -> Iterator[str]:
    """An address where somebody picks up and never says a word."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@contextlib.contextmanager
def index_server(folder: Path) -> Iterator[str]:
    """A package index on this machine."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_arguments: object) -> None:
            pass

    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()
