"""Models that come and go, over real HTTP from a Hub on this machine."""

import json
import os
import shutil
from pathlib import Path

import pytest
import tiny
from huggingface_hub import snapshot_download
from local_hub import LocalHub
from test_uploads import SD15, VAE, safetensors

from fooocus_lite.errors import BadRequest, NotAllowed, UnknownName, WeightsError
from fooocus_lite.settings import Settings
from fooocus_lite.studio import Studio
from fooocus_lite.supplies.model_store import NOTHING_NEWER, ModelStore
from fooocus_lite.supplies.stock import Stock
from fooocus_lite.supplies.telling import Told
from fooocus_lite.supplies.wishes import performance_loras
from fooocus_lite.visitor import Visitor
from fooocus_lite.weights import alone, lock, snapshots

NAME = "somebody/tiny"
TIMEOUT_S = 120


@pytest.fixture
def hub():
    with LocalHub() as opened:
        yield opened


@pytest.fixture
def settings(home: Path, hub: LocalHub) -> Settings:
    return Settings(home=home, output_path=home / "outputs", hub_endpoint=hub.endpoint)


@pytest.fixture
def store(settings: Settings):
    opened = ModelStore(settings, Stock(settings))
    yield opened
    opened.close()


def stock_of(store: ModelStore) -> Stock:
    return store._stock


def settle(store: ModelStore) -> None:
    worker = store.downloads._worker
    if worker is not None:
        worker.join(TIMEOUT_S)
    assert all(each.is_over for each in store.downloads.all())


def write_preset(settings: Settings, name: str, **values: object) -> None:
    folder = settings.home / "presets"
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps({"name": name, **values}))


def test_a_preset_brings_its_model_and_is_ready_then(settings, hub, tiny_model):
    write_preset(settings, "small", title="Small", model=NAME, family="sdxl")
    hub.add_repo(NAME, tiny_model)
    store = ModelStore(settings, Stock(settings))
    stock = stock_of(store)
    assert "small" not in stock.ready_presets()
    asked = store.download("small")
    assert (asked.name, asked.wish.title) == (NAME, "Small")
    settle(store)
    done = store.downloads.find(NAME)
    assert (done.state, done.done_bytes) == ("done", done.total_bytes)
    assert "small" in stock.ready_presets()
    assert store.revisions(NAME) == (stock.model(NAME).revision,)


def test_of_a_preset_with_a_refiner_each_part_goes_by_its_own_name(settings, hub):
    write_preset(
        settings, "fine", title="Fine", model=NAME, family="sdxl", refiner="somebody/polish"
    )
    wishes = ModelStore(settings, Stock(settings)).wishes("fine")
    assert [(each.title, each.preset) for each in wishes] == [
        (NAME, "fine"),
        ("somebody/polish", "fine"),
    ]


def test_a_download_that_broke_off_goes_on_where_it_ended(settings, hub, tiny_model):
    hub.add_repo(NAME, tiny_model)
    hub.fault("unet/diffusion_pytorch_model.safetensors", status=403)
    store = ModelStore(settings, Stock(settings))
    store.download(NAME)
    settle(store)
    failed = store.downloads.find(NAME)
    assert failed.state == "failed"
    assert NAME in failed.message
    assert NAME not in stock_of(store).models()
    store.close()
    hub.heal()
    later = ModelStore(settings, Stock(settings))
    left = later.downloads.find(NAME)
    assert (left.state, left.message) == ("failed", failed.message)
    assert failed.done_bytes <= left.done_bytes < left.total_bytes == failed.total_bytes
    assert left.done_bytes > (tiny_model / "text_encoder/model.safetensors").stat().st_size
    later.download(NAME)
    settle(later)
    assert later.downloads.find(NAME).state == "done"
    assert not hub.asked("text_encoder/model.safetensors", "cdn")
    assert NAME in stock_of(later).models()


def test_the_settings_that_a_single_file_lacks_come_without_weights(hub, store, tiny_model):
    hub.add_repo(NAME, tiny_model)
    asked = store.download(f"{NAME}/model_index.json")
    settle(store)
    assert store.downloads.find(asked.name).state == "done"
    assert hub.asked("unet/config.json")
    assert not hub.asked("safetensors")


