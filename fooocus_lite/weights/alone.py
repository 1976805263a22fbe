"""One at a time on a repository: who downloads it is alone, and nobody deletes it meanwhile."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from ..errors import BadRequest
from . import snapshots
from .disk import writing_to
from .patience import stop_if
from .progress import TELL_EVERY_S, Progress


@contextmanager
def alone(
    models_dir: Path,
    repo_id: str,
    on_progress: Callable[[Progress], None],
    is_cancelled: Callable[[], bool],
) -> Iterator[None]:
    """Waits while another thread or process downloads the repository. Raises Cancelled."""
    while (guard := _taken(models_dir, repo_id, TELL_EVERY_S)) is None:
        stop_if(is_cancelled)
        on_progress(Progress("", 0, 0, doing="waiting"))
    with guard:
        yield


@contextmanager
def untouched(models_dir: Path, repo_id: str) -> Iterator[None]:
    """Nobody downloads the repository meanwhile. Raises BadRequest while somebody does."""
    guard = _taken(models_dir, repo_id, 0.0)
    if guard is None:
        raise BadRequest(
            f"{repo_id} is being downloaded by another program. Stop that first.", field="name"
        )
    with guard:
        yield


def _taken(
    models_dir: Path, repo_id: str, timeout_s: float
) -> AbstractContextManager[object] | None:
    """What one thread or process holds while it downloads; None while another has it."""
    locks = models_dir / "hub" / ".locks"
    with writing_to(models_dir):
        locks.mkdir(parents=True, exist_ok=True)
        guard = FileLock(locks / f"{snapshots.folder_of(models_dir, repo_id).name}.lock")
        with suppress(Timeout):
            return guard.acquire(timeout=timeout_s)
    return None
