"""The cache layout that diffusers and other tools read."""

from pathlib import Path

import pytest

from fooocus_lite.errors import WeightsError
from fooocus_lite.weights import snapshots
from fooocus_lite.weights.snapshots import Place

OLD, NEW = "a" * 40, "b" * 40
REPO = "owner/name"


@pytest.fixture
def models(tmp_path: Path) -> Path:
    blobs = snapshots.folder_of(tmp_path, REPO) / "blobs"
    blobs.mkdir(parents=True)
    for name in ("one", "two"):
        (blobs / name).write_text(name)
    return tmp_path


def read(folder: Path) -> dict[str, str]:
    return {
        file.relative_to(folder).as_posix(): file.read_text()
        for file in folder.rglob("*")
        if file.is_file()
    }


def test_a_snapshot_shows_blobs_under_their_names(models: Path) -> None:
    folder = snapshots.register(models, REPO, OLD, {"a.json": "one", "unet/b.json": "two"}, "main")
    assert folder == models / "hub" / "models--owner--name" / "snapshots" / OLD
    assert read(folder) == {"a.json": "one", "unet/b.json": "two"}
    assert (folder / "unet" / "b.json").readlink() == Path("../../../blobs/two")
    assert sorted(each.name for each in folder.parents[1].iterdir()) == [
        "blobs",
        "refs",
        "snapshots",
    ]


def test_the_whole_folder_can_be_moved(models: Path, tmp_path: Path) -> None:
    snapshots.register(models, REPO, OLD, {"unet/b.json": "two"}, "main")
    (models / "hub").rename(tmp_path / "elsewhere")
    (moved,) = (tmp_path / "elsewhere").rglob("b.json")
    assert moved.read_text() == "two"


def test_files_are_added_and_replaced_in_a_snapshot_that_is_there(models: Path) -> None:
    snapshots.register(models, REPO, OLD, {"a.json": "one"}, "main")
    folder = snapshots.register(models, REPO, OLD, {"a.json": "two", "b.json": "one"}, "main")
    assert read(folder) == {"a.json": "two", "b.json": "one"}


def test_what_a_killed_process_left_half_done_is_no_hindrance(models: Path) -> None:
    left = snapshots.folder_of(models, REPO) / f"snapshot-{OLD}.part" / OLD
    left.mkdir(parents=True)
    (left / "junk.json").write_text("junk")
    assert read(snapshots.register(models, REPO, OLD, {"a.json": "one"}, "main")) == {
        "a.json": "one"
    }


def test_a_reference_that_cannot_be_written_leaves_nothing_behind(models: Path) -> None:
    refs = snapshots.folder_of(models, REPO) / "refs"
    (refs / "main").mkdir(parents=True)
    with pytest.raises(WeightsError, match="cannot be written"):
        snapshots.point(models, REPO, OLD)
    assert [each.name for each in refs.iterdir()] == ["main"]


def test_in_use_is_what_main_means(models: Path) -> None:
    assert snapshots.in_use(models) == {}
    snapshots.register(models, REPO, OLD, {"a.json": "one"}, "v1")
    new = snapshots.register(models, REPO, NEW, {"a.json": "two"}, "refs/pr/1")
    assert snapshots.in_use(models) == {REPO: new}
    snapshots.point(models, REPO, OLD)
    assert snapshots.in_use(models) == {REPO: new.with_name(OLD)}
    refs = snapshots.folder_of(models, REPO) / "refs"
    assert read(refs) == {"main": OLD, "v1": OLD, "refs/pr/1": NEW}


@pytest.mark.parametrize("text", ["", "../../../../etc", "c" * 40, "\xff"])
def test_a_ref_that_means_nothing_here_is_passed_over(models: Path, text: str) -> None:
    snapshots.register(models, REPO, OLD, {"a.json": "one"}, "main")
    ref = snapshots.folder_of(models, REPO) / "refs" / "main"
    ref.write_text(text, encoding="latin-1")
    assert snapshots.in_use(models) == {}


@pytest.mark.parametrize(
    ("name", "repo_id"),
    [
        ("models--owner--name", "owner/name"),
        ("datasets--owner--name", None),
        ("models--gpt2", None),
        (".locks", None),
    ],
)
def test_a_folders_name_says_its_repository(name: str, repo_id: str | None) -> None:
    assert snapshots.repo_id_of(Path(name)) == repo_id


@pytest.mark.parametrize(
    "path",
    [
        "models/mine/unet/a.safetensors",
        "models/hub/models--owner--name/blobs/a",
        "models/hub/models--owner--name/snapshots/main/a",
        "models/hub/datasets--owner--name/snapshots/" + "a" * 40,
        "models/elsewhere/models--owner--name/snapshots/" + "a" * 40,
    ],
)
def test_what_lies_in_no_snapshot_has_no_place(tmp_path: Path, path: str) -> None:
    assert snapshots.place_of(tmp_path / path) is None


def test_a_file_in_a_snapshot_is_found_through_its_link(tmp_path: Path) -> None:
    folder = snapshots.snapshot_of(tmp_path, "owner/name", "a" * 40)
    blob = tmp_path / "hub" / "models--owner--name" / "blobs" / ("c" * 64)
    blob.parent.mkdir(parents=True)
    blob.write_bytes(b"")
    snapshots.link(blob, folder / "unet" / "a")
    snapshots.link(folder / "unet" / "a", tmp_path / "loras" / "b")
    place = Place(tmp_path, "owner/name", "a" * 40, "unet/a")
    assert snapshots.place_of(folder / "unet" / "a") == place
    assert snapshots.place_of(tmp_path / "loras" / "b") == place
    assert snapshots.place_of(folder) == Place(tmp_path, "owner/name", "a" * 40, ".")
    assert snapshots.promised_sha256(tmp_path / "loras" / "b") == "c" * 64
    assert snapshots.promised_sha256(tmp_path / "loras") is None
    circle = tmp_path / "loras" / "circle"
    circle.symlink_to(circle)
    assert snapshots.place_of(circle) is None


def test_a_link_leads_there_from_a_folder_that_is_a_link_itself(
    models: Path, tmp_path: Path
) -> None:
    folder = snapshots.register(models, REPO, OLD, {"a.json": "one"}, "main")
    (tmp_path / "large" / "disk" / "loras").mkdir(parents=True)
    (models / "loras").symlink_to(tmp_path / "large" / "disk" / "loras")
    snapshots.link(folder / "a.json", models / "loras" / "a.json")
    assert (models / "loras" / "a.json").read_text() == "one"
    assert snapshots.led_to(models / "loras" / "a.json") == folder / "a.json"
    assert snapshots.place_of(models / "loras" / "a.json") == Place(models, REPO, OLD, "a.json")
