"""What torch's errors say about a GPU. The GPU here is one that answers as it is told."""

from pathlib import Path

import pretended_gpu
import pytest
import tiny
import torch

from fooocus_lite.engine import faults, hardware
from fooocus_lite.engine.faults import answers, device_error
from fooocus_lite.engine.kitchen import Kitchen
from fooocus_lite.errors import WeightsError
from fooocus_lite.recipe import ImageRequest, Recipe
from fooocus_lite.thinking.memory import HardwareFacts

LAUNCH = torch.AcceleratorError("CUDA error: unspecified launch failure\nCompile with …")
CUBLAS = RuntimeError("CUDA error: CUBLAS_STATUS_EXECUTION_FAILED when calling `cublasSgemm`")
RECIPE = Recipe(
    model="tiny", family="sdxl", prompt="a fox", num_inference_steps=4, guidance_scale=3,
    scheduler="euler", width=64, height=64, seed=1, request=ImageRequest(prompt="a fox"),
)  # fmt: skip
CUDNN = RuntimeError("cuDNN error: CUDNN_STATUS_EXECUTION_FAILED")


def while_loading(cause: Exception) -> WeightsError:
    error = WeightsError("The model does not load.")
    error.__cause__ = cause
    return error


def again(error: Exception) -> Exception:
    """As `raise error from error` leaves it."""
    error.__cause__ = error
    return error


@pytest.mark.parametrize("error", [LAUNCH, CUBLAS, CUDNN, while_loading(LAUNCH)])
@pytest.mark.parametrize("is_lost", [True, False])
def test_a_fault_of_the_gpu_is_lost_when_it_answers_no_more(
    error: Exception, is_lost: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(faults, "answers", lambda _device: not is_lost)
    told = device_error(error, "cuda")
    assert told is not None
    assert told.is_lost == is_lost
    assert ("no longer answers" in told.message) == is_lost
    assert "Compile with" not in told.message


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("mat1 and mat2 shapes cannot be multiplied"),
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 9 GiB"),
        torch.AcceleratorError("CUDA error: out of memory"),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
        RuntimeError("Invalid buffer size: 18.00 GiB"),
        again(RuntimeError("a size that does not fit")),
        ValueError("cuda error"),
        WeightsError("Of another family."),
    ],
)
def test_other_errors_are_no_fault_of_the_gpu(error: Exception) -> None:
    assert device_error(error, "cuda") is None


def test_a_device_that_is_there_answers_and_one_that_is_not_does_not() -> None:
    assert answers("cpu")
    assert not answers("meta")


def test_a_gpu_that_is_full_still_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    with pretended_gpu.plugged_in(monkeypatch, memory_mib=0):
        assert answers("cuda")


def test_on_a_cpu_nothing_is_the_gpus_fault() -> None:
    assert Kitchen().fault_of(LAUNCH) is None


def test_a_gpu_that_is_gone_before_a_plan_is_made_is_lost(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    kitchen = Kitchen()
    monkeypatch.setattr(hardware, "facts", lambda *_: HardwareFacts(device="cuda"))
    kitchen.loader.facts()

    def gone(*_: object) -> HardwareFacts:
        raise LAUNCH

    monkeypatch.setattr(hardware, "facts", gone)
    monkeypatch.setattr(faults, "answers", lambda _device: False)
    with pytest.raises(torch.AcceleratorError) as raised:
        kitchen.load(RECIPE, tiny.files(tmp_path), lambda _: None)
    fault = kitchen.fault_of(raised.value)
    assert fault is not None
    assert fault.is_lost
