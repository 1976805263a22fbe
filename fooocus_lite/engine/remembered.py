"""Texts that a pipeline has encoded before are not encoded again: the same numbers, at once."""

import inspect
from collections import OrderedDict
from collections.abc import Hashable
from typing import Any, NamedTuple

import torch

TEXTS = 32
"""How many are kept, in the computer's memory; a long one takes some ten megabytes."""


class _Kept(NamedTuple):
    """A tensor beside the device it belongs on."""

    value: torch.Tensor
    device: torch.device


class Remembered:
    """Stands in for a pipeline's `encode_prompt`, whose answers follow from what it is asked."""

    def __init__(self, pipeline: Any) -> None:
        self._encode = pipeline.encode_prompt
        self._signature = inspect.signature(self._encode)
        self._cache: OrderedDict[Hashable, Any] = OrderedDict()
        self.loras: Hashable = None
        """Tells the LoRAs applied now from others."""
        pipeline.encode_prompt = self

    def __call__(self, *values: Any, **named: Any) -> Any:
        asked = self._signature.bind(*values, **named).arguments
        if any(isinstance(value, torch.Tensor) for value in asked.values()):
            # What is given as numbers is encoded already.
            return self._encode(*values, **named)
        key = (self.loras, _hashable(asked))
        if key not in self._cache:
            self._cache[key] = _put_away(self._encode(*values, **named))
            if len(self._cache) > TEXTS:
                self._cache.popitem(last=False)
        self._cache.move_to_end(key)
        return _brought_back(self._cache[key])


def _hashable(value: Any) -> Hashable:
    if isinstance(value, dict):
        return tuple((name, _hashable(each)) for name, each in value.items())
    if isinstance(value, list | tuple):
        return tuple(_hashable(each) for each in value)
    return value  # type: ignore[no-any-return]  # texts, numbers, a device


def _put_away(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        return _Kept(value.detach().cpu(), value.device)
    if isinstance(value, list | tuple):
        return type(value)(_put_away(each) for each in value)
    return value


def _brought_back(value: Any) -> Any:
    if isinstance(value, _Kept):
        # A copy, so that whoever changes it changes nothing here.
        return value.value.to(value.device, copy=True)
    if isinstance(value, list | tuple):
        return type(value)(_brought_back(each) for each in value)
    return value
