"""A whole repository onto the disk: only what is needed, only when it is whole, and only once."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from local_hub import FakeTime, LocalHub, weights

from fooocus_lite.errors import BadRequest, Cancelled, WeightsError
from fooocus_lite.weights import lock, snapshots, verify
from fooocus_lite.weights.download import Order, Snapshot, download, offer
from fooocus_lite.weights.hub import Hub
from fooocus_lite.weights.patience import Patience
from fooocus_lite.weights.progress import Progress
from fooocus_lite.weights.selection import Wanted

ROOT = Path(__file__).parent.parent
REPO = "owner/tiny"
UNET = "unet/diffusion_pytorch_model.safetensors"
PARTS = {"unet": ["diffusers", "UNet2DConditionModel"], "scheduler": ["diffusers", "Euler"]}
FILES = {
    "model_index.json": json.dumps(PARTS).encode(),
    "README.md": b"---\nlicense: mit\n---\n",
    "scheduler/scheduler_config.json": b"{}",
    "unet/config.json": b"{}",
    UNET: weights(6000),
    "unet/diffusion_pytorch_model.fp16.safetensors": weights(3000),
    "unet/diffusion_pytorch_model.bin": b"a pickle",
    "samples/picture.png": b"png",
}
HALF = set(FILES) - {UNET, "unet/diffusion_pytorch_model.bin", "samples/picture.png"}


@pytest.fixture
def server() -> Iterator[LocalHub]:
    with LocalHub(granted=["hf_good"]) as server:
        yield server


class Place:
    """A models folder, and the Hub to fill it from."""

    def __init__(self, server: LocalHub, models: Path) -> None:
        self.server = server
        self.models = models
        fake = FakeTime()
        self.patience = Patience(clock=fake.clock, sleep=fake.sleep)
        self.told: list[Progress] = []

    def get(
        self,
        repo_id: str = REPO,
        *,
        token: str | None = None,
        patience: Patience | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        is_cancelled: Callable[[], bool] = lambda: False,
        **more: Any,
    ) -> Snapshot:
        hub = Hub(self.server.endpoint, token, patience or self.patience)
        order = Order(repo_id, self.models, hub=hub, **more)
        return download(order, on_progress or self.told.append, is_cancelled)

    def is_empty(self) -> bool:
        """Whether nothing is registered: no snapshot, no ref, no lock."""
        kept = {each for each in self.models.rglob("*") if each.is_file()}
        registered = [each for each in kept if {"snapshots", "refs"} & set(each.parts)]
        return not registered and not (self.models / "lock.json").exists()


@pytest.fixture
def place(server: LocalHub, tmp_path: Path) -> Place:
    return Place(server, tmp_path / "models")


def test_only_what_the_pipeline_needs_comes(place: Place) -> None:
    revision = place.server.add_repo(REPO, FILES)
    snapshot = place.get()
    assert (snapshot.repo_id, snapshot.revision) == (REPO, revision)
    assert set(snapshot.files) == HALF
    for path in HALF:
        assert (snapshot.folder / path).read_bytes() == FILES[path]
    assert not place.server.asked(UNET)
    assert not place.server.asked(".bin")


def test_progress_tells_file_bytes_speed_and_time_left(place: Place) -> None:
    place.server.add_repo(REPO, FILES)
    place.get()
    total = sum(len(FILES[path]) for path in HALF)
    last = place.told[-1]
    assert (last.done_bytes, last.total_bytes) == (total, total)
    assert all(0 <= each.done_bytes <= total for each in place.told)


def test_a_second_use_makes_no_request(place: Place) -> None:
    place.server.add_repo(REPO, FILES)
    first = place.get()
    place.server.add_repo(REPO, {**FILES, "unet/config.json": b'{"newer": 1}'})
    place.server.requests.clear()
    assert place.get().folder == first.folder
    assert not place.server.requests


def test_an_update_is_asked_for_and_the_older_one_can_come_back(place: Place) -> None:
    old = place.server.add_repo(REPO, FILES)
    place.get()
    new = place.server.add_repo(REPO, {**FILES, "unet/config.json": b'{"newer": 1}'})
    assert place.get(is_update=True).revision == new
    assert place.get().revision == new
    place.server.requests.clear()
    assert place.get(revision=old).revision == old
    assert place.get().revision == old
    assert not place.server.requests
    ref = place.models / "hub" / "models--owner--tiny" / "refs" / "main"
    assert ref.read_text(encoding="utf-8") == old


def test_an_update_fetches_only_what_changed(place: Place) -> None:
    place.server.add_repo(REPO, FILES)
    place.get()
    place.server.add_repo(REPO, {**FILES, "unet/config.json": b'{"newer": 1}'})
    place.server.requests.clear()
    place.get(is_update=True)
    fetched = {each.path.split("/", 5)[-1] for each in place.server.asked("/resolve/")}
    assert fetched == {"model_index.json", "unet/config.json"}


def test_another_variant_is_added_to_the_locked_revision(place: Place) -> None:
    old = place.server.add_repo(REPO, FILES)
    place.get()
    place.server.add_repo(REPO, {**FILES, "unet/config.json": b'{"newer": 1}'})
    snapshot = place.get(wanted=Wanted(variant=None))
    assert snapshot.revision == old
    assert (snapshot.folder / UNET).read_bytes() == FILES[UNET]
    assert (snapshot.folder / "unet" / "diffusion_pytorch_model.fp16.safetensors").is_file()


def test_a_file_deleted_by_hand_is_fetched_from_the_locked_revision(place: Place) -> None:
    place.server.add_repo(REPO, FILES)
    snapshot = place.get()
    place.server.add_repo(REPO, {**FILES, "unet/config.json": b'{"newer": 1}'})
    shutil.rmtree(place.models / "hub")
    again = place.get()
    assert again.revision == snapshot.revision
    assert (again.folder / "unet/config.json").read_bytes() == b"{}"


@pytest.mark.parametrize("is_cut", [True, False])
def test_a_file_known_to_be_damaged_is_fetched_again_from_the_locked_revision(
    place: Place, is_cut: bool
) -> None:
    place.server.add_repo(REPO, FILES)
    first = place.get(wanted=Wanted(variant=None))
    place.server.add_repo(REPO, {**FILES, "unet/config.json": b'{"newer": 1}'})
    blob = (first.folder / UNET).resolve()
    blob.write_bytes(FILES[UNET][:-9] if is_cut else FILES[UNET][:-1] + b"?")
    if not is_cut:  # only who reads it all can tell, as before a picture
        verify.sha256(first.folder / UNET)
    place.server.requests.clear()
    again = place.get(wanted=Wanted(variant=None))
    assert (again.revision, (again.folder / UNET).read_bytes()) == (first.revision, FILES[UNET])
    (fetched,) = place.server.asked("", "cdn")
    assert fetched.path.endswith(Path(UNET).name)
    place.server.requests.clear()
    place.get(wanted=Wanted(variant=None))
    assert not place.server.requests


def test_a_tag_is_a_revision_and_other_tools_find_it(place: Place) -> None:
    old = place.server.add_repo(REPO, FILES)
    place.server.add_repo(REPO, {**FILES, "unet/config.json": b'{"newer": 1}'})
    place.server.tag(REPO, "v1", old)
    assert place.get(revision="v1").revision == old
    refs = place.models / "hub" / "models--owner--tiny" / "refs"
    assert {ref.name: ref.read_text(encoding="utf-8") for ref in refs.iterdir()} == {
        "v1": old,
        "main": old,
    }


def test_the_configs_come_without_weights_and_are_not_taken_for_the_whole(place: Place) -> None:
    place.server.add_repo(REPO, FILES)
    snapshot = place.get(wanted=Wanted(is_config_only=True))
    assert not [path for path in snapshot.files if path.endswith(".safetensors")]
    place.server.requests.clear()
    place.get(wanted=Wanted(is_config_only=True))
    assert not place.server.requests
    assert set(place.get().files) == HALF


def test_a_single_file_comes_alone(place: Place) -> None:
    place.server.add_repo(
        "owner/lora", {"ink.safetensors": weights(), "other.safetensors": weights(1)}
    )
    snapshot = place.get("owner/lora", wanted=Wanted(files=("ink.safetensors",)))
    assert snapshot.files == ("ink.safetensors",)
    assert (snapshot.folder / "ink.safetensors").read_bytes() == weights()
    place.server.requests.clear()
    assert place.get("owner/lora", wanted=Wanted(files=("ink.safetensors",))).files
    assert not place.server.requests


@pytest.mark.parametrize(
    ("repo_id", "revision"),
    [("owner/../other", None), ("https://huggingface.co/owner/name", None), (REPO, "../main")],
)
def test_a_name_that_cannot_be_one_is_never_asked_for(
    tmp_path: Path, repo_id: str, revision: str | None
) -> None:
    with pytest.raises(BadRequest):
        Order(repo_id, tmp_path, revision=revision)


def test_a_repository_without_an_index_names_its_files(place: Place) -> None:
    place.server.add_repo("owner/lora", {"ink.safetensors": weights()})
    with pytest.raises(WeightsError, match=r"no model_index\.json.*ink\.safetensors"):
        place.get("owner/lora")
    assert place.is_empty()


@pytest.mark.parametrize("index", [b"", b"[]", b"{", b"\xff", b" " * (2**20 + 1)])
def test_a_broken_index_is_said(place: Place, index: bytes) -> None:
    place.server.add_repo(REPO, {**FILES, "model_index.json": index})
    with pytest.raises(WeightsError, match=r"model_index\.json of owner/tiny is no table"):
        place.get()
    assert place.is_empty()


@pytest.mark.parametrize(
    "path", ["../../evil.json", "/evil.json", "unet\\evil.json", "C:\\evil.json"]
)
def test_a_path_outside_the_folder_is_refused_before_anything_is_written(
    place: Place, path: str
) -> None:
    place.server.add_repo(REPO, FILES)
    place.server.claim(REPO, path)
    with pytest.raises(WeightsError, match="outside its folder"):
        place.get()
    assert place.is_empty()
    assert not place.server.asked("/resolve/")


def test_a_download_larger_than_the_disk_is_refused_before_its_first_byte(place: Place) -> None:
    shards = {"unet/diffusion_pytorch_model.safetensors.index.json": b"{}"}
    parts = {"unet": PARTS["unet"]}
    files = {"model_index.json": json.dumps(parts).encode(), "unet/config.json": b"{}"}
    place.server.add_repo(REPO, {**files, **shards})
    count = 1 + shutil.disk_usage(place.models.parent).free // (400 * 2**30)
    for shard in range(1, count + 1):
        name = f"unet/diffusion_pytorch_model-{shard:05d}-of-{count:05d}.safetensors"
        place.server.claim(REPO, name, size=400 * 2**30)
    with pytest.raises(WeightsError, match="GiB of free disk space"):
        place.get()
    assert not list(place.models.rglob("*.part"))
    assert place.is_empty()


def test_the_room_is_looked_for_on_the_disk_where_the_hub_lies(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.server.add_repo(REPO, FILES)
    (tmp_path / "small").mkdir()
    place.models.mkdir()
    (place.models / "hub").symlink_to(tmp_path / "small")
    real = shutil.disk_usage

    def usage(path: Path) -> object:
        is_small = Path(path).resolve().is_relative_to(tmp_path / "small")
        return real(path)._replace(free=1000) if is_small else real(path)

    monkeypatch.setattr(shutil, "disk_usage", usage)
    with pytest.raises(WeightsError, match="free disk space, and there is 1000 B"):
        place.get()


def test_what_came_of_a_file_that_is_gone_from_the_hub_is_deleted_later(place: Place) -> None:
    newer = {**FILES, "unet/diffusion_pytorch_model.fp16.safetensors": weights(3000, 1)}
    other = {"other.safetensors": weights(5000)}
    place.server.add_repo(REPO, FILES | other)
    for path, wanted in (
        ("unet/diffusion_pytorch_model.fp16.safetensors", Wanted()),
        ("other.safetensors", Wanted(files=("other.safetensors",))),
    ):
        place.server.fault(path, drop_at=1000)
        with pytest.raises(WeightsError):
            place.get(wanted=wanted)
    assert len(list(place.models.rglob("*.part"))) == 2
    place.server.heal()
    place.server.add_repo(REPO, newer | other)
    place.get()
    (left,) = place.models.rglob("*.part")
    assert left.stem == hashlib.sha256(other["other.safetensors"]).hexdigest()


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"is_corrupt": True}, WeightsError),
        ({"drop_at": 1000}, WeightsError),
        ({"truncate_at": 1000}, WeightsError),
        ({"status": 403}, WeightsError),
        ({"status": 404, "error_code": "EntryNotFound"}, WeightsError),
        ({"status": 429, "retry_after": "900"}, WeightsError),
        ({"status": 500}, WeightsError),
    ],
)
def test_whatever_goes_wrong_nothing_is_half_registered_and_it_can_go_on(
    place: Place, fault: dict[str, Any], error: type[Exception]
) -> None:
    place.server.add_repo(REPO, FILES)
    place.server.fault("unet/diffusion_pytorch_model.fp16.safetensors", **fault)
    with pytest.raises(error):
        place.get()
    assert place.is_empty()
    place.server.heal()
    assert set(place.get().files) == HALF
    assert not list(place.models.rglob("*.part"))


def test_a_cancelled_download_registers_nothing_and_goes_on_later(place: Place) -> None:
    place.server.add_repo(REPO, FILES)
    with pytest.raises(Cancelled):
        place.get(is_cancelled=lambda: bool(place.told))
    assert place.is_empty()
    assert set(place.get().files) == HALF


def test_a_gated_model_opens_after_its_conditions_are_accepted(place: Place) -> None:
    place.server.add_repo(REPO, FILES, gated=True)
    with pytest.raises(WeightsError, match="accept") as caught:
        place.get()
    assert caught.value.link == f"{place.server.endpoint}/{REPO}"
    assert place.is_empty()
    assert place.get(token="hf_good").files


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"<html>log in first</html>", "web page"),
        (b"PK\x03\x04 a zip bomb", "zip archive"),
        ((2**31).to_bytes(8, "little") + b"{}", "2,147,483,656"),
        (weights()[:-1], "4,"),
    ],
)
@pytest.mark.parametrize("name", ["x.safetensors", "X.SAFETENSORS"])
def test_a_file_that_is_only_called_safetensors_is_not_registered(
    place: Place, content: bytes, why: str, name: str
) -> None:
    place.server.add_repo("owner/lora", {name: content})
    with pytest.raises(WeightsError, match=f"{name} of owner/lora is no safetensors") as caught:
        place.get("owner/lora", wanted=Wanted(files=(name,)))
    assert why in caught.value.message
    assert place.is_empty()
    assert not list(place.models.rglob("blobs/*"))


def test_other_bytes_under_a_locked_revision_are_refused(place: Place) -> None:
    revision = place.server.add_repo(REPO, FILES)
    lock.record(place.models, REPO, revision, {"unet/config.json": "0" * 64})
    half = "unet/diffusion_pytorch_model.fp16.safetensors"
    lock.record(place.models, REPO, revision, {half: "0" * 64})
    with pytest.raises(WeightsError, match="no longer the file"):
        place.get()


def test_a_damaged_lock_stops_the_download(place: Place) -> None:
    place.server.add_repo(REPO, FILES)
    place.models.mkdir()
    (place.models / "lock.json").write_text("{")
    with pytest.raises(WeightsError, match=r"lock\.json is damaged"):
        place.get()
    assert not place.server.requests


@pytest.mark.skipif(os.name == "nt" or os.getuid() == 0, reason="root may write everywhere")
def test_a_models_folder_that_may_not_be_written_is_said(place: Place) -> None:
    place.server.add_repo(REPO, FILES)
    place.models.mkdir(mode=0o500)
    with pytest.raises(WeightsError, match="cannot be written"):
        place.get()


def test_two_at_once_download_each_file_once(place: Place) -> None:
    place.server.add_repo(REPO, FILES)
    place.server.fault(UNET, delay_s=0.05)
    found: list[Snapshot] = []
    threads = [
        threading.Thread(target=lambda: found.append(place.get(wanted=Wanted(variant=None))))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 3
    assert len({each.folder for each in found}) == 1
    assert len(place.server.asked(UNET, "cdn")) == 1


def test_two_processes_download_each_file_once(place: Place) -> None:
    half = "unet/diffusion_pytorch_model.fp16.safetensors"
    place.server.add_repo(REPO, {**FILES, half: weights(2**20)})
    place.server.fault(half, delay_s=0.1)  # two seconds, a fifth of one is enough to wait in
    code = (
        "import sys; from pathlib import Path\n"
        "from fooocus_lite.weights.download import Order, download\n"
        "from fooocus_lite.weights.hub import Hub\n"
        f"download(Order({REPO!r}, Path(sys.argv[1]), hub=Hub(sys.argv[2])))"
    )
    command = [sys.executable, "-c", code, str(place.models), place.server.endpoint]
    environment = {**os.environ, "HF_HUB_OFFLINE": "0", "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, env=environment) as other:
        while not place.server.asked(half, "cdn"):
            assert other.poll() is None
            time.sleep(0.01)
        snapshot = place.get()
    assert other.returncode == 0
    assert place.told[0].doing == "waiting"
    assert set(snapshot.files) == HALF
    assert len(place.server.asked(half, "cdn")) == 1


def test_the_second_says_that_it_waits_and_can_be_stopped(place: Place) -> None:
    place.server.add_repo(REPO, FILES)
    place.server.fault("unet/diffusion_pytorch_model.fp16.safetensors", stall_at=10)
    stop = threading.Event()
    patience = Patience(answer_s=30)

    def first() -> None:
        with pytest.raises(Cancelled):
            place.get(is_cancelled=stop.is_set, patience=Patience(give_up_s=60, answer_s=1))

    thread = threading.Thread(target=first)
    thread.start()
    while not place.server.asked("fp16", "cdn"):
        stop.wait(0.01)
    second: list[Progress] = []
    with pytest.raises(Cancelled):
        place.get(on_progress=second.append, is_cancelled=lambda: bool(second), patience=patience)
    assert second[0].doing == "waiting"
    stop.set()
    thread.join()


def test_where_links_are_impossible_the_files_are_really_there(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_arguments: object, **_more: object) -> None:
        raise PermissionError(1, "A required privilege is not held by the client")

    monkeypatch.setattr(os, "symlink", refuse)
    place.server.add_repo(REPO, FILES)
    half = place.get().folder / "unet" / "diffusion_pytorch_model.fp16.safetensors"
    assert half.stat().st_nlink == 2
    assert not half.is_symlink()
    monkeypatch.setattr(os, "link", refuse)
    plain = place.get(wanted=Wanted(variant=None)).folder / UNET
    assert (plain.stat().st_nlink, plain.read_bytes()) == (1, FILES[UNET])


def test_an_offer_says_what_would_come_and_writes_nothing(place: Place) -> None:
    place.server.add_repo(REPO, FILES, licence="openrail++", gated=True)
    place.server.add_repo("owner/open", FILES, licence="openrail++")
    order = Order("owner/open", place.models, hub=Hub(place.server.endpoint))
    total = sum(len(FILES[path]) for path in HALF)
    found = offer(order)
    assert (found.repository.licence, found.total_bytes, found.missing_bytes) == (
        "openrail++",
        total,
        total,
    )
    assert not place.models.exists()
    place.get("owner/open")
    assert offer(order).missing_bytes == 0


def test_the_real_clients_find_it_without_a_request(place: Place, tiny_model: Path) -> None:
    from diffusers import DiffusionPipeline
    from huggingface_hub import snapshot_download

    place.server.add_repo("owner/real", tiny_model)
    snapshot = place.get("owner/real")
    place.server.requests.clear()
    cache = place.models / "hub"
    found = snapshot_download("owner/real", cache_dir=cache, local_files_only=True)
    assert Path(found) == snapshot.folder
    pipeline = DiffusionPipeline.from_pretrained(
        "owner/real", cache_dir=cache, local_files_only=True
    )
    assert not any(value.is_meta for value in pipeline.unet.parameters())
    assert not place.server.requests


def test_the_real_client_takes_our_blobs_for_its_own(place: Place) -> None:
    from huggingface_hub import snapshot_download

    place.server.add_repo(REPO, FILES)
    place.get()
    place.server.requests.clear()
    snapshot_download(
        REPO,
        cache_dir=place.models / "hub",
        endpoint=place.server.endpoint,
        allow_patterns=sorted(HALF),
        token=False,
    )
    assert not [each for each in place.server.asked("/resolve/") if each.method == "GET"]


def test_an_update_by_another_tool_does_not_change_what_is_used(place: Place) -> None:
    from huggingface_hub import snapshot_download

    old = place.server.add_repo(REPO, FILES)
    place.get()
    new = place.server.add_repo(REPO, {**FILES, "unet/config.json": b'{"newer": 1}'})
    snapshot_download(
        REPO,
        cache_dir=place.models / "hub",
        endpoint=place.server.endpoint,
        allow_patterns=["model_index.json"],
        token=False,
    )
    assert snapshots.in_use(place.models)[REPO].name == new
    assert lock.in_use(place.models)[REPO].name == old
    assert place.get().revision == old
