"""The pictures that are here: looked at, given away, compared, thrown away.

Each asks whose picture it is. Knows nothing of jobs.
"""

import io
from pathlib import Path

from .archive import compare, pictures
from .archive.history import History, Rebuilt
from .archive.inputs import Inputs
from .errors import BadRequest, NotFound
from .events import Picture
from .line.board import Board
from .recipe import ImageFormat
from .settings import Settings
from .thinking.inspection import Found
from .thinking.link import Fingerprint, Shared
from .visitor import LOCAL

MEDIA_TYPES = {
    ".png": "image/png",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".webp": "image/webp",
}


class Gallery:
    """The saved pictures, those that could not be saved and wait in memory, and those that people
    brought to start from.
    """

    def __init__(self, settings: Settings, history: History, board: Board, inputs: Inputs) -> None:
        self._settings = settings
        self._history = history
        self._board = board
        self._inputs = inputs

    def history(
        self, owner: str = LOCAL, search: str = "", limit: int = 60, before: float | None = None
    ) -> list[Picture]:
        """Newest first. Alone on localhost every owner's pictures are shown."""
        return self._history.latest(self._whose(owner), search, limit, before)

    def rebuild(self) -> Rebuilt:
        """The index of pictures again from the recipes inside the files."""
        return self._history.rebuild(self._settings.output_path)

    def picture(self, picture_id: str, owner: str = LOCAL) -> Picture:
        """Raises NotFound, also for a stranger's picture."""
        if unsaved := self._board.unsaved(picture_id):
            found = unsaved[0]
        else:
            found = self._history.find(picture_id)
        if not (found.owner == owner or owner == LOCAL or self._settings.is_local_only):
            raise NotFound("There is no such picture.", field="id")
        return found

    def picture_bytes(self, picture_id: str, owner: str = LOCAL) -> tuple[bytes, str]:
        """The file's bytes and media type; one that could not be saved is served from memory."""
        picture = self.picture(picture_id, owner)
        media_type = MEDIA_TYPES.get(picture.path.suffix, "application/octet-stream")
        if unsaved := self._board.unsaved(picture_id):
            return unsaved[1], media_type
        try:
            return picture.path.read_bytes(), media_type
        except OSError:
            raise NotFound("The picture's file is gone from the outputs folder.") from None

    def picture_as(
        self,
        picture_id: str,
        image_format: ImageFormat,
        owner: str = LOCAL,
        size: tuple[int, int] | None = None,
    ) -> tuple[bytes, str]:
        """`picture_bytes` in a format and size, its recipe inside if it was. Raises NotFound."""
        picture = self.picture(picture_id, owner)
        content, media_type = self.picture_bytes(picture_id, owner)
        has_size = size is None or size == (picture.width, picture.height)
        if has_size and media_type == f"image/{image_format}":
            return content, media_type
        try:
            content = pictures.converted(content, picture.recipe, image_format, size)
        except OSError:
            raise NotFound("The picture's file is damaged.", field="id") from None
        return content, f"image/{image_format}"

    def thumbnail(self, picture_id: str, owner: str = LOCAL, side: int = 192) -> bytes:
        """A WebP of at most `side` pixels a side. Raises NotFound."""
        content, _ = self.picture_bytes(picture_id, owner)
        try:
            return pictures.thumbnail(io.BytesIO(content), side)
        except OSError:
            raise NotFound("The picture's file is damaged.", field="id") from None

    def delete(self, picture_id: str, owner: str = LOCAL) -> None:
        """The picture's file and its place in the history, for good.

        Raises NotFound, BadRequest for a file that lies elsewhere, DiskError.
        """
        picture = self.picture(picture_id, owner)
        if picture.is_saved:
            self._history.delete(picture, self._settings.output_path)
        self._board.forget(picture_id)

    def add_input(self, data: bytes, owner: str = LOCAL) -> str:
        """The id to start from a picture by; its file's bytes are kept for that.

        Raises BadRequest for what is no picture or too large, TooMany, DiskError.
        """
        return self._inputs.add(data, owner, has_limit=self._whose(owner) is not None)

    def as_input(self, picture_id: str, owner: str = LOCAL) -> str:
        """`add_input` of a saved picture. Raises NotFound, also for a stranger's."""
        data, _ = self.picture_bytes(picture_id, owner)
        return self.add_input(data, owner)

    def input_size(self, image: str, owner: str = LOCAL) -> tuple[int, int]:
        """Width and height. Raises NotFound, also for a stranger's."""
        return self._inputs.size(image, self._whose(owner))

    def input_thumbnail(self, image: str, owner: str = LOCAL) -> bytes:
        """A small WebP. Raises NotFound, also for a stranger's."""
        return self._inputs.thumbnail(image, self._whose(owner))

    def inspect(self, picture: Path | bytes) -> Found:
        """What a picture, or a file with one, says about itself. Never raises."""
        if isinstance(picture, bytes):
            return pictures.read_bytes(picture)
        return pictures.read(picture)

    def shared(self, picture_id: str, owner: str = LOCAL) -> Shared:
        """What to give away of a picture, as a link or a file. Raises NotFound."""
        recipe = self.picture(picture_id, owner).recipe
        data, _ = self.picture_bytes(picture_id, owner)
        return Shared(recipe=recipe, fingerprint=compare.fingerprint_of(data))

    def shared_of(self, path: Path) -> Shared:
        """`shared` of a file. Raises BadRequest when it carries no recipe of ours."""
        found = self.inspect(path)
        if found.recipe is None:
            reason = found.problem or "it carries no recipe of Fooocus Lite."
            raise BadRequest(f"{path.name} cannot be shared: {reason}", field="picture")
        return Shared(recipe=found.recipe, fingerprint=compare.fingerprint_of(path))

    def compare(self, fingerprint: Fingerprint, path: Path) -> tuple[bool | None, float]:
        """Whether a picture file is the one of a fingerprint, and the difference of the miniatures.

        None when nobody can tell, since the original was saved with losses. 0 to 100 per cent.
        """
        other = compare.fingerprint_of(path)
        is_same = None if fingerprint.sha256 is None else fingerprint.sha256 == other.sha256
        return is_same, compare.thumbnail_difference(fingerprint, other)

    def psnr(self, one: Path, other: Path) -> float:
        """How alike two picture files are, in dB; infinite when every pixel is the same."""
        return compare.psnr_of_files(one, other)

    def _whose(self, owner: str) -> str | None:
        """None where the owner may see everybody's."""
        return None if self._settings.is_local_only or owner == LOCAL else owner
