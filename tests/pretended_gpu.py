"""A GPU where there is none: its tensors compute on the CPU, but are told apart and counted.

What lies on it is known by its storage, so views and `.data` follow. Whatever mixes devices raises
as torch does, and so does what does not fit into its memory. Only what torch itself decides in C++
between kernels, such as streams that really overlap, cannot be seen here.
"""

import gc
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from diffusers.utils.torch_utils import TorchDeviceBackend
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten
from torch.utils.weak import WeakIdKeyDictionary

CPU = torch.device("cpu")
MIB = 2**20
_aten = torch.ops.aten
# Indices may wait on the CPU, and copies go between devices.
_INDEXING = {_aten.index.Tensor, _aten.index_put_.default, _aten.index_put.default}
_COPYING = {_aten.copy_.default, _aten.set_.source_Storage}
_READS = {
    torch.Tensor.device.__get__: lambda gpu, tensor: gpu.device_of(tensor),
    torch.Tensor.is_cuda.__get__: lambda gpu, tensor: gpu.device_of(tensor).type == "cuda",
    torch.Tensor.is_mps.__get__: lambda gpu, tensor: gpu.device_of(tensor).type == "mps",
    torch.Tensor.is_cpu.__get__: lambda gpu, tensor: gpu.device_of(tensor).type == "cpu",
    torch.Tensor.is_pinned: lambda gpu, tensor, *_: tensor.untyped_storage() in gpu.pinned,
}


class PretendedGPU:
    """`kind` "cuda" or "mps"; an allocation beyond `memory_mib` raises torch's OutOfMemoryError."""

    def __init__(self, kind: str = "cuda", memory_mib: float = 4096) -> None:
        self.device = torch.device(kind, 0)
        self.memory = round(memory_mib * MIB)
        self.used = 0
        self.peak = 0
        self.reserved = 0
        self.waits = 0
        """How often Python waited for a number of the GPU."""
        self.around: list[torch.device] = []
        """Where the torch functions that are being called make new tensors."""
        self.moving: torch.device | None = None
        self.pinned = WeakIdKeyDictionary(ref_type=weakref.ref)
        self._held = WeakIdKeyDictionary(ref_type=weakref.ref)

    @property
    def free(self) -> int:
        """What the driver calls free: torch keeps what it once had until it is told to let go."""
        return self.memory - self.reserved

    def device_of(self, tensor: torch.Tensor) -> torch.device:
        is_here = not tensor.is_meta and tensor.untyped_storage() in self._held
        return self.device if is_here else tensor.device

    def hold(self, tensor: torch.Tensor) -> torch.Tensor:
        """The tensor, from now on on the GPU."""
        storage = tensor.untyped_storage()
        if storage in self._held:
            return tensor
        if self.device.type == "mps" and tensor.dtype in (torch.float64, torch.complex128):
            raise TypeError("Cannot convert a MPS Tensor to float64 dtype")
        size = storage.nbytes()
        if self.used + size > self.memory:
            gc.collect()
        if self.used + size > self.memory:
            raise torch.OutOfMemoryError(f"CUDA out of memory. Tried to allocate {size} bytes")
        self._held[storage] = True
        self._count(size)
        weakref.finalize(storage, self._count, -size).atexit = False
        return tensor

    def _count(self, size: int) -> None:
        self.used += size
        self.peak = max(self.peak, self.used)
        self.reserved = max(self.reserved, self.used)

    def let_go(self) -> None:
        """What `empty_cache` does."""
        self.reserved = self.used


