"""Which of a repository's files are wanted, and whether its list of files can be trusted at all.

Knows nothing of network and disk.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import BadRequest, UnknownName, WeightsError
from ..thinking.labels import is_printable, label
from .repository import RemoteFile, Repository
from .verify import TEXTS, parts

INDEX = "model_index.json"
CONFIGS = "configs"
MAX_FILE_BYTES = 500 * 2**30
MAX_FILES = 50_000
PICKLES = (".bin", ".ckpt", ".pt", ".pth", ".pkl", ".pickle")
_ROOT_FILES = re.compile(r"README\.md|LICEN[CS]E(\.(md|txt))?", re.IGNORECASE)
_CARD_BYTES = 2 * 2**20
MAX_NAME_BYTES, MAX_PATH_BYTES = 200, 1000
"""Of a file: most disks take 255 for a name, and while it comes it has a longer one."""
# Refused by Windows, so that one list of files works on every machine.
_BAD_CHARACTERS = re.compile(r'[<>:"|?*\x00-\x1f]')
_BAD_NAMES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
_WEIGHTS = re.compile(
    r"(?P<stem>[^.]+?)(?P<early>-\d{5}-of-\d{5})?(?:\.(?P<variant>[^.]+?))?"
    r"(?P<shard>-\d{5}-of-\d{5})?\.safetensors"
)
_STEMS = ("diffusion_pytorch_model", "model")


@dataclass(frozen=True)
class Wanted:
    """A whole pipeline in a `variant` where there is one (None: plain files), or single `files`.

    `is_config_only`: of the pipeline, all but the weights, as a checkpoint in one file needs it.
    `kinds`: the pipeline's classes that are of use; none named is any.
    """

    variant: str | None = "fp16"
    files: tuple[str, ...] = ()
    is_config_only: bool = False
    kinds: tuple[str, ...] = ()

    @property
    def recorded_as(self) -> str | None:
        """How lock.json calls the parts of a pipeline that are wanted; None for single files."""
        if self.files:
            return None
        return CONFIGS if self.is_config_only else self.variant or ""


@dataclass(frozen=True)
class _Weights:
    """One weights file of a part, its name taken apart. `shard` is such as "-00001-of-00002"."""

    file: RemoteFile
    stem: str
    variant: str | None
    shard: str | None


def variant_of(paths: Iterable[str]) -> str:
    """The variant that weights of these names were asked for in; empty for plain files."""
    named = (_WEIGHTS.fullmatch(path.rsplit("/", 1)[-1]) for path in sorted(paths))
    return next((each["variant"] for each in named if each and each["variant"]), "")


def check_listing(repository: Repository) -> None:
    """Raises WeightsError when the list of files names a place outside its folder, or cannot be."""
    if len(repository.files) > MAX_FILES:
        raise _refused(repository, f"it lists {len(repository.files):,} files")
    seen: set[str] = set()
    for file in repository.files:
        steps = file.path.split("/")
        is_inside = all(step not in ("", ".", "..") for step in steps)
        if not is_inside or "\\" in file.path or re.match(r"[A-Za-z]:", file.path):
            raise _refused(repository, f"it lists a file outside its folder: {file.path[:200]!r}")
        if file.path in seen:
            raise _refused(repository, f"it lists {file.path[:200]!r} twice")
        if not 0 <= file.size <= MAX_FILE_BYTES:
            raise _refused(repository, f"{file.path[:200]!r} claims to have {file.size:,} bytes")
        seen.add(file.path)


def single(repository: Repository, paths: Sequence[str]) -> tuple[RemoteFile, ...]:
    """These files of the repository. Raises UnknownName, or WeightsError for one with a pickle."""
    chosen = []
    for path in paths:
        file = repository.file(path)
        if path.lower().endswith(PICKLES):
            instead = [each.path for each in repository.files if _is_weights(each)]
            hint = f"Take {instead[0]} instead." if instead else "Choose another model."
            raise WeightsError(
                f"{path} of {repository.repo_id} is a pickle, which can run code when it is "
                f"opened, and is not downloaded. {hint}",
                field="file",
            )
        if file is None:
            raise UnknownName.among(
                "file", path, [each.path for each in repository.files if _is_weights(each)]
            )
        if not path.lower().endswith((".safetensors", *TEXTS)):
            raise BadRequest(
                f"{path} is no weights file; choose one that ends in .safetensors.", field="file"
            )
        chosen.append(file)
    return _storable(repository, chosen)


def pipeline(
    repository: Repository, index: Mapping[str, Any], wanted: Wanted
) -> tuple[RemoteFile, ...]:
    """The files that a diffusers pipeline loads, by its model_index.json; the index is the first.

    Raises WeightsError when a part has only pickles, misses a shard, or asks for code of its own,
    or when the pipeline is of no kind that is wanted.
    """
    kind = index.get("_class_name")
    if wanted.kinds and kind not in wanted.kinds:
        raise _refused(repository, f"it is a {label(kind, 100)}, which is not run here")
    listed = repository.file(INDEX)
    chosen = [listed] if listed else []
    chosen += [
        file
        for file in repository.files
        if _ROOT_FILES.fullmatch(file.path) and file.size <= _CARD_BYTES
    ]
    for part in parts(index, repository.repo_id):
        inside = [file for file in repository.files if file.path == f"{part}/{file.name}"]
        if not inside:
            raise WeightsError(
                f"{repository.repo_id} has no files for its part “{part}”. Choose another model."
            )
        weights = []
        if not wanted.is_config_only:
            weights = _part_weights(repository, part, inside, wanted.variant)
        chosen += [file for file in inside if _is_text_for(file, weights)]
        chosen += [each.file for each in weights]
    return _storable(repository, chosen)


def _part_weights(
    repository: Repository, part: str, inside: Sequence[RemoteFile], variant: str | None
) -> list[_Weights]:
    """The weights of one part: the variant's, else the plain ones, else those of any variant.

    One file before shards. Empty for a part without weights, such as a tokenizer.
    """
    every = [each for file in inside if (each := _taken_apart(file)) is not None]
    known = [each for each in every if each.stem in _STEMS] or every
    if not known:
        if any(file.name.lower().endswith(PICKLES) for file in inside):
            raise WeightsError(
                f"The part “{part}” of {repository.repo_id} is only there as a pickle, which can "
                "run code when it is opened, and is not downloaded. Choose a model with "
                "safetensors files, or convert it with `models convert`."
            )
        return []
    there = {each.variant for each in known}
    first = next(each for each in (variant, None, *sorted(filter(None, there))) if each in there)
    same = [each for each in known if each.variant == first]
    whole = [each for each in same if each.shard is None]
    if whole:
        return whole[:1]
    missing = _missing_shards(same)
    if missing:
        raise WeightsError(
            f"The part “{part}” of {repository.repo_id} lacks {missing} of its files. Choose "
            "another model."
        )
    return same


def _missing_shards(shards: Sequence[_Weights]) -> int:
    """How many of the files that a shard's own name promises are not there."""
    total = max(int(each.shard[-5:]) for each in shards if each.shard)
    here = {int(each.shard[1:6]) for each in shards if each.shard}
    return len(set(range(1, total + 1)) - here)


