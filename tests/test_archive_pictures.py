import errno
import io
import os
import random
import re
import time
from pathlib import Path

import pytest
from PIL import Image, PngImagePlugin

from fooocus_lite.archive import pictures
from fooocus_lite.archive.compare import pixels_equal, psnr, psnr_of_files
from fooocus_lite.archive.pictures import created_of, encode, read, save
from fooocus_lite.errors import BadRequest, DiskError
from fooocus_lite.recipe import ImageFormat, ImageRequest, MadeWith, Recipe

NOW = time.mktime((2026, 3, 9, 14, 5, 7, 0, 0, -1)) + 0.25
FORMATS: tuple[ImageFormat, ...] = ("png", "jpeg", "webp")
MADE_WITH = MadeWith(
    program="0.1", torch="2", diffusers="0.42", device="cpu", dtype="float32", plan="all", threads=2
)
EMOJI = "".join(random.Random(1).choices("🦊🌲🌌🐉🏰🎨", k=10_000))
PROMPTS = {
    "plain": "a red fox",
    "every script": 'שועל אדום • ثعلب أحمر • 赤い狐 • 🦊\n<script>alert(1)</script> "quoted", a\\b',
    "ten thousand emoji": EMOJI,
}


def recipe_for(prompt: str, negative_prompt: str = "") -> Recipe:
    return Recipe(
        model="starter",
        family="sdxl",
        prompt=prompt,
        negative_prompt=negative_prompt,
        num_inference_steps=4,
        guidance_scale=5,
        scheduler="euler",
        width=64,
        height=64,
        seed=42,
        request=ImageRequest(prompt=prompt, negative_prompt=negative_prompt),
    )


@pytest.fixture
def image() -> Image.Image:
    return Image.frombytes("RGB", (64, 64), random.Random(0).randbytes(64 * 64 * 3))


@pytest.mark.parametrize("image_format", FORMATS)
@pytest.mark.parametrize("name", PROMPTS)
def test_a_saved_picture_holds_its_recipe(
    image: Image.Image, tmp_path: Path, image_format: ImageFormat, name: str
) -> None:
    prompt = PROMPTS[name]
    recipe = recipe_for(prompt, prompt)
    found = read(save(image, recipe, MADE_WITH, tmp_path, image_format, True, NOW))
    assert (found.recipe, found.made_with, found.problem) == (recipe, MADE_WITH, None)
    if name == "ten thousand emoji" and image_format == "jpeg":
        assert found.parameters is None
    else:
        assert found.parameters is not None
        assert found.parameters.startswith(prompt)
        assert "Steps: 4, Sampler: Euler, " in found.parameters


def test_other_tools_find_the_parameters_where_they_look(image: Image.Image) -> None:
    data = encode(image, recipe_for("שועל"), None, "png", True)
    assert Image.open(io.BytesIO(data)).info["parameters"].startswith("שועל")
    assert b"iTXtfooocus_lite\0" in data
    for image_format in ("jpeg", "webp"):
        data = encode(image, recipe_for("שועל"), None, image_format, True)
        comment = Image.open(io.BytesIO(data)).getexif().get_ifd(0x8769)[0x9286]
        assert comment.startswith(b"UNICODE\0" + "שועל".encode("utf-16-be"))


@pytest.mark.parametrize("image_format", FORMATS)
def test_without_metadata_nothing_of_it_is_in_the_file(
    image: Image.Image, image_format: ImageFormat
) -> None:
    image.info = {"comment": b"secretfox", "parameters": "secretfox", "exif": b"secretfox"}
    data = encode(image, recipe_for("secretfox"), MADE_WITH, image_format, False)
    for encoding in ("utf-8", "utf-16-be", "utf-16-le"):
        assert "secretfox".encode(encoding) not in data
    assert b"fooocus" not in data.lower()
    reopened = Image.open(io.BytesIO(data))
    assert not reopened.getexif()


def test_png_keeps_every_pixel_and_the_others_nearly() -> None:
    noise = Image.frombytes("RGB", (16, 16), random.Random(0).randbytes(16 * 16 * 3))
    smooth = noise.resize((256, 256), Image.Resampling.BILINEAR)
    again = {
        image_format: Image.open(
            io.BytesIO(encode(smooth, recipe_for("a"), None, image_format, True))
        )
        for image_format in FORMATS
    }
    assert pixels_equal(smooth, again["png"])
    assert psnr(smooth, again["png"]) == float("inf")
    for image_format in ("jpeg", "webp"):
        assert 30 < psnr(smooth, again[image_format]) < 80
        assert not pixels_equal(smooth, again[image_format])