def test_a_single_file_that_broke_off_is_gone_on_with_by_its_name(settings, hub, store):
    first = hub.add_repo(NAME, {"dream.safetensors": safetensors(SD15)})
    hub.add_repo(NAME, {"README.md": b"moved"})
    hub.fault("dream.safetensors", status=403)
    store.download(f"https://huggingface.co/{NAME}/blob/{first}/dream.safetensors")
    settle(store)
    (failed,) = store.downloads.all()
    hub.heal()
    store.download(failed.name)
    settle(store)
    assert store.downloads.find(failed.name).state == "done"
    assert store.revisions(NAME) == (first,)


def test_an_update_that_broke_off_is_still_an_update(hub, store, tiny_model, tmp_path):
    hub.add_repo(NAME, tiny_model)
    store.download(NAME)
    settle(store)
    newer = shutil.copytree(tiny_model, tmp_path / "newer")
    (newer / "vae" / "diffusion_pytorch_model.safetensors").write_bytes(safetensors(SD15))
    second = hub.add_repo(NAME, newer)
    hub.fault("vae/diffusion_pytorch_model.safetensors", status=403)
    store.download(NAME, is_update=True)
    settle(store)
    hub.heal()
    store.download(NAME)
    settle(store)
    assert store.revisions(NAME)[0] == second


@pytest.mark.parametrize("name", ["small", "SMALL", "Small Things"])
def test_a_preset_is_found_by_either_of_its_names(settings, name):
    write_preset(settings, "small", title="small things", model=NAME, family="sdxl")
    assert ModelStore(settings, Stock(settings)).wish(name).repo_id == NAME


def test_a_name_without_an_owner_is_told_how_the_hub_writes_them(store):
    with pytest.raises(UnknownName, match="owner/name"):
        store.wish("dreams")


def test_a_performances_lora_lies_where_it_is_looked_for(settings, hub, store, tiny_lora):
    file = "pytorch_lora_weights.safetensors"
    hub.add_repo("latent-consistency/lcm-lora-sdxl", {file: tiny_lora.read_bytes()})
    store.download("lcm-lora-sdxl")
    settle(store)
    here = settings.models / "loras" / "lcm-lora-sdxl.safetensors"
    assert here.read_bytes() == tiny_lora.read_bytes()
    assert all("lcm-lora-sdxl" in names for names in stock_of(store).pantry().loras.values())


def test_what_is_pasted_is_described_before_it_is_downloaded(settings, hub, store, tiny_model):
    hub.add_repo(NAME, tiny_model, licence="cc-by-nc-4.0")
    found = store.look_up(f"https://huggingface.co/{NAME}")
    assert (found.name, found.repo_id, found.family) == (NAME, NAME, "sdxl")
    assert found.licence == "cc-by-nc-4.0"
    assert found.size_bytes == found.missing_bytes == sum(found.files.values())
    assert found.problem == ""
    assert not (settings.models / "hub").exists()


def test_a_link_to_the_mirror_in_use_is_understood(hub, store, tiny_model):
    hub.add_repo(NAME, tiny_model)
    for link in (f"{hub.endpoint}/{NAME}", f" {hub.endpoint}/{NAME}/tree/main/"):
        assert store.look_up(link).repo_id == NAME
    with pytest.raises(BadRequest):
        store.look_up(f"http://elsewhere.example/{NAME}")


def test_a_pipeline_of_another_kind_is_said_before_gigabytes_come(hub, store, tiny_model, tmp_path):
    other = shutil.copytree(tiny_model, tmp_path / "other")
    index = json.loads((other / "model_index.json").read_text())
    (other / "model_index.json").write_text(
        json.dumps({**index, "_class_name": "AnimateDiffPipeline"})
    )
    hub.add_repo(NAME, other)
    assert store.look_up(NAME).problem.startswith("Models of the kind AnimateDiffPipeline cannot")


def test_a_pipeline_of_another_kind_is_refused_before_gigabytes_come(
    hub, store, tiny_model, tmp_path
):
    other = shutil.copytree(tiny_model, tmp_path / "other")
    index = json.loads((other / "model_index.json").read_text())
    (other / "model_index.json").write_text(
        json.dumps({**index, "_class_name": ["AnimateDiffPipeline"]})
    )
    hub.add_repo(NAME, other)
    store.download(NAME)
    settle(store)
    assert "it is a ['AnimateDiffPipeline'], which is not run" in store.downloads.find(NAME).message
    assert not hub.asked(".safetensors")


