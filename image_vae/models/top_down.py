"""Models with a bottom-up and a top-down pass: a ladder VAE, and NVAE.

The bottom-up pass computes features for each level. The top-down pass goes through the levels once:
p depends on the state, q on the state and the features of the level; a code is sampled from q, and
the next state depends on it. For generation the code is sampled from p instead. Sources: Sønderby
et al. 2016, "Ladder Variational Autoencoders"; Vahdat & Kautz 2020, "NVAE".
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn

from graphvae_data.core.errors import InputError
from image_vae.models.latent_model import Data, Inference, LatentModel
from image_vae.nn.ladder.level import STATE, Level, State
from image_vae.nn.networks import Values
from image_vae.nn.normalisation import re_estimated
from image_vae.parts.distributions.likelihoods import ImageDistribution
from image_vae.parts.distributions.posteriors import (
    DiagonalGaussian,
    Distribution,
    Draw,
    gaussian_of,
)
from image_vae.parts.distributions.priors import PriorDistribution, PriorModule, draw
from image_vae.parts.latent_graph import Latent, LatentGraph, Observed

ROUNDS, ROUND = 20, 50
"""Number and size of the batches of samples for re-estimating batch normalisation moments."""


def ladder(shapes: Sequence[tuple[int, ...]]) -> LatentGraph:
    """Return the graph of a ladder: each code depends on all codes above it, and x on all codes.

    Args:
        shapes: the shape of each code, from the topmost down.
    """
    names = [f"z{number}" for number in range(len(shapes), 0, -1)]
    latents = tuple(
        Latent(
            name,
            torch.Size(shape).numel(),
            q_parents=("x", *names[:index]),
            p_parents=tuple(names[:index]),
            shape=shape if len(shape) > 1 else (),
        )
        for index, (name, shape) in enumerate(zip(names, shapes, strict=True))
    )
    return LatentGraph(latents, {"x": Observed(tuple(names))})


class TopDown(LatentModel):
    """p(x, z) = p(x | state) Π_l p(z_l | z above), and q(z | x) = Π_l q(z_l | z above, x).

    Args:
        graph: the codes, from `ladder`.
        bottom_up: from images [1, batch, ...] to the features of each level, from the topmost down.
        levels: the levels, from the topmost down.
        prior: the prior of the topmost code.
        start: the learnt state above the topmost level; empty if no level uses it.
        decoder: maps the last state, the value "state", to the likelihood.
    """

    def __init__(
        self,
        graph: LatentGraph,
        *,
        bottom_up: nn.Module,
        levels: Sequence[Level],
        prior: PriorModule,
        start: Float[Tensor, ...],
        decoder: nn.Module,
    ) -> None:
        super().__init__()
        self.graph = graph
        self.bottom_up = bottom_up
        self.levels = nn.ModuleDict(
            {latent.name: level for latent, level in zip(graph.latents, levels, strict=True)}
        )
        self.top = prior
        self.start = nn.Parameter(start, requires_grad=start.numel() > 0)
        self.decoders = nn.ModuleDict({"x": decoder})

    def level(self, name: str) -> Level:
        """Return the level of a latent."""
        level = self.levels[name]
        assert isinstance(level, Level)
        return level

    def infer(
        self,
        data: Data,
        k: int,
        generator: torch.Generator,
        *,
        given: Collection[str] | None = None,
    ) -> Inference:
        """Return p, q and k samples of every latent, and the last state, in two passes."""
        features = self.bottom_up(data["x"].unsqueeze(0))
        batch = len(data["x"])
        state = self._started(batch)
        p, q, draws = dict[str, PriorDistribution](), dict[str, Distribution](), dict[str, Draw]()
        for latent, each in zip(self.graph.latents, features, strict=True):
            level = self.level(latent.name)
            state = level.prepare(state)
            prior, posterior = level.posterior(state, each)
            posterior = posterior.expand(k, batch)
            p[latent.name] = self._top() if prior is None else prior
            q[latent.name] = posterior
            draws[latent.name] = posterior.draw(generator)
            state = level.advance(state, draws[latent.name].z)
        return Inference(q, draws, p=p, values={STATE: state})

    def _started(self, batch: int) -> State:
        return self.start.expand(1, batch, *self.start.shape)

    def _top(self) -> PriorDistribution:
        def encode(inputs: Tensor) -> Distribution:
            raise AssertionError("checked where the model is built")

        prior: PriorDistribution = self.top(encode)
        return prior

    def prior(self, latent: Latent, values: Values) -> PriorDistribution:
        """Return p of a latent, given the codes above it."""
        if not latent.p_parents:
            return self._top()
        level = self.level(latent.name)
        return level.prior(level.prepare(self._descended(values, latent.p_parents)))

    def prior_module(self, name: str) -> PriorModule | None:
        """Return the module of the topmost code's prior; None for other codes."""
        return self.top if name == self.graph.latents[0].name else None

    def _descended(self, values: Values, names: Sequence[str]) -> State:
        """Return the state below the levels of these codes, the topmost first."""
        state = self._started(values[names[0]].size(1))
        for name in names:
            level = self.level(name)
            state = level.advance(level.prepare(state), values[name])
        return state

    def decode(self, z: Values) -> Mapping[str, ImageDistribution]:
        """Return p(x | z), from the last state if `z` contains it."""
        if STATE not in z:
            z = {STATE: self._descended(z, [latent.name for latent in self.graph.latents])}
        return super().decode(z)

    def sample_codes(
        self, count: int, generator: torch.Generator, *, given: Data | None = None
    ) -> dict[str, Float[Tensor, "1 count latent"]]:
        """Draw codes from the prior, top down."""
        return self._generated(count, generator)[0]

    def _generated(
        self, count: int, generator: torch.Generator, temperature: float = 1.0
    ) -> tuple[dict[str, Tensor], State]:
        """Draw codes from p, and return them with the last state."""
        state, codes = self._started(count), dict[str, Tensor]()
        for latent in self.graph.latents:
            level = self.level(latent.name)
            state = level.prepare(state)
            p = level.prior(state) if latent.p_parents else self._top()
            if temperature != 1:
                p = cooled(p, temperature)
            if latent.p_parents:
                assert isinstance(p, Distribution)
                codes[latent.name] = p.sample(generator)
            else:
                codes[latent.name] = draw(p, count, generator).unsqueeze(0)
            state = level.advance(state, codes[latent.name])
        return codes, state

    def sample(self, count: int, generator: torch.Generator) -> Mapping[str, ImageDistribution]:
        """Draw codes from the prior, top down, and decode them: [1, count, ...]."""
        return self.sample_at(1.0, count, generator)

    @property
    def cools(self) -> bool:
        """Yes, if the topmost code has a Gaussian prior."""
        return gaussian_of(self._top()) is not None

    @torch.no_grad()
    def sample_at(
        self, temperature: float, count: int, generator: torch.Generator
    ) -> Mapping[str, ImageDistribution]:
        """Return samples with the standard deviation of every p multiplied by a temperature.

        In eval mode, the moments of batch normalisation are temporarily re-estimated from samples
        at this temperature (Vahdat & Kautz 2020, "NVAE").

        Args:
            temperature: above 0; 1 for samples from the model itself.
            count: number of samples.
            generator: draws them; on the model's device.

        Raises:
            InputError: a temperature other than 1 with a prior that is not Gaussian.
        """

        def run() -> None:
            self.decode({STATE: self._generated(ROUND, generator, temperature)[1]})

        with re_estimated(self, run, 0 if self.training else ROUNDS):
            return self.decode({STATE: self._generated(count, generator, temperature)[1]})


def cooled(p: PriorDistribution, temperature: float) -> DiagonalGaussian:
    """Return a Gaussian with its standard deviations multiplied by a temperature.

    Raises:
        InputError: the distribution is not Gaussian.
    """
    gaussian = gaussian_of(p)
    if gaussian is None:
        raise InputError(f"temperature: needs Gaussian priors, got {type(p).__name__}")
    scaled = torch.as_tensor(temperature, dtype=gaussian.log_std.dtype).log()
    return DiagonalGaussian(gaussian.mean, gaussian.log_std + scaled)
