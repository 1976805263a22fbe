"""One training process per CPU core, kept in step by averaging gradients over gloo.

Two processes of one thread are faster than one process of two threads on small networks.
"""

import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor
from torch.multiprocessing.spawn import spawn


@dataclass(frozen=True)
class Team:
    """This process among its equals."""

    rank: int
    size: int
    device: torch.device

    @property
    def is_first(self) -> bool:
        return self.rank == 0

    def add_up(self, tensor: Tensor) -> Tensor:
        """The sum of a tensor over all processes, in place."""
        if self.size > 1:
            dist.all_reduce(tensor)
        return tensor

    def average_gradients(self, parameters: Iterable[torch.nn.Parameter]) -> None:
        """Replace every gradient by its mean over the team, in one message."""
        if self.size == 1:
            return
        gradients = [p.grad for p in parameters if p.grad is not None]
        flat = self.add_up(torch.cat([g.flatten() for g in gradients])) / self.size
        for gradient, part in zip(
            gradients, flat.split([g.numel() for g in gradients]), strict=True
        ):
            gradient.copy_(part.view_as(gradient))

    def share_weights(self, modules: Iterable[torch.nn.Module]) -> None:
        """Give every process the weights of the first."""
        if self.size == 1:
            return
        for module in modules:
            for tensor in (*module.parameters(), *module.buffers()):
                dist.broadcast(tensor.detach(), 0)


def run_team(work: Callable[..., None], processes: int, *arguments: Any) -> None:
    """Call `work(team, *arguments)` in every process; with CUDA in one process on the GPU."""
    if torch.cuda.is_available():
        work(Team(0, 1, torch.device("cuda")), *arguments)
        return
    with tempfile.TemporaryDirectory() as folder:
        meeting = str(Path(folder) / "meeting")
        spawn(_start, (processes, meeting, work, arguments), nprocs=processes)


def _start(
    rank: int, size: int, meeting: str, work: Callable[..., None], arguments: tuple[Any, ...]
) -> None:
    torch.set_num_threads(1)
    if size > 1:
        dist.init_process_group("gloo", f"file://{meeting}", rank=rank, world_size=size)
    work(Team(rank, size, torch.device("cpu")), *arguments)
    if size > 1:
        dist.destroy_process_group()
