"""Sets Fooocus Lite up where needed, then runs it.

    python launch.py                     the page
    python launch.py generate "a fox"    a picture, without the page
    python launch.py --test [arguments]  the tests; the arguments are pytest's
    python launch.py --help              everything else, after the first start

The first start makes `.venv` beside this file and installs what pyproject.toml lists, in the
versions of constraints.txt; later starts only read a stamp in there. An environment that already
has everything is used as it is. The program itself runs straight from this folder.
"""

import sys

# Python 3.6 can read every line of this file, so that an old one gets as far as this sentence.
if sys.version_info < (3, 11):  # noqa: UP036 - it is this check that keeps the promise
    sys.exit(
        "Fooocus Lite needs Python 3.11 or newer, and this is Python "
        f"{sys.version_info[0]}.{sys.version_info[1]}: start launch.py with a newer one."
    )

import contextlib
import errno
import hashlib
import importlib.util
import json
import os
import re
import shutil
import signal
import subprocess
import threading
import time
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
VENV = HERE / ".venv"
STAMP = VENV / "fooocus-lite.json"
LOG = VENV / "setup.log"
PYPROJECT = HERE / "pyproject.toml"
CONSTRAINTS = HERE / "constraints.txt"

# PyTorch's own builds without CUDA: elsewhere the Linux build for x86 brings gigabytes of it along.
CPU_INDEX = "https://download.pytorch.org/whl/cpu"
PROBE_TIMEOUT_S = 5.0

RESTARTS = 3
RESTART_WINDOW_S = 600.0
# Names the pipe a supervised program holds: it ends when its supervisor is gone.
LIFELINE = "LAUNCH_LIFELINE"


# Makes an interpreter say which version it is.
VERSION = "import sys; print('%d.%d' % sys.version_info[:2])"


class SetUpError(Exception):
    """Why the program cannot start, in one sentence for the person who tried."""


def main(argv: list[str]) -> int:
    """Set up what is missing and run the program; its exit code."""
    if LIFELINE in os.environ:
        hold_lifeline(os.environ.pop(LIFELINE))
        return run_here(argv)
    try:
        if os.environ.get("SPACES_ZERO_GPU"):
            raise SetUpError(
                "ZeroGPU is not supported for now: choose a CPU or a GPU as the Space's hardware."
            )
        is_test = argv[:1] == ["--test"]
        extras = {"test"} if is_test else {"mcp"} if "--mcp" in argv else set()
        python = ready_python(extras)
        if python is None and {"-h", "--help"} & set(argv) and not is_test:
            print(__doc__)
            return 0
        python = python or set_up(extras)
    except SetUpError as reason:
        print(reason, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped before the set-up was complete: the next start resumes.", file=sys.stderr)
        return 130
    if is_test:
        os.chdir(HERE)
        return become([python, "-m", "pytest", *argv[1:]])
    command = [python, str(HERE / "launch.py"), *argv]
    if is_page(argv):
        return supervise(command)
    return run_here(argv) if python == sys.executable else become(command)


def run_here(argv: list[str]) -> int:
    """Run the program in this interpreter."""
    from fooocus_lite.__main__ import main as program

    return program(argv)


def become(command: list[str]) -> int:
    """Run the command in place of this process, or, where Windows cannot do that, wait for it."""
    sys.stdout.flush()
    sys.stderr.flush()
    if os.name != "nt":
        os.execv(command[0], command)
    return run_child(command, dict(os.environ))[0]


def is_page(argv: list[str]) -> bool:
    """Whether these arguments start the page, the one thing that is started again when it dies."""
    if {"-h", "--help", "--version"} & set(argv):
        return False
    return not argv or argv[0].startswith("-")


# Which Python to use


def ready_python(extras: set[str]) -> str | None:
    """The interpreter that has everything already, or None when there is set-up work to do.

    Raises SetUpError on a Space whose image lacks something: no environment is made there.
    """
    if Path(sys.prefix).resolve() == VENV.resolve() and STAMP.exists():
        return sys.executable if is_stamped(extras) else None
    missing = unsatisfied(requirements(extras))
    if not missing:
        return sys.executable
    if os.environ.get("SPACE_ID"):
        raise SetUpError(
            f"This Space has not installed {', '.join(missing)}: see requirements.txt."
        )
    return str(venv_python()) if is_stamped(extras) and is_working(venv_python()) else None


def requirements(extras: set[str]) -> list[str]:
    """What pyproject.toml asks for, extras included."""
    project = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]
    wanted = list(project["dependencies"])
    for extra in sorted(extras):
        wanted += project["optional-dependencies"][extra]
    return wanted


