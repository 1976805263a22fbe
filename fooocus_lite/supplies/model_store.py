"""Models that come to this computer and leave it: asked of the Hub, brought, received, removed.

For the host only; `Studio.model_store` looks at who asks.
"""

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ..errors import BadRequest, UnknownName, WeightsError
from ..settings import Settings
from ..thinking.families import FAMILIES, REFINERS, STARTER
from ..thinking.presets import Preset
from ..weights import conversion, download, inspect, lock, own_files, snapshots
from ..weights.catalogue import Model as Model
from ..weights.disk import writing_to
from ..weights.download import Offer, Order, Snapshot
from ..weights.hub import Hub
from ..weights.inspect import Inspection as Inspection
from ..weights.own_files import OwnFile as OwnFile
from ..weights.patience import Patience
from ..weights.progress import Progress as Progress
from ..weights.selection import CONFIGS, INDEX, Wanted
from .downloads import Download, Downloads
from .stock import Stock
from .uploads import FOLDERS, Upload
from .wishes import Wish, wishes_for

NAMELESS = ("pytorch_lora_weights", "diffusion_pytorch_model", "model")
"""What files are called whose repository says what they are."""
NOBODY_STOPS: Callable[[], bool] = lambda: False  # noqa: E731 - a default of several functions


@dataclass(frozen=True)
class Described:
    """What the Hub has, told before it is downloaded. `problem`: why it could not be used here.

    `files`: those that would be downloaded, with their sizes in bytes.
    """

    name: str
    repo_id: str
    revision: str
    family: str | None
    size_bytes: int
    missing_bytes: int
    licence: str
    is_gated: bool
    link: str
    files: Mapping[str, int]
    problem: str = ""


@dataclass(frozen=True)
class Checked:
    """A model that was looked at: `is_hashed` when every byte was compared, not only headers."""

    name: str
    is_hashed: bool
    problem: str | None


