"""Models that come to this computer and leave it: asked of the Hub, brought, received, removed.

For the host only; `Studio.model_store` looks at who asks.
"""

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from .downloads import Download, Downloads, Wish
from .errors import BadRequest, UnknownName, WeightsError
from .settings import Settings
from .stock import Stock
from .thinking.families import FAMILIES, STARTER
from .thinking.families.family import PerformanceLoRA
from .thinking.presets import Preset
from .weights import download, lock, snapshots
from .weights.address import address
from .weights.disk import writing_to
from .weights.download import Offer, Order, Snapshot
from .weights.hub import Hub
from .weights.progress import Progress
from .weights.selection import INDEX, Wanted

NOBODY_STOPS: Callable[[], bool] = lambda: False  # noqa: E731 - a default of several functions


@dataclass(frozen=True)
class Described:
    """What the Hub has, told before it is downloaded. `problem`: why it could not be used here."""

    name: str
    repo_id: str
    revision: str
    family: str | None
    size_bytes: int
    missing_bytes: int
    licence: str
    is_gated: bool
    link: str
    problem: str = ""


class ModelStore:
    """One door in and out of models/. Safe to use from any thread."""

    def __init__(self, settings: Settings, stock: Stock) -> None:
        self._settings = settings
        self._stock = stock
        self.downloads = Downloads(self.bring, settings.state / "downloads.json")

    def download(self, name: str, is_update: bool = False) -> Download:
        """Puts a download into the line, or goes on with one that broke off.

        `name` is a preset's, a model's, a performance LoRA's, or what was pasted: owner/name or a
        link. Raises BadRequest or UnknownName.
        """
        return self.downloads.ask(self.wish(name, is_update))

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
        wish = wish_for(name, self._stock.presets)
        if not is_update:
            return wish
        return self._locked(wish.repo_id, wish.model_copy(update={"is_update": True}))

    def bring(
        self,
        wish: Wish,
        on_progress: Callable[[Progress], None] = lambda _progress: None,
        is_cancelled: Callable[[], bool] = NOBODY_STOPS,
    ) -> Snapshot:
        """Downloads here and now. Raises WeightsError, or Cancelled."""
        snapshot = download.download(
            wish.repo_id,
            wish.revision,
            models_dir=self._settings.models,
            wanted=Wanted(variant=wish.variant, files=wish.files),
            token=self._hub.token,
            endpoint=self._hub.endpoint,
            on_progress=on_progress,
            is_cancelled=is_cancelled,
            is_update=wish.is_update,
        )
        if wish.lora:
            target = self._settings.models / "loras" / f"{wish.lora}.safetensors"
            with writing_to(target.parent):
                target.unlink(missing_ok=True)
                snapshots.link(snapshot.folder / wish.files[0], target)
        return snapshot

    def look_up(self, text: str) -> Described:
        """What the Hub has under a name or link. Raises BadRequest, or WeightsError with a link."""
        wish = self.wish(text)
        wanted = Wanted(variant=wish.variant, files=wish.files)
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
            problem=problem,
        )

    def discard(self, name: str) -> None:
        """Forgets a download that is over; what came of an incomplete one is deleted."""
        found = self.downloads.find(name)
        self.downloads.forget(name)
        if found.state != "done" and not self.revisions(found.wish.repo_id):
            self._delete(snapshots.folder_of(self._settings.models, found.wish.repo_id))

    def remove(self, name: str) -> None:
        """Deletes a model's files. Raises UnknownName, BadRequest for one that is not ours."""
        model = self._stock.model(name)
        if any(each.wish.repo_id == name and not each.is_over for each in self.downloads.all()):
            raise BadRequest(f"{name} is being downloaded. Cancel that first.", field="name")
        if not self.may_remove(name):
            raise BadRequest(
                f"{model.title} came with the program, or lies in the folder of another one. "
                "Remove it there.",
                field="name",
            )
        if self.revisions(name):
            lock.forget(self._settings.models, name)
            self._delete(snapshots.folder_of(self._settings.models, name))
        else:
            self._delete(model.folder)

    def may_remove(self, name: str) -> bool:
        """Whether the model lies in our own models folder and did not come with the program."""
        folder = self._stock.model(name).folder
        return name != STARTER.name and folder.is_relative_to(self._settings.models)

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
        return Hub(self._settings.hub_endpoint, token.get_secret_value() if token else None)

    def _locked(self, repo_id: str, wish: Wish) -> Wish:
        """The wish for the same parts of the repository as were brought before."""
        entry = lock.read(self._settings.models).get(repo_id)
        if entry is None:
            return wish
        locked = entry.revisions[wish.revision or entry.revision]
        if locked.variants:
            return wish.model_copy(update={"variant": locked.variants[0] or None, "files": ()})
        return wish.model_copy(update={"files": tuple(locked.files)})

    def _kind(self, offer: Offer) -> tuple[str | None, str]:
        """The family of a pipeline on the Hub, and a sentence when there is none for it."""
        listed = offer.repository.file(INDEX)
        body = self._hub.content(offer.repository, listed, NOBODY_STOPS) if listed else b"{}"
        class_name = json.loads(body).get("_class_name")
        found = (each.title for each in FAMILIES.values() if each.pipeline == class_name)
        family = next(found, None)
        if family is not None:
            return family, ""
        kinds = sorted({each.title for each in FAMILIES.values() if each.name != STARTER.name})
        return None, f"It is a {class_name}, which cannot be used here. Known: {', '.join(kinds)}."

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


def wish_for(name: str, presets: Mapping[str, Preset]) -> Wish:
    """What a preset's, model's or performance LoRA's name, or something pasted, asks for.

    Raises BadRequest or UnknownName.
    """
    named = name.strip()
    models = (each for each in presets.values() if each.model == named)
    if preset := presets.get(named) or next(models, None):
        return Wish(
            name=preset.model,
            title=preset.shown_name,
            repo_id=address(preset.model).repo_id,
            variant=preset.variant,
            files=(preset.file,) if preset.file else (),
        )
    if lora := performance_loras().get(named):
        return Wish(
            name=named, title=named, repo_id=lora.repo_id or "", files=(lora.file,), lora=named
        )
    if "/" not in named:
        raise UnknownName.among("preset, model or LoRA", named, [*presets, *performance_loras()])
    place = address(named)
    whole = f"{place.repo_id}/{place.file}" if place.file else place.repo_id
    files = (place.file,) if place.file else ()
    return Wish(
        name=whole, title=whole, repo_id=place.repo_id, revision=place.revision, files=files
    )


def performance_loras() -> dict[str, PerformanceLoRA]:
    """The LoRAs by name that performances need and the Hub has."""
    rows = (row for each in FAMILIES.values() for row in (*each.performances, *each.distilled))
    loras = (row.lora for row in rows if row.lora is not None)
    return {lora.name: lora for lora in loras if lora.repo_id is not None}
