"""The GPU that stands in for one: what it forbids, counts, and says of itself."""

from collections.abc import Iterator

import pretended_gpu
import pytest
import torch
from pretended_gpu import MIB, PretendedGPU


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> Iterator[PretendedGPU]:
    with pretended_gpu.plugged_in(monkeypatch, memory_mib=16) as found:
        yield found


def test_tensors_know_where_they_are_and_go_where_they_are_sent(gpu: PretendedGPU) -> None:
    made = torch.ones(2, device="cuda")
    assert (made.device.type, made.is_cuda, made.cpu().is_cuda) == ("cuda", True, False)
    assert made.to("cpu", torch.float16).dtype == torch.float16
    assert torch.ones(2).to(made).is_cuda
    assert torch.tensor([1, 2], device="cuda")[1:].is_cuda
    assert torch.nn.functional.one_hot(torch.arange(3, device="cuda")).is_cuda
    assert torch.arange(3, device="cuda").tolist() == [0, 1, 2]


def test_a_module_moves_there_and_back_without_leaving_anything(gpu: PretendedGPU) -> None:
    layer = torch.nn.Linear(4, 4)
    parameter = layer.weight
    layer.to("cuda")
    assert layer.weight is parameter
    assert parameter.is_cuda
    assert gpu.used == 4 * (16 + 4)
    layer.to(torch.device("cpu"))
    assert gpu.used == 0


@pytest.mark.parametrize(
    "mix",
    [
        lambda here, there: here + there,
        lambda here, there: there @ here,
        lambda here, there: torch.cat([here, there]),
        lambda here, there: here.add_(there.sum()),
        lambda here, there: here[there.long()],
    ],
)
def test_what_mixes_devices_is_refused(gpu: PretendedGPU, mix: object) -> None:
    here, there = torch.ones(2, 2), torch.ones(2, 2, device="cuda")
    with pytest.raises(RuntimeError):
        mix(here, there)  # type: ignore[operator]


def test_what_torch_refuses_on_a_gpu_is_refused(gpu: PretendedGPU) -> None:
    with pytest.raises(TypeError):
        torch.ones(2, device="cuda").numpy()
    with pytest.raises(RuntimeError):
        torch.randn(2, device="cuda", generator=torch.Generator("cpu"))


def test_what_torch_allows_is_allowed(gpu: PretendedGPU) -> None:
    here, there = torch.ones(2, 2), torch.ones(2, 2, device="cuda")
    assert (there * torch.tensor(2.0)).is_cuda
    assert there[torch.tensor([0, 1])].is_cuda
    assert not here.copy_(there).is_cuda


def test_memory_is_counted_until_the_last_view_is_gone(gpu: PretendedGPU) -> None:
    made = torch.empty(MIB, dtype=torch.uint8, device="cuda")
    view = made[10:]
    del made
    assert gpu.used == MIB
    del view
    assert (gpu.used, gpu.peak, torch.cuda.memory_reserved()) == (0, MIB, MIB)
    torch.cuda.empty_cache()
    assert torch.cuda.mem_get_info() == (16 * MIB, 16 * MIB)


def test_it_runs_out_of_memory(gpu: PretendedGPU) -> None:
    held = torch.empty(10 * MIB, dtype=torch.uint8, device="cuda")
    with pytest.raises(torch.OutOfMemoryError):
        torch.empty_like(held)
    assert gpu.used == 10 * MIB


def test_metal_has_no_double_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    with pretended_gpu.plugged_in(monkeypatch, "mps"):
        assert torch.ones(2, device="mps").is_mps
        with pytest.raises(TypeError):
            torch.ones(2, dtype=torch.float64).to("mps")


def test_afterwards_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    with pretended_gpu.plugged_in(monkeypatch):
        assert torch.cuda.is_available()
    assert not torch.cuda.is_available()
    assert torch.ones(1).device.type == "cpu"
