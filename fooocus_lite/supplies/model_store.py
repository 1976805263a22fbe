"""Models that come to this computer and leave it: asked of the Hub, brought, received, removed.

For the host only; `Studio.model_store` looks at who asks.
"""

import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from ..archive.audit import Entry
from ..errors import BadRequest, UnknownName
from ..settings import Settings
from ..thinking.families import STARTER
from ..thinking.pantry import as_here
from ..thinking.presets import Preset, preset_called
from ..visitor import LOCAL
from ..weights import conversion, disk, download, lock, own_files, snapshots
from ..weights.address import as_on_the_hub
from ..weights.alone import untouched
from ..weights.catalogue import Model as Model
from ..weights.download import Snapshot
from ..weights.folders import LORAS
from ..weights.inspect import Inspection as Inspection
from ..weights.own_files import OwnFile as OwnFile
from ..weights.patience import Patience
from ..weights.progress import Progress as Progress
from ..weights.repository import RemoteFile
from . import checking, removal, saved_presets
from .checking import Checked, OnReading
from .downloads import Download, Downloads
from .offers import KINDS, described
from .offers import Described as Described
from .shelving import name_of, shelve
from .stock import Stock
from .telling import Told
from .uploads import Added, Upload
from .wishes import Wish, as_before, order_for, performance_loras, wishes_for

NOTHING_NEWER = "There is nothing newer on the Hub than what is here."
LOOK_UP_S = 15.0
"""How long somebody who asks what the Hub has is left waiting."""