def unsatisfied(wanted: Iterable[str]) -> list[str]:
    """Those of the requirements (`name>=a,<b`) that this interpreter's packages do not meet."""
    return [each for each in wanted if not _is_met(each)]


def _is_met(requirement: str) -> bool:
    name, bounds = re.fullmatch(r"([\w.-]+)(.*)", requirement).groups()  # type: ignore[union-attr]
    # Imported here: a start from a finished `.venv` does without it, and is 40 ms faster.
    import importlib.metadata

    try:
        installed = _release(importlib.metadata.version(name))
    except importlib.metadata.PackageNotFoundError:
        return False
    for bound in bounds.split(","):
        sign, version = re.fullmatch(r"(>=|<)([\d.]+)", bound).groups()  # type: ignore[union-attr]
        if (installed >= _release(version)) != (sign == ">="):
            return False
    return True


def _release(version: str) -> tuple[int, ...]:
    """The numbers a version starts with, without trailing zeros: "2.13.0+cpu" is (2, 13)."""
    digits = re.match(r"[\d.]*", version)
    numbers = [int(each) for each in digits[0].split(".") if each] if digits else []
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def venv_python() -> Path:
    """Where `.venv` keeps its interpreter."""
    return VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def is_working(python: Path) -> bool:
    """Whether the interpreter runs, and is still the version its packages were installed for."""
    return _answer(python, "-S", "-c", VERSION) == read_stamp().get("python")


def is_adoptable(python: Path) -> bool:
    """Whether an environment that a person made by hand can take the packages in."""
    version = _answer(python, "-c", f"import pip; {VERSION}")
    return not STAMP.exists() and version is not None and _release(version) >= (3, 11)


def _answer(python: Path, *arguments: str) -> str | None:
    try:
        told = subprocess.run([python, "-I", *arguments], capture_output=True, text=True)
    except OSError:
        return None
    return told.stdout.strip() if told.returncode == 0 else None


# The stamp: what `.venv` was made from. It is there from the first moment, complete from the last.


def inputs_hash() -> str:
    """A hash of the two files that decide what is installed."""
    return hashlib.sha256(PYPROJECT.read_bytes() + b"\0" + CONSTRAINTS.read_bytes()).hexdigest()


def read_stamp() -> dict[str, Any]:
    """The stamp in `.venv`; empty when there is none that can be read."""
    try:
        stamp = json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def is_stamped(extras: set[str]) -> bool:
    """Whether `.venv` was completed from the present files, with these extras."""
    stamp = read_stamp()
    return stamp.get("inputs") == inputs_hash() and extras <= set(stamp.get("extras", []))


def write_stamp(**stamp: object) -> None:
    """Replace the stamp in one step, so that a reader never sees half of it."""
    part = STAMP.with_suffix(".part")
    part.write_text(json.dumps(stamp), encoding="utf-8")
    part.replace(STAMP)


# Set-up


def set_up(extras: set[str]) -> str:
    """Make or update `.venv`; its interpreter. Raises SetUpError with the reason it could not."""
    # A polite kill ends pip too, as Ctrl+C does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with only_one_set_up():
            if not (is_stamped(extras) and is_working(venv_python())):
                _set_up(extras)
    except OSError as error:
        raise SetUpError(_disk_sentence(error)) from None
    return str(venv_python())