@pytest.mark.parametrize("name", ["a b/c", "../etc", "https://example.com/a/b", "nothing", ""])
def test_what_is_no_name_of_a_model_is_refused(hub, store, name):
    with pytest.raises(BadRequest):
        store.download(name)
    assert hub.requests == []


def test_a_gated_model_is_explained_with_the_link(hub, store, tiny_model):
    hub.add_repo(NAME, tiny_model, gated=True)
    store.download(NAME)
    settle(store)
    failed = store.downloads.find(NAME)
    assert "is gated" in failed.message
    assert failed.link == f"{hub.endpoint}/{NAME}"


def test_an_updated_model_can_be_set_back(hub, store, tiny_model, tmp_path):
    first = hub.add_repo(NAME, tiny_model)
    store.download(NAME)
    settle(store)
    newer = shutil.copytree(tiny_model, tmp_path / "newer")
    (newer / "README.md").write_text("---\nlicense: mit\n---\n")
    second = hub.add_repo(NAME, newer)
    store.download(NAME)
    settle(store)
    assert store.revisions(NAME) == (first,)
    store.download(NAME, is_update=True)
    settle(store)
    assert store.revisions(NAME) == (second, first)
    assert stock_of(store).model(NAME).licence == "mit"
    assert store.downloads.find(NAME).message == ""
    store.download(NAME, is_update=True)
    settle(store)
    assert store.downloads.find(NAME).message == NOTHING_NEWER
    hub.heal()
    store.set_back(NAME, first)
    settle(store)
    assert store.revisions(NAME) == (first, second)
    assert stock_of(store).model(NAME).revision == first
    assert hub.requests == []
    with pytest.raises(UnknownName):
        store.set_back(NAME, "f" * 40)


def test_a_removed_model_leaves_nothing(settings, hub, store, tiny_model):
    hub.add_repo(NAME, tiny_model)
    store.download(NAME)
    settle(store)
    preset = store.preset_for(NAME)
    assert preset.model == NAME
    assert store.preset_for(NAME) == preset
    store.remove(NAME)
    assert store.downloads.all() == ()
    assert NAME not in stock_of(store).models()
    assert NAME not in lock.read(settings.models)
    assert not snapshots.folder_of(settings.models, NAME).exists()
    assert preset.name not in stock_of(store).presets


def test_a_preset_that_says_more_than_the_model_outlives_it(settings, store, tiny_model):
    shutil.copytree(tiny_model, settings.models / "own")
    write_preset(settings, "mine", model="own", family="sdxl", styles=["Noir"], is_saved=True)
    stock_of(store).reload()
    store.remove("own")
    assert "own" not in stock_of(store).models()
    assert "mine" in stock_of(store).presets


def test_what_came_of_a_discarded_download_is_deleted(settings, hub, store, tiny_model):
    hub.add_repo(NAME, tiny_model)
    hub.fault("vae/diffusion_pytorch_model.safetensors", status=403)
    store.download(NAME)
    settle(store)
    assert snapshots.folder_of(settings.models, NAME).exists()
    store.discard(NAME)
    assert store.downloads.all() == ()
    assert not snapshots.folder_of(settings.models, NAME).exists()


def test_an_update_that_is_discarded_leaves_the_model_and_nothing_of_itself(
    settings, hub, store, tiny_model
):
    hub.add_repo(NAME, tiny_model)
    store.download(NAME)
    settle(store)
    blobs = snapshots.folder_of(settings.models, NAME) / "blobs"
    before = {each.name for each in blobs.iterdir()}
    files = {
        each.relative_to(tiny_model).as_posix(): each.read_bytes()
        for each in tiny_model.rglob("*")
        if each.is_file()
    }
    newer = {"README.md": b"newer", "unet/diffusion_pytorch_model.safetensors": safetensors(SD15)}
    hub.add_repo(NAME, files | newer)
    hub.fault("unet/diffusion_pytorch_model.safetensors", status=403)
    store.download(NAME, is_update=True)
    settle(store)
    came = {each.name for each in blobs.iterdir()} - before
    assert {Path(each).suffix for each in came} == {"", ".part"}
    store.discard(NAME)
    assert {each.name for each in blobs.iterdir()} == before
    assert NAME in stock_of(store).models()