class ModelStore:
    """One door in and out of models/. Safe to use from any thread."""

    def __init__(self, settings: Settings, stock: Stock, told: Told | None = None) -> None:
        self._settings = settings
        self._stock = stock
        self._told = told or Told()
        self._who = LOCAL
        self.downloads = Downloads(self._bring, settings.state / "downloads.json", self._arrived)

    def asked_by(self, who: str) -> "ModelStore":
        """The same store; what is done through it is written down as theirs."""
        theirs = copy.copy(self)
        theirs._who = who
        return theirs

    def download(self, name: str, is_update: bool = False) -> Download:
        """Puts a download into the line, or goes on with one that broke off.

        `name` is a preset's, a model's, a performance LoRA's, or what was pasted: owner/name or a
        link. A preset's refiner follows its model. Raises BadRequest or UnknownName.
        """
        if not is_update and (unfinished := self._unfinished(name)):
            return self.downloads.ask(unfinished.model_copy(update={"who": self._who}))
        first, *others = self.wishes(name, is_update)
        download = self.downloads.ask(first)
        for wish in others:
            self.downloads.ask(wish)
        return download

    def set_back(self, name: str, revision: str) -> Download:
        """Puts a revision into use again that was in use before. Raises UnknownName."""
        known = self.revisions(name)
        if revision not in known:
            raise UnknownName.among("revision", revision, known)
        wish = Wish(name=name, title=name, repo_id=name, revision=revision, who=self._who)
        return self.downloads.ask(as_before(wish, self._settings.models))

    def revisions(self, name: str) -> tuple[str, ...]:
        """The revisions of a downloaded model that this computer had, the one in use first."""
        entry = lock.read(self._settings.models).get(name)
        if entry is None:
            return ()
        others = (each for each in entry.revisions if each != entry.revision)
        return (entry.revision, *others)

    def wish(self, name: str, is_update: bool = False) -> Wish:
        """What a name asks for. Raises BadRequest or UnknownName."""
        return self.wishes(name, is_update)[0]

    def wishes(self, name: str, is_update: bool = False) -> tuple[Wish, ...]:
        """What a name asks for, a preset's refiner after its model. Raises as `wish` does."""
        place = as_on_the_hub(name, self._settings.hub_endpoint)
        asked = wishes_for(place, self._stock.presets)
        wishes = tuple(each.model_copy(update={"who": self._who}) for each in asked)
        if not is_update:
            return wishes
        return tuple(
            as_before(wish.model_copy(update={"is_update": True}), self._settings.models)
            for wish in wishes
        )

    def bring(
        self,
        wish: Wish,
        on_progress: Callable[[Progress], None] = lambda _progress: None,
        is_cancelled: Callable[[], bool] = lambda: False,
        expect: Callable[[Sequence[RemoteFile]], None] = lambda _files: None,
    ) -> Snapshot:
        """Downloads here and now. Raises WeightsError, or Cancelled.

        A single file is found afterwards in the folder of its kind too, such as models/loras.
        """
        with self._told.noting(wish.who or LOCAL, self._action(wish), wish.name):
            order = order_for(wish, self._settings, kinds=tuple(KINDS))
            snapshot = download.download(order, on_progress, is_cancelled, expect)
            shelved = [
                shelve(snapshot, file, self._settings.models, wish.lora) for file in wish.files
            ]
        if not (wish.is_config_only or wish.lora):
            for name in filter(None, shelved if wish.files else [wish.repo_id]):
                self._told.came(name)
        return snapshot

    def _bring(
        self,
        wish: Wish,
        on_progress: Callable[[Progress], None],
        is_cancelled: Callable[[], bool],
        expect: Callable[[Sequence[RemoteFile]], None],
    ) -> str:
        """`bring`; says when an update has found nothing newer."""
        snapshot = self.bring(wish, on_progress, is_cancelled, expect)
        return NOTHING_NEWER if wish.is_update and not snapshot.is_other else ""

    def _arrived(self, wish: Wish, files: Sequence[RemoteFile]) -> int:
        return download.arrived_bytes(self._settings.models, wish.repo_id, files)

    def _action(self, wish: Wish) -> str:
        if wish.is_update:
            return "update"
        return "set back" if wish.revision in self.revisions(wish.repo_id) else "download"

    def look_up(self, text: str) -> Described:
        """What the Hub has under a name or link. Raises BadRequest, or WeightsError with a link."""
        wish = self.wish(text)
        patience = Patience(min(LOOK_UP_S, self._settings.download_timeout_s))
        order = order_for(wish, self._settings)
        return described(wish.name, replace(order, hub=replace(order.hub, patience=patience)))

    def checked(
        self, name: str | None = None, on_reading: OnReading | None = None
    ) -> Iterator[Checked]:
        """Every model, download and single file, or the named one: `checking.checked`."""
        return checking.checked(self._stock, self._settings.models, name, on_reading)

    def receive(self, file_name: str, size: int) -> Upload:
        """A file of so many bytes that a person sends. Raises BadRequest, WeightsError."""
        limit = int(self._settings.upload_limit_gib * 2**30)
        return Upload(file_name, size, self._settings.models, limit)

    def keep(self, upload: Upload) -> Added:
        """What has come becomes a model or LoRA here. Raises BadRequest, WeightsError."""
        with self._told.noting(self._who, "upload", upload.file_name):
            added = upload.keep()
        if added.is_new:
            self._told.came(name_of(added.path))
        return added

    def convert(self, source: Path) -> OwnFile:
        """A safetensors file made of a pickle, which stays. Raises BadRequest, WeightsError."""
        made = conversion.convert(source, self._settings.models)
        return own_files.look_at(made, self._stock.model_folders())

    def own_file(self, name: str) -> OwnFile | None:
        """A single file by its path, or by its name, "ink" or "loras/ink", in any case."""
        path = Path(name).expanduser()
        if path.is_file():
            return own_files.look_at(path, self._stock.model_folders())
        files = self._stock.own_files()
        by_name = {e.whole_name: e for e in files} | {e.name: e for e in reversed(files)}
        return by_name.get(as_here(name, by_name) or "")

    def discard(self, name: str) -> None:
        """Forgets a download that is over; what came of an incomplete one is deleted."""
        found, models = self.downloads.find(name), self._settings.models
        repo_id = found.wish.repo_id
        self.downloads.forget(name)
        if found.state == "done":
            return
        others = [each for each in self.downloads.all() if each.wish.repo_id == repo_id]
        # Another tool may have put a whole model there.
        is_of_use = others or self.revisions(repo_id) or repo_id in lock.in_use(models)
        with self._told.noting(self._who, "discard", name), untouched(models, repo_id):
            if is_of_use:
                wanted = {file for each in others for file in each.files}
                removal.delete_loose(models, repo_id, {*found.files} - wanted)
            else:
                removal.delete(snapshots.folder_of(models, repo_id))

    def check_removable(self, name: str) -> None:
        """Raises what `remove` would; deletes nothing."""
        self._removable(name)

    def remove(self, name: str) -> None:
        """Deletes a model, or a single file such as "ink" or "loras/ink".

        Raises UnknownName, and BadRequest for what is not ours, or for several of one name.
        """
        with self._told.noting(self._who, "remove", name):
            file = self._removable(name)
            if file is None:
                removal.delete_download(self._settings.models, name)
                self._forget(name)
            else:
                self._remove_file(*file)

    def _removable(self, name: str) -> tuple[str, Path] | None:
        """A folder or file that is ours, with its whole name; None for a download."""
        if any(each.wish.repo_id == name and not each.is_over for each in self.downloads.all()):
            raise BadRequest(f"{name} is being downloaded. Cancel that first.", field="name")
        models = self._stock.models_and_refiners()
        model = models.get(name)
        if removal.is_recorded(self._settings.models, name) or self._is_download(name, model):
            return None
        if model is not None:
            removal.check_ours(model.title, model.folder, self._settings.models)
            return name, model.folder
        try:
            file = own_files.named(name, self._stock.own_files(), models)
        except UnknownName:
            if preset := preset_called(name, self._stock.presets):
                raise removal.preset_error(preset) from None
            raise
        removal.check_ours(file.path.name, file.path, self._settings.models)
        return file.whole_name, file.path

    def _is_download(self, name: str, model: Model | None) -> bool:
        """Whether it lies in our cache, whole or not, whoever put it there."""
        is_there = model is None or (model.revision is not None and self.is_ours(model.folder))
        return is_there and name in snapshots.repositories(self._settings.models)

    def _remove_file(self, name: str, path: Path) -> None:
        """With it goes the download of which it is the only file.

        A performance's LoRA leaves its download in any case: it would be found there.
        """
        models = self._settings.models
        repo_id = removal.only_in(path, models)
        lora = performance_loras().get(path.stem) if path.parent == models / LORAS else None
        if repo_id is not None:
            removal.delete_download(models, repo_id)
            self._forget(repo_id)
        elif lora is not None and lora.repo_id is not None:
            removal.delete_from_download(models, lora.repo_id, lora.file)
        removal.delete(path)
        self._forget(name)

    def _forget(self, name: str) -> None:
        """What was kept about a model that has left: its sample, its download, a bare preset."""
        self._told.left(name)
        for each in self.downloads.all():
            if each.is_over and name in (each.name, each.wish.repo_id):
                self.downloads.forget(each.name)
        for preset in saved_presets.drop_bare(self._stock, name):
            self._told.note(Entry(self._who, "remove preset", subject=preset))

    def may_remove(self, model: Model) -> bool:
        """Whether the model lies in our own models folder and did not come with the program."""
        return model.name != STARTER.name and self.is_ours(model.folder)

    def is_ours(self, path: Path) -> bool:
        """Whether a file may be removed from here."""
        return removal.is_ours(path, self._settings.models)

    def preset_for(self, name: str) -> Preset:
        """A preset of a model that is here, made when there is none. Raises UnknownName."""
        known = frozenset(self._stock.presets)
        preset = saved_presets.for_model(self._stock, name)
        if preset.name not in known:
            self._told.note(Entry(self._who, "save preset", subject=preset.name))
        return preset

    def free_bytes(self) -> int:
        """The room on the disk of the models folder."""
        return disk.free_bytes(self._settings.models)

    def close(self) -> None:
        self.downloads.close()

    def _unfinished(self, name: str) -> Wish | None:
        """What broke off under this name: of which revision and which files, no name tells."""
        listed = (each for each in self.downloads.all() if each.name == name)
        return next((each.wish for each in listed if each.state in ("failed", "cancelled")), None)