class _Calls(TorchFunctionMode):
    """What Python asks of tensors and of torch: devices by name go no deeper."""

    def __init__(self, gpu: PretendedGPU) -> None:
        super().__init__()
        self.gpu = gpu

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        gpu, named = self.gpu, dict(kwargs or {})
        if func in _READS:
            return _READS[func](gpu, *args)
        name = getattr(func, "__name__", "")
        if name in ("to", "cpu", "cuda") and isinstance(args[0], torch.Tensor):
            return _moved(gpu, name, args[0], args[1:], named)
        if name in ("_parse_to", "device"):
            # These only read what they are told.
            return func(*args, **named)
        if name == "pin_memory":
            copy = args[0].clone()
            gpu.pinned[copy.untyped_storage()] = True
            return copy
        if name == "numpy" and gpu.device_of(args[0]) != CPU:
            raise TypeError(f"can't convert {gpu.device} device type tensor to numpy")
        if name == "record_stream":
            return None
        given = named.get("device")
        # `torch.empty_strided` and some others take it without its name.
        places = [index for index, each in enumerate(args) if isinstance(each, torch.device)]
        if given is None and places:
            given = args[places[0]]
            args = tuple(CPU if index in places else each for index, each in enumerate(args))
        elif given is not None:
            named["device"] = CPU if torch.device(given).type == gpu.device.type else given
        target = torch.device(given) if given is not None else _common(gpu, (args, named))
        _check_generator(named, target)
        gpu.around.append(target)
        try:
            made = func(*args, **named)
        finally:
            gpu.around.pop()
        if given is not None and target.type == gpu.device.type and isinstance(made, torch.Tensor):
            # `torch.tensor` fills its tensor before any kernel hears of it.
            gpu.hold(made)
        return made


class _Kernels(TorchDispatchMode):
    """What is computed: on one device at a time, or torch's own error."""

    def __init__(self, gpu: PretendedGPU) -> None:
        super().__init__()
        self.gpu = gpu

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        gpu, named = self.gpu, kwargs or {}
        where = _place(gpu, func, args, named)
        if func is _aten._local_scalar_dense.default and where != CPU:
            gpu.waits += 1
        made = func(*args, **named)
        if where.type == gpu.device.type:
            for each in tree_flatten(made)[0]:
                if isinstance(each, torch.Tensor) and not each.is_meta:
                    gpu.hold(each)
        return made


def _place(gpu: PretendedGPU, func: Any, args: Any, named: dict[str, Any]) -> torch.device:
    """The device that a kernel runs on. Raises RuntimeError when its tensors lie on several."""
    tensors = [each for each in tree_flatten((args, named))[0] if isinstance(each, torch.Tensor)]
    if not tensors:
        return gpu.around[-1] if gpu.around else CPU
    if gpu.moving is not None and func is _aten._to_copy.default:
        return gpu.moving
    if func in _COPYING:
        return gpu.device_of(tensors[0])
    if func in _INDEXING:
        first = gpu.device_of(tensors[0])
        if first == CPU and any(gpu.device_of(each) != CPU for each in tensors):
            raise RuntimeError("indices should be either on cpu or on the same device")
        return first
    whole = [each for each in tensors if each.ndim or gpu.device_of(each) != CPU]
    found = {gpu.device_of(each) for each in whole}
    if len(found) > 1:
        raise RuntimeError(
            f"Expected all tensors to be on the same device, but found two: {func} of "
            f"{[(str(gpu.device_of(each)), tuple(each.shape)) for each in tensors]}"
        )
    is_writing = func._schema.is_mutable and gpu.device_of(tensors[0]) not in found
    if found and is_writing:
        raise RuntimeError(f"{func} writes what is on {gpu.device} to the CPU")
    return found.pop() if found else CPU


