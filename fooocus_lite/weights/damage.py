"""What is known to be wrong with a model's files, without reading all of their bytes."""

from functools import lru_cache
from pathlib import Path

from ..errors import WeightsError
from . import header, snapshots, verify
from .verify import State


def known(model: Path) -> str:
    """A sentence about a model's folder or single file; empty when nothing is known.

    By the headers, and by what the files were found to be when they were last used.
    """
    try:
        for file in verify.weight_files(model):
            if file != model:  # a single file was looked into when it was found
                _check_header(verify.state(file))
            found, origin = verify.known_sha256(file), snapshots.origin(file)
            if found and origin and found != (snapshots.promised_sha256(file) or found):
                return broken_promise(origin)
    except WeightsError as error:
        return error.message
    return ""


def broken_promise(file: str) -> str:
    """The sentence about a file of the Hub, such as "owner/name/unet/a.safetensors"."""
    owner, name, path = file.split("/", 2)
    return (
        f"{path} of {owner}/{name} is damaged: its sha256 is not the one that the Hub promised. "
        f"Remove {owner}/{name} and download it again."
    )


@lru_cache(maxsize=512)
def _check_header(state: State) -> None:
    """Once for each state of a file that is whole. Raises WeightsError."""
    header.read(Path(state[0]))
