"""What every test stands on: no network, no telemetry, one thread, a tiny model, a home of its own."""

import os

# Read when the packages are imported, so they stand before any import.
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ["OMP_NUM_THREADS"] = "1"

import sys  # noqa: E402
from pathlib import Path  # noqa: E402

import pytest  # noqa: E402


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


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    """Threads cost 10 to 60 times the time of a tiny model on shared cores; torch only if it is here."""
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)
