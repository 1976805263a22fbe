"""Pictures as files: written whole or not at all, with their recipe inside, and read back.

Names hold day, time and seed, never a word of the prompt. Knows nothing of jobs or the database.
"""

import errno
import io
import re
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image, ImageOps

from .. import __version__
from ..errors import BadRequest, DiskError
from ..recipe import ImageFormat, MadeWith, Recipe
from ..thinking import inspection, metadata
from ..thinking.inspection import Found
from ..whole_file import write_whole
from .embedded import Texts, read_texts, read_texts_of, save_options

THUMBNAIL_SIDE = 192
FORMATS = ("PNG", "JPEG", "WEBP")
SUFFIXES: dict[ImageFormat, str] = {"png": ".png", "jpeg": ".jpg", "webp": ".webp"}
# PNG level 1 is five times faster than the default 6 and 5-10 % larger.
OPTIONS: dict[ImageFormat, dict[str, Any]] = {
    "png": {"compress_level": 1},
    "jpeg": {"quality": 92, "subsampling": 0},
    "webp": {"quality": 90},
}
NAME = re.compile(r"(\d{6})-(\d{1,19})-[0-9a-f]{8}\.(png|jpg|webp)")
PART = re.compile(NAME.pattern + r"(\.[0-9a-f]{8})?\.part")
IS_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
IS_FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)


def save(
    image: Image.Image,
    recipe: Recipe,
    made_with: MadeWith | None,
    folder: Path,
    image_format: ImageFormat,
    save_metadata: bool,
    now: float,
    before_writing: Callable[[Path], None] | None = None,
) -> Path:
    """Where the picture now is: `folder`/YYYY-MM-DD/HHMMSS-seed-xxxxxxxx.png, local time.

    `now` is seconds since the epoch. `before_writing` is told the path first. Complete on the disk
    before this returns. Raises DiskError and leaves nothing behind when it cannot be written.
    """
    data = encode(image, recipe, made_with, image_format, save_metadata)
    moment = time.localtime(now)
    day = folder / time.strftime("%Y-%m-%d", moment)
    name = f"{time.strftime('%H%M%S', moment)}-{recipe.seed}-{secrets.token_hex(4)}"
    path = day / (name + SUFFIXES[image_format])
    if before_writing is not None:
        before_writing(path)
    try:
        day.mkdir(parents=True, exist_ok=True)
        write_whole(path, data)
    except OSError as error:
        raise _disk_error(error, day) from error
    return path


def save_thumbnail(source: Path, target: Path) -> None:
    """A small WebP of a picture, at most 192 pixels a side. Raises DiskError."""
    made = thumbnail(source)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        write_whole(target, made)
    except OSError as error:
        raise _disk_error(error, target.parent) from error


def thumbnail(source: Path | io.BytesIO, side: int = THUMBNAIL_SIDE) -> bytes:
    """A small WebP of a picture, at most `side` pixels wide and high. Raises OSError."""
    with Image.open(source, formats=FORMATS) as image:
        return shrunk(image, side)


def shrunk(image: Image.Image, side: int = THUMBNAIL_SIDE) -> bytes:
    """`thumbnail` of a picture that is open."""
    made = io.BytesIO()
    small = image.convert("RGB")
    small.thumbnail((side, side), Image.Resampling.LANCZOS)
    small.save(made, "WEBP", quality=82)
    return made.getvalue()


def converted(
    data: bytes, recipe: Recipe, image_format: ImageFormat, size: tuple[int, int] | None = None
) -> bytes:
    """A picture in another format or size, with its recipe inside if it had one. Raises OSError.

    What does not fit the shape of `size` is cut off around the middle. `recipe` is only written
    where the file carries one already.
    """
    found = read_bytes(data)
    with Image.open(io.BytesIO(data), formats=FORMATS) as opened:
        opened.load()
        image = opened if size is None else ImageOps.fit(opened, size, Image.Resampling.LANCZOS)
        return encode(
            image, found.recipe or recipe, found.made_with, image_format, found.recipe is not None
        )


def encode(
    image: Image.Image,
    recipe: Recipe,
    made_with: MadeWith | None,
    image_format: ImageFormat,
    save_metadata: bool,
) -> bytes:
    """The bytes of the file; without `save_metadata` they hold the pixels and nothing else."""
    keeps_alpha = image_format != "jpeg" and image.mode == "RGBA"
    clean = image.convert("RGBA" if keeps_alpha else "RGB")
    # Pillow would write some of what an opened picture brought along.
    clean.info = {}
    options = dict(OPTIONS[image_format])
    if save_metadata:
        parameters = metadata.to_parameters(recipe, __version__)
        options |= save_options(image_format, metadata.to_json(recipe, made_with), parameters)
    buffer = io.BytesIO()
    clean.save(buffer, format=image_format.upper(), **options)
    return buffer.getvalue()


def read(path: Path) -> Found:
    """What is inside a picture, anybody's; never raises for a strange, damaged or hostile file."""
    return _found(read_texts(path))


def read_bytes(data: bytes) -> Found:
    """`read` for a picture that is no file here, such as one dropped on the page."""
    return _found(read_texts_of(io.BytesIO(data), "The picture"))


def _found(texts: Texts) -> Found:
    recipe, made_with, problem = None, None, texts.problem
    if texts.recipe is not None:
        try:
            recipe, made_with = metadata.from_json(texts.recipe)
        except BadRequest as error:
            problem = error.message
    settings = inspection.in_picture(recipe, texts.parameters, texts.others)
    return Found(settings, recipe, made_with, texts.parameters, texts.others, problem)


def created_of(path: Path) -> float:
    """Seconds since the epoch when a picture was made: by its name, else by the file's own time.

    The name survives a copy; the file's time has the fraction of the second, when it agrees.
    """
    file_time = path.stat().st_mtime
    named = NAME.fullmatch(path.name)
    if named is None:
        return file_time
    try:
        moment = time.strptime(f"{path.parent.name} {named[1]}", "%Y-%m-%d %H%M%S")
    except ValueError:
        return file_time
    name_time = time.mktime(moment)
    return file_time if 0 <= file_time - name_time < 60 else name_time


def _disk_error(error: OSError, folder: Path) -> DiskError:
    if error.errno in IS_FULL:
        return DiskError(
            f"The disk with {folder} is full, so the picture could not be saved. Free some space; "
            "until the program ends you can still download it from the page."
        )
    if error.errno in IS_FORBIDDEN:
        return DiskError(
            f"The folder {folder} cannot be written, so the picture could not be saved. Make it "
            "writable or choose another with --output-path; until the program ends you can still "
            "download it from the page."
        )
    return DiskError(
        f"The picture could not be saved in {folder}: {error.strerror or error}. Choose another "
        "folder with --output-path."
    )
