"""A repository of the Hub, or single files of it, onto this disk: checked, locked, and found again.

Nothing is registered before every byte of it is checked; what broke off goes on at the next call.
"""

import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from ..errors import WeightsError
from . import header, lock, selection, snapshots, verify
from .address import COMMIT, checked_repo_id, checked_revision
from .alone import alone
from .disk import check_room
from .fetch import Follower, fetch, present_bytes, sweep
from .folders import SAFETENSORS
from .hub import Hub
from .lock import Entry
from .patience import stop_if
from .progress import Meter, Progress
from .repository import RemoteFile, Repository
from .selection import INDEX, Wanted

log = logging.getLogger(__name__)
MAX_INDEX_BYTES = 2**20


@dataclass(frozen=True)
class Snapshot:
    """What lies on this disk of a revision (40 hex): files by path below `folder`.

    `is_other`: until this download another revision was in use, or none.
    """

    repo_id: str
    revision: str
    folder: Path
    files: tuple[str, ...]
    is_other: bool = False


@dataclass(frozen=True)
class Offer:
    """What a download would bring, and how much of it is to come."""

    repository: Repository
    files: tuple[RemoteFile, ...]
    total_bytes: int
    missing_bytes: int


@dataclass(frozen=True)
class Order:
    """What to get, from where, to where. Raises BadRequest for a name that cannot be one.

    Without a `revision` it is the one in models/lock.json, and only at first, or with `is_update`,
    the newest.
    """

    repo_id: str
    models_dir: Path
    wanted: Wanted = field(default_factory=Wanted)
    revision: str | None = None
    hub: Hub = field(default_factory=Hub)
    is_update: bool = False

    def __post_init__(self) -> None:
        checked_repo_id(self.repo_id)
        checked_revision(self.revision)


def download(
    order: Order,
    on_progress: Callable[[Progress], None] = lambda _progress: None,
    is_cancelled: Callable[[], bool] = lambda: False,
    expect: Callable[[Sequence[RemoteFile]], None] = lambda _files: None,
) -> Snapshot:
    """The snapshot of a repository, downloaded as far as it is not here.

    `expect` is told the files before their first byte; see `arrived_bytes`.
    What is here and locked is returned without a request. Raises WeightsError (its `link` is the
    page that helps), BadRequest for a file that is none of weights, and Cancelled; after each of
    them a new call goes on where this one ended.
    """
    here = find(order)
    if here is not None and here.revision == _revision_in_use(order):
        return here
    with alone(order.models_dir, order.repo_id, on_progress, is_cancelled):
        here = find(order)
        if here is None:
            return _bring(order, on_progress, is_cancelled, expect)
        snapshots.point(order.models_dir, order.repo_id, here.revision)
        lock.record(order.models_dir, order.repo_id, here.revision)
        return here


def offer(order: Order) -> Offer:
    """What a download would bring. Asks the Hub; writes nothing. Raises WeightsError."""
    repository = order.hub.repository(order.repo_id, _target(order))
    files = _chosen(order, repository, lambda: False)
    blobs = _blobs(order)
    missing = sum(file.size - present_bytes(file, blobs) for file in files)
    return Offer(repository, files, sum(file.size for file in files), missing)


def find(order: Order) -> Snapshot | None:
    """The snapshot if all that is wanted of it is here and locked. Makes no request.

    Not where a file is known to be damaged: it is fetched again then.
    """
    entry = lock.read(order.models_dir).get(order.repo_id)
    revision = _target(order)
    if entry is None or revision is None or revision not in entry.revisions:
        return None
    locked = entry.revisions[revision]
    if order.wanted.files:
        files = order.wanted.files
        is_enough = set(files) <= set(locked.files)
    else:
        files = tuple(locked.files)
        is_enough = order.wanted.recorded_as in locked.variants
    folder = snapshots.snapshot_of(order.models_dir, order.repo_id, revision)
    if not is_enough or not all(_is_sound(folder / path, locked.files[path]) for path in files):
        return None
    return Snapshot(order.repo_id, revision, folder, files)


def _is_sound(path: Path, recorded: str) -> bool:
    """Whether the file is there, and as it was recorded as far as is known without reading it."""
    try:
        if path.suffix == SAFETENSORS:
            header.read(path)
        return verify.known_sha256(path) in (None, recorded)
    except WeightsError:
        return False


def _target(order: Order) -> str | None:
    """The revision to ask for: the person's, else the one in use; None is the newest."""
    if order.revision is not None or order.is_update:
        return order.revision
    return _revision_in_use(order)


def _revision_in_use(order: Order) -> str | None:
    entry = lock.read(order.models_dir).get(order.repo_id)
    return entry.revision if entry else None