class ModelStore:
    """One door in and out of models/. Safe to use from any thread."""

    def __init__(self, settings: Settings, stock: Stock) -> None:
        self._settings = settings
        self._stock = stock
        self.downloads = Downloads(self.bring, settings.state / "downloads.json")

    def download(self, name: str, is_update: bool = False) -> Download:
        """Puts a download into the line, or goes on with one that broke off.

        `name` is a preset's, a model's, a performance LoRA's, or what was pasted: owner/name or a
        link. A preset's refiner follows its model. Raises BadRequest or UnknownName.
        """
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
        wish = self._locked(name, Wish(name=name, title=name, repo_id=name, revision=revision))
        return self.downloads.ask(wish)

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
        wishes = wishes_for(name, self._stock.presets)
        if not is_update:
            return wishes
        return tuple(
            self._locked(wish.repo_id, wish.model_copy(update={"is_update": True}))
            for wish in wishes
        )

    def bring(
        self,
        wish: Wish,
        on_progress: Callable[[Progress], None] = lambda _progress: None,
        is_cancelled: Callable[[], bool] = NOBODY_STOPS,
    ) -> Snapshot:
        """Downloads here and now. Raises WeightsError, or Cancelled.

        A single file is found afterwards in the folder of its kind too, such as models/loras.
        """
        snapshot = download.download(
            wish.repo_id,
            wish.revision,
            models_dir=self._settings.models,
            wanted=_wanted(wish),
            token=self._hub.token,
            endpoint=self._hub.endpoint,
            on_progress=on_progress,
            is_cancelled=is_cancelled,
            is_update=wish.is_update,
            patience=self._hub.patience,
        )
        for file in wish.files:
            self._shelve(snapshot, file, wish.lora)
        return snapshot

    def look_up(self, text: str) -> Described:
        """What the Hub has under a name or link. Raises BadRequest, or WeightsError with a link."""
        wish = self.wish(text)
        wanted = _wanted(wish)
        order = Order(wish.repo_id, self._settings.models, wanted, wish.revision, self._hub)
        offer = download.offer(order)
        family, problem = (None, "") if wish.files else self._kind(offer)
        return Described(
            name=wish.name,
            repo_id=wish.repo_id,
            revision=offer.repository.revision,
            family=family,
            size_bytes=offer.total_bytes,
            missing_bytes=offer.missing_bytes,
            licence=offer.repository.licence,
            is_gated=offer.repository.is_gated,
            link=offer.repository.link,
            files={file.path: file.size for file in offer.files},
            problem=problem,
        )

    def checked(self, name: str | None = None) -> Iterator[Checked]:
        """Every model and download, or the named one, read again.

        All bytes where lock.json knows what they should be, else the headers. Raises UnknownName,
        and WeightsError when lock.json itself is damaged.
        """
        entries, models = lock.read(self._settings.models), self._stock.models_and_refiners()
        names = sorted({*entries, *models})
        if name is not None and name not in names:
            raise UnknownName.among("model", name, names)
        for each in names if name is None else [name]:
            problem = self._stock.model_problem(models[each]) if each in models else None
            if problem is None and each in entries:
                problem = lock.problem(self._settings.models, each, entries[each])
            yield Checked(each, each in entries, problem)

    def receive(self, file_name: str, size: int) -> Upload:
        """A file of so many bytes that a person sends. Raises BadRequest, WeightsError."""
        limit = int(self._settings.upload_limit_gib * 2**30)
        return Upload(file_name, size, self._settings.models, limit)

    def convert(self, source: Path) -> OwnFile:
        """A safetensors file made of a pickle, which stays. Raises BadRequest, WeightsError."""
        made = conversion.convert(source, self._settings.models)
        return own_files.look_at(made, self._stock.model_folders())

    def own_file(self, name: str) -> OwnFile | None:
        """A single file by its path, or by its name among the models; None when it is neither."""
        path = Path(name).expanduser()
        if path.is_file():
            return own_files.look_at(path, self._stock.model_folders())
        return next((each for each in self._stock.own_files() if each.name == name), None)

    def discard(self, name: str) -> None:
        """Forgets a download that is over; what came of an incomplete one is deleted."""
        found = self.downloads.find(name)
        self.downloads.forget(name)
        if found.state != "done" and not self.revisions(found.wish.repo_id):
            self._delete(snapshots.folder_of(self._settings.models, found.wish.repo_id))

    def remove(self, name: str) -> None:
        """Deletes a model's files. Raises UnknownName, BadRequest for one that is not ours."""
        if any(each.wish.repo_id == name and not each.is_over for each in self.downloads.all()):
            raise BadRequest(f"{name} is being downloaded. Cancel that first.", field="name")
        if self.revisions(name):
            self._remove_download(name)
            return
        model = self._stock.model_or_refiner(name)
        if not self.may_remove(model):
            raise BadRequest(
                f"{model.title} came with the program, or lies in the folder of another one. "
                "Remove it there.",
                field="name",
            )
        repo_id = self._only_in(model.folder)
        self._delete(model.folder)
        if repo_id is not None:
            self._remove_download(repo_id)
        self._stock.drop_bare_preset(name)

    def may_remove(self, model: Model) -> bool:
        """Whether the model lies in our own models folder and did not come with the program."""
        is_ours = model.folder.is_relative_to(self._settings.models)
        return is_ours and model.name != STARTER.name

    def preset_for(self, name: str) -> Preset:
        """A preset of a model that is here, made when there is none. Raises UnknownName."""
        return self._stock.preset_for_model(name)

    def free_bytes(self) -> int:
        """The room on the disk of the models folder."""
        folder = self._settings.models
        there = next(each for each in (folder, *folder.parents) if each.exists())
        return shutil.disk_usage(there).free

    def close(self) -> None:
        self.downloads.close()

    @property
    def _hub(self) -> Hub:
        token = self._settings.hub_token
        return Hub(
            self._settings.hub_endpoint,
            token.get_secret_value() if token else None,
            Patience(self._settings.download_timeout_s),
        )

    def _remove_download(self, name: str) -> None:
        """Deletes all revisions of a repository, and the links to its files."""
        models_dir = self._settings.models
        lock.forget(models_dir, name)
        self._delete(snapshots.folder_of(models_dir, name))
        for link in models_dir.glob("*/*"):
            if link.is_symlink() and not link.exists():
                link.unlink()
        self._stock.drop_bare_preset(name)

    def _only_in(self, link: Path) -> str | None:
        """The download of which this is a link to the only file; None for any other file."""
        hub = (self._settings.models / "hub").resolve()
        if not link.is_symlink() or not link.resolve().is_relative_to(hub):
            return None
        repo_id = snapshots.repo_id_of(hub / link.resolve().relative_to(hub).parts[0])
        entry = lock.read(self._settings.models).get(repo_id or "")
        return repo_id if entry is not None and len(entry.files) == 1 else None

    def _shelve(self, snapshot: Snapshot, file: str, lora: str | None) -> None:
        """Links a file into the folder of its kind; one of the person's own stays as it is."""
        path = snapshot.folder / file
        folder = "loras" if lora else FOLDERS.get(inspect.inspect(path).kind)
        if folder is None:
            return
        stem = snapshot.repo_id.split("/")[1] if path.stem in NAMELESS else path.stem
        target = self._settings.models / folder / f"{lora or stem}{path.suffix}"
        if target.exists() and not target.is_symlink():
            return
        with writing_to(target.parent):
            target.unlink(missing_ok=True)
            snapshots.link(path, target)

    def _locked(self, repo_id: str, wish: Wish) -> Wish:
        """The wish for the same parts of the repository as were brought before."""
        entry = lock.read(self._settings.models).get(repo_id)
        if entry is None:
            return wish
        locked = entry.revisions[wish.revision or entry.revision]
        variants = [each for each in locked.variants if each != CONFIGS]
        if variants:
            return wish.model_copy(update={"variant": variants[0] or None, "files": ()})
        if locked.variants:
            return wish.model_copy(update={"is_config_only": True, "files": ()})
        return wish.model_copy(update={"files": tuple(locked.files)})

    def _kind(self, offer: Offer) -> tuple[str | None, str]:
        """The family of a pipeline on the Hub, and a sentence when there is none for it."""
        listed = offer.repository.file(INDEX)
        body = self._hub.content(offer.repository, listed, NOBODY_STOPS) if listed else b"{}"
        class_name = json.loads(body).get("_class_name")
        known_ones = (*FAMILIES.values(), *REFINERS.values())
        kinds = {each.pipeline: each.title for each in known_ones if each != STARTER}
        if class_name in kinds:
            return kinds[class_name], ""
        known = ", ".join(sorted(kinds.values()))
        return None, f"It is a {class_name}, which cannot be used here. Known: {known}."

    def _delete(self, path: Path) -> None:
        try:
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
        except OSError as error:
            raise WeightsError(
                f"{path.name} cannot be deleted ({error.strerror or error}). Close what uses it, "
                "check its permissions, and try again."
            ) from None


def _wanted(wish: Wish) -> Wanted:
    return Wanted(wish.variant, wish.files, wish.is_config_only)