def test_a_discarded_download_leaves_what_another_of_its_repository_needs(settings, hub, store):
    hub.add_repo(NAME, {"a.safetensors": safetensors(SD15), "b.safetensors": safetensors(VAE)})
    for file in "ab":
        hub.fault(f"{file}.safetensors", drop_at=100, status=403)
        store.download(f"{NAME}/{file}.safetensors")
    settle(store)
    blobs = snapshots.folder_of(settings.models, NAME) / "blobs"
    for each in store.downloads.all():
        (blobs / f"{each.files[0].blob}.part").write_bytes(b"some")
    store.discard(f"{NAME}/a.safetensors")
    (left,) = store.downloads.all()
    assert [each.name for each in blobs.iterdir()] == [f"{left.files[0].blob}.part"]


def another_tool_brings(settings, hub, repo_id=NAME):
    cache = settings.models / "hub"
    return Path(snapshot_download(repo_id, cache_dir=cache, endpoint=hub.endpoint, token=False))


def test_a_model_that_another_tool_brought_leaves_nothing_either(settings, hub, store, tiny_model):
    hub.add_repo(NAME, tiny_model)
    another_tool_brings(settings, hub)
    store.remove(NAME)
    assert NAME not in stock_of(store).models()
    assert not snapshots.folder_of(settings.models, NAME).exists()


def test_the_rest_of_a_download_that_broke_off_can_be_removed_by_its_name(
    settings, hub, store, tiny_model
):
    hub.add_repo(NAME, tiny_model)
    hub.fault("vae/diffusion_pytorch_model.safetensors", status=403)
    with pytest.raises(WeightsError):
        store.bring(store.wish(NAME))
    assert snapshots.folder_of(settings.models, NAME).exists()
    store.remove(NAME)
    assert not snapshots.folder_of(settings.models, NAME).exists()


def test_a_folder_of_ones_own_with_a_downloads_name_is_the_one_that_is_removed(
    settings, hub, store, tiny_model
):
    hub.add_repo(NAME, tiny_model)
    another_tool_brings(settings, hub)
    own = shutil.copytree(tiny_model, settings.models / NAME)
    store.remove(NAME)
    assert not own.exists()
    assert snapshots.in_use(settings.models)[NAME].is_dir()


def test_a_discarded_download_leaves_what_another_tool_had_brought(
    settings, hub, store, tiny_model
):
    hub.add_repo(NAME, tiny_model)
    another_tool_brings(settings, hub)
    hub.fault("info", status=403)
    store.download(NAME)
    settle(store)
    assert store.downloads.find(NAME).state == "failed"
    store.discard(NAME)
    assert NAME in stock_of(store).models()


def test_a_removed_link_takes_no_other_files_of_its_repository_along(
    settings, hub, store, tiny_lora
):
    data = tiny_lora.read_bytes()
    hub.add_repo(NAME, {"one.safetensors": data, "two.safetensors": data})
    folder = another_tool_brings(settings, hub)
    lock.record(settings.models, NAME, folder.name, {"one.safetensors": "0" * 64})
    link = settings.models / "loras" / "one.safetensors"
    snapshots.link(folder / "one.safetensors", link)
    store.remove("loras/one")
    assert not link.exists()
    assert (folder / "two.safetensors").is_file()


def test_the_starter_and_other_programs_models_are_not_removed(store):
    assert not store.may_remove(stock_of(store).model("starter"))
    with pytest.raises(BadRequest, match="came with the program"):
        store.remove("starter")
    with pytest.raises(UnknownName):
        store.remove("somebody/else")


@pytest.fixture
def log(settings):
    """A studio whose audit log is read, and its store as two people use it."""
    studio = Studio(settings)
    yield studio
    studio.close()


def lines_of(studio: Studio) -> list[tuple[str, str, str, str]]:
    entries = reversed(studio.doorkeeper.audit.latest())
    return [(each.who, each.action, each.outcome, each.subject) for each in entries]


