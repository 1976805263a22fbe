"""Pictures that others start from: checked when they come, kept as they came, by their sha256.

Each lies in a folder of its owner, so whose it is needs no other record, and nobody can tell from
the folder's name who that is.
"""

import hashlib
import io
import logging
import re
import threading
import time
from collections.abc import Iterable
from pathlib import Path

from PIL import Image, ImageOps

from ..errors import BadRequest, DiskError, NotFound, TooMany
from ..recipe import SHA256
from ..thinking.image_to_image import missing_input
from ..whole_file import write_whole
from .database import Database
from .ending import IS_FINAL
from .pictures import FORMATS, shrunk

log = logging.getLogger(__name__)

MAX_BYTES = 20_000_000
MAX_MEGAPIXELS = 50
OWNER_LIMIT_BYTES = 200_000_000
TOTAL_LIMIT_BYTES = 4_000_000_000
KEPT_DAYS = 7
"""How long a picture stays that nothing refers to."""
DAY_S = 24 * 3600.0


class Inputs:
    """The input pictures below one folder. As `owner`, None means everybody."""

    def __init__(self, folder: Path, database: Database) -> None:
        self._folder = folder
        self._database = database
        self._sizes: dict[str, tuple[int, int]] = {}
        # One picture is decoded at a time: of those allowed, one takes some 400 MB.
        self._adding = threading.Lock()

    def add(self, data: bytes, owner: str, has_limit: bool) -> str:
        """The id of the picture, which is on the disk when this returns.

        With `has_limit` the oldest ones leave for it, the owner's and, since an owner without a
        login is a cookie, everybody's; but none that is in use. Raises BadRequest for anything but
        a PNG, JPEG or WebP picture of at most 20 MB and 50 megapixels, TooMany when there is no
        room for more, DiskError.
        """
        if len(data) > MAX_BYTES:
            raise BadRequest(
                f"The picture has {len(data) / 1e6:.1f} MB; at most {MAX_BYTES / 1e6:g} MB are "
                "taken. Save it smaller.",
                field="image",
            )
        with self._adding:
            suffix, size = _checked(data)
            image = hashlib.sha256(data).hexdigest()
            self._sizes[image] = size
            try:
                self._keep(data, f"{image}.{suffix}", owner, has_limit)
            except OSError as error:
                raise DiskError(
                    f"The picture could not be kept in {self._folder}: {error.strerror or error}. "
                    "Free some space, or make the folder writable."
                ) from error
        return image

    def size(self, image: str, owner: str | None = None) -> tuple[int, int]:
        """Width and height as it is seen, in pixels. Raises NotFound, also for a stranger's."""
        self._path(image, owner)
        if image not in self._sizes:
            self._sizes[image] = self.open(image).size
        return self._sizes[image]

    def open(self, image: str, owner: str | None = None) -> Image.Image:
        """The picture as it is seen, RGB: upright, transparent parts white, of films the first
        frame. Raises NotFound when it is gone, also for a stranger's.
        """
        try:
            return _decoded(self._path(image, owner).read_bytes())
        except OSError:
            raise NotFound(missing_input(image), field="image") from None

    def thumbnail(self, image: str, owner: str | None = None) -> bytes:
        """A small WebP. Raises NotFound, also for a stranger's."""
        return shrunk(self.open(image, owner))

    def sweep(self) -> int:
        """Removes what is neither in use nor of this week; returns how many files went."""
        used, oldest = self._used(), time.time() - KEPT_DAYS * DAY_S
        gone = 0
        for path in self._folder.glob("*/*"):
            try:
                if path.stem not in used and path.stat().st_mtime < oldest:
                    path.unlink()
                    gone += 1
            except OSError as error:
                log.warning("%s cannot be removed: %s", path, error)
        return gone

    def _keep(self, data: bytes, name: str, owner: str, has_limit: bool) -> None:
        folder = self._folder / _folder_name(owner)
        folder.mkdir(parents=True, exist_ok=True)
        if (folder / name).is_file():
            (folder / name).touch()
            return
        if has_limit:
            self._make_room(folder.glob("*"), len(data), OWNER_LIMIT_BYTES)
            self._make_room(self._folder.glob("*/*"), len(data), TOTAL_LIMIT_BYTES)
        write_whole(folder / name, data)

    def _used(self) -> set[str]:
        """The ids that a picture of the history or an unfinished job refers to."""
        named = """SELECT json_extract(recipe, '$.image') AS image FROM (
            SELECT recipe FROM pictures
            UNION ALL SELECT recipe FROM recipes JOIN jobs ON jobs.id = recipes.job_id
                WHERE NOT {is_final}
        ) WHERE instr(recipe, 'image-to-image') AND json_valid(recipe)"""
        rows = self._database.connection().execute(named.format(is_final=IS_FINAL))
        return {row["image"] for row in rows}

    def _make_room(self, files: Iterable[Path], size: int, limit: int) -> None:
        """Lets the oldest of these go until this many bytes more are within the limit."""
        oldest_first = sorted((path.stat().st_mtime, path.stat().st_size, path) for path in files)
        held = size + sum(each for _, each, _ in oldest_first)
        if held <= limit:
            return
        used = self._used()
        for _, freed, path in oldest_first:
            if held > limit and path.stem not in used:
                path.unlink()
                held -= freed
        if held > limit:
            raise TooMany(
                f"There is no room for more input pictures: at most {limit / 1e6:g} MB are kept. "
                "Delete pictures from your history that started from some of them.",
                field="image",
            )

    def _path(self, image: str, owner: str | None) -> Path:
        if re.fullmatch(SHA256, image):
            whose = "*" if owner is None else _folder_name(owner)
            for path in self._folder.glob(f"{whose}/{image}.*"):
                if path.suffix != ".part":
                    return path
        raise NotFound(missing_input(image), field="image")


def _checked(data: bytes) -> tuple[str, tuple[int, int]]:
    """The ending of the picture's file, and the size it is seen in, once it is decoded to the end.

    Raises BadRequest.
    """
    if not data:
        raise BadRequest("The picture is empty. Send its bytes.", field="image")
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as opened:
            width, height = opened.size
            kind = str(opened.format).lower()
            if width * height > MAX_MEGAPIXELS * 1e6:
                raise BadRequest(
                    f"The picture has {width} × {height} pixels; at most {MAX_MEGAPIXELS} "
                    "megapixels are taken. Save it smaller.",
                    field="image",
                )
        return kind, _decoded(data).size
    except BadRequest:
        raise
    except Exception as error:  # Pillow's readers raise of every kind on hostile bytes.
        log.info("an input picture was refused: %s", type(error).__name__)
        raise BadRequest(
            "That is no PNG, JPEG or WebP picture that can be read. Choose another file.",
            field="image",
        ) from None


def _decoded(data: bytes) -> Image.Image:
    with Image.open(io.BytesIO(data), formats=FORMATS) as opened:
        opened.seek(0)
        upright = ImageOps.exif_transpose(opened)
        if upright.mode.startswith("I"):
            # Gray of 16 bits: Pillow would cut off all that is brighter than 255, nearly all.
            upright = upright.point(lambda gray: gray / 256).convert("L")
        if not upright.has_transparency_data:
            return upright.convert("RGB")
        layer = upright.convert("RGBA")
        white = Image.new("RGB", layer.size, "white")
        white.paste(layer, mask=layer.getchannel("A"))
        return white


def _folder_name(owner: str) -> str:
    """Owners are secrets of browsers, and names of users."""
    return hashlib.sha256(owner.encode()).hexdigest()[:32]
