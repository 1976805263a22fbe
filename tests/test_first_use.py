"""A model that another tool put into the cache, from its first picture to its last."""

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import snapshot_download
from local_hub import LocalHub

from fooocus_lite.cli import main
from fooocus_lite.events import JobView
from fooocus_lite.recipe import ImageRequest
from fooocus_lite.settings import load
from fooocus_lite.studio import Studio
from fooocus_lite.ui.model_facts import listing
from fooocus_lite.visitor import Visitor
from fooocus_lite.weights import snapshots

REPO = "owner/tiny"
UNET = "unet/diffusion_pytorch_model.safetensors"
SMALL = ImageRequest(
    prompt="a red circle", model=REPO, width=512, height=512, num_inference_steps=1, seed=1
)


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalHub]:
    monkeypatch.setenv("FOOOCUS_LITE_HOME", str(tmp_path))
    with LocalHub() as opened:
        monkeypatch.setenv("HF_ENDPOINT", opened.endpoint)
        yield opened


@pytest.fixture
def studio(hub: LocalHub, tmp_path: Path) -> Iterator[Studio]:
    opened = Studio(load({"home": tmp_path}))
    opened.cook()
    yield opened
    opened.close()


def another_tool_brings(hub: LocalHub, home: Path) -> Path:
    cache = home / "models" / "hub"
    return Path(snapshot_download(REPO, cache_dir=cache, endpoint=hub.endpoint, token=False))


def made(studio: Studio) -> JobView:
    """A job of one picture, when it is over."""
    job_id = studio.orders.start(SMALL)
    wait_for(lambda: studio.jobs.view(job_id).is_final)
    return studio.jobs.view(job_id)


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 300
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


def card(studio: Studio) -> dict[str, Any]:
    me = Visitor("1" * 32, name="local", is_host=True)
    return next(each for each in listing(studio, me)["models"] if each["name"] == REPO)


def test_its_revision_stays_in_use_until_an_update_and_can_be_set_back(
    studio: Studio,
    hub: LocalHub,
    tiny_model: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    old = hub.add_repo(REPO, tiny_model)
    another_tool_brings(hub, tmp_path)
    assert not card(studio)["can_update"]
    (picture,) = made(studio).pictures
    assert picture.recipe.model_revision == old
    newer = Path(shutil.copytree(tiny_model, tmp_path / "newer"))
    (newer / "README.md").write_text("---\nlicense: mit\n---\n")
    new = hub.add_repo(REPO, newer)
    another_tool_brings(hub, tmp_path)
    assert snapshots.in_use(tmp_path / "models")[REPO].name == new
    (again,) = made(studio).pictures
    assert again.recipe.model_hashes == picture.recipe.model_hashes
    assert again.recipe.model_revision == old
    assert [each["id"] for each in card(studio)["revisions"]] == [old]
    assert main(["models", "verify", REPO]) == 0
    assert "every byte as recorded" in capsys.readouterr().out
    assert main(["models", "download", REPO, "--update"]) == 0
    assert [each["id"] for each in card(studio)["revisions"]] == [new, old]
    (updated,) = made(studio).pictures
    assert updated.recipe.model_revision == new
    hub.requests.clear()
    studio.model_store().set_back(REPO, old)
    wait_for(lambda: all(each.is_over for each in studio.model_store().downloads.all()))
    assert not hub.requests
    (back,) = made(studio).pictures
    assert back.recipe.model_revision == old


def test_a_file_that_was_overwritten_makes_no_picture_until_it_is_downloaded_again(
    studio: Studio, hub: LocalHub, tiny_model: Path, tmp_path: Path
) -> None:
    hub.add_repo(REPO, tiny_model)
    file = another_tool_brings(hub, tmp_path) / UNET
    assert made(studio).state == "completed"
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)
    os.utime(file, ns=(1, 1))
    failed = made(studio)
    assert failed.state == "failed"
    assert failed.error is not None
    assert failed.error.message.startswith(f"{UNET} is not the file of {REPO} that is recorded")
    assert main(["models", "verify", REPO]) == 1
    assert main(["models", "remove", REPO, "--yes"]) == 0
    assert main(["models", "download", REPO]) == 0
    assert made(studio).state == "completed"


def test_a_damaged_record_stops_no_picture(
    studio: Studio, hub: LocalHub, tiny_model: Path, tmp_path: Path
) -> None:
    hub.add_repo(REPO, tiny_model)
    another_tool_brings(hub, tmp_path)
    record = tmp_path / "models" / "lock.json"
    record.write_text("{")
    assert made(studio).state == "completed"
    assert record.read_text() == "{"
    record.unlink()
    assert made(studio).state == "completed"
    assert REPO in json.loads(record.read_text())["repositories"]
