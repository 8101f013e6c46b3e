"""A prior of any kind between two codes: log p(z1 | z2) and a sampler are enough."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

import image_vae
from image_vae import DiagonalGaussian, Latent, LatentGraph, Observed
from image_vae.parts.distributions.likelihoods import PixelGaussian


@dataclass(frozen=True)
class Laplace(image_vae.Distribution):
    """Independent Laplace coordinates of scale 1."""

    location: Tensor

    def log_prob(self, z: Tensor) -> Tensor:
        return torch.distributions.Laplace(self.location, 1.0).log_prob(z).sum(-1)

    def sample(self, generator: torch.Generator) -> Tensor:
        uniform = torch.empty_like(self.location).uniform_(-1, 1, generator=generator)
        return self.location - uniform.sign() * torch.log1p(-uniform.abs())


class Network(nn.Module):
    def __init__(self, parent: str, inputs: int, family: type) -> None:
        super().__init__()
        self.parent, self.family = parent, family
        self.layer = nn.Linear(inputs, 2)

    def forward(self, values: dict[str, Tensor]) -> image_vae.Distribution:
        location = self.layer(values[self.parent])
        if self.family is Laplace:
            return Laplace(location)
        return DiagonalGaussian(location, torch.zeros_like(location))


class Pixels(nn.Module):
    def forward(self, codes: dict[str, Tensor]) -> PixelGaussian:
        return PixelGaussian(codes["z1"].repeat(1, 1, 2), torch.tensor(0.0))


def model() -> image_vae.VAE:
    graph = LatentGraph(
        (Latent("z2", 2), Latent("z1", 2, p_parents=("z2",))), {"x": Observed(("z1",))}
    )
    return image_vae.VAE(
        graph,
        inference={name: Network("x", 4, DiagonalGaussian) for name in ("z1", "z2")},
        generation={"z1": Network("z2", 2, Laplace)},
        priors={"z2": image_vae.StandardNormal(2)},
        decoders={"x": Pixels()},
    )


def test_it_is_scored_at_the_draws_and_sampled_from() -> None:
    vae, generator = model(), torch.Generator().manual_seed(0)
    with torch.no_grad():
        trace = vae({"x": torch.randn(3, 4, generator=generator)}, 5, generator)
        p = vae.generation["z1"](trace.z)
        codes = vae.sample_codes(40_000, generator)
    assert set(trace.kl_by_dimension) == {"z2"}
    torch.testing.assert_close(trace.log_pz["z1"], p.log_prob(trace.z["z1"]))
    torch.testing.assert_close(
        trace.kl("z1", analytic=True), trace.log_qz["z1"] - trace.log_pz["z1"]
    )
    location = vae.generation["z1"](codes).location
    residual = (codes["z1"] - location).detach()
    assert abs(float(residual.abs().mean()) - 1) < 0.02  # E |x| of a Laplace of scale 1
