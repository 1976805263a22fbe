"""Muon for matrices and convolutions, AdamW for the rest, the Muon work shared by the team.

Muon: Jordan et al. 2024, momentum orthogonalised by Newton-Schulz steps. With it the starter needs
about a third of the samples that AdamW needs.
"""

import torch
from torch import Tensor
from torch.nn import Parameter

from training.team import Team

NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)


class MuonAdamW:
    """Steps both groups with one learning rate; AdamW runs at half of Muon's."""

    def __init__(
        self,
        matrices: list[Parameter],
        others: list[Parameter],
        team: Team,
        *,
        momentum: float = 0.95,
        weight_decay: float = 0.01,
    ) -> None:
        self._matrices, self._others, self._team = matrices, others, team
        self._momentum, self._weight_decay = momentum, weight_decay
        self._velocity = [torch.zeros_like(p) for p in matrices]
        self._owner = _share_out(matrices, team.size)
        self._adamw = torch.optim.AdamW(others, betas=(0.9, 0.98), weight_decay=weight_decay)

    def step(self, learning_rate: float) -> None:
        """Average the gradients over the team, update every weight, and forget the gradients."""
        parameters = [*self._matrices, *self._others]
        self._team.average_gradients(parameters)
        torch.nn.utils.clip_grad_norm_(self._others, 1.0)
        for group in self._adamw.param_groups:
            group["lr"] = learning_rate / 2
        self._adamw.step()
        self._step_matrices(learning_rate)
        for parameter in parameters:
            parameter.grad = None

    @torch.no_grad()
    def _step_matrices(self, learning_rate: float) -> None:
        updates = []
        for parameter, velocity, owner in zip(
            self._matrices, self._velocity, self._owner, strict=True
        ):
            gradient = torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
            velocity.lerp_(gradient, 1 - self._momentum)
            if owner != self._team.rank:
                updates.append(torch.zeros(parameter.numel(), device=parameter.device))
                continue
            ahead = gradient.lerp(velocity, self._momentum).flatten(1)
            scale = 0.2 * max(ahead.shape) ** 0.5
            updates.append(orthogonalized(ahead).float().flatten() * scale)
        flat = self._team.add_up(torch.cat(updates))
        for parameter, update in zip(
            self._matrices, flat.split([u.numel() for u in updates]), strict=True
        ):
            parameter.mul_(1 - learning_rate * self._weight_decay)
            parameter.sub_(update.view_as(parameter), alpha=learning_rate)


def orthogonalized(matrix: Tensor, steps: int = 5) -> Tensor:
    """The matrix with all singular values near 1, in bfloat16."""
    a, b, c = NEWTON_SCHULZ
    x = matrix.bfloat16()
    is_tall = x.shape[0] > x.shape[1]
    x = x.T if is_tall else x
    x = x / (x.norm() + 1e-7)
    for _ in range(steps):
        gram = x @ x.T
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x.T if is_tall else x


def split_parameters(
    module: torch.nn.Module, plain: tuple[str, ...] = ("conv_in", "conv_out")
) -> tuple[list[Parameter], list[Parameter]]:
    """Matrices for Muon, and all else: vectors and whatever has one of `plain` in its name."""
    matrices: list[Parameter] = []
    others: list[Parameter] = []
    for name, parameter in module.named_parameters():
        is_matrix = parameter.ndim >= 2 and not any(part in name for part in plain)
        (matrices if is_matrix else others).append(parameter)
    return matrices, others


def learning_rate_at(
    progress: float, peak: float, *, flat: float = 0.4, floor: float = 0.02
) -> float:
    """Constant up to `flat` of the run (progress 0..1), then in a line to `floor` of the peak."""
    if progress <= flat:
        return peak
    left = max(0.0, 1 - (progress - flat) / (1 - flat))
    return peak * (floor + (1 - floor) * left)


def _share_out(matrices: list[Parameter], size: int) -> list[int]:
    """The rank that orthogonalises each matrix, so that all have about equal work."""
    load = [0.0] * size
    owners = [0] * len(matrices)
    costs = [p.numel() * min(p.shape[0], p.numel() // p.shape[0]) for p in matrices]
    for index in sorted(range(len(matrices)), key=lambda i: -costs[i]):
        owners[index] = load.index(min(load))
        load[owners[index]] += costs[index]
    return owners
