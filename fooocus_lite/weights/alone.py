"""One at a time on a repository: who downloads it is alone, and nobody deletes it meanwhile."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from ..errors import BadRequest
from . import snapshots
from .disk import refused, writing_to
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
    guard = _guard(models_dir, repo_id)
    while True:
        try:
            guard.acquire(timeout=TELL_EVERY_S)
            break
        except Timeout:
            stop_if(is_cancelled)
            on_progress(Progress("", 0, 0, doing="waiting"))
        except OSError as error:
            raise refused(models_dir, error) from None
    try:
        yield
    finally:
        guard.release()


@contextmanager
def untouched(models_dir: Path, repo_id: str) -> Iterator[None]:
    """Nobody downloads the repository meanwhile. Raises BadRequest while somebody does."""
    guard = _guard(models_dir, repo_id)
    try:
        guard.acquire(timeout=0)
    except Timeout:
        raise BadRequest(
            f"{repo_id} is being downloaded by another program. Stop that first.", field="name"
        ) from None
    except OSError as error:
        raise refused(models_dir, error) from None
    try:
        yield
    finally:
        guard.release()


def _guard(models_dir: Path, repo_id: str) -> FileLock:
    """What one thread or process holds while it downloads the repository."""
    locks = models_dir / "hub" / ".locks"
    with writing_to(models_dir):
        locks.mkdir(parents=True, exist_ok=True)
    return FileLock(locks / f"{snapshots.folder_of(models_dir, repo_id).name}.lock")
