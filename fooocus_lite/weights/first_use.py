"""What came from the Hub stays as it was at its first use, whoever brought it.

The revision and the sha256 of its files are recorded in models/lock.json then, and compared from
then on. Folders of one's own have no record, and other programs' trees are never written to.
"""

import logging
from collections.abc import Mapping
from pathlib import Path

from ..errors import WeightsError
from . import damage, lock, selection, snapshots, verify
from .catalogue import Model
from .lock import Locked
from .snapshots import Place

log = logging.getLogger(__name__)


class FirstUse:
    """The record of one models folder. What cannot be recorded is told once, and used all the same.

    Used by one thread at a time; other processes may use the same folder.
    """

    def __init__(self, models_dir: Path) -> None:
        self._models_dir = models_dir
        self._told: set[str] = set()

    def check_model(self, model: Model, hashes: Mapping[str, str]) -> None:
        """Records files that are new; raises WeightsError when one is not what was recorded.

        `hashes`: sha256 of the files that `catalogue.weight_files` names. The small files that are
        read beside them count too; those of a single file are in its `config`.
        """
        weights = dict(hashes)
        if model.kind == "file":
            self.check_file(model.folder, weights.pop(model.folder.name))
        place = snapshots.place_of(model.settings)
        if place is None or not model.settings.is_dir():
            return
        texts = {
            file.relative_to(model.settings).as_posix(): verify.sha256(file)
            for file in verify.text_files(model.settings)
        }
        variant = selection.variant_of(weights) if weights else selection.CONFIGS
        self._check(place, weights | texts, variant)

    def check_file(self, file: Path, sha256: str) -> None:
        """The same for a single file, such as a LoRA that is linked to a download."""
        place = snapshots.place_of(file)
        if place is not None:
            self._check(place, {place.path: sha256}, None)

    def _check(self, place: Place, files: Mapping[str, str], variant: str | None) -> None:
        locked = self._recorded(place)
        known = locked.files if locked else {}
        for path, digest in files.items():
            if known.get(path, digest) != digest:
                raise WeightsError(lock.changed(place.repo_id, path), field="model")
        snapshot = snapshots.snapshot_of(place.models_dir, place.repo_id, place.revision)
        fresh = {path: digest for path, digest in files.items() if path not in known}
        for path, digest in fresh.items():
            if (snapshots.promised_sha256(snapshot / path) or digest) != digest:
                raise WeightsError(damage.broken_promise(f"{place.repo_id}/{path}"), field="model")
        is_ours = place.models_dir.resolve() == self._models_dir.resolve()
        if locked is not None and fresh and is_ours:
            # One that was asked for as fp16 may have plain files: how it was asked for stays.
            has_weights = any(path.endswith(".safetensors") for path in fresh)
            is_told = has_weights or not locked.variants
            self._record(place, fresh, variant if is_told else None)

    def _recorded(self, place: Place) -> Locked | None:
        """What is recorded of the revision, if anything; None when the record cannot be read."""
        try:
            entry = lock.read(place.models_dir).get(place.repo_id)
        except WeightsError as error:
            self._tell(error)
            return None
        return entry.revisions.get(place.revision, Locked()) if entry else Locked()

    def _record(self, place: Place, files: Mapping[str, str], variant: str | None) -> None:
        try:
            lock.record_use(place.models_dir, place.repo_id, place.revision, files, variant)
        except WeightsError as error:
            self._tell(error)
        else:
            log.info("%s is recorded at %s", place.repo_id, place.revision)

    def _tell(self, error: WeightsError) -> None:
        if error.message not in self._told:
            self._told.add(error.message)
            log.warning("What is used first cannot be recorded. %s", error.message)
