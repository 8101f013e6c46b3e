"""A ResNet VAE with inverse autoregressive flows: bidirectional inference of convolutional codes.

A bottom-up pass starts from the image, a top-down pass goes through the codes. The top-down pass is
shared: q and p of a code depend on its state, and the last state gives the image. The KL terms are
R + Σ_l KL(q(z_l | x, z_{l+1} …) ‖ p(z_l | z_{l+1} …)). Source: Kingma et al. 2016, "Improving
Variational Inference with Inverse Autoregressive Flow", §5.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from image_vae.models.latent_model import Data, Inference, LatentModel
from image_vae.nn.bidirectional import (
    BidirectionalLayer,
    Downward,
    FirstLayer,
    LastLayer,
    Maps,
    Upward,
)
from image_vae.nn.decoders import DecoderModule
from image_vae.nn.networks import Values, halved
from image_vae.parts.distributions.likelihoods import ImageDistribution, LikelihoodHead
from image_vae.parts.distributions.map_flows import FlowingMaps, MapFlow
from image_vae.parts.distributions.posteriors import DiagonalGaussian, Distribution, Draw
from image_vae.parts.latent_graph import Latent, bidirectional


@dataclass(frozen=True)
class ResNetSizes:
    """The sizes of a bidirectional model."""

    maps: tuple[int, ...]
    """Maps of each code, from the one next to the image upwards."""
    features: int
    """Channels of the states."""
    per_scale: int
    """Codes at each resolution; the first has half the side of the image."""
    steps: int
    """Flow steps of each posterior."""

    def sides(self, image: Sequence[int]) -> list[tuple[int, int]]:
        """Return the height and width of each code, for an image [channel, height, width]."""
        halvings = [1 + level // self.per_scale for level in range(len(self.maps))]
        return [(halved(image[1], n)[-1], halved(image[2], n)[-1]) for n in halvings]


class BidirectionalDecoder(DecoderModule):
    """Maps the last state of the top-down pass to the likelihood.

    Args:
        last: from the state to a value for each pixel.
        head: from these to the likelihood.
    """

    at_once = 500

    def __init__(self, last: LastLayer, head: LikelihoodHead) -> None:
        super().__init__()
        self.last, self.head = last, head

    def forward(self, codes: Values) -> ImageDistribution:
        """Return the likelihood, from the state [k, batch, feature, row, column] as "state"."""
        state = codes["state"]
        values = self.last(state.flatten(0, 1)).unflatten(0, state.shape[:2])
        likelihood: ImageDistribution = self.head(values + self.head.start)
        return likelihood


class BidirectionalVae(LatentModel):
    """p(x, z) and q(z | x), with a shared top-down pass.

    Args:
        shape: channels, height and width of an image.
        sizes: sizes of the model.
        head: from values of pixels to the likelihood.
        generator: draws the weights.
    """

    def __init__(
        self,
        shape: tuple[int, ...],
        sizes: ResNetSizes,
        head: LikelihoodHead,
        *,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        sides, features = sizes.sides(shape), sizes.features
        shapes = [(maps, *side) for maps, side in zip(sizes.maps, sides, strict=True)]
        self.graph = bidirectional(*shapes)
        self.first = FirstLayer(shape[0], features, generator)
        self.layers = nn.ModuleList(
            BidirectionalLayer(
                maps,
                features,
                halves=level > 0 and level % sizes.per_scale == 0,
                top=level + 1 == len(sizes.maps),
                generator=generator,
            )
            for level, maps in enumerate(sizes.maps)
        )
        self.flows = nn.ModuleList(
            MapFlow(each, features, sizes.steps, generator=generator) for each in shapes
        )
        self.start = nn.Parameter(torch.zeros(features, 1, 1))
        last = LastLayer(features, shape, generator)
        self.decoders = nn.ModuleDict({"x": BidirectionalDecoder(last, head)})
        self.sides, self.steps = sides, sizes.steps

    @property
    def _levels(self) -> list[tuple[str, BidirectionalLayer, int]]:
        """The codes from the top downwards: name, layer and index from the image upwards."""
        layers = [each for each in self.layers if isinstance(each, BidirectionalLayer)]
        named = [(f"z{i + 1}", layer, i) for i, layer in enumerate(layers)]
        return named[::-1]

    def infer(
        self,
        data: Data,
        k: int,
        generator: torch.Generator,
        *,
        given: Collection[str] | None = None,
    ) -> Inference:
        """Return q and p of every code, k samples, and p(x | z): one pass up and one down."""
        seen = self._pass_up(data["x"])
        batch = len(data["x"])
        q, p, draws = dict[str, Distribution](), dict[str, DiagonalGaussian](), dict[str, Draw]()
        state = self._top(k * batch)
        for name, layer, i in self._levels:
            down = layer.down(state)
            p[name] = _gaussian(down.prior_mean, down.prior_log_std, k)
            q[name] = self._posterior(seen[i], down, i, k)
            draws[name] = q[name].draw(generator)
            state = self._below(layer, i, state, down.hidden, draws[name].z)
        px = self.decoders["x"]({"state": state.unflatten(0, (k, batch))})
        return Inference(q, draws, p=p, px={"x": px})

    def _pass_up(self, x: Float[Tensor, "batch channel height width"]) -> list[Upward]:
        """Return the bottom-up features of each code, from the one next to the image upwards."""
        state, seen = self.first(x), list[Upward]()
        for _, layer, _ in self._levels[::-1]:
            each, state = layer.up(state)
            seen.append(each)
        return seen

    def _posterior(self, up: Upward, down: Downward, index: int, k: int) -> Distribution:
        def over(each: Tensor) -> Tensor:
            return each.repeat(k, 1, 1, 1) if k > 1 else each

        base = _gaussian(over(up.mean) + down.mean, over(up.log_std) + down.log_std, k)
        if not self.steps:
            return base
        flow = self.flows[index]
        assert isinstance(flow, MapFlow)
        context = over(up.context) + down.context
        return FlowingMaps(base, context.flatten(1).unflatten(0, (k, -1)), flow)

    def _top(self, count: int) -> Maps:
        """Return the state above the topmost code."""
        return self.start.expand(count, -1, *self.sides[-1])

    def _below(
        self,
        layer: BidirectionalLayer,
        index: int,
        state: Maps,
        hidden: Maps,
        z: Float[Tensor, "k batch latent"],
    ) -> Maps:
        """Return the state of the layer below a code."""
        maps = z.flatten(0, 1).unflatten(-1, (layer.maps, *self.sides[index]))
        return layer.join(state, hidden, maps, self.sides[max(0, index - 1)])

    def _pass_down(self, values: Values, until: str | None = None) -> Maps:
        """Return the state below all codes, or that of one code; k comes before the batch."""
        shapes = [each.shape[:2] for name, each in values.items() if name in self._names]
        state = self._top(shapes[0].numel() if shapes else 1)
        for name, layer, i in self._levels:
            if name == until:
                break
            hidden = layer.down(state).hidden
            state = self._below(layer, i, state, hidden, values[name])
        return state

    @property
    def _names(self) -> set[str]:
        return {latent.name for latent in self.graph.latents}

    def prior(self, latent: Latent, values: Values) -> DiagonalGaussian:
        """Return p of a code, given all codes above it: [k, batch, latent]."""
        above = {name: values[name] for name in latent.p_parents}
        k = next(iter(above.values())).size(0) if above else 1
        state = self._pass_down(above, latent.name)
        layer = self.layers[int(latent.name[1:]) - 1]
        assert isinstance(layer, BidirectionalLayer)
        down = layer.down(state)
        return _gaussian(down.prior_mean, down.prior_log_std, k)

    def decode(self, z: Values) -> dict[str, ImageDistribution]:
        """Return p(x | z), from all codes."""
        k = z[self.graph.latents[0].name].size(0)
        state = self._pass_down(z).unflatten(0, (k, -1))
        return {"x": self.decoders["x"]({"state": state})}

    def sample_codes(
        self,
        count: int,
        generator: torch.Generator,
        *,
        given: Mapping[str, Tensor] | None = None,
    ) -> dict[str, Float[Tensor, "1 count latent"]]:
        """Draw codes from the prior, top down."""
        codes, state = dict[str, Tensor](), self._top(count)
        for name, layer, i in self._levels:
            down = layer.down(state)
            codes[name] = _gaussian(down.prior_mean, down.prior_log_std, 1).sample(generator)
            state = self._below(layer, i, state, down.hidden, codes[name])
        return codes


def _gaussian(mean: Maps, log_std: Maps, k: int) -> DiagonalGaussian:
    """Return the distribution of a flat code, [k, batch, latent]."""
    return DiagonalGaussian(
        mean.flatten(1).unflatten(0, (k, -1)), log_std.flatten(1).unflatten(0, (k, -1))
    )
