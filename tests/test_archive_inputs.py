"""Pictures to start from, on the disk: checked, upright, whose they are, and when they go."""

import hashlib
import io
import os
import time
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from fooocus_lite.archive import inputs
from fooocus_lite.archive.database import open_database
from fooocus_lite.archive.inputs import DAY_S, KEPT_DAYS, Inputs
from fooocus_lite.archive.jobs import JobStore
from fooocus_lite.errors import BadRequest, DiskError, NotFound, TooMany
from fooocus_lite.recipe import ImageRequest, Recipe

MINE, YOURS = "1" * 32, "user:ann"


def encoded(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    made = io.BytesIO()
    image.save(made, kind, **options)
    return made.getvalue()


def picture(colour: str = "red", size: tuple[int, int] = (30, 20)) -> bytes:
    return encoded(Image.new("RGB", size, colour))


@pytest.fixture
def kept(tmp_path: Path) -> Inputs:
    return Inputs(tmp_path / "inputs", open_database(tmp_path / "jobs.sqlite3"))


def age(folder: Path, image: str, days: float) -> None:
    for path in folder.glob(f"inputs/*/{image}.*"):
        when = time.time() - days * DAY_S
        os.utime(path, (when, when))


def test_a_picture_is_known_by_the_sha256_of_its_bytes(kept: Inputs) -> None:
    data = picture()
    image = kept.add(data, MINE, has_limit=False)
    assert image == hashlib.sha256(data).hexdigest()
    assert kept.add(data, MINE, has_limit=False) == image
    assert kept.size(image) == (30, 20)
    assert kept.open(image).getpixel((0, 0)) == (255, 0, 0)


def test_only_its_owner_finds_it_and_no_name_of_one_is_on_the_disk(
    kept: Inputs, tmp_path: Path
) -> None:
    image = kept.add(picture(), YOURS, has_limit=True)
    assert kept.size(image, YOURS) == (30, 20)
    for ask in (kept.size, kept.thumbnail):
        with pytest.raises(NotFound, match="Add it again"):
            ask(image, MINE)
    assert not any("ann" in str(path) for path in (tmp_path / "inputs").rglob("*"))


@pytest.mark.parametrize("image", ["", "../../jobs.sqlite3", "*", "A" * 64, "0" * 64, "0" * 63])
def test_no_other_name_leads_to_a_file(kept: Inputs, image: str) -> None:
    kept.add(picture(), MINE, has_limit=False)
    with pytest.raises(NotFound):
        kept.open(image)


def test_it_is_upright_white_where_transparent_and_one_frame(kept: Inputs) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    lying = kept.add(
        encoded(Image.new("RGB", (40, 20), "red"), "JPEG", exif=exif), MINE, has_limit=False
    )
    assert kept.size(lying) == kept.open(lying).size == (20, 40)
    clear = kept.add(encoded(Image.new("RGBA", (8, 8), (255, 0, 0, 0))), MINE, has_limit=False)
    assert kept.open(clear).getpixel((3, 3)) == (255, 255, 255)
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    film = encoded(frames[0], "WEBP", save_all=True, append_images=frames[1:], lossless=True)
    first = kept.open(kept.add(film, MINE, has_limit=False))
    assert first.mode == "RGB"
    assert first.getpixel((3, 3)) == (255, 0, 0)


def test_gray_of_16_bits_keeps_its_shades(kept: Inputs) -> None:
    deep = Image.frombytes("I;16", (2, 1), (128 * 256).to_bytes(2, "little") * 2)
    for options in ({}, {"transparency": 5}):
        shown = kept.open(kept.add(encoded(deep, **options), MINE, has_limit=False))
        assert shown.getpixel((0, 0)) == (128, 128, 128)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "empty"),
        (b"not a picture", "no PNG, JPEG or WebP"),
        (picture()[:50], "no PNG, JPEG or WebP"),
        (encoded(Image.new("RGB", (9, 9)), "GIF"), "no PNG, JPEG or WebP"),
        (encoded(Image.new("1", (10_000, 5_001))), "50 megapixels"),
        (bytes(20_000_001), "at most 20 MB"),
    ],
)
def test_what_cannot_be_used_is_refused_and_leaves_nothing(
    kept: Inputs, tmp_path: Path, data: bytes, says: str
) -> None:
    with pytest.raises(BadRequest, match=says) as caught:
        kept.add(data, MINE, has_limit=True)
    assert caught.value.field == "image"
    assert not [*tmp_path.glob("inputs/*/*")]


