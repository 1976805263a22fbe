"""The most memory that running a module keeps alive at once, without computing: on meta tensors."""

import weakref
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch.nn import functional
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

MIB = 2**20


def peak_mib(module: torch.nn.Module, call: Callable[[], object]) -> float:
    """MiB of all storages made by `call` that are alive together at worst; weights are not."""
    alive = _Alive(module)
    with torch.no_grad(), _FlashAttention(), alive:
        call()
    return alive.peak / MIB


class _FlashAttention(TorchFunctionMode):
    """Attention makes its answer and no table of all pairs, as the kernels of every device do."""

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        named = dict(kwargs or {})
        if func is not functional.scaled_dot_product_attention:
            return func(*args, **named)
        query, _, value = [*args, *(named[name] for name in ("query", "key", "value")[len(args) :])]
        return query.new_empty((*query.shape[:-1], value.shape[-1]))


class _Alive(TorchDispatchMode):
    """Adds up storages as they are made and freed."""

    def __init__(self, module: torch.nn.Module) -> None:
        super().__init__()
        self.peak = self._now = 0
        weights = [*module.parameters(), *module.buffers()]
        self._known = {each.untyped_storage()._cdata for each in weights}

    def __torch_dispatch__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        made = func(*args, **(kwargs or {}))
        for tensor in tree_leaves(made):
            if isinstance(tensor, torch.Tensor):
                self._count(tensor.untyped_storage())
        return made

    def _count(self, storage: torch.UntypedStorage) -> None:
        key, size = storage._cdata, storage.nbytes()
        if key in self._known:
            return
        self._known.add(key)
        self._now += size
        self.peak = max(self.peak, self._now)
        weakref.finalize(storage, self._free, key, size)

    def _free(self, key: int, size: int) -> None:
        self._known.discard(key)
        self._now -= size
