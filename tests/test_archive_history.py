import dataclasses
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from fooocus_lite.archive.database import Database, open_database
from fooocus_lite.archive.history import History
from fooocus_lite.archive.jobs import JobStore
from fooocus_lite.archive.pictures import save
from fooocus_lite.archive.sweep import sweep
from fooocus_lite.errors import BadRequest, NotFound
from fooocus_lite.events import Picture
from fooocus_lite.recipe import ImageRequest, Recipe

NOW = time.mktime((2026, 3, 9, 14, 5, 7, 0, 0, -1))


@pytest.fixture
def outputs(tmp_path: Path) -> Path:
    return tmp_path / "outputs"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = open_database(tmp_path / "state" / "archive.sqlite")
    yield database
    database.close()


@pytest.fixture
def store(database: Database, outputs: Path) -> JobStore:
    return JobStore(database, outputs.parent, waiting_per_owner=1_000)


@pytest.fixture
def history(database: Database, outputs: Path) -> History:
    return History(database, outputs.parent)


def recipe_for(prompt: str, styles: tuple[str, ...] = ()) -> Recipe:
    return Recipe(
        model="starter",
        family="sdxl",
        prompt=prompt + ", best",
        styles=styles,
        num_inference_steps=4,
        guidance_scale=5,
        scheduler="euler",
        width=64,
        height=64,
        seed=42,
        request=ImageRequest(prompt=prompt),
    )


def make(
    store: JobStore,
    outputs: Path,
    prompt: str = "a fox",
    owner: str = "anna",
    created: float = NOW,
    save_metadata: bool = True,
    styles: tuple[str, ...] = (),
) -> Picture:
    recipe = recipe_for(prompt, styles)
    job = store.add(owner, recipe.request, [recipe])
    image = Image.new("RGB", (64, 64), "red")
    path = save(image, recipe, None, outputs, "png", save_metadata, created)
    os.utime(path, (created, created))
    picture = Picture(job.id[::-1], job.id, 0, owner, path, recipe, created, 64, 64)
    store.add_picture(picture)
    return picture


def test_the_newest_comes_first_and_owners_see_their_own(
    store: JobStore, history: History, outputs: Path
) -> None:
    old = make(store, outputs, created=NOW)
    new = make(store, outputs, created=NOW + 10)
    other = make(store, outputs, owner="bert", created=NOW + 5)
    assert history.latest() == [new, other, old]
    assert history.latest("anna") == [new, old]
    assert history.latest("nobody") == []


def test_pages_follow_each_other_without_loss(
    store: JobStore, history: History, outputs: Path
) -> None:
    made = [make(store, outputs, created=NOW + number / 7) for number in range(25)]
    seen: list[Picture] = []
    before = None
    while page := history.latest(limit=7, before=before):
        assert len(page) <= 7
        seen += page
        before = page[-1].created
    assert seen == made[::-1]


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("fox", ["a red FOX 100%", "a fox_trot"]),
        ("FOX red", ["a red FOX 100%"]),
        ("%", ["a red FOX 100%"]),
        ("_", ["a fox_trot"]),
        ("\\", []),
        ("' OR 1=1 --", []),
        ("straße", ["eine STRASSE 🦊"]),
        ("🦊", ["eine STRASSE 🦊"]),
        ("noir", ["eine STRASSE 🦊"]),
        ("  ", ["eine STRASSE 🦊", "a red FOX 100%", "a fox_trot"]),
    ],
)
def test_search_takes_every_character_as_it_is(
    store: JobStore, history: History, outputs: Path, search: str, found: list[str]
) -> None:
    make(store, outputs, "a fox_trot", created=NOW)
    make(store, outputs, "a red FOX 100%", created=NOW + 1)
    make(store, outputs, "eine STRASSE 🦊", created=NOW + 2, styles=("Noir",))
    assert [each.recipe.request.prompt for each in history.latest(search=search)] == found


