"""The towers of NVAE: bottom-up features, the levels of the top-down pass, and the decoder.

A *scale* is a resolution, with one or more *groups* of latent maps. The bottom-up tower downsamples
an image to the largest scale, applies cells at every scale, and returns features for each group.
The top-down tower starts from a learnt state; each level refines it, computes p from it and q from
it and the features, and combines it with the group's code. The decoder upsamples the last state to
the size of the image. Source: Vahdat & Kautz 2020, "NVAE", figure 2.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from image_vae.nn.decoders import DecoderModule
from image_vae.nn.ladder.cells import CellMaker, Maps
from image_vae.nn.ladder.convolution import Convolution
from image_vae.nn.ladder.level import STATE, Level, State, over
from image_vae.nn.ladder.plan import TowerPlan
from image_vae.nn.networks import Values
from image_vae.nn.normalisation import batch_norms, untracked
from image_vae.parts.distributions.likelihoods import ImageDistribution, LikelihoodHead
from image_vae.parts.distributions.posteriors import DiagonalGaussian

AT_ONCE = 500
"""Maximum number of codes decoded at once."""
BOUND = 5.0
"""Bound of the absolute values of means and log-scales."""
LEAST_STD = 0.01
"""Added to every standard deviation."""


class Cells(nn.Sequential):
    """A sequence of cells, optionally with gradient checkpointing.

    With checkpointing, a training step stores only the input of each cell and recomputes the rest
    in the backward pass: less memory, about a third more time. Running moments are updated once.

    Args:
        cells: the cells.
        checkpointing: whether to checkpoint.
    """

    def __init__(self, cells: Sequence[nn.Module], *, checkpointing: bool) -> None:
        super().__init__(*cells)
        self.checkpointing = checkpointing

    def forward(self, x: Maps) -> Maps:
        """Return the maps after the last cell."""
        checkpointing = self.checkpointing and self.training and torch.is_grad_enabled()
        for cell in self:
            x = _checkpointed(cell, x) if checkpointing else cell(x)
        return x


def _checkpointed(cell: nn.Module, x: Maps) -> Maps:
    def contexts() -> tuple[AbstractContextManager[None], AbstractContextManager[None]]:
        return nullcontext(), untracked(batch_norms(cell))

    y: Tensor = checkpoint(
        cell, x, use_reentrant=False, preserve_rng_state=False, context_fn=contexts
    )
    return y


class CellTower(nn.Module):
    """The bottom-up tower: maps an image to the features of each group.

    Args:
        plan: the resolutions and channels.
        cell: makes the cells.
        generator: draws the weights.
    """

    def __init__(self, plan: TowerPlan, cell: CellMaker, generator: torch.Generator) -> None:
        super().__init__()
        self.padding = plan.padding
        self.stem = Convolution(plan.image[0], plan.channels, 3, generator=generator)
        width, cells = plan.channels, list[nn.Module]()
        for _ in range(plan.halvings):
            same = (cell(width, width, "same", generator) for _ in range(plan.edge_cells - 1))
            cells += [*same, cell(width, 2 * width, "down", generator)]
            width *= 2
        stages = list[nn.Module]()
        for groups in reversed(plan.groups):
            for number in range(groups):
                if number == 0 and stages:
                    cells.append(cell(width, 2 * width, "down", generator))
                    width *= 2
                cells += [cell(width, width, "same", generator) for _ in range(plan.group_cells)]
                stages.append(Cells(cells, checkpointing=plan.checkpointing))
                cells = []
        self.stages = nn.ModuleList(stages)

    def forward(self, image: Float[Tensor, "1 batch channel height width"]) -> list[Tensor]:
        """Return the features of each group, [1, batch, channel, row, column], top down."""
        # Pixels are scaled to [−1, 1] and padded with black.
        padded = F.pad(2 * image.squeeze(0) - 1, self.padding, value=-1.0)
        maps = self.stem(padded).contiguous(memory_format=torch.channels_last)
        features = list[Tensor]()
        for stage in self.stages:
            maps = stage(maps)
            features.append(maps.unsqueeze(0))
        return features[::-1]


class SpatialLevel(Level):
    """One group of latent maps.

    With a residual q, the outputs of its network are added to those of p, N(μ_p + Δμ, σ_p Δσ), so
    that q equals p for zero outputs. Means and log-scales x are bounded by 5 tanh(x/5), and 0.01 is
    added to σ.

    Args:
        channels: channels of the state.
        shape: latent maps, height and width of the code.
        cells: cells that refine the state; None for the topmost group.
        residual: whether q is relative to p.
        generator: draws the weights.
    """

    def __init__(
        self,
        channels: int,
        shape: tuple[int, int, int],
        cells: nn.Module | None,
        *,
        residual: bool,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        self.shape, self.residual, self.cells = shape, residual, cells
        maps = shape[0]
        self.mix = Convolution(channels, channels, 1, generator=generator)
        self.q_head = Convolution(channels, 2 * maps, 3, generator=generator)
        self.p_head = None
        if cells is not None:
            self.p_head = Convolution(channels, 2 * maps, 1, generator=generator)
        self.join = Convolution(channels + maps, channels, 1, generator=generator)

    def prepare(self, state: State) -> State:
        """Refine the state; the first cell may double its resolution."""
        return state if self.cells is None else over(self.cells, state)

    def prior(self, state: State) -> DiagonalGaussian:
        """Return p."""
        return _gaussian(self._p(state))

    def _p(self, state: State) -> Tensor:
        assert self.p_head is not None
        return over(self.p_head, F.elu(state))

    def posterior(
        self, state: State, features: Tensor
    ) -> tuple[DiagonalGaussian | None, DiagonalGaussian]:
        """Return p and q."""
        if self.p_head is None:
            top = F.elu(over(self.mix, F.elu(features)))
            return None, _gaussian(over(self.q_head, top))
        p = self._p(state)
        q = over(self.q_head, features + over(self.mix, state))
        return _gaussian(p), _gaussian(p + q if self.residual else q)

    def advance(self, state: State, z: Float[Tensor, "k batch latent"]) -> State:
        """Return the state combined with the code."""
        maps = z.unflatten(-1, self.shape).to(state.dtype)
        front = torch.broadcast_shapes(state.shape[:2], z.shape[:2])
        both = torch.cat([each.expand(*front, *each.shape[2:]) for each in (state, maps)], 2)
        flat = both.flatten(0, 1).contiguous(memory_format=torch.channels_last)
        joined: Tensor = self.join(flat).unflatten(0, front)
        return joined


def _gaussian(outputs: Float[Tensor, "k batch both row column"]) -> DiagonalGaussian:
    """Return the Gaussian of bounded means and log-scales, flattened and in float32."""
    if outputs.dtype in (torch.bfloat16, torch.float16):
        outputs = outputs.float()
    mean, log_std = (BOUND * torch.tanh(outputs / BOUND)).chunk(2, 2)
    least = log_std.new_tensor(math.log(LEAST_STD))
    return DiagonalGaussian(mean.flatten(2), torch.logaddexp(log_std, least).flatten(2))


def top_down(
    plan: TowerPlan, latent: int, cell: CellMaker, *, residual: bool, generator: torch.Generator
) -> list[SpatialLevel]:
    """Return the levels from the topmost group down.

    Args:
        plan: the resolutions and channels.
        latent: latent maps of each group.
        cell: makes the cells.
        residual: whether q is relative to p.
        generator: draws the weights.
    """
    levels, width = list[SpatialLevel](), plan.top_channels
    for scale, (side, groups) in enumerate(zip(plan.sides, plan.groups, strict=True)):
        for number in range(groups):
            cells = list[nn.Module]()
            if scale and number == 0:
                cells.append(cell(width, width // 2, "up", generator))
                width //= 2
            cells += [cell(width, width, "same", generator) for _ in range(plan.group_cells)]
            refined = Cells(cells, checkpointing=plan.checkpointing) if levels else None
            levels.append(
                SpatialLevel(
                    width, (latent, *side), refined, residual=residual, generator=generator
                )
            )
    return levels


class StateDecoder(DecoderModule):
    """p(x | state): cells that upsample the last state to the size of the image, and a head.

    Args:
        plan: the resolutions and channels.
        cell: makes the cells.
        head: maps the outputs at each pixel to the likelihood.
        generator: draws the weights.
    """

    at_once = AT_ONCE

    def __init__(
        self, plan: TowerPlan, cell: CellMaker, head: LikelihoodHead, generator: torch.Generator
    ) -> None:
        super().__init__()
        self.head, self.padding = head, plan.padding
        width, cells = plan.bottom_channels, list[nn.Module]()
        for _ in range(plan.halvings):
            cells.append(cell(width, width // 2, "up", generator))
            width //= 2
            cells += [cell(width, width, "same", generator) for _ in range(plan.edge_cells - 1)]
        self.cells = Cells(cells, checkpointing=plan.checkpointing)
        self.outputs = Convolution(width, head.start.size(0), 3, generator=generator)

    def forward(self, codes: Values) -> ImageDistribution:
        """Return the likelihood, [k, batch, channel, height, width]."""
        state = codes[STATE]
        pixels = self.outputs(F.elu(self.cells(state.flatten(0, 1))))
        left, right, top, bottom = self.padding
        height, width = pixels.shape[2:]
        inner = pixels[:, :, top : height - bottom, left : width - right].contiguous()
        values = inner.to(self.head.start.dtype).unflatten(0, state.shape[:2])
        likelihood: ImageDistribution = self.head(values + self.head.start)
        return likelihood