@contextlib.contextmanager
def only_one_set_up() -> Iterator[None]:
    """Hold a lock on this file while `.venv` is made; a second start waits for the first."""
    try:
        import fcntl
    except ImportError:  # Windows: two set-ups at once are not prevented there
        yield
        return
    with Path(__file__).open("rb") as this_file:
        try:
            fcntl.flock(this_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Another start is setting up in this folder: waiting for it.", flush=True)
            fcntl.flock(this_file, fcntl.LOCK_EX)
        yield


def _set_up(extras: set[str]) -> None:
    began = time.monotonic()
    stamp = read_stamp()
    python = venv_python()
    if stamp.get("inputs") and is_working(python):
        print("What has to be installed has changed: updating .venv.", flush=True)
        extras = extras | set(stamp.get("extras", []))
    elif is_adoptable(python):
        print("Installing into the .venv that is here.", flush=True)
    else:
        make_venv()
    # From here until the last line a kill leaves an environment that the next start makes again.
    write_stamp()
    install(str(python), extras)
    version = _answer(python, "-S", "-c", VERSION)
    write_stamp(inputs=inputs_hash(), extras=sorted(extras), python=version)
    print(f"Set up in {time.monotonic() - began:.0f} s.", flush=True)


def install(python: str, extras: set[str]) -> None:
    """Install the requirements, PyTorch first where its build without CUDA is the right one."""
    torch = pinned("torch")
    if needs_cpu_torch() and not list(
        VENV.glob(f"lib/*/site-packages/{torch.replace('==', '-')}*")
    ):
        if is_reachable(CPU_INDEX + "/torch/"):
            cpu_torch = ["--no-deps", "--index-url", CPU_INDEX, torch + "+cpu"]
            # Where that index has no build for this machine, the pip below finds the pinned one.
            with contextlib.suppress(SetUpError):
                run_pip(python, cpu_torch)
        else:
            print(
                "PyTorch's own index does not answer: installing the build that pip finds, "
                "which may be large.",
                flush=True,
            )
    run_pip(python, ["--constraint", str(CONSTRAINTS), *requirements(extras)])


def make_venv() -> None:
    """Make a new `.venv` with pip in it and a stamp that says it is not complete yet."""
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        raise SetUpError(
            "This Python cannot make environments (it has no venv or ensurepip module): "
            "on Debian and Ubuntu install the package python3-venv."
        )
    import venv

    if VENV.is_file():
        raise SetUpError(f"{VENV} is a file, and the folder of that name is needed: move it away.")
    if VENV.exists():
        print("The folder .venv is not complete: making it again.", flush=True)
        shutil.rmtree(VENV)
    print("Setting up in .venv; this takes a few minutes, once.", flush=True)
    VENV.mkdir()
    write_stamp()
    try:
        venv.create(VENV, with_pip=True, symlinks=os.name != "nt")
    except subprocess.CalledProcessError as error:
        output = (error.output or b"").decode(errors="replace")
        LOG.write_text(output, encoding="utf-8")
        raise SetUpError(pip_sentence(output)) from None


def _disk_sentence(error: OSError) -> str:
    if error.errno == errno.ENOSPC:
        return "The disk is full: free a few gigabytes and start again."
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"{error.filename or HERE} cannot be written: move this folder to where it can be."
    return f"The set-up could not use the disk: {error}."


def needs_cpu_torch() -> bool:
    """Whether this is Linux without an NVIDIA GPU, where PyTorch's CUDA build would be a waste."""
    signs = [Path("/proc/driver/nvidia"), Path("/dev/nvidiactl"), Path("/dev/nvidia0")]
    # On Windows Subsystem for Linux only this tells.
    signs.append(Path("/usr/lib/wsl/lib/nvidia-smi"))
    has_nvidia = shutil.which("nvidia-smi") is not None or any(each.exists() for each in signs)
    return sys.platform == "linux" and not has_nvidia


def is_reachable(address: str) -> bool:
    """Whether the address answers within 5 seconds in all, looking up its name included."""
    answered = threading.Event()

    def ask() -> None:
        import urllib.request

        with contextlib.suppress(OSError):
            urllib.request.urlopen(address, timeout=PROBE_TIMEOUT_S).close()
            answered.set()

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(PROBE_TIMEOUT_S)
    return answered.is_set()


def pinned(name: str) -> str:
    """The line of constraints.txt that pins this package."""
    lines = CONSTRAINTS.read_text(encoding="utf-8").splitlines()
    return next(line for line in lines if line.startswith(name + "=="))


# pip


def run_pip(python: str, arguments: list[str]) -> None:
    """Let pip install, its progress shown and its words kept in the log. Raises SetUpError."""
    said = []
    with LOG.open("a", buffering=1, encoding="utf-8") as log, Progress() as progress:
        pip = _start_pip(python, arguments)
        with pip:
            try:
                for line in pip.stdout or ():
                    log.write(line)
                    said.append(line)
                    progress.hear(line)
            except BaseException:
                pip.kill()
                raise
    if pip.returncode != 0:
        raise SetUpError(pip_sentence("".join(said)))


def _start_pip(python: str, arguments: list[str]) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [python, "-m", "pip", "install", "--no-input", "--disable-pip-version-check", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
        # PIP_USER in a person's configuration would make pip refuse an environment.
        env={**os.environ, "PIP_USER": "0", "PYTHONUNBUFFERED": "1"},
    )


def pip_sentence(output: str) -> str:
    """What made pip fail, from its output, and where the rest of it stands."""
    if "No space left on device" in output or "[Errno 28]" in output:
        return f"The disk is full: free a few gigabytes and start again (log: {LOG})."
    errors = re.findall(r"^\s*ERROR: (.+)", output, re.MULTILINE)
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    last = (errors or lines or ["it said nothing"])[-1]
    if "onnection broken by" in output or "Max retries exceeded" in output:
        return (
            "No network: pip cannot reach its package index. Check the connection, or the proxy, "
            f"and start again (log: {LOG})."
        )
    return f"Installing failed: {last} (log: {LOG})."


class Progress:
    """What pip does and for how long: one line kept up to date, or one per download in a log."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._is_terminal = sys.stdout.isatty()
        self._now = "starting"
        self._done = threading.Event()
        self._ticker = threading.Thread(target=self._tick, daemon=True)

    def __enter__(self) -> "Progress":
        if self._is_terminal:
            self._ticker.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._done.set()
        if self._is_terminal:
            self._ticker.join()
            print("\r\033[K", end="", flush=True)

    def hear(self, line: str) -> None:
        """Take in one line of pip's."""
        words = line.split()
        if line.startswith("Collecting ") and len(words) > 1:
            self._now = "looking up " + re.split(r"[^\w.-]", words[1])[0]
        elif line.startswith("Installing collected packages:"):
            self._say(f"installing {line.count(',') + 1} packages")
        elif words[:1] in (["Downloading"], ["Processing"], ["Building"]) and len(words) > 1:
            size = re.search(r"\([\d.]+ .?B\)", line)
            self._say(
                f"{words[0].lower()} {Path(words[1]).name} {size[0] if size else ''}".rstrip()
            )

    def _say(self, text: str) -> None:
        self._now = text
        if not self._is_terminal:
            print("  " + text, flush=True)

    def _tick(self) -> None:
        while not self._done.wait(0.5):
            elapsed = f"{time.monotonic() - self._began:4.0f} s  "
            width = shutil.get_terminal_size().columns - 1
            print("\r\033[K" + (elapsed + self._now)[:width], end="", flush=True)


# Supervision


def supervise(command: list[str]) -> int:
    """Run the program, and again when it dies of what Python cannot catch; its last exit code."""
    environment = dict(os.environ)
    restarts: list[float] = []
    while True:
        code, was_asked = run_child(command, environment)
        if was_asked or not is_crash(code):
            return code if code >= 0 else 128 - code
        now = time.monotonic()
        restarts = [each for each in restarts if now - each < RESTART_WINDOW_S]
        if len(restarts) >= RESTARTS:
            print(
                f"The program died {len(restarts) + 1} times within {RESTART_WINDOW_S / 60:.0f} "
                f"minutes, the last time of {cause(code)}: it is not started again. "
                "Its log is in the state folder.",
                file=sys.stderr,
            )
            return 1
        restarts.append(now)
        print(
            f"The program died of {cause(code)}: starting it again "
            f"({len(restarts)} of {RESTARTS}).",
            file=sys.stderr,
            flush=True,
        )
        # The page that is open already reconnects by itself.
        environment["FOOOCUS_LITE_BROWSER"] = "false"


def run_child(command: list[str], environment: dict[str, str]) -> tuple[int, bool]:
    """Run the command to its end; its exit code, and whether somebody asked us to stop it."""
    asked: list[int] = []
    with contextlib.ExitStack() as stack:
        options: dict[str, Any] = {}
        if os.name != "nt":
            # In a group of its own a Ctrl+C reaches the child once: from us.
            held, lifeline = os.pipe()
            stack.callback(os.close, lifeline)
            environment = {**environment, LIFELINE: str(held)}
            options = {"pass_fds": [held], "process_group": 0}
        child = subprocess.Popen(command, env=environment, **options)
        if os.name != "nt":
            os.close(held)

        def pass_on(number: int, _frame: object) -> None:
            asked.append(number)
            if os.name != "nt":  # the console has told the child already
                child.send_signal(number)

        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
                stack.callback(signal.signal, number, signal.getsignal(number))
                signal.signal(number, pass_on)
        code = child.wait()
    return code, bool(asked)


def is_crash(code: int) -> bool:
    """Whether an exit code says the program was killed or broke down, not that it ended."""
    interrupted = (130, 0xC000013A)
    return code < 0 or (code >= 128 and code not in interrupted)


def cause(code: int) -> str:
    """The signal or exit code in words."""
    with contextlib.suppress(ValueError):
        return signal.Signals(-code).name
    return f"exit code {code}"


def hold_lifeline(held: str) -> None:
    """End this program cleanly when the other end of the pipe closes: its supervisor is gone."""

    def wait() -> None:
        os.read(int(held), 1)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, daemon=True).start()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