def test_what_becomes_of_models_is_written_down(hub, log, tiny_model, tmp_path):
    anna = Visitor("user:anna", name="anna", is_host=True)
    first = hub.add_repo(NAME, tiny_model)
    store = log.model_store(anna)
    store.download(NAME)
    settle(store)
    newer = shutil.copytree(tiny_model, tmp_path / "newer")
    (newer / "README.md").write_text("---\nlicense: mit\n---\n")
    hub.add_repo(NAME, newer)
    store.download(NAME, is_update=True)
    settle(store)
    store.set_back(NAME, first)
    settle(store)
    store.preset_for(NAME)
    log.model_store().remove(NAME)
    with pytest.raises(UnknownName):
        log.model_store().remove("nobody/has")
    store.download("somebody/none")
    settle(store)
    assert lines_of(log) == [
        ("anna", "download", "done", NAME),
        ("anna", "update", "done", NAME),
        ("anna", "set back", "done", NAME),
        ("anna", "save preset", "done", "tiny"),
        ("local", "remove preset", "done", "tiny"),
        ("local", "remove", "done", NAME),
        ("local", "remove", "unknown_name", "nobody/has"),
        ("anna", "download", "weights", "somebody/none"),
    ]


def test_an_upload_is_written_down_whether_it_was_kept_or_not(log, tiny_lora):
    send(log.model_store(), "wobble.safetensors", tiny_lora.read_bytes())
    with pytest.raises(WeightsError):
        send(log.model_store(), "bomb.safetensors", b"PK\x03\x04" + bytes(99))
    assert [line[1:] for line in lines_of(log)] == [
        ("upload", "done", "wobble.safetensors"),
        ("upload", "weights", "bomb.safetensors"),
    ]


def send(store: ModelStore, name: str, data: bytes) -> Path:
    upload = store.receive(name, len(data))
    upload.write(data)
    return store.keep(upload).path


@pytest.mark.parametrize("name", ["wobble", "loras/wobble"])
def test_a_single_file_is_removed_by_its_name(settings, store, tiny_lora, name):
    path = send(store, "wobble.safetensors", tiny_lora.read_bytes())
    assert path == settings.models / "loras" / "wobble.safetensors"
    store.remove(name)
    assert not path.exists()
    with pytest.raises(UnknownName):
        store.remove(name)


def test_of_two_files_with_one_name_the_one_that_is_meant_is_removed(settings, store, tiny_lora):
    lora = send(store, "same.safetensors", tiny_lora.read_bytes())
    other = settings.models / "vae" / "same.safetensors"
    other.parent.mkdir()
    other.write_bytes(safetensors(SD15))
    with pytest.raises(BadRequest, match="Write which: loras/same, vae/same"):
        store.remove("same")
    store.remove("vae/same")
    assert (lora.exists(), other.exists()) == (True, False)


def test_a_file_in_another_programs_folder_stays_and_the_host_is_told_where_it_lies(
    settings, tiny_lora, tmp_path
):
    tree = tmp_path / "webui"
    lora = tree / "models" / "Lora" / "ink.safetensors"
    lora.parent.mkdir(parents=True)
    lora.write_bytes(tiny_lora.read_bytes())
    given = settings.model_copy(update={"extra_model_folders": (tree,)})
    store = ModelStore(given, Stock(given))
    with pytest.raises(BadRequest, match=str(lora.parent)):
        store.remove("loras/ink")
    (settings.models / "loras").mkdir(parents=True)
    (settings.models / "loras" / "theirs").symlink_to(lora.parent)
    with pytest.raises(BadRequest, match="Remove it there"):
        store.remove("loras/theirs/ink")
    assert lora.exists()


def test_a_performances_lora_leaves_with_its_download(settings, hub, store, tiny_lora):
    file = "pytorch_lora_weights.safetensors"
    repo_id = "latent-consistency/lcm-lora-sdxl"
    hub.add_repo(repo_id, {file: tiny_lora.read_bytes()})
    store.download("lcm-lora-sdxl")
    settle(store)
    store.remove("loras/lcm-lora-sdxl")
    assert not (settings.models / "loras" / "lcm-lora-sdxl.safetensors").exists()
    assert not snapshots.folder_of(settings.models, repo_id).exists()