def test_pictures_of_two_sizes_are_not_equal_and_not_compared() -> None:
    one, other = Image.new("RGB", (8, 8)), Image.new("RGB", (8, 9))
    assert not pixels_equal(one, other)
    with pytest.raises(ValueError, match=r"8x8.*8x9"):
        psnr(one, other)


def test_two_files_are_compared_and_a_broken_one_is_a_sentence(
    image: Image.Image, tmp_path: Path
) -> None:
    one, other, small = tmp_path / "a.png", tmp_path / "b.png", tmp_path / "c.png"
    image.save(one)
    image.save(other, compress_level=1)
    image.resize((8, 8)).save(small)
    assert psnr_of_files(one, other) == float("inf")
    assert psnr_of_files(one, small) == 0
    other.write_bytes(one.read_bytes()[:2_000])
    with pytest.raises(BadRequest, match=r"b\.png is not a picture"):
        psnr_of_files(one, other)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "P", "LA"])
@pytest.mark.parametrize("image_format", FORMATS)
def test_every_kind_of_picture_can_be_saved(mode: str, image_format: ImageFormat) -> None:
    data = encode(Image.new(mode, (8, 8)), recipe_for("a"), None, image_format, True)
    assert Image.open(io.BytesIO(data)).size == (8, 8)


def test_names_hold_day_time_and_seed_and_never_the_prompt(
    image: Image.Image, tmp_path: Path
) -> None:
    paths = [
        save(image, recipe_for("secretfox"), None, tmp_path, image_format, True, NOW)
        for image_format in FORMATS * 5
    ]
    assert len(set(paths)) == 15
    names = {path.relative_to(tmp_path).as_posix() for path in paths}
    assert all(
        re.fullmatch(r"2026-03-09/140507-42-[0-9a-f]{8}\.(png|jpg|webp)", name) for name in names
    )
    assert {each.suffix for each in tmp_path.rglob("*.*")} == {".png", ".jpg", ".webp"}


@pytest.mark.parametrize(
    ("number", "says"),
    [
        (errno.ENOSPC, "is full.*Free some space"),
        (errno.EDQUOT, "is full"),
        (errno.EROFS, "cannot be written.*--output-path"),
        (errno.EACCES, "cannot be written"),
        (errno.EIO, "could not be saved"),
    ],
)
def test_a_disk_that_fails_is_a_sentence_and_leaves_nothing(
    image: Image.Image,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
    says: str,
) -> None:
    def fail(descriptor: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(pictures.os, "fsync", fail)
    with pytest.raises(DiskError, match=says):
        save(image, recipe_for("a"), None, tmp_path, "png", True, NOW)
    assert [each for each in tmp_path.rglob("*") if each.is_file()] == []


def test_a_file_where_the_folder_should_be_is_a_sentence(
    image: Image.Image, tmp_path: Path
) -> None:
    (tmp_path / "outputs").write_text("in the way")
    with pytest.raises(DiskError, match="could not be saved"):
        save(image, recipe_for("a"), None, tmp_path / "outputs", "png", True, NOW)


def test_the_time_of_a_picture_survives_a_copy(image: Image.Image, tmp_path: Path) -> None:
    path = save(image, recipe_for("a"), None, tmp_path, "png", True, NOW)
    os.utime(path, (NOW + 1.5, NOW + 1.5))
    assert created_of(path) == pytest.approx(NOW + 1.5)
    os.utime(path, (NOW + 1e6, NOW + 1e6))
    assert created_of(path) == int(NOW)
    other = path.rename(path.with_name("holiday.png"))
    assert created_of(other) == pytest.approx(NOW + 1e6)
    odd = other.rename(other.with_name("999999-1-00000000.png"))
    assert created_of(odd) == pytest.approx(NOW + 1e6)


def test_foreign_metadata_is_shown_as_it_is(image: Image.Image, tmp_path: Path) -> None:
    info = PngImagePlugin.PngInfo()
    info.add_text("parameters", "a fox\nSteps: 1, Sampler: Euler, Seed: 1")
    info.add_text("fooocus_scheme", "a1111")
    info.add_text("workflow", '{"nodes": []}', zip=True)
    image.save(tmp_path / "a.png", pnginfo=info)
    found = read(tmp_path / "a.png")
    assert found.recipe is None
    assert found.problem is None
    assert found.parameters is not None
    assert found.parameters.startswith("a fox")
    assert found.others == {"fooocus_scheme": "a1111", "workflow": '{"nodes": []}'}


@pytest.mark.parametrize("byte_order", ["utf-16-be", "utf-16-le"])
@pytest.mark.parametrize("is_inner", [True, False])
def test_a_comment_is_found_in_both_directories_and_byte_orders(
    image: Image.Image, tmp_path: Path, byte_order: str, is_inner: bool
) -> None:
    exif = Image.Exif()
    directory = exif.get_ifd(0x8769) if is_inner else exif
    directory[0x9286] = b"UNICODE\0" + "a fox 🦊".encode(byte_order)
    exif[0x0131] = "Fooocus v2"
    image.save(tmp_path / "a.jpg", exif=exif)
    found = read(tmp_path / "a.jpg")
    assert found.parameters == "a fox 🦊"
    assert found.others["Software"] == "Fooocus v2"


def test_plain_comments_are_read_too(image: Image.Image, tmp_path: Path) -> None:
    for code in (b"ASCII\0\0\0", bytes(8), b""):
        exif = Image.Exif()
        exif.get_ifd(0x8769)[0x9286] = code + b"a long enough fox"
        image.save(tmp_path / "a.webp", exif=exif)
        assert read(tmp_path / "a.webp").parameters == "a long enough fox"


def png_with(text: str) -> bytes:
    info = PngImagePlugin.PngInfo()
    info.add_itxt("fooocus_lite", text)
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8)).save(buffer, "PNG", pnginfo=info)
    return buffer.getvalue()


