"""What another tool brought is recorded at its first use, and stays what it was from then on."""

import hashlib
import logging
import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import tiny
import tiny_families
from huggingface_hub import snapshot_download
from local_hub import LocalHub

from fooocus_lite.errors import WeightsError
from fooocus_lite.weights import catalogue, lock, refiners, snapshots, verify
from fooocus_lite.weights.catalogue import Model
from fooocus_lite.weights.download import Order, download
from fooocus_lite.weights.first_use import FirstUse
from fooocus_lite.weights.hub import Hub
from fooocus_lite.weights.selection import Wanted

REPO = "owner/tiny"
UNET = "unet/diffusion_pytorch_model.safetensors"
HALF_UNET = "unet/diffusion_pytorch_model.fp16.safetensors"


@pytest.fixture
def hub() -> Iterator[LocalHub]:
    with LocalHub() as opened:
        yield opened


@pytest.fixture
def models(tmp_path: Path) -> Path:
    folder = tmp_path / "home" / "models"
    folder.mkdir(parents=True)
    return folder


def another_tool_brings(hub: LocalHub, models: Path, repo_id: str = REPO) -> Path:
    """What `hf download` and diffusers do, into our cache."""
    return Path(
        snapshot_download(repo_id, cache_dir=models / "hub", endpoint=hub.endpoint, token=False)
    )


def use(models: Path, model: Model) -> None:
    """As before each picture."""
    FirstUse(models).check_model(model, verify.hashes(catalogue.weight_files(model)))


def overwrite(file: Path, data: bytes) -> None:
    """The blob itself gets other bytes, and another time, as when a program writes it."""
    before = file.stat().st_mtime_ns
    file.write_bytes(data)
    os.utime(file, ns=(before + 10**9, before + 10**9))


def flipped(file: Path) -> bytes:
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    return bytes(data)


def changed_copy(folder: Path, target: Path) -> Path:
    """A newer state of a model: one config differs."""
    newer = Path(shutil.copytree(folder, target))
    config = newer / "scheduler" / "scheduler_config.json"
    config.write_text(config.read_text().replace("trailing", "leading"))
    return newer


def in_half(folder: Path, target: Path) -> Path:
    """The model with an fp16 file of its UNet, and no plain one."""
    copy = Path(shutil.copytree(folder, target))
    (copy / UNET).rename(copy / HALF_UNET)
    return copy


def test_revision_weights_configs_and_word_lists_are_recorded(hub, models, tiny_model) -> None:
    revision = hub.add_repo(REPO, tiny_model)
    folder = another_tool_brings(hub, models)
    assert lock.read(models) == {}
    use(models, catalogue.find([models])[REPO])
    entry = lock.read(models)[REPO]
    assert (entry.revision, entry.revisions[revision].variants) == (revision, ("",))
    assert {UNET, "model_index.json", "tokenizer/tokenizer.json", "vae/config.json"} <= {
        *entry.files
    }
    assert dict(entry.files) == {
        path: hashlib.sha256((folder / path).read_bytes()).hexdigest() for path in entry.files
    }
    assert lock.problem(models, REPO, entry) is None


def test_from_then_on_it_is_that_revision_until_an_update_is_asked_for(
    hub, models, tiny_model, tmp_path
) -> None:
    old = hub.add_repo(REPO, tiny_model)
    another_tool_brings(hub, models)
    use(models, catalogue.find([models])[REPO])
    new = hub.add_repo(REPO, changed_copy(tiny_model, tmp_path / "newer"))
    another_tool_brings(hub, models)
    assert snapshots.in_use(models)[REPO].name == new
    model = catalogue.find([models])[REPO]
    assert model.revision == old
    use(models, model)
    assert [*lock.read(models)[REPO].revisions] == [old]
    wanted = Wanted(variant=None)
    updated = download(Order(REPO, models, wanted, hub=Hub(hub.endpoint), is_update=True))
    assert (updated.revision, catalogue.find([models])[REPO].revision) == (new, new)
    assert {*lock.read(models)[REPO].revisions} == {old, new}


