"""What every test stands on: no network, no telemetry, one thread, a tiny model, a home."""

import os

# Read when the packages are imported, so they stand before any import.
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ["OMP_NUM_THREADS"] = "1"

import gc
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from fooocus_lite.studio import Studio


def pytest_configure(config: pytest.Config) -> None:
    """What holds for the whole run."""
    # A shell's background job ignores Ctrl+C, and every program started from here would too.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # diffusers 0.42 hands tensors to numpy 2 in the old way; nothing of ours can change that.
    for name in ("__array__ implementation", "__array_wrap__ must"):
        config.addinivalue_line("filterwarnings", f"ignore:{name}:DeprecationWarning")
    # diffusers 0.42's own Chroma uses a class that it has moved.
    config.addinivalue_line("filterwarnings", "ignore:.FluxPosEmbed. is deprecated:FutureWarning")


def pytest_collection_finish() -> None:
    """All is imported: what is there now stays, so that no collection looks through it again.

    The kitchen collects with every load, a second each among the objects of 6,500 tests.
    """
    gc.freeze()


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model folder with random weights; read only. Tests that damage files copy it first."""
    import tiny

    return tiny.build(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="session")
def tiny_lora(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A LoRA file that fits `tiny_model`."""
    import tiny

    return tiny.build_lora(tmp_path_factory.mktemp("loras") / "wobble.safetensors", tiny_model)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An empty home folder."""
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


@pytest.fixture(scope="module")
def working(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[Studio]":
    """A studio that makes pictures with the starter."""
    import api_client

    studio = api_client.awake(tmp_path_factory.mktemp("home"))
    yield studio
    studio.close()


@pytest.fixture(scope="module")
def address(working: "Studio") -> Iterator[str]:
    """Where its APIs are, over real HTTP."""
    import api_client

    with api_client.served(working) as found:
        yield found


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    """More threads take 10 to 60 times as long on shared cores; only where torch is imported."""
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)


@pytest.fixture(scope="session")
def starter() -> Path:
    """The built-in model that the program ships; read only."""
    return Path(__file__).parent.parent / "models" / "starter"