def test_the_oldest_of_an_owner_leave_when_there_are_too_many(
    kept: Inputs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures = [picture(colour) for colour in ("red", "green", "blue")]
    monkeypatch.setattr(inputs, "OWNER_LIMIT_BYTES", sum(map(len, pictures[:2])) + 5)
    ids = []
    for number, data in enumerate(pictures[:2]):
        ids.append(kept.add(data, MINE, has_limit=True))
        age(tmp_path, ids[-1], days=3 - number)
    other = kept.add(pictures[0], YOURS, has_limit=True)
    ids.append(kept.add(pictures[2], MINE, has_limit=True))
    assert other == ids[0]
    with pytest.raises(NotFound):
        kept.size(ids[0], MINE)
    for image, owner in ((ids[1], MINE), (ids[2], MINE), (other, YOURS)):
        assert kept.size(image, owner)


def recipe_of(image: str) -> Recipe:
    return Recipe(
        task="image-to-image",
        image=image,
        strength=0.5,
        model="starter",
        family="starter",
        prompt="a fox",
        num_inference_steps=4,
        guidance_scale=3,
        scheduler="euler",
        width=64,
        height=64,
        seed=1,
        request=ImageRequest(prompt="a fox", image=image),
    )


def test_what_a_job_refers_to_never_leaves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database = open_database(tmp_path / "jobs.sqlite3")
    kept, store = Inputs(tmp_path / "inputs", database), JobStore(database, tmp_path)
    used, unused = (kept.add(picture(colour), MINE, False) for colour in ("red", "green"))
    job = store.add(MINE, ImageRequest(prompt="a fox", image=used), [recipe_of(used)])
    for image in (used, unused):
        age(tmp_path, image, days=KEPT_DAYS + 1)
    assert kept.sweep() == 1
    assert kept.size(used)
    with pytest.raises(NotFound):
        kept.size(unused)
    monkeypatch.setattr(inputs, "OWNER_LIMIT_BYTES", 10)
    with pytest.raises(TooMany, match="no room"):
        kept.add(picture("blue"), MINE, has_limit=True)
    store.finish(job.id, "failed")
    assert kept.sweep() == 1


def test_a_sweep_leaves_new_ones_and_takes_half_written_files_in_time(
    kept: Inputs, tmp_path: Path
) -> None:
    image = kept.add(picture(), MINE, has_limit=False)
    part = next(tmp_path.glob("inputs/*/*")).with_suffix(".png.part")
    part.write_bytes(b"half")
    assert kept.sweep() == 0
    os.utime(part, (0, 0))
    assert kept.sweep() == 1
    assert not part.exists()
    assert kept.size(image) == (30, 20)


def test_the_size_is_known_again_after_a_restart(tmp_path: Path) -> None:
    database = open_database(tmp_path / "jobs.sqlite3")
    image = Inputs(tmp_path / "inputs", database).add(picture(), MINE, has_limit=False)
    assert Inputs(tmp_path / "inputs", database).size(image, MINE) == (30, 20)


def test_a_disk_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "inputs").write_text("in the way")
    kept = Inputs(tmp_path / "inputs", open_database(tmp_path / "jobs.sqlite3"))
    with pytest.raises(DiskError, match="could not be kept"):
        kept.add(picture(), MINE, has_limit=False)