def arrived_bytes(models_dir: Path, repo_id: str, files: Sequence[RemoteFile]) -> int:
    """How much of these files is on this disk, whole or on its way."""
    blobs = snapshots.folder_of(models_dir, repo_id) / "blobs"
    return sum(present_bytes(file, blobs) for file in files)


def _bring(
    order: Order,
    on_progress: Callable[[Progress], None],
    is_cancelled: Callable[[], bool],
    expect: Callable[[Sequence[RemoteFile]], None],
) -> Snapshot:
    repository = order.hub.repository(order.repo_id, _target(order), is_cancelled)
    files = _chosen(order, repository, is_cancelled)
    blobs = _blobs(order)
    sizes = {file.path: (file.size, present_bytes(file, blobs)) for file in files}
    check_room(sum(size - here for size, here in sizes.values()), blobs)
    entry = lock.read(order.models_dir).get(order.repo_id)
    _check_unchanged(repository, files, entry)
    expect(files)
    meter = Meter(sizes, order.hub.patience.clock, on_progress)
    digests: dict[str, str] = {}
    for file in files:
        pause = partial(meter.pause, file.path)
        follower = Follower(meter.of(file.path), is_cancelled, pause)
        digests[file.path] = fetch(order.hub, repository, file, blobs, follower)
        _check_weights(repository, file, blobs)
    meter.finish()
    stop_if(is_cancelled)
    if _target(order) is None:
        sweep(repository, blobs)
    named = order.revision
    folder = snapshots.register(
        order.models_dir,
        order.repo_id,
        repository.revision,
        {file.path: file.blob for file in files},
        ref=named if named and not COMMIT.fullmatch(named) else "main",
    )
    recorded_as = order.wanted.recorded_as
    lock.record(order.models_dir, order.repo_id, repository.revision, digests, recorded_as)
    log.info("%s is here at %s", order.repo_id, repository.revision)
    is_other = entry is None or entry.revision != repository.revision
    return Snapshot(order.repo_id, repository.revision, folder, tuple(digests), is_other)


def _chosen(
    order: Order, repository: Repository, is_cancelled: Callable[[], bool]
) -> tuple[RemoteFile, ...]:
    """The wanted files of the repository, its list of files checked before anything is written."""
    selection.check_listing(repository)
    if order.wanted.files:
        return selection.single(repository, order.wanted.files)
    listed = repository.file(INDEX)
    if listed is None:
        singles = [file.path for file in repository.files if file.path.endswith(".safetensors")]
        hint = "Choose another model."
        if singles:
            hint = f"Name one of its files, such as {order.repo_id}/{singles[0]}."
        raise WeightsError(
            f"{order.repo_id} has no {INDEX}, so it is no model that diffusers can open. {hint}",
            field="model",
        )
    index = _index(order, repository, listed, is_cancelled)
    return selection.pipeline(repository, index, order.wanted)


def _index(
    order: Order, repository: Repository, listed: RemoteFile, is_cancelled: Callable[[], bool]
) -> dict[str, Any]:
    """What model_index.json holds. Raises WeightsError when it is no table."""
    body = b""
    if listed.size <= MAX_INDEX_BYTES:
        body = order.hub.content(repository, listed, is_cancelled)
    try:
        index = json.loads(body)
    except (ValueError, RecursionError):
        index = None
    if not isinstance(index, dict):
        raise WeightsError(
            f"The {INDEX} of {order.repo_id} is no table of parts. Choose another model.",
            field="model",
        )
    return index


def _check_unchanged(
    repository: Repository, files: tuple[RemoteFile, ...], entry: Entry | None
) -> None:
    """Raises WeightsError when the Hub promises other bytes for a revision than were locked."""
    locked = entry.revisions.get(repository.revision) if entry else None
    for file in files:
        known = locked.files.get(file.path) if locked else None
        if known is not None and len(file.blob) == 64 and known != file.blob:
            raise WeightsError(
                f"{file.path} of {repository.repo_id} is no longer the file that models/lock.json "
                f"recorded for this revision. Look at {repository.link}; if you trust the change, "
                "remove the model and download it again."
            )


def _check_weights(repository: Repository, file: RemoteFile, blobs: Path) -> None:
    """Raises WeightsError when a file with weights is whole, but was never what its name says."""
    if not file.name.lower().endswith(SAFETENSORS):
        return
    try:
        header.read(blobs / file.blob)
    except WeightsError as error:
        (blobs / file.blob).unlink()
        why = error.message.partition(": ")[2].removesuffix(header.WAY_OUT).strip()
        raise WeightsError(
            f"{file.path} of {repository.repo_id} is no safetensors file: {why} Choose another "
            "model.",
            field="model",
        ) from None


def _blobs(order: Order) -> Path:
    return snapshots.folder_of(order.models_dir, order.repo_id) / "blobs"
