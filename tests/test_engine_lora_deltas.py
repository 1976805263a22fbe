"""LoHa, LoKr and DoRA against the matrices written out, and undone to the last bit."""

from collections.abc import Mapping
from typing import Any

import pytest
import torch

from fooocus_lite.engine import lora_deltas
from fooocus_lite.engine.lora_deltas import Deltas, delta, fits

RANDOM = torch.Generator().manual_seed(0)
LINEAR, KERNEL = (6, 8), (6, 8, 3, 3)


def matrix(*shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=RANDOM)


ALPHA, SCALAR = torch.tensor(1.0), torch.tensor(0.5)
A, B, C, D = matrix(6, 2), matrix(2, 8), matrix(6, 2), matrix(2, 8)
KB, KD = matrix(2, 72), matrix(2, 72)
CORE, CORE_2 = matrix(2, 2, 3, 3), matrix(2, 2, 3, 3)
TA, TB, TC, TD = matrix(2, 6), matrix(2, 8), matrix(2, 6), matrix(2, 8)
W1, W2, W2_KERNEL = matrix(2, 4), matrix(3, 2), matrix(3, 2, 3, 3)
W1A, W1B, W2A, W2B = matrix(2, 1), matrix(1, 4), matrix(3, 2), matrix(2, 2)
TW2A, TW2B = matrix(2, 3), matrix(2, 2)
UP, DOWN, UP_KERNEL, DOWN_KERNEL = (
    matrix(6, 2),
    matrix(2, 8),
    matrix(6, 2, 1, 1),
    KB.view(2, 8, 3, 3),
)