def test_a_removed_file_is_hidden_and_back_when_the_file_is(
    store: JobStore, history: History, outputs: Path
) -> None:
    pictures = [make(store, outputs, created=NOW + number) for number in range(5)]
    aside = pictures[3].path.rename(pictures[3].path.with_suffix(".aside"))
    assert history.latest(limit=3) == [pictures[4], pictures[2], pictures[1]]
    assert history.find(pictures[3].id) == pictures[3]
    aside.rename(pictures[3].path)
    assert history.latest(limit=3) == [pictures[4], pictures[3], pictures[2]]


def test_a_strangers_picture_is_not_found(store: JobStore, history: History, outputs: Path) -> None:
    picture = make(store, outputs)
    assert history.find(picture.id, "anna") == picture
    for name, owner in ((picture.id, "bert"), ("nonsense", None)):
        with pytest.raises(NotFound):
            history.find(name, owner)


def test_the_history_moves_with_the_home_and_keeps_pictures_outside_of_it(
    database: Database, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    store = JobStore(database, home)
    inside = make(store, home / "outputs", created=NOW)
    outside = make(store, tmp_path / "elsewhere", created=NOW + 1)
    home.rename(tmp_path / "moved")
    assert History(database, home).latest() == [outside]
    moved = History(database, tmp_path / "moved")
    assert [each.path for each in moved.latest()] == [
        outside.path,
        tmp_path / "moved" / inside.path.relative_to(home),
    ]
    assert moved.rebuild(tmp_path / "moved" / "outputs").known == 1
    assert moved.rebuild(tmp_path / "elsewhere").known == 1


def test_an_unsaved_picture_belongs_to_its_job_and_not_to_the_history(
    store: JobStore, history: History
) -> None:
    recipe = recipe_for("a fox")
    job = store.add("anna", recipe.request, [recipe])
    for number in range(2):
        picture = Picture(
            f"p{number}", job.id, number, "anna", Path(), recipe, NOW, 64, 64, is_saved=False
        )
        store.add_picture(picture)
    assert [each.is_saved for each in store.pictures_of(job.id)] == [False, False]
    assert history.latest() == []


def test_rebuild_finds_every_picture_that_has_a_recipe(
    store: JobStore, outputs: Path, tmp_path: Path
) -> None:
    made = [make(store, outputs, f"fox {number}", created=NOW + number) for number in range(4)]
    make(store, outputs, "no recipe inside", save_metadata=False)
    Image.new("RGB", (8, 8)).save(outputs / "holiday.jpeg")
    (outputs / "broken.png").write_bytes(b"\x89PNG")
    (outputs / "notes.txt").write_text("not a picture")
    fresh = open_database(tmp_path / "fresh" / "archive.sqlite")
    history = History(fresh, tmp_path)
    first, second = history.rebuild(outputs), history.rebuild(outputs)
    assert (first.added, first.known, first.without_recipe) == (4, 0, 3)
    assert (second.added, second.known, second.without_recipe) == (0, 4, 3)
    found = history.latest()
    assert [(each.path, each.recipe, each.created) for each in found] == [
        (each.path, each.recipe, each.created) for each in made[::-1]
    ]
    assert {each.owner for each in found} == {"local"}
    assert len({each.id for each in found}) == 4
    fresh.close()


def test_rebuild_keeps_the_owners_of_known_pictures(
    store: JobStore, history: History, outputs: Path
) -> None:
    picture = make(store, outputs, owner="bert")
    assert history.rebuild(outputs).added == 0
    assert history.latest() == [picture]


def test_rebuild_loses_no_picture_of_the_same_second(
    store: JobStore, history: History, outputs: Path, database: Database
) -> None:
    for _ in range(9):
        make(store, outputs, created=NOW)
    database.connection().execute("DELETE FROM pictures")
    assert history.rebuild(outputs).added == 9
    first = history.latest(limit=5)
    assert len(history.latest(before=first[-1].created)) == 4


def test_a_picture_rebuilt_before_its_job_recorded_it_becomes_the_jobs(
    store: JobStore, history: History, outputs: Path
) -> None:
    recipe = recipe_for("a fox")
    job = store.add("anna", recipe.request, [recipe])
    path = save(Image.new("RGB", (64, 64)), recipe, None, outputs, "png", True, NOW)
    assert history.rebuild(outputs).added == 1
    store.add_picture(Picture("mine", job.id, 0, "anna", path, recipe, NOW, 64, 64))
    assert store.next_index(job.id) is None
    assert [each.owner for each in history.latest()] == ["anna"]
    assert [each.id for each in store.pictures_of(job.id)] == ["mine"]


def test_rebuild_of_no_folder_at_all_finds_nothing(history: History, outputs: Path) -> None:
    assert history.rebuild(outputs).added == 0


def test_one_unreadable_row_hides_itself_only(
    store: JobStore, history: History, outputs: Path, database: Database
) -> None:
    broken, good = make(store, outputs), make(store, outputs, created=NOW + 1)
    database.connection().execute("UPDATE pictures SET recipe = '{}' WHERE id = ?", (broken.id,))
    assert history.latest() == [good]
    assert store.pictures_of(broken.job_id) == ()


def test_sweep_removes_what_is_ours_and_nothing_else(tmp_path: Path, outputs: Path) -> None:
    temporary, elsewhere = tmp_path / "state" / "tmp", tmp_path / "precious"
    for folder in (temporary / "deep", elsewhere, outputs / "2026-03-09"):
        folder.mkdir(parents=True)
    (temporary / "deep" / "a.bin").write_bytes(b"x")
    (temporary / "b.jpg").write_bytes(b"x")
    (elsewhere / "keep").write_text("x")
    (temporary / "link").symlink_to(elsewhere)
    day = outputs / "2026-03-09"
    ours = [day / f"140507-42-0123abcd.png{part}" for part in (".89abcdef.part", ".part")]
    kept = [
        outputs / "2026-03-09" / "140507-42-0123abcd.png",
        outputs / "2026-03-09" / "film.mkv.part",
        outputs / "140507-42-0123abcd.png.part",
        elsewhere / "keep",
    ]
    for path in (*ours, *kept):
        path.write_bytes(b"x")
    assert sweep(temporary, outputs) == 5
    assert list(temporary.iterdir()) == []
    assert not any(path.exists() for path in ours)
    assert all(path.exists() for path in kept)
    assert sweep(temporary, outputs) == 0


def test_sweep_follows_no_link_and_needs_no_folder(tmp_path: Path, outputs: Path) -> None:
    elsewhere = tmp_path / "precious"
    elsewhere.mkdir()
    (elsewhere / "keep").write_text("x")
    (tmp_path / "tmp").symlink_to(elsewhere)
    assert sweep(tmp_path / "tmp", outputs) == 0
    assert (elsewhere / "keep").exists()


def test_a_deleted_picture_loses_its_file_and_its_row(store, history, outputs) -> None:
    kept, away = make(store, outputs, "one"), make(store, outputs, "two")
    history.delete(away, outputs)
    assert not away.path.exists()
    with pytest.raises(NotFound):
        history.find(away.id)
    assert history.latest() == [kept]
    history.delete(away, outputs)


@pytest.mark.parametrize("place", ["elsewhere", "outputs/../elsewhere"])
def test_nothing_outside_the_outputs_is_deleted(store, history, outputs, tmp_path, place) -> None:
    picture = make(store, outputs, "one")
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    outside = folder / picture.path.name
    outside.write_bytes(b"mine")
    for path in (tmp_path / place / outside.name, outputs / "jobs.sqlite3"):
        with pytest.raises(BadRequest, match="by hand"):
            history.delete(dataclasses.replace(picture, path=path), outputs)
    assert outside.exists()
    assert history.find(picture.id) == picture
