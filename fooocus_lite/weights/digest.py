"""Whether bytes are those that were promised, told while they come."""

import hashlib


class Digest:
    """The hashes of a body: sha256 always, git's sha1 where that was promised.

    `promised` is a sha256 (64 hex) or the sha1 of a git blob (40 hex) of `size` bytes.
    """

    def __init__(self, promised: str, size: int) -> None:
        self._promised = promised
        self._sha256 = hashlib.sha256()
        is_git = len(promised) == 40
        head = f"blob {size}\0".encode()
        self._git = hashlib.sha1(head, usedforsecurity=False) if is_git else None

    def update(self, data: bytes) -> None:
        self._sha256.update(data)
        if self._git is not None:
            self._git.update(data)

    @property
    def sha256(self) -> str:
        return self._sha256.hexdigest()

    @property
    def is_right(self) -> bool:
        return self._promised == (self._git or self._sha256).hexdigest()
