"""LoHa, LoKr and kohya's DoRA: what diffusers cannot load for a UNet is merged into its weights.

The numbers that were there are kept beside, so what is undone is undone to the last bit.
Formulas: LoHa arXiv:2108.06098, LoKr arXiv:2212.10650, DoRA arXiv:2402.09353; names of tensors as
LyCORIS writes them (https://github.com/KohakuBlueleaf/LyCORIS).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import torch

_MARKS = ("hada_w1_a", "lokr_w1", "lokr_w1_a", "lora_mid.weight", "dora_scale")
Change = Mapping[str, torch.Tensor]
"""The tensors of one layer of a file, by the end of their names, such as "hada_w1_a"."""


def is_needed(names: Iterable[str]) -> bool:
    """Whether a file with tensors of these names has to be merged to have its whole effect.

    diffusers takes "dora_scale" out of such a file and goes on without it.
    """
    return any(name.partition(".")[2] in _MARKS for name in names)


def by_layer(tensors: Mapping[str, torch.Tensor]) -> dict[str, Change]:
    """The tensors of a file, layer by layer."""
    found: dict[str, dict[str, torch.Tensor]] = {}
    for name, tensor in tensors.items():
        layer, _, end = name.partition(".")
        found.setdefault(layer, {})[end.removesuffix(".weight")] = tensor
    return dict(found)


def delta(change: Change, weight: torch.Tensor) -> torch.Tensor:
    """What is added to a layer's `weight` at strength 1: float32, of the same shape.

    Raises KeyError or RuntimeError when a tensor is missing or the shapes do not go together.
    """
    known = {end: tensor.to(weight.device, torch.float32) for end, tensor in change.items()}
    product, rank = _product(known)
    scale = known["alpha"].item() / rank if rank and "alpha" in known else 1.0
    scale *= known["scalar"].item() if "scalar" in known else 1.0
    added = product.reshape(weight.shape) * scale
    if "dora_scale" not in known:
        return added
    # The sum gets lengths of its own: for each output, or in older files for each input.
    moved, lengths = weight.float() + added, known["dora_scale"]
    kept = 0 if lengths.shape[0] == moved.shape[0] else 1
    others = tuple(axis for axis in range(moved.ndim) if axis != kept)
    shape = [-1 if axis == kept else 1 for axis in range(moved.ndim)]
    norm = torch.linalg.vector_norm(moved, dim=others, keepdim=True)
    stretched: torch.Tensor = moved * (lengths.reshape(shape) / norm.clamp_min(1e-12))
    return stretched - weight.float()


def fits(change: Change, weight: torch.Tensor) -> bool:
    """Whether the change can be added to this weight; computes nothing of its size."""
    if not all(tensor.numel() for tensor in change.values()):
        return False
    with torch.device("meta"):
        shapes = {end: torch.empty(tensor.shape) for end, tensor in change.items()}
    try:
        product, _ = _product(shapes)
    except (KeyError, RuntimeError, IndexError):
        return False
    lengths = change.get("dora_scale")
    has_lengths = lengths is None or lengths.numel() in weight.shape[:2]
    scales = (change[end] for end in ("alpha", "scalar") if end in change)
    has_scales = all(scale.numel() == 1 for scale in scales)
    return product.numel() == weight.numel() and has_lengths and has_scales


def _product(known: Mapping[str, torch.Tensor]) -> tuple[torch.Tensor, int | None]:
    """The layer's change before scaling, and the rank that alpha is divided by."""
    if "hada_w1_a" in known:
        factors = [
            _low_rank(known[f"hada_w{n}_a"], known[f"hada_w{n}_b"], known.get(f"hada_t{n}"))
            for n in (1, 2)
        ]
        return factors[0] * factors[1], known["hada_w1_b"].shape[0]
    if any(end.startswith("lokr_") for end in known):
        return _kronecker(known)
    up, down = known["lora_up"], known["lora_down"]
    rank = down.shape[0]
    if "lora_mid" in known:
        return _low_rank(up.flatten(1).T, down.flatten(1), known["lora_mid"]), rank
    return up.flatten(1) @ down.flatten(1), rank


def _kronecker(known: Mapping[str, torch.Tensor]) -> tuple[torch.Tensor, int | None]:
    rank = None
    factors = []
    for name, core in (("lokr_w1", None), ("lokr_w2", known.get("lokr_t2"))):
        if name in known:
            factors.append(known[name])
        else:
            rank = known[f"{name}_b"].shape[0]
            factors.append(_low_rank(known[f"{name}_a"], known[f"{name}_b"], core))
    small, large = factors
    # A convolution's kernel belongs to the second factor.
    small = small.reshape(*small.shape, *([1] * (large.ndim - small.ndim)))
    # Of a tensor that lies otherwise `kron` wants views that there are none of.
    return torch.kron(small, large.contiguous()), rank


def _low_rank(a: torch.Tensor, b: torch.Tensor, core: torch.Tensor | None) -> torch.Tensor:
    """`a` [out, r] times `b` [r, in]; with a core [r, r, h, w] `a` is [r, out] (Tucker's form)."""
    if core is None:
        return a @ b
    return torch.einsum("ijkl,ip,jr->prkl", core, a, b)


@dataclass
class Deltas:
    """The changes merged into one pipeline's layers, by the LoRA they came with."""

    _changes: dict[str, list[tuple[torch.nn.Parameter, Change]]] = field(default_factory=dict)
    _originals: dict[torch.nn.Parameter, torch.Tensor] = field(default_factory=dict)
    _strengths: dict[str, float] = field(default_factory=dict)

    def add(self, name: str, changes: Iterable[tuple[torch.nn.Parameter, Change]]) -> None:
        """Takes on a LoRA, which `set_strengths` then merges, as changes of weights they fit."""
        self._changes[name] = list(changes)

    @torch.no_grad()
    def set_strengths(self, strengths: Mapping[str, float]) -> None:
        """Merges every LoRA at its strength, as if none had been merged before."""
        if strengths == self._strengths:
            return
        for parameter, added in self._by_parameter().items():
            if parameter not in self._originals:
                self._originals[parameter] = parameter.detach().to("cpu", copy=True)
            original = self._originals[parameter].to(parameter.device)
            total = original.float()
            for name, change in added:
                if strength := strengths.get(name, 0.0):
                    total = total + strength * delta(change, original)
            parameter.data.copy_(total)
        self._strengths = dict(strengths)

    @torch.no_grad()
    def undo(self) -> None:
        """Every layer as it was before the first LoRA, and no LoRA left."""
        for parameter, original in self._originals.items():
            parameter.data.copy_(original)
        self._changes, self._originals, self._strengths = {}, {}, {}

    def _by_parameter(self) -> dict[torch.nn.Parameter, list[tuple[str, Change]]]:
        found: dict[torch.nn.Parameter, list[tuple[str, Change]]] = {}
        for name, changes in self._changes.items():
            for parameter, change in changes:
                found.setdefault(parameter, []).append((name, change))
        return found
