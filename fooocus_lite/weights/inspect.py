"""What a safetensors file is: for which models, in which numbers, with which words. No torch."""

import json
import math
import re
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..thinking.labels import label
from . import folders, header, kinds, lora_kinds, verify
from .header import Header
from .kinds import Architecture, Kind

MAX_TRIGGER_WORDS = 12
_MAX_TAGS_BYTES = 4_000_000
_MAX_KEPT = folders.MAX_ENTRIES
_PRECISIONS = {
    "F64": "fp64",
    "F32": "fp32",
    "F16": "fp16",
    "BF16": "bf16",
    "F8_E4M3": "fp8",
    "F8_E5M2": "fp8",
    "I8": "int8",
    "U8": "4-bit",
}
_NOUNS: dict[Kind, str] = {"lora": "LoRA", "vae": "VAE", "controlnet": "ControlNet"}
# What training programs call their base model, where the tensors do not tell.
_HINTS = (
    (re.compile(r"stable-diffusion-xl|sdxl"), kinds.SDXL),
    (re.compile(r"stable-diffusion-v2|sd_v2"), kinds.SD2),
    (re.compile(r"stable-diffusion-v1|sd_v1"), kinds.SD15),
)


@dataclass(frozen=True)
class Inspection:
    """What a file says of itself. Texts come from the file: escape them wherever they are shown.

    `problem` says why it cannot be used, or is empty. `families` are those whose models it fits;
    none when its tensors do not tell, or when they are of a model that is not run here.
    """

    kind: Kind
    architecture: Architecture
    precision: str
    parameters: int
    title: str = ""
    trigger_words: tuple[str, ...] = ()
    licence: str = ""
    base_model: str = ""
    problem: str = ""

    @property
    def family(self) -> str | None:
        """The one family it belongs to, when that is certain."""
        return self.families[0] if len(self.families) == 1 else None

    @property
    def is_model(self) -> bool:
        """Whether it makes pictures, alone or with the other parts of such a model."""
        return self.kind in ("checkpoint", "diffusion model")

    @property
    def needs_settings(self) -> bool:
        """Whether it is run, so that the settings and word lists it lacks have to be here."""
        return self.is_model or self.kind == "refiner"

    @property
    def noun(self) -> str:
        """The kind as people write it: "LoRA"."""
        return _NOUNS.get(self.kind, self.kind)

    @property
    def shown_kind(self) -> str:
        """Such as "SDXL LoRA"; a refiner and a VAE have their kind in their names already."""
        title = self.architecture.title
        return title if self.noun in title else f"{title} {self.noun}"

    @property
    def families(self) -> tuple[str, ...]:
        return self.architecture.families


State = tuple[str, int, int]
"""Path, size and time of a file, as `verify.state` tells them."""
_kept: dict[State, Inspection] = {}
_kept_lock = threading.Lock()


def inspect(path: Path) -> Inspection:
    """What the file is; remembered until its size or time changes. Raises WeightsError."""
    state = verify.state(path)
    with _kept_lock:
        if state in _kept:
            return _kept[state]
    found = of_header(header.read(path))
    remember({state: found})
    return found


def remember(found: Mapping[State, Inspection]) -> None:
    """From now on these files are not read again in that state."""
    with _kept_lock:
        _kept.update(found)
        while len(_kept) > _MAX_KEPT:
            _kept.pop(next(iter(_kept)))


def remembered() -> dict[State, Inspection]:
    with _kept_lock:
        return dict(_kept)


def of_header(found: Header) -> Inspection:
    """What a file with this header is."""
    shapes = {name: tensor.shape for name, tensor in found.tensors.items()}
    kind, architecture = _kind(shapes)
    said = found.metadata
    if architecture is kinds.UNKNOWN:
        hint = f"{said.get('modelspec.architecture', '')} {said.get('ss_base_model_version', '')}"
        architecture = next(
            (each for sign, each in _HINTS if sign.search(hint.lower())), architecture
        )
    return Inspection(
        kind=kind,
        architecture=architecture,
        precision=_precision(found),
        parameters=sum(map(math.prod, shapes.values())),
        title=_text(said.get("modelspec.title") or said.get("ss_output_name")),
        trigger_words=_trigger_words(said),
        licence=_text(said.get("modelspec.license") or said.get("license")),
        base_model=_text(said.get("ss_sd_model_name") or said.get("modelspec.architecture")),
        problem=_problem(kind, architecture, shapes),
    )


def _kind(shapes: kinds.Shapes) -> tuple[Kind, Architecture]:
    if lora_kinds.is_lora(shapes):
        return "lora", lora_kinds.architecture(shapes)
    denoiser = kinds.denoiser(shapes)
    if denoiser is None:
        return kinds.other(shapes)
    if not kinds.has_text_encoders(shapes):
        return "diffusion model", denoiser
    return "refiner" if denoiser is kinds.SDXL_REFINER else "checkpoint", denoiser


def _problem(kind: Kind, architecture: Architecture, shapes: kinds.Shapes) -> str:
    """Why the file cannot be used; empty when it can, or when it is for nothing that is known."""
    if kind not in ("checkpoint", "refiner", "diffusion model"):
        return ""
    if any(name.endswith((".scale_weight", "scaled_fp8", ".weight_scale")) for name in shapes):
        return "its fp8 numbers have scales of their own, which are not read here"
    if any(".quant_state." in name or name.endswith(".absmax") for name in shapes):
        return "its numbers are packed into 4 bits in a way that is not read here"
    if architecture.family is None:
        return architecture.why_not or f"{architecture.title} is no model that is run here"
    if kind == "diffusion model" and architecture is kinds.SDXL_REFINER:
        return "it holds only a part of a refiner, without its text encoder and VAE"
    return ""


def _precision(found: Header) -> str:
    """The number format that most of the bytes are in."""
    sizes: Counter[str] = Counter()
    for tensor in found.tensors.values():
        sizes[tensor.dtype] += tensor.end - tensor.begin
    dtype = sizes.most_common(1)[0][0] if sizes else ""
    return _PRECISIONS.get(dtype, dtype.lower())


def _trigger_words(said: Mapping[str, str]) -> tuple[str, ...]:
    """What the file says to write into a prompt, else the tags it was trained on most."""
    phrase = said.get("modelspec.trigger_phrase") or said.get("trigger_words") or ""
    words = [_text(word) for word in phrase[:10_000].split(",")]
    words = words if any(words) else _most_used_tags(said.get("ss_tag_frequency", ""))
    return tuple(dict.fromkeys(filter(None, words)))[:MAX_TRIGGER_WORDS]


def _most_used_tags(text: str) -> list[str]:
    """The tags that at least half of the pictures had, as kohya's trainer counts them."""
    if not text or len(text) > _MAX_TAGS_BYTES:
        return []
    try:
        folders = json.loads(text)
    except (ValueError, RecursionError):
        return []
    counts: Counter[str] = Counter()
    for tags in folders.values() if isinstance(folders, dict) else ():
        for tag, count in tags.items() if isinstance(tags, dict) else ():
            if type(count) is int and count > 0:
                counts[_text(tag)] += count
    most = max(counts.values(), default=0)
    return [tag for tag, count in counts.most_common(MAX_TRIGGER_WORDS) if count * 2 >= most]


def _text(said: str | None) -> str:
    return label(said) if said else ""