def _moved(
    gpu: PretendedGPU, name: str, tensor: torch.Tensor, args: Any, named: dict[str, Any]
) -> torch.Tensor:
    """`Tensor.to` with all its ways to name a device, `cpu` and `cuda`."""
    target = {"cpu": CPU, "cuda": gpu.device}.get(name)
    words: list[Any] = [*args] if name == "to" else []
    if words and isinstance(words[0], torch.Tensor):
        words[:1] = [gpu.device_of(words[0]), words[0].dtype]
    if words and (words[0] is None or isinstance(words[0], str | torch.device)):
        named["device"] = words.pop(0)
    named |= zip(("dtype", "non_blocking", "copy"), words, strict=False)
    named = {key: value for key, value in named.items() if value is not None}
    if "device" in named:
        target = torch.device(named.pop("device"))
    here = gpu.device_of(tensor)
    if target is None or target.type == here.type:
        return tensor.to(**named) if named else tensor
    if target.type == "meta":
        return tensor.to(target, **named)
    if target.type not in ("cpu", gpu.device.type):
        raise RuntimeError(f"there is no device {target} here")
    gpu.moving = target
    try:
        made: torch.Tensor = tensor.detach().to(**named | {"copy": True})
    finally:
        gpu.moving = None
    gpu.waits += target == CPU
    return made


def _common(gpu: PretendedGPU, values: Any) -> torch.device:
    tensors = (each for each in tree_flatten(values)[0] if isinstance(each, torch.Tensor))
    return gpu.device if any(gpu.device_of(each) != CPU for each in tensors) else CPU


def _check_generator(named: dict[str, Any], target: torch.device) -> None:
    generator = named.get("generator")
    if generator is not None and generator.device.type != target.type:
        raise RuntimeError(
            f"Expected a '{target.type}' device type for generator but found "
            f"'{generator.device.type}'"
        )


@contextmanager
def plugged_in(
    monkeypatch: pytest.MonkeyPatch, kind: str = "cuda", memory_mib: float = 4096
) -> Iterator[PretendedGPU]:
    """While this lasts, this thread has a GPU."""
    gpu = PretendedGPU(kind, memory_mib)
    with monkeypatch.context() as changes:
        changes.setattr(torch.cuda, "is_available", lambda: kind == "cuda")
        changes.setattr(torch.backends.mps, "is_available", lambda: kind == "mps")
        changes.setattr(torch.backends.mps, "is_macos_or_newer", lambda *_: True)
        changes.setattr(torch.accelerator, "is_available", lambda: True)
        changes.setattr(torch.accelerator, "current_accelerator", lambda: gpu.device)
        changes.setattr(torch.accelerator, "empty_host_cache", gpu.let_go)
        # Other threads than this one would know of no GPU.
        changes.setenv("HF_DEACTIVATE_ASYNC_LOAD", "1")
        # diffusers asks once and remembers.
        changes.setattr(TorchDeviceBackend, "_detect_device_type", lambda *_: kind)
        for name, value in _functions(gpu).items():
            changes.setattr(getattr(torch, kind), name, value, raising=False)
        with _Calls(gpu), _Kernels(gpu):
            yield gpu


def _functions(gpu: PretendedGPU) -> dict[str, Any]:
    """What `torch.cuda` and `torch.mps` say of it."""
    moment = SimpleNamespace(
        synchronize=lambda: None, record=lambda *_: None, wait_event=lambda *_: None
    )
    return {
        "_lazy_init": lambda: None,
        "is_initialized": lambda: True,
        "current_device": lambda: 0,
        "device_count": lambda: 1,
        "mem_get_info": lambda *_: (gpu.free, gpu.memory),
        "memory_allocated": lambda *_: gpu.used,
        "memory_reserved": lambda *_: gpu.reserved,
        "current_allocated_memory": lambda: gpu.used,
        "driver_allocated_memory": lambda: gpu.reserved,
        "recommended_max_memory": lambda: gpu.memory,
        "empty_cache": gpu.let_go,
        "get_device_name": lambda *_: "A pretended GPU",
        "get_device_capability": lambda *_: (8, 6),
        "get_arch_list": lambda: ["sm_86"],
        "Stream": lambda *_, **__: moment,
        "Event": lambda *_, **__: moment,
        "current_stream": lambda *_: moment,
        "stream": lambda _: nullcontext(),
        "synchronize": lambda *_: None,
    }