def test_of_two_performances_with_one_download_only_one_leaves(
    settings, hub, store, tiny_model, tmp_path
):
    repo_id = "ByteDance/Hyper-SD"
    loras = {name: each for name, each in performance_loras().items() if each.repo_id == repo_id}
    files = {}
    for seed, lora in enumerate(loras.values()):
        tiny.build_lora(tmp_path / "lora.safetensors", tiny_model, seed)
        files[lora.file] = (tmp_path / "lora.safetensors").read_bytes()
    hub.add_repo(repo_id, files)
    for name in loras:
        store.download(name)
        settle(store)
    gone, kept = loras
    folder = snapshots.folder_of(settings.models, repo_id)
    assert len([*folder.glob("blobs/*")]) == len(loras)
    store.remove(f"loras/{gone}")
    assert gone not in stock_of(store).listing().lora_files(None)
    assert kept in stock_of(store).listing().lora_files(None)
    assert len([*folder.glob("blobs/*")]) == len(loras) - 1
    (found,) = store.checked(repo_id)
    assert found.problem is None


def test_who_makes_samples_is_told_what_came_and_left(settings, hub, tiny_model, tiny_lora):
    came: list[str] = []
    left: list[str] = []
    store = ModelStore(settings, Stock(settings), Told(came=came.append, left=left.append))
    hub.add_repo(NAME, tiny_model)
    store.download(NAME)
    settle(store)
    data = tiny_lora.read_bytes()
    for _twice in range(2):
        send(store, "wobble.safetensors", data)
    store.remove(NAME)
    store.remove("wobble")
    store.close()
    assert came == [NAME, "loras/wobble"]
    assert left == [NAME, "loras/wobble"]


def test_a_file_that_is_sent_is_a_lora_at_once(store, tiny_lora):
    send(store, "my wobble.safetensors", tiny_lora.read_bytes())
    assert all("my wobble" in names for names in stock_of(store).pantry().loras.values())


@pytest.mark.parametrize("given", [{"share": True}, {"listen": "0.0.0.0"}, {"is_space": True}])
def test_visitors_of_a_shared_page_bring_and_remove_nothing(settings, given):
    studio = Studio(settings.model_copy(update=given))
    for act in (studio.model_store, lambda owner: studio.model_store(owner).download(NAME)):
        with pytest.raises(NotAllowed, match="only by the host"):
            act("1" * 32)
    with pytest.raises(NotAllowed):
        studio.model_store("1" * 32).downloads.cancel(NAME)
    assert studio.downloads() == ()
    assert studio.model_store().free_bytes() > 0
    studio.close()


def test_a_damaged_record_is_said_and_nothing_is_lost(settings, store):
    settings.models.mkdir()
    (settings.models / "lock.json").write_text("{")
    with pytest.raises(WeightsError, match=r"lock\.json is damaged"):
        store.revisions(NAME)


def test_a_damaged_record_holds_back_what_was_downloaded_and_nothing_else(
    settings, hub, store, tiny_model, tiny_lora
):
    hub.add_repo(NAME, tiny_model)
    hub.add_repo("somebody/ink", {"ink.safetensors": tiny_lora.read_bytes()})
    for name in (NAME, "somebody/ink/ink.safetensors"):
        store.bring(store.wish(name))
    own = send(store, "own.safetensors", lora_of(settings.models.parent, tiny_model, 5))
    mine = shutil.copytree(tiny_model, settings.models / "mine")
    (settings.models / "lock.json").write_text("{")
    for name in ("own", "mine"):
        store.remove(name)
    assert not own.exists()
    assert not mine.exists()
    for name in (NAME, "ink"):
        with pytest.raises(WeightsError, match=r"lock\.json is damaged.*take it from a backup"):
            store.remove(name)
    assert (settings.models / "loras" / "ink.safetensors").is_file()
    assert snapshots.in_use(settings.models)[NAME].is_dir()


def test_a_damaged_record_holds_back_a_performances_lora_too(settings, hub, store, tiny_lora):
    file = "pytorch_lora_weights.safetensors"
    hub.add_repo("latent-consistency/lcm-lora-sdxl", {file: tiny_lora.read_bytes()})
    store.bring(store.wish("lcm-lora-sdxl"))
    lora = settings.models / "loras" / "lcm-lora-sdxl.safetensors"
    data = lora.read_bytes()
    lora.unlink()
    lora.write_bytes(data)  # as where no links can be made
    (settings.models / "lock.json").write_text("{")
    with pytest.raises(WeightsError, match=r"lock\.json is damaged"):
        store.remove("loras/lcm-lora-sdxl")
    assert lora.is_file()


