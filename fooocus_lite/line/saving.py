"""A picture's way to the disk: saved, then written down; kept in memory when that cannot be."""

import logging
import secrets
import sqlite3
import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from ..archive import pictures
from ..archive.job import Job
from ..archive.jobs import JobStore
from ..errors import DiskBusy, DiskError
from ..events import Picture
from ..recipe import ImageFormat, MadeWith, Recipe
from ..settings import Settings
from . import patience
from .board import Board

if TYPE_CHECKING:
    from PIL.Image import Image

log = logging.getLogger(__name__)


class Saving:
    """Into the output folder and the job store. `closing` ends its patience."""

    def __init__(self, settings: Settings, store: JobStore, board: Board, closing: Event) -> None:
        self._settings = settings
        self._store = store
        self._board = board
        self._closing = closing

    def save(
        self,
        job: Job,
        index: int,
        recipe: Recipe,
        image: "Image",
        made_with: MadeWith,
        cook_s: float,
    ) -> None:
        """Saves the picture, then records it. Raises DiskError after keeping it in memory."""
        image_format, save_metadata = self._wishes(job)
        folder, now = self._settings.output_path, time.time()
        picture = Picture(
            id=secrets.token_hex(16),
            job_id=job.id,
            index=index,
            owner=job.owner,
            path=folder,
            recipe=recipe,
            created=now,
            width=image.width,
            height=image.height,
        )
        try:
            path = pictures.save(
                image,
                recipe,
                made_with,
                folder,
                image_format,
                save_metadata,
                now,
                before_writing=partial(self._store.expect_picture, job.id, index),
            )
            self._record(replace(picture, path=path), cook_s)
        except (DiskError, sqlite3.Error):
            content = pictures.encode(image, recipe, made_with, image_format, save_metadata)
            unsaved = replace(picture, path=Path(f"unsaved.{image_format}"), is_saved=False)
            self._board.keep(unsaved, content)
            raise

    def _wishes(self, job: Job) -> tuple[ImageFormat, bool]:
        """The format, and whether the recipe is written into the file: as asked, else as set."""
        asked, settings = job.request, self._settings
        wants_metadata = asked.save_metadata
        save_metadata = settings.save_metadata if wants_metadata is None else wants_metadata
        return asked.image_format or settings.image_format, save_metadata

    def _record(self, picture: Picture, cook_s: float) -> None:
        """Writes down a saved picture, patiently: it need not be made again for a busy disk."""
        for pause_s in patience.PAUSES_S:
            try:
                self._store.add_picture(picture, cook_s)
                return
            except DiskBusy as error:
                log.warning("a picture could not be written down yet: %s", error.message)
                self._closing.wait(pause_s)
        try:
            self._store.add_picture(picture, cook_s)
        except DiskBusy as error:
            raise DiskError(error.message) from None
