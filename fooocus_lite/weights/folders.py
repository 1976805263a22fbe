"""Where people keep model files: our folders, and those of A1111, ComfyUI and Fooocus as they are.

Files are found, never written. A name is a path below such a folder, without its ending.
"""

import logging
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from ..thinking.labels import is_printable
from .selection import PICKLES

log = logging.getLogger(__name__)
CHECKPOINTS, LORAS, VAES = "checkpoints", "loras", "vae"
EMBEDDINGS, CONTROLNETS, UPSCALERS = "embeddings", "controlnet", "upscale"
SPELLINGS: dict[str, tuple[str, ...]] = {
    CHECKPOINTS: ("checkpoints", "stable-diffusion", "diffusion_models", "unet"),
    LORAS: ("loras", "lora", "lycoris"),
    VAES: ("vae",),
    EMBEDDINGS: ("embeddings",),
    CONTROLNETS: ("controlnet",),
    UPSCALERS: ("upscale", "upscale_models", "esrgan", "realesrgan", "swinir"),
}
"""Our name of each folder, and what all programs call it, in small letters."""

SAFETENSORS = ".safetensors"
MAX_DEPTH = 8
MAX_ENTRIES = 50_000


def trees(extra: Iterable[Path]) -> list[Path]:
    """Where the folders of other programs may lie: below these, and below their `models`.

    One that is not there now, such as on a disk that is not plugged in, is left out.
    """
    found = []
    for folder in extra:
        if not folder.is_dir():
            log.warning("the model folder %s is not there", folder)
        found += [each for each in (folder, folder / "models") if each.is_dir()]
    return list(dict.fromkeys(found))


class Found(NamedTuple):
    """The safetensors files of a kind by name, in order; of two with one name the first counts.

    `pickles` are the files there that may run code when they are opened, by name with its ending.
    """

    files: dict[str, Path]
    pickles: dict[str, Path]


def find(models_dirs: Sequence[Path], kind: str) -> Found:
    """What lies in the folders of one of SPELLINGS."""
    files: dict[str, Path] = {}
    pickles: dict[str, Path] = {}
    for folder in (each for models_dir in models_dirs for each in _spelled(models_dir, kind)):
        for name, path in inside(folder):
            suffix = path.suffix
            if suffix.lower() == SAFETENSORS:
                files.setdefault(name, path)
            elif suffix.lower() in PICKLES:
                pickles[name + suffix] = path
    return Found(dict(sorted(files.items())), pickles)


def inside(folder: Path) -> Iterator[tuple[str, Path]]:
    """Name and path of each file in a folder and the folders in it, links followed but once."""
    seen: set[tuple[int, int]] = set()
    left = MAX_ENTRIES
    waiting = [(folder, "", 0)]
    while waiting:
        place, above, depth = waiting.pop()
        try:
            stat = place.stat()
            if (stat.st_dev, stat.st_ino) in seen:
                continue
            seen.add((stat.st_dev, stat.st_ino))
            with os.scandir(place) as listed:
                entries = sorted(listed, key=lambda entry: entry.name)
        except OSError as error:
            log.warning("%s cannot be read: %s", place, error.strerror or error)
            continue
        left -= len(entries)
        if left < 0:
            log.warning("%s has more than %s entries; the rest is left out", folder, MAX_ENTRIES)
            return
        for entry in entries:
            if entry.name.startswith(".") or not is_printable(entry.name):
                continue
            is_folder, is_file = _looked_at(entry)
            if is_folder:
                if depth < MAX_DEPTH:
                    waiting.append((Path(entry.path), f"{above}{entry.name}/", depth + 1))
            elif is_file:
                path = Path(entry.path)
                yield above + path.stem, path


def _spelled(models_dir: Path, kind: str) -> list[Path]:
    """The folders of this kind, whatever the case of their names; our own spelling first."""
    try:
        with os.scandir(models_dir) as listed:
            entries = sorted(listed, key=lambda entry: entry.name)
    except OSError:
        return []
    there = {each.name.lower(): Path(each.path) for each in entries if _looked_at(each)[0]}
    return [there[name] for name in SPELLINGS[kind] if name in there]


def _looked_at(entry: "os.DirEntry[str]") -> tuple[bool, bool]:
    """Whether it is a folder, or a file; neither is a link that leads in circles or nowhere."""
    try:
        return entry.is_dir(), entry.is_file()
    except OSError:
        return False, False
