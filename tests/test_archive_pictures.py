import errno
import io
import os
import random
import re
import time
from pathlib import Path

import pytest
from PIL import Image, PngImagePlugin

from fooocus_lite.archive.compare import (
    fingerprint_of,
    psnr,
    psnr_of_files,
    thumbnail_difference,
)
from fooocus_lite.archive.pictures import created_of, encode, read, read_bytes, save
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
    assert psnr(smooth, again["png"]) == float("inf")
    for image_format in ("jpeg", "webp"):
        assert 30 < psnr(smooth, again[image_format]) < 80


def test_pictures_of_two_sizes_are_not_compared() -> None:
    one, other = Image.new("RGB", (8, 8)), Image.new("RGB", (8, 9))
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


def test_a_fingerprint_is_of_the_pixels_and_not_of_the_file(
    image: Image.Image, tmp_path: Path
) -> None:
    path = tmp_path / "a.png"
    image.save(path)
    plain = fingerprint_of(path)
    again = fingerprint_of(encode(image, recipe_for("a"), None, "png", True))
    assert plain == again
    assert plain.sha256 is not None
    lossy = fingerprint_of(encode(image, recipe_for("a"), None, "jpeg", True))
    assert lossy.sha256 is None
    assert 0 < thumbnail_difference(plain, lossy) < 3
    black, white = (
        fingerprint_of(encode(Image.new("RGB", (8, 8), tone), recipe_for("a"), None, "png", False))
        for tone in ("black", "white")
    )
    assert thumbnail_difference(black, white) == 100
    assert thumbnail_difference(plain, again) == 0
    with pytest.raises(BadRequest, match="not a picture"):
        fingerprint_of(b"hello")


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

    monkeypatch.setattr(os, "fsync", fail)
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


def with_exif(image: Image.Image, image_format: str, outer: dict, inner: dict) -> bytes:
    exif = Image.Exif()
    exif.get_ifd(0x8769).update(inner)
    for tag, value in outer.items():
        exif[tag] = value
    buffer = io.BytesIO()
    image.save(buffer, image_format, exif=exif)
    return buffer.getvalue()


FOOOCUS = '{"prompt": "a fox", "styles": "[\'Fooocus V2\']", "metadata_scheme": "fooocus"}'
A1111 = "a fox 🦊\nSteps: 20, Sampler: Euler, Seed: 7, Size: 64x64"
GRAPH = (
    '{"1": {"class_type": "KSampler", "inputs": {"latent_image": ["2", 0], "positive": ["3", 0],'
    ' "model": ["4", 0]}}, "2": {"class_type": "EmptyLatentImage", "inputs": {}},'
    ' "3": {"class_type": "CLIPTextEncode", "inputs": {"text": "a fox"}},'
    ' "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "x"}}}'
)


@pytest.mark.parametrize("image_format", ["JPEG", "WEBP"])
@pytest.mark.parametrize(
    ("outer", "inner", "source"),
    [
        ({0x9286: FOOOCUS, 0x927C: "fooocus", 0x0131: "Fooocus v2.5.5"}, {}, "Fooocus"),
        ({0x0131: "Fooocus v2.5.5"}, {0x9286: FOOOCUS, 0x927C: "fooocus"}, "Fooocus"),
        ({}, {0x9286: b"UNICODE\0" + A1111.encode("utf-16-be")}, "A1111"),
        ({}, {0x9286: b"UNICODE\0" + A1111.encode("utf-16-le")}, "A1111"),
        ({}, {0x9286: b"UNICODE\0" + A1111.encode("utf-16")}, "A1111"),
        ({}, {0x9286: b"ASCII\0\0\0" + A1111.encode()}, "A1111"),
        ({0x0110: "prompt:" + GRAPH, 0x010F: "workflow:{}"}, {}, "ComfyUI"),
    ],
)
def test_settings_are_found_in_every_place_of_the_exif(
    image: Image.Image, image_format: str, outer: dict, inner: dict, source: str
) -> None:
    found = read_bytes(with_exif(image, image_format, outer, inner))
    assert found.settings is not None
    assert found.settings.source == source
    assert found.settings.prompt.startswith("a fox")
    assert found.problem is None


@pytest.mark.parametrize(
    ("name", "text", "source"),
    [
        ("parameters", FOOOCUS, "Fooocus"),
        ("parameters", A1111, "A1111"),
        ("prompt", GRAPH, "ComfyUI"),
    ],
)
@pytest.mark.parametrize("is_packed", [True, False])
def test_settings_are_found_in_text_chunks(
    image: Image.Image, name: str, text: str, source: str, is_packed: bool
) -> None:
    info = PngImagePlugin.PngInfo()
    info.add_text(name, text, zip=is_packed)
    info.add_text("fooocus_scheme", "fooocus")
    buffer = io.BytesIO()
    image.save(buffer, "PNG", pnginfo=info)
    found = read_bytes(buffer.getvalue())
    assert found.settings is not None
    assert (found.settings.source, found.problem) == (source, None)
    assert found.settings.prompt.startswith("a fox")


def test_our_own_picture_has_its_settings_in_the_same_shape(image: Image.Image) -> None:
    found = read_bytes(encode(image, recipe_for("a fox"), None, "png", True))
    assert found.settings is not None
    assert (found.settings.source, found.settings.seed) == ("Fooocus Lite", 42)
    assert read_bytes(encode(image, recipe_for("a"), None, "png", False)).settings is None


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


def png_with_chunk(name: bytes, data: bytes) -> bytes:
    import struct
    import zlib

    plain = encode(Image.new("RGB", (8, 8)), recipe_for("a"), None, "png", False)
    checked = name + data
    chunk = struct.pack(">I", len(data)) + checked + struct.pack(">I", zlib.crc32(checked))
    return plain[:33] + chunk + plain[33:]


@pytest.mark.parametrize(
    ("written", "read_as"),
    [("a fox 🦊".encode(), "a fox 🦊"), ("café".encode("latin-1"), "café"), (b"a fox", "a fox")],
)
def test_a_text_chunk_may_be_of_either_alphabet(written: bytes, read_as: str) -> None:
    found = read_bytes(png_with_chunk(b"tEXt", b"parameters\0" + written))
    assert found.parameters == read_as


def test_ten_megabytes_of_text_are_a_sentence_soon() -> None:
    before = time.perf_counter()
    found = read_bytes(png_with_chunk(b"tEXt", b"parameters\0" + b"a" * 10_000_000))
    assert "at most 2,000,000 are read" in (found.problem or "")
    assert found.settings is None
    assert time.perf_counter() - before < 2


@pytest.mark.parametrize("name", [b"zTXt", b"iTXt"])
def test_a_packed_bomb_is_a_sentence_soon(name: bytes) -> None:
    import zlib

    packed = zlib.compress(b"a" * 200_000_000)
    head = b"parameters\0\0" if name == b"zTXt" else b"parameters\0\1\0\0\0"
    before = time.perf_counter()
    assert "damaged metadata" in (read_bytes(png_with_chunk(name, head + packed)).problem or "")
    assert time.perf_counter() - before < 3


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