def png_bomb() -> bytes:
    info = PngImagePlugin.PngInfo()
    info.add_itxt("fooocus_lite", "a" * 20_000_000, zip=True)
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8)).save(buffer, "PNG", pnginfo=info)
    return buffer.getvalue()


def png_of_claimed_size(pixels: int) -> bytes:
    import struct
    import zlib

    header = b"IHDR" + struct.pack(">IIBBBBB", pixels, pixels, 8, 2, 0, 0, 0)
    data = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + header
    data += struct.pack(">I", zlib.crc32(header))
    return data + struct.pack(">I", 0) + b"IDAT" + struct.pack(">I", zlib.crc32(b"IDAT"))


HOSTILE = {
    "empty": b"",
    "text": b"hello",
    "a gif": b"GIF89a" + bytes(50),
    "half a header": b"\x89PNG\r\n\x1a\n\0\0",
    "deep JSON": png_with("[" * 500_000),
    "wrong types": png_with('{"recipe": {"width": []}}'),
    "code": png_with("__import__('os').system('true')"),
    "long text": png_with("a" * 2_000_001),
    "text bomb": png_bomb(),
    "pixel bomb": png_of_claimed_size(50_000),
    "large picture": png_of_claimed_size(12_000),
    "missing segment": b"\xff\xd8\xff\xe9\x00\x14fooocus_lite\0\x02\x02{}x" + b"\xff\xd9",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_a_sentence(tmp_path: Path, name: str) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(HOSTILE[name])
    found = read(path)
    assert found.recipe is None
    assert found.problem
    assert found.problem.endswith(".")


def test_a_file_of_any_length_and_a_missing_one_are_sentences(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    with path.open("wb") as file:
        file.truncate(50_000_001)
    assert "larger than 50 MB" in (read(path).problem or "")
    assert "no file" in (read(tmp_path / "b.png").problem or "")
    assert read(tmp_path).problem


@pytest.mark.parametrize("image_format", FORMATS)
def test_flipped_bytes_never_raise(
    image: Image.Image, tmp_path: Path, image_format: ImageFormat
) -> None:
    chance = random.Random(5)
    good = encode(image, recipe_for("a fox"), MADE_WITH, image_format, True)
    path = tmp_path / "a.bin"
    for _ in range(80):
        bad = bytearray(good)
        for _ in range(chance.randint(1, 20)):
            bad[chance.randrange(min(len(bad), 2_500))] = chance.randrange(256)
        path.write_bytes(bad[: chance.choice((len(bad), chance.randrange(len(bad))))])
        found = read(path)
        assert found.recipe is None or found.recipe.family
