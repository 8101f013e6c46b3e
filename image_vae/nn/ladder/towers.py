"""The towers of NVAE: bottom-up features, the levels of the top-down pass, and the decoder.

A *scale* is a resolution, with one or more *groups* of latent maps. The bottom-up tower halves an
image to the largest scale, passes it through cells at every scale, and keeps the features before
each group. The top-down tower starts from a learnt state; each level refines it, reads p from it,
and q from it and the features, and joins the group's code to it. The decoder doubles the last state
to the size of the image. Source: Vahdat & Kautz 2020, "NVAE", figure 2.
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
"""Codes decoded at a time, at most."""
BOUND = 5.0
"""Means and log-scales are kept within ± this value."""
LEAST_STD = 0.01
"""Added to every standard deviation."""


class Cells(nn.Sequential):
    """Cells one after another, optionally with gradient checkpointing.

    With it, a training step keeps the input of each cell only, and computes the rest again in the
    backward pass: less memory for about a third more time. Running moments are updated once.

    Args:
        cells: the cells.
        checkpointing: whether to checkpoint.
    """

    def __init__(self, cells: Sequence[nn.Module], *, checkpointing: bool) -> None:
        super().__init__(*cells)
        self.checkpointing = checkpointing

    def forward(self, x: Maps) -> Maps:
        """Return the maps after the last cell."""
        again = self.checkpointing and self.training and torch.is_grad_enabled()
        for cell in self:
            x = _checkpointed(cell, x) if again else cell(x)
        return x


def _checkpointed(cell: nn.Module, x: Maps) -> Maps:
    def contexts() -> tuple[AbstractContextManager[None], AbstractContextManager[None]]:
        return nullcontext(), untracked(batch_norms(cell))

    y: Tensor = checkpoint(
        cell, x, use_reentrant=False, preserve_rng_state=False, context_fn=contexts
    )
    return y


class CellTower(nn.Module):
    """From an image to the features before each group.

    Args:
        plan: the resolutions and channels.
        cell: makes the cells.
        generator: draws the weights.
    """

    def __init__(self, plan: TowerPlan, cell: CellMaker, generator: torch.Generator) -> None:
        super().__init__()
        self.padding = plan.padding
        self.stem = Convolution(plan.image[0], plan.channels, 3, generator=generator)
        width, waiting = plan.channels, list[nn.Module]()
        for _ in range(plan.halvings):
            same = (cell(width, width, "same", generator) for _ in range(plan.edge_cells - 1))
            waiting += [*same, cell(width, 2 * width, "down", generator)]
            width *= 2
        stages = list[nn.Module]()
        for groups in reversed(plan.groups):
            for number in range(groups):
                if number == 0 and stages:
                    waiting.append(cell(width, 2 * width, "down", generator))
                    width *= 2
                waiting += [cell(width, width, "same", generator) for _ in range(plan.group_cells)]
                stages.append(Cells(waiting, checkpointing=plan.checkpointing))
                waiting = []
        self.stages = nn.ModuleList(stages)

    def forward(self, image: Float[Tensor, "1 batch channel height width"]) -> list[Tensor]:
        """Return the features of each group, [1, batch, channel, row, column], top down."""
        # Black beyond the edges; pixels from −1 to 1.
        padded = F.pad(2 * image.squeeze(0) - 1, self.padding, value=-1.0)
        maps = self.stem(padded).contiguous(memory_format=torch.channels_last)
        features = list[Tensor]()
        for stage in self.stages:
            maps = stage(maps)
            features.append(maps.unsqueeze(0))
        return features[::-1]


class SpatialLevel(Level):
    """One group of latent maps.

    With a residual q, the outputs of its network are added to those of p: N(μ_p + Δμ, σ_p Δσ), so
    that zeros make q equal to p. Means and log-scales x are bounded to 5 tanh(x/5), and .01 is
    added to σ.

    Args:
        channels: of the state.
        shape: of the code: latent maps, height, width.
        cells: refine the state; None for the topmost group.
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
        """Join the code to the state."""
        maps = z.unflatten(-1, self.shape).to(state.dtype)
        front = torch.broadcast_shapes(state.shape[:2], z.shape[:2])
        both = torch.cat([each.expand(*front, *each.shape[2:]) for each in (state, maps)], 2)
        flat = both.flatten(0, 1).contiguous(memory_format=torch.channels_last)
        joined: Tensor = self.join(flat).unflatten(0, front)
        return joined


def _gaussian(outputs: Float[Tensor, "k batch both row column"]) -> DiagonalGaussian:
    """Return the Gaussian of means and log-scales, flat and in full precision."""
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
    """p(x | state): cells that double the last state to the size of the image, and a head.

    Args:
        plan: the resolutions and channels.
        cell: makes the cells.
        head: maps its outputs at each pixel to the likelihood.
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