def test_a_single_file_of_the_hub_becomes_what_it_is_and_leaves_without_a_rest(
    settings, hub, store
):
    data = safetensors(SD15)
    hub.add_repo(NAME, {"dream v8.safetensors": data, "README.md": b""})
    store.download(f"https://huggingface.co/{NAME}/blob/main/dream%20v8.safetensors")
    settle(store)
    (done,) = store.downloads.all()
    assert (done.state, done.name) == ("done", f"{NAME}/dream v8.safetensors")
    assert stock_of(store).model("dream v8").family == "sd15"
    store.remove("dream v8")
    assert "dream v8" not in stock_of(store).models()
    assert not snapshots.folder_of(settings.models, NAME).exists()


@pytest.mark.parametrize("lock_file", ["models--somebody--tiny.lock", "lock.json.lock"])
def test_a_lock_that_cannot_be_taken_is_said_in_a_sentence(
    settings, hub, store, tiny_model, lock_file
):
    hub.add_repo(NAME, tiny_model)
    # As on a disk that is read-only, which binds nobody who is root.
    (settings.models / "hub" / ".locks" / lock_file).mkdir(parents=True)
    store.download(NAME)
    settle(store)
    failed = store.downloads.find(NAME)
    assert failed.state == "failed"
    assert "The folder home/models cannot be written" in failed.message


def lora_of(tmp_path, model, seed) -> bytes:
    return tiny.build_lora(tmp_path / "lora.safetensors", model, seed).read_bytes()


def test_files_of_one_name_from_two_makers_are_both_there(
    settings, hub, store, tiny_model, tmp_path
):
    first, second = (lora_of(tmp_path, tiny_model, seed) for seed in (1, 2))
    hub.add_repo("ann/ink", {"lora.safetensors": first, "old/lora.safetensors": second})
    hub.add_repo("bob/oil", {"lora.safetensors": second})
    for name in ("ann/ink/lora", "bob/oil/lora", "ann/ink/old/lora", "ann/ink/lora"):
        store.bring(store.wish(f"{name}.safetensors"))
    loras = settings.models / "loras"
    assert {each.name: each.read_bytes() for each in loras.iterdir()} == {
        "lora.safetensors": first,
        "oil-lora.safetensors": second,
        "ink-lora.safetensors": second,
    }
    newer = lora_of(tmp_path, tiny_model, 3)
    hub.add_repo("bob/oil", {"lora.safetensors": newer, "card.md": b""})
    store.bring(store.wish("bob/oil/lora.safetensors", is_update=True))
    assert (loras / "oil-lora.safetensors").read_bytes() == newer
    assert (loras / "lora.safetensors").read_bytes() == first


def test_a_download_does_not_take_the_place_of_ones_own_file(
    settings, hub, store, tiny_model, tmp_path
):
    own, theirs = (lora_of(tmp_path, tiny_model, seed) for seed in (1, 2))
    loras = settings.models / "loras"
    loras.mkdir(parents=True)
    (loras / "ink.safetensors").write_bytes(own)
    unplugged = loras / "oil.safetensors"
    unplugged.symlink_to(tmp_path / "unplugged" / "oil.safetensors")
    hub.add_repo("bob/set", {f"{name}.safetensors": theirs for name in ("ink", "oil")})
    hub.add_repo("bob/same", {"ink.safetensors": own})
    for name in ("set/ink", "set/oil", "same/ink"):
        store.bring(store.wish(f"bob/{name}.safetensors"))
    assert unplugged.readlink() == tmp_path / "unplugged" / "oil.safetensors"
    assert (loras / "ink.safetensors").read_bytes() == own
    assert sorted(each.name for each in loras.iterdir()) == [
        "ink.safetensors",
        "oil.safetensors",
        "set-ink.safetensors",
        "set-oil.safetensors",
    ]
    store.remove("bob/set")
    assert sorted(each.name for each in loras.iterdir()) == ["ink.safetensors", "oil.safetensors"]