def test_how_its_weights_are_named_tells_what_an_update_has_to_bring(
    hub, models, tiny_model, tmp_path
) -> None:
    hub.add_repo(REPO, in_half(tiny_model, tmp_path / "half"))
    another_tool_brings(hub, models)
    use(models, catalogue.find([models])[REPO])
    entry = lock.read(models)[REPO]
    assert entry.revisions[entry.revision].variants == ("fp16",)
    assert HALF_UNET in entry.files


def test_a_download_of_ours_keeps_what_it_was_asked_for(hub, models, tiny_model) -> None:
    hub.add_repo(REPO, tiny_model)
    download(Order(REPO, models, hub=Hub(hub.endpoint)))
    before = lock.read(models)
    use(models, catalogue.find([models])[REPO])
    assert lock.read(models) == before


def test_what_another_tool_adds_to_a_revision_is_recorded_beside_it(
    hub, models, tiny_model
) -> None:
    revision = hub.add_repo(REPO, tiny_model)
    download(Order(REPO, models, Wanted(is_config_only=True), hub=Hub(hub.endpoint)))
    assert REPO not in catalogue.find([models])
    another_tool_brings(hub, models)
    use(models, catalogue.find([models])[REPO])
    entry = lock.read(models)[REPO]
    assert entry.revisions[revision].variants == ("", "configs")
    assert UNET in entry.files


@pytest.mark.parametrize("path", [UNET, "tokenizer/tokenizer.json", "model_index.json"])
def test_a_file_that_changes_after_its_first_use_is_named_with_the_way_out(
    hub, models, tiny_model, path
) -> None:
    hub.add_repo(REPO, tiny_model)
    folder = another_tool_brings(hub, models)
    model = catalogue.find([models])[REPO]
    use(models, model)
    good = (folder / path).read_bytes()
    other = flipped(folder / path) if path == UNET else good + b"\n"
    overwrite(folder / path, other)
    with pytest.raises(WeightsError) as error:
        use(models, model)
    assert error.value.message == (
        f"{path} is not the file of {REPO} that is recorded in models/lock.json: its sha256 is "
        f"another. Remove {REPO} and download it again."
    )
    assert lock.problem(models, REPO, lock.read(models)[REPO]) == error.value.message
    overwrite(folder / path, good)
    use(models, model)


def test_weights_that_are_not_what_their_blob_is_named_for_are_never_recorded(
    hub, models, tiny_model
) -> None:
    hub.add_repo(REPO, tiny_model)
    folder = another_tool_brings(hub, models)
    overwrite(folder / UNET, flipped(folder / UNET))
    with pytest.raises(WeightsError, match=f"{UNET} of {REPO} is damaged: .* the Hub promised"):
        use(models, catalogue.find([models])[REPO])
    assert lock.read(models) == {}


def test_a_refiner_is_recorded_as_a_model_is(hub, models, tmp_path) -> None:
    hub.add_repo("owner/polish", tiny.build_refiner(tmp_path / "polish"))
    another_tool_brings(hub, models, "owner/polish")
    use(models, refiners.find([models])["owner/polish"])
    assert UNET in lock.read(models)["owner/polish"].files


def test_a_denoiser_alone_records_the_parts_it_takes_from_a_whole_model(
    hub, models, tmp_path
) -> None:
    repo_id = "black-forest-labs/FLUX.1-dev"
    hub.add_repo(repo_id, tiny_families.build("flux1", tmp_path / "flux"))
    folder = another_tool_brings(hub, models, repo_id)
    (denoiser,) = (folder / "transformer").glob("*.safetensors")
    (models / "checkpoints").mkdir()
    shutil.copy(denoiser, models / "checkpoints" / "fine.safetensors")
    model = catalogue.find([models])["fine"]
    assert model.config == folder
    hashes = verify.hashes(catalogue.weight_files(model))
    parts = {"text_encoder/model.safetensors", "text_encoder_2/model.safetensors"}
    assert {*hashes} == {"fine.safetensors", "vae/diffusion_pytorch_model.safetensors", *parts}
    use(models, model)
    entry = lock.read(models)[repo_id]
    assert entry.revisions[entry.revision].variants == ("",)
    assert parts < {*entry.files}
    assert not [path for path in entry.files if "fine" in path or "transformer/diff" in path]
    # The whole model, when it is used itself, adds what is left.
    use(models, catalogue.find([models])[repo_id])
    assert f"transformer/{denoiser.name}" in lock.read(models)[repo_id].files


