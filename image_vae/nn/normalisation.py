"""Batch normalisation: features of mean 0 and variance 1 over a batch, then scaled and shifted.

In training mode, mean and variance are those of the batch, and running means of both are updated.
In eval mode the running means are used, so that an image does not depend on the rest of its batch.
Source: Ioffe & Szegedy 2015, "Batch Normalization: Accelerating Deep Network Training by Reducing
Internal Covariate Shift".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from graphvae_data.machine.workers import ALONE, Workers
from image_vae.parts.spectral import ScaleLayer

MOMENTUM = 0.1
"""Weight of a batch's moments in the running moments."""
SMALL = 1e-5
"""Added to the variance."""


class BatchNorm(ScaleLayer):
    """(x − mean) / std · scale + shift, of each feature.

    The running moments are updated only with gradients enabled: in the step of the module's own
    player, and not in the step of another player, which only generates images.

    Args:
        features: number of features.
        momentum: weight of a batch's moments in the running moments.

    >>> x = torch.tensor([[[1.0, 10.0], [3.0, 30.0]]])
    >>> BatchNorm(2)(x).round(decimals=3).tolist()
    [[[-1.0, -1.0], [1.0, 1.0]]]
    """

    mean: Tensor
    variance: Tensor

    def __init__(self, features: int, momentum: float = MOMENTUM) -> None:
        super().__init__()
        self.momentum = momentum
        self.tracking: bool | None = None
        """Whether the running moments are updated; None: with gradients enabled."""
        self.workers = ALONE
        """The processes over which the moments of a batch are taken."""
        self.scale = nn.Parameter(torch.ones(features))
        self.shift = nn.Parameter(torch.zeros(features))
        self.register_buffer("mean", torch.zeros(features))
        self.register_buffer("variance", torch.ones(features))

    def forward(self, x: Float[Tensor, "front next *rest"]) -> Float[Tensor, "front next *rest"]:
        """Return normalised features, of [k, batch, feature] or [batch, feature, row, column].

        Moments are over all other axes; for a single value the running moments are used.
        """
        rows = x.flatten(0, -2) if x.dim() == 3 else x
        of_batch = self.training and rows.numel() > len(self.scale)
        if of_batch and self.workers.count > 1:
            return self._over_workers(rows).view_as(x)
        mean, variance = self._moments(of_batch)
        normal = F.batch_norm(
            rows,
            mean,
            variance,
            self.scale,
            self.shift,
            training=of_batch,
            momentum=self.momentum,
            eps=SMALL,
        )
        return normal.view_as(x)

    def _moments(self, of_batch: bool) -> tuple[Tensor | None, Tensor | None]:
        """Return the running moments; copies or None if they must not be updated."""
        if not of_batch or self._tracks:
            return self.mean, self.variance
        if self.tracking is None:
            return None, None
        return self.mean.clone(), self.variance.clone()  # the same tensors are saved as before

    @property
    def _tracks(self) -> bool:
        return torch.is_grad_enabled() if self.tracking is None else self.tracking

    def _over_workers(self, x: Float[Tensor, "row feature *rest"]) -> Tensor:
        """Return features normalised by the moments of all workers' parts of the batch."""
        y, mean, variance, count = _Synchronised.apply(x, self.scale, self.shift, self.workers)  # type: ignore[no-untyped-call]
        if self._tracks:
            self.mean.lerp_(mean, self.momentum)
            self.variance.lerp_(variance * count / (count - 1), self.momentum)
        result: Tensor = y
        return result


class _Synchronised(torch.autograd.Function):
    """Batch normalisation over the parts of a batch on several workers.

    PyTorch's `SyncBatchNorm` supports GPUs only. With n values of a feature on all workers, x̂ the
    normalised value and g the gradient of the output, the gradient of x is
    scale / std · (g − (Σ g + x̂ Σ g x̂) / n), with sums over all workers.
    """

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, scale: Tensor, shift: Tensor, workers: Workers
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return the output, the moments and n."""
        axes = [axis for axis in range(x.dim()) if axis != 1]
        per_feature = (1, -1, *[1] * (x.dim() - 2))
        local_count = x.new_tensor([x.numel() / x.size(1)])
        totals = workers.add_up([], torch.cat([x.sum(axes), local_count]))
        *sums, count = totals.split([x.size(1), 1])
        mean = sums[0] / count
        centred = x - mean.view(per_feature)
        variance = workers.add_up([], centred.square().sum(axes)) / count
        rate = (variance + SMALL).rsqrt()
        normal = centred * rate.view(per_feature)
        ctx.workers, ctx.axes, ctx.per_feature = workers, axes, per_feature
        ctx.save_for_backward(normal, scale * rate, count)
        ctx.mark_non_differentiable(mean, variance, count)
        return (
            normal * scale.view(per_feature) + shift.view(per_feature),
            mean,
            variance,
            count,
        )

    @staticmethod
    @once_differentiable
    def backward(
        ctx: Any, gradient: Tensor, *unused: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, None]:
        """Return the gradients of x, and of scale and shift from this worker's part."""
        normal, rate, count = ctx.saved_tensors
        of_shift, of_scale = gradient.sum(ctx.axes), (gradient * normal).sum(ctx.axes)
        sums = ctx.workers.add_up([], torch.cat([of_shift, of_scale])) / count
        mean_gradient, projection = (each.view(ctx.per_feature) for each in sums.chunk(2))
        of_x = rate.view(ctx.per_feature) * (gradient - mean_gradient - normal * projection)
        return of_x, of_scale, of_shift, None


def batch_norms(module: nn.Module) -> list[BatchNorm]:
    """Return every batch normalisation within a module."""
    return [each for each in module.modules() if isinstance(each, BatchNorm)]


@contextmanager
def untracked(layers: Iterable[BatchNorm]) -> Iterator[None]:
    """Leave the running moments unchanged within the block."""
    layers = [*layers]
    before = [each.tracking for each in layers]
    for each in layers:
        each.tracking = False
    try:
        yield
    finally:
        for each, tracking in zip(layers, before, strict=True):
            each.tracking = tracking


@contextmanager
def re_estimated(module: nn.Module, run: Callable[[], object], rounds: int) -> Iterator[None]:
    """Replace the running moments by the moments of other inputs within the block.

    Samples at a low temperature have other moments than training images. Source: Vahdat & Kautz
    2020, "NVAE", §4.

    Args:
        module: the module, in eval mode within the block.
        run: calls it with a batch of such inputs.
        rounds: number of calls, over which the moments are averaged; 0 leaves them as they are.
    """
    layers = batch_norms(module) if rounds else []
    before = [(each.mean.clone(), each.variance.clone(), each.momentum) for each in layers]
    workers = [each.workers for each in layers]
    training = module.training
    try:
        for each in layers:
            each.tracking, each.workers = True, ALONE
        module.train()
        for number in range(rounds if layers else 0):
            for each in layers:
                each.momentum = 1 / (number + 1)
            run()
        module.eval()
        yield
    finally:
        module.train(training)
        for each, (mean, variance, momentum), others in zip(layers, before, workers, strict=True):
            each.mean.copy_(mean)
            each.variance.copy_(variance)
            each.momentum, each.tracking, each.workers = momentum, None, others
