"""The pictures made so far, newest first; and the index made again from the files themselves.

A picture whose file somebody removed is hidden, not forgotten: it is back when the file is.
"""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from ..errors import BadRequest, DiskError, NotFound
from ..events import Picture
from ..visitor import LOCAL
from . import index
from .database import Database
from .pictures import NAME, SUFFIXES, created_of, read

# Rows read at a time, since some may be hidden.
BATCH = 100


@dataclass(frozen=True)
class Rebuilt:
    """Counts of picture files: put into the index now, there already, and without a recipe."""

    added: int
    known: int
    without_recipe: int


class History:
    """The index of saved pictures. Paths below `base` (the home folder) are kept relative to it."""

    def __init__(self, database: Database, base: Path) -> None:
        self._database = database
        self._base = base

    def latest(
        self,
        owner: str | None = None,
        search: str = "",
        limit: int = 60,
        before: float | None = None,
    ) -> list[Picture]:
        """Newest first, at most `limit`; `owner` None is everybody.

        Every word of `search` has to be in the prompt (typed or drawn) or the styles, in any case.
        `before`: only pictures older than this; the last one's `created` gives the next page.
        """
        found: list[Picture] = []
        for picture in self._pictures(owner, search, before):
            if len(found) >= limit:
                break
            if picture.path.is_file():
                found.append(picture)
        return found

    def find(self, picture_id: str, owner: str | None = None) -> Picture:
        """One picture, also one whose file is gone; with `owner`, a stranger's is not found."""
        row = (
            self._database.connection()
            .execute("SELECT * FROM pictures WHERE id = ?", (picture_id,))
            .fetchone()
        )
        is_visible = row is not None and owner in (None, row["owner"])
        picture = index.picture_from(row, self._base) if is_visible else None
        if picture is None:
            raise NotFound(f"There is no picture “{picture_id[:64]}”.", field="id")
        return picture

    def delete(self, picture: Picture, outputs: Path) -> None:
        """Away with a picture: its file below `outputs`, and its row.

        Raises BadRequest for one that lies elsewhere, DiskError when the file cannot be removed.
        """
        path = picture.path
        is_ours = NAME.fullmatch(path.name) and path.resolve().is_relative_to(outputs.resolve())
        if not is_ours:
            raise BadRequest(
                f"The picture {path.name} lies outside the outputs folder, so it is not deleted. "
                "Delete the file by hand.",
                field="id",
            )
        with self._database.transaction(durable=True) as connection:
            connection.execute("DELETE FROM pictures WHERE id = ?", (picture.id,))
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                raise DiskError(f"{path.name} cannot be deleted: {error.strerror}.") from None

    def rebuild(self, outputs: Path) -> Rebuilt:
        """Puts every picture below `outputs` that has a recipe into the index, as `local`'s.

        What is in the index stays, with its owner. Doing it twice changes nothing.
        Raises DiskError when the outputs folder cannot be read.
        """
        known = self._known_paths()
        added = already = without = 0
        last_created = 0.0
        for created, path in _files(outputs):
            if index.stored_path(path, self._base) in known:
                already += 1
                continue
            # Later than the one before, by a hair if need be: paging by time loses none then.
            picture = _picture_in(path, max(created, last_created + 1e-5))
            if picture is None:
                without += 1
                continue
            last_created = picture.created
            with self._database.transaction() as connection:
                if index.insert(connection, picture, self._base, cook_s=None):
                    added += 1
                else:
                    already += 1
        return Rebuilt(added, already, without)

    def _pictures(self, owner: str | None, search: str, before: float | None) -> Iterator[Picture]:
        """Matching pictures, newest first, read in batches so that hidden ones cost little."""
        # instr and not LIKE: nothing a person types is a wildcard.
        conditions, values = ["is_saved"], []
        if owner is not None:
            conditions.append("owner = ?")
            values.append(owner)
        for word in search.casefold().split():
            conditions.append("instr(words, ?) > 0")
            values.append(word)
        place: tuple[float, int] = (float("inf") if before is None else before, -1)
        statement = f"""SELECT *, rowid FROM pictures WHERE {" AND ".join(conditions)}
            AND (created, rowid) < (?, ?) ORDER BY created DESC, rowid DESC LIMIT {BATCH}"""
        while rows := self._database.connection().execute(statement, (*values, *place)).fetchall():
            for row in rows:
                picture = index.picture_from(row, self._base)
                if picture is not None:
                    yield picture
            place = (rows[-1]["created"], rows[-1]["rowid"])

    def _known_paths(self) -> set[str]:
        rows = self._database.connection().execute("SELECT path FROM pictures WHERE is_saved")
        return {row["path"] for row in rows}


def _files(outputs: Path) -> list[tuple[float, Path]]:
    """(created, path) of every file with one of our endings, oldest first."""
    if not outputs.exists():
        return []
    try:
        return sorted(
            (created_of(path), path)
            for path in outputs.rglob("*")
            if path.suffix.lower() in {*SUFFIXES.values(), ".jpeg"} and path.is_file()
        )
    except OSError as error:
        raise DiskError(
            f"The folder {outputs} cannot be read: {error.strerror}. "
            "Give yourself the right to read it, then try again."
        ) from error


def _picture_in(path: Path, created: float) -> Picture | None:
    """The file as a picture of `local`'s; None without a readable recipe."""
    recipe = read(path).recipe
    if recipe is None:
        return None
    try:
        with Image.open(path, formats=("PNG", "JPEG", "WEBP")) as image:
            width, height = image.size
    except (OSError, ValueError):
        return None
    return Picture(
        id=secrets.token_hex(16),
        job_id="",
        index=0,
        owner=LOCAL,
        path=path,
        recipe=recipe,
        created=created,
        width=width,
        height=height,
    )