def test_settings_for_a_whole_checkpoint_are_recorded_as_configs(hub, models, tiny_model) -> None:
    hub.add_repo(REPO, tiny_model)
    folder = another_tool_brings(hub, models)
    file = models / "checkpoints" / "mine.safetensors"
    file.parent.mkdir()
    shutil.copy(folder / UNET, file)
    model = Model("mine", file, "sdxl", "mine", "unknown", 0, kind="file", config=folder)
    use(models, model)
    entry = lock.read(models)[REPO]
    assert entry.revisions[entry.revision].variants == ("configs",)
    assert "unet/config.json" in entry.files
    assert UNET not in entry.files


def test_a_linked_lora_is_recorded_alone_and_puts_no_other_revision_into_use(
    hub, models, tiny_lora
) -> None:
    name = "pytorch_lora_weights.safetensors"
    data = tiny_lora.read_bytes()
    old = hub.add_repo(REPO, {name: data, "other.safetensors": data})
    folder = another_tool_brings(hub, models)
    link = models / "loras" / "wobble.safetensors"
    link.parent.mkdir()
    link.symlink_to(os.path.relpath(folder / name, link.parent))
    first_use = FirstUse(models)
    first_use.check_file(link, verify.sha256(link))
    assert {path: each.files for path, each in lock.read(models).items()} == {
        REPO: {name: hashlib.sha256(data).hexdigest()}
    }
    new = "b" * 40
    lock.record(models, REPO, new, {"a": "0" * 64})
    first_use.check_file(link, verify.sha256(link))
    entry = lock.read(models)[REPO]
    assert (entry.revision, {*entry.revisions}) == (new, {old, new})
    overwrite(folder / name, flipped(folder / name))
    with pytest.raises(WeightsError, match=name):
        first_use.check_file(link, verify.sha256(link))


def test_folders_of_ones_own_and_other_programs_trees_are_left_as_they_are(
    hub, models, tiny_model, tmp_path
) -> None:
    shutil.copytree(tiny_model, models / "mine")
    tree = tmp_path / "cache"
    hub.add_repo(REPO, tiny_model)
    folder = another_tool_brings(hub, tree)
    before = sorted(tree.rglob("*"))
    found = catalogue.find([models, tree])
    for name in ("mine", REPO):
        use(models, found[name])
    assert not (models / "lock.json").exists()
    assert sorted(tree.rglob("*")) == before
    overwrite(folder / UNET, flipped(folder / UNET))
    with pytest.raises(WeightsError, match="is damaged"):
        use(models, found[REPO])


def test_a_record_that_cannot_be_written_or_read_is_told_once_and_stops_nobody(
    hub, models, tiny_model, caplog
) -> None:
    hub.add_repo(REPO, tiny_model)
    another_tool_brings(hub, models)
    model = catalogue.find([models])[REPO]
    hashes = verify.hashes(catalogue.weight_files(model))
    first_use = FirstUse(models)
    # As on a disk that is read-only, which binds nobody who is root.
    blocked = models / "hub" / ".locks" / "lock.json.lock"
    blocked.mkdir(parents=True)
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            first_use.check_model(model, hashes)
        blocked.rmdir()
        (models / "lock.json").write_text("{")
        for _ in range(3):
            first_use.check_model(model, hashes)
    told = [each.getMessage() for each in caplog.records if "first_use" in each.name]
    assert [("cannot be written" in each, "is damaged" in each) for each in told] == [
        (True, False),
        (False, True),
    ]
    (models / "lock.json").unlink()
    first_use.check_model(model, hashes)
    assert REPO in lock.read(models)


def test_of_two_programs_at_once_the_first_record_counts(models) -> None:
    path, one, other = "unet/a.safetensors", "1" * 64, "2" * 64
    lock.record_use(models, REPO, "a" * 40, {path: one}, "")
    lock.record_use(models, REPO, "a" * 40, {path: other, "b": other}, "")
    lock.record_use(models, REPO, "b" * 40, {path: other}, "")
    entry = lock.read(models)[REPO]
    assert (entry.revision, dict(entry.files)) == ("a" * 40, {path: one, "b": other})
    threads = [
        threading.Thread(target=lock.record_use, args=(models, f"owner/{n}", "a" * 40, {path: one}))
        for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(lock.read(models)) == 9
