"""A file that is there whole or not at all, whoever looks, and whenever the power goes."""

import os
import secrets
from pathlib import Path


def write_whole(path: Path, data: bytes, mode: int = 0o666) -> None:
    """Writes under a temporary name beside it, on the disk itself, then renames.

    `mode` is what a new file may be used for, less what the system takes away. The folder has to be
    there. Raises OSError; the temporary file is gone then.
    """
    part = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
    try:
        with open(part, "xb", opener=lambda name, flags: os.open(name, flags, mode)) as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