def test_without_links_a_file_is_brought_once_and_an_update_replaces_it(
    settings, hub, store, tiny_model, tmp_path, monkeypatch
):
    def refuse(*_arguments, **_more):
        raise PermissionError(1, "A required privilege is not held by the client")

    monkeypatch.setattr(os, "symlink", refuse)
    loras = settings.models / "loras"
    for seed in (1, 2):
        data = lora_of(tmp_path, tiny_model, seed)
        hub.add_repo("bob/oil", {"lora.safetensors": data, f"{seed}.md": b""})
        for is_update in (True, False):
            store.bring(store.wish("bob/oil/lora.safetensors", is_update=is_update))
            assert [each.read_bytes() for each in loras.iterdir()] == [data]


def test_a_folder_of_loras_on_another_disk_takes_downloads_too(
    settings, hub, store, tiny_lora, tmp_path
):
    (tmp_path / "large" / "disk").mkdir(parents=True)
    settings.models.mkdir()
    (settings.models / "loras").symlink_to(tmp_path / "large" / "disk")
    hub.add_repo("bob/oil", {"oil.safetensors": tiny_lora.read_bytes()})
    store.bring(store.wish("bob/oil/oil.safetensors"))
    assert "oil" in stock_of(store).listing().lora_files()
    store.remove("bob/oil")
    assert not list((tmp_path / "large" / "disk").iterdir())


def test_a_hub_in_another_programs_folder_is_left_alone(settings, hub, store, tiny_model, tmp_path):
    (tmp_path / "cache").mkdir()
    settings.models.mkdir()
    (settings.models / "hub").symlink_to(tmp_path / "cache")
    hub.add_repo(NAME, tiny_model)
    store.bring(store.wish(NAME))
    with pytest.raises(BadRequest, match="only looked into from here"):
        store.remove(NAME)
    assert store.revisions(NAME)
    assert NAME in stock_of(store).models()


def test_a_model_that_is_a_link_leaves_without_what_it_leads_to(
    settings, store, tiny_model, tmp_path
):
    shutil.copytree(tiny_model, tmp_path / "elsewhere")
    settings.models.mkdir()
    (settings.models / "mine").symlink_to(tmp_path / "elsewhere")
    store.remove("mine")
    assert "mine" not in stock_of(store).models()
    assert (tmp_path / "elsewhere" / "model_index.json").is_file()


def test_what_another_program_downloads_is_not_removed_meanwhile(settings, hub, store, tiny_model):
    hub.add_repo(NAME, tiny_model)
    store.bring(store.wish(NAME))
    with (
        alone.untouched(settings.models, NAME),
        pytest.raises(BadRequest, match="being downloaded by another program"),
    ):
        store.remove(NAME)
    assert NAME in stock_of(store).models()
    store.remove(NAME)
    assert NAME not in stock_of(store).models()


@pytest.mark.parametrize("name", ["https://[", "https://[x/owner/name", "owner/name/" + "x" * 400])
def test_what_no_link_can_be_is_refused_in_words(store, name):
    with pytest.raises(BadRequest):
        store.wish(f"{name}.safetensors")


def test_a_text_of_a_repository_can_come_alone(settings, hub, store):
    hub.add_repo(NAME, {"vae/config.json": b"{}"})
    wish = store.wish(NAME).model_copy(update={"files": ("vae/config.json",)})
    snapshot = store.bring(wish)
    assert (snapshot.folder / "vae" / "config.json").read_bytes() == b"{}"
    assert not [
        each.name for each in settings.models.iterdir() if each.is_dir() and each.name != "hub"
    ]


def test_a_link_out_of_a_download_leaves_without_what_it_leads_to(
    settings, hub, store, tiny_lora, tmp_path
):
    repo_id = "ByteDance/Hyper-SD"
    names = [name for name, each in performance_loras().items() if each.repo_id == repo_id][:2]
    files = [performance_loras()[name].file for name in names]
    hub.add_repo(repo_id, {file: tiny_lora.read_bytes() for file in files})
    for name in names:
        store.bring(store.wish(name))
    own = tmp_path / "elsewhere.safetensors"
    shutil.copyfile(tiny_lora, own)
    (link,) = snapshots.folder_of(settings.models, repo_id).glob(f"snapshots/*/{files[0]}")
    link.unlink()
    link.symlink_to(own)
    store.remove(f"loras/{names[0]}")
    assert not link.is_symlink()
    assert own.is_file()