def tucker(core: torch.Tensor, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """A small kernel in the middle, widened on both sides, cell by cell."""
    wide = torch.zeros(a.shape[1], b.shape[1], *core.shape[2:])
    for y in range(core.shape[2]):
        for x in range(core.shape[3]):
            wide[:, :, y, x] = a.T @ core[:, :, y, x] @ b
    return wide


def kronecker(small: torch.Tensor, large: torch.Tensor) -> torch.Tensor:
    """Every number of the first times the whole second, side by side."""
    rows = [torch.cat([number * large for number in row], dim=1) for row in small]
    return torch.cat(rows, dim=0)


CASES: dict[str, tuple[Mapping[str, torch.Tensor], tuple[int, ...], torch.Tensor]] = {
    "loha": (
        {"hada_w1_a": A, "hada_w1_b": B, "hada_w2_a": C, "hada_w2_b": D, "alpha": ALPHA},
        LINEAR,
        (A @ B) * (C @ D) / 2,
    ),
    "loha without alpha": (
        {"hada_w1_a": A, "hada_w1_b": B, "hada_w2_a": C, "hada_w2_b": D},
        LINEAR,
        (A @ B) * (C @ D),
    ),
    "loha of a kernel": (
        {"hada_w1_a": A, "hada_w1_b": KB, "hada_w2_a": C, "hada_w2_b": KD, "alpha": ALPHA},
        KERNEL,
        ((A @ KB) * (C @ KD)).view(KERNEL) / 2,
    ),
    "loha in Tucker's form": (
        {"hada_t1": CORE, "hada_w1_a": TA, "hada_w1_b": TB}
        | {"hada_t2": CORE_2, "hada_w2_a": TC, "hada_w2_b": TD, "alpha": ALPHA},
        KERNEL,
        tucker(CORE, TA, TB) * tucker(CORE_2, TC, TD) / 2,
    ),
    "lokr of whole factors ignores alpha": (
        {"lokr_w1": W1, "lokr_w2": W2, "alpha": ALPHA},
        LINEAR,
        kronecker(W1, W2),
    ),
    "lokr of a small second factor": (
        {"lokr_w1": W1, "lokr_w2_a": W2A, "lokr_w2_b": W2B, "alpha": ALPHA},
        LINEAR,
        kronecker(W1, W2A @ W2B) / 2,
    ),
    "lokr of a small first factor": (
        {"lokr_w1_a": W1A, "lokr_w1_b": W1B, "lokr_w2": W2, "alpha": ALPHA, "scalar": SCALAR},
        LINEAR,
        kronecker(W1A @ W1B, W2) / 2,
    ),
    "lokr of a kernel": (
        {"lokr_w1": W1, "lokr_w2": W2_KERNEL},
        KERNEL,
        kronecker(W1, W2_KERNEL),
    ),
    "lokr in Tucker's form": (
        {"lokr_w1": W1, "lokr_t2": CORE, "lokr_w2_a": TW2A, "lokr_w2_b": TW2B, "alpha": ALPHA},
        KERNEL,
        kronecker(W1, tucker(CORE, TW2A, TW2B)) / 2,
    ),
    "lora": ({"lora_up": UP, "lora_down": DOWN, "alpha": ALPHA}, LINEAR, UP @ DOWN / 2),
    "lora of a kernel": (
        {"lora_up": UP_KERNEL, "lora_down": DOWN_KERNEL},
        KERNEL,
        (UP_KERNEL.flatten(1) @ KB).view(KERNEL),
    ),
    "lora of a kernel with a middle": (
        {"lora_up": UP_KERNEL, "lora_mid": CORE, "lora_down": matrix(2, 8, 1, 1)},
        KERNEL,
        torch.zeros(0),
    ),
}
_MIDDLE = CASES["lora of a kernel with a middle"][0]
CASES["lora of a kernel with a middle"] = (
    _MIDDLE, KERNEL, tucker(CORE, UP_KERNEL.flatten(1).T, _MIDDLE["lora_down"].flatten(1))
)  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_change_is_its_formula(case: str) -> None:
    change, shape, wanted = CASES[case]
    weight = matrix(*shape)
    assert fits(change, weight)
    found = delta(change, weight)
    assert found.shape == shape
    torch.testing.assert_close(found, wanted.reshape(shape), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize(("lengths", "kept"), [((6, 1), 0), ((1, 8), 1)])
def test_dora_gives_the_sum_lengths_of_its_own(lengths: tuple[int, int], kept: int) -> None:
    weight, magnitude = matrix(*LINEAR), matrix(*lengths).abs() + 0.1
    change = {"lora_up": UP, "lora_down": DOWN, "alpha": ALPHA, "dora_scale": magnitude}
    assert fits(change, weight)
    moved = weight + delta(change, weight)
    found = moved.norm(dim=1 - kept)
    torch.testing.assert_close(found, magnitude.flatten())
    sum_ = weight + UP @ DOWN / 2
    cosine = torch.nn.functional.cosine_similarity(moved, sum_, dim=1 - kept)
    torch.testing.assert_close(cosine, torch.ones_like(cosine))


@pytest.mark.parametrize(
    "change",
    [
        {"hada_w1_a": A, "hada_w1_b": B},
        {"hada_w1_a": A, "hada_w1_b": KB, "hada_w2_a": C, "hada_w2_b": D},
        {"lokr_w1": W1},
        {"lora_up": UP, "lora_down": matrix(2, 9)},
        {"lora_up": UP, "lora_down": DOWN, "dora_scale": matrix(5, 1)},
        {"diff": matrix(*LINEAR)},
        {"lora_up": UP, "lora_down": DOWN, "alpha": matrix(2, 1)},
        {"lokr_w1": W1, "lokr_w2": W2, "scalar": matrix(3, 1)},
    ],
)
def test_a_change_of_another_shape_or_with_parts_missing_does_not_fit(change: Any) -> None:
    assert not fits(change, matrix(*LINEAR))


def test_files_are_known_by_their_tensors() -> None:
    assert lora_deltas.is_needed(["lora_unet_a.hada_w1_a"])
    assert lora_deltas.is_needed(["lora_unet_a.lora_up.weight", "lora_unet_a.dora_scale"])
    assert not lora_deltas.is_needed(["lora_unet_a.lora_up.weight", "lora_unet_a.alpha"])


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_strengths_are_merged_afresh_and_undone_to_the_last_bit(dtype: torch.dtype) -> None:
    layer = torch.nn.Linear(8, 6, dtype=dtype)
    before = layer.weight.detach().clone()
    changes = {"first": CASES["loha"][0], "second": CASES["lora"][0]}
    deltas = Deltas()
    for name, change in changes.items():
        deltas.add(name, [(layer.weight, change)])
    for first, second in ((1.0, 0.0), (-2.0, 0.5), (0.7, 2.0)):
        deltas.set_strengths({"first": first, "second": second})
        wanted = before.float() + first * CASES["loha"][2] + second * CASES["lora"][2]
        torch.testing.assert_close(layer.weight.detach(), wanted.to(dtype))
    deltas.set_strengths({"first": 0.0, "second": 0.0})
    assert layer.weight.equal(before)
    deltas.set_strengths({"first": 1.0, "second": 1.0})
    deltas.undo()
    assert layer.weight.equal(before)


def test_the_end_of_a_tensors_name_says_what_it_is() -> None:
    tensors = {"lora_unet_a_b.lora_up.weight": UP, "lora_unet_a_b.alpha": ALPHA}
    assert set(lora_deltas.by_layer(tensors)["lora_unet_a_b"]) == {"lora_up", "alpha"}