def _taken_apart(file: RemoteFile) -> _Weights | None:
    match = _WEIGHTS.fullmatch(file.name)
    if match is None:
        return None
    return _Weights(file, match["stem"], match["variant"], match["shard"] or match["early"])


def _is_text_for(file: RemoteFile, weights: Sequence[_Weights]) -> bool:
    """Whether it is a config or the like; of the indexes of shards, only the chosen ones'."""
    if not file.name.endswith(TEXTS):
        return False
    if not re.search(r"\.index(\.[^.]+)?\.json$", file.name):
        return True
    if not weights or weights[0].shard is None:
        return False
    stem, variant = weights[0].stem, weights[0].variant
    names = (
        [f"{stem}.safetensors.index.json"]
        if variant is None
        else [
            f"{stem}.safetensors.index.{variant}.json",
            f"{stem}.{variant}.safetensors.index.json",
        ]
    )
    return file.name in names


def _is_weights(file: RemoteFile) -> bool:
    return file.path.lower().endswith(".safetensors") and is_storable(file.path)


def is_storable(path: str) -> bool:
    """Whether every disk can hold a file of this name, and people can see it."""
    steps = path.split("/")
    if not is_printable(path):
        return False
    if any(_BAD_CHARACTERS.search(step) or _BAD_NAMES.fullmatch(step) for step in steps):
        return False
    sizes = [len(step.encode()) for step in steps]
    is_short = max(sizes) <= MAX_NAME_BYTES and len(path.encode()) <= MAX_PATH_BYTES
    return is_short and not any(step[-1:] in ("", ".", " ") for step in steps)


def _storable(repository: Repository, files: Sequence[RemoteFile]) -> tuple[RemoteFile, ...]:
    """The files, each once. Raises WeightsError for names that not every disk can hold."""
    folded: set[str] = set()
    for file in files:
        if not is_storable(file.path):
            raise _refused(repository, f"no disk can hold a file called {file.path[:200]!r}")
        if file.path.casefold() in folded:
            raise _refused(repository, f"two of its files differ only in case: {file.path[:200]!r}")
        folded.add(file.path.casefold())
    return tuple(files)


def _refused(repository: Repository, why: str) -> WeightsError:
    return WeightsError(
        f"{repository.repo_id} is not downloaded: {why}. Choose another model.", field="model"
    )
