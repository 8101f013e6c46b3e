"""A planar flow as posterior, built outside the package (Rezende & Mohamed 2015, equation 10)."""

import math
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

import graphvae
import image_vae
from image_vae import DiagonalGaussian, Draw
from tests.outside.runs import check_run


class Planar(image_vae.Posterior):
    """K planar steps whose parameters depend on the input."""

    steps: int = image_vae.Field(2, ge=0, description="K.")

    def build(self, latent: int, generator: torch.Generator) -> image_vae.PosteriorModule:
        return PlanarPosterior(latent, self.steps)


class PlanarPosterior(image_vae.PosteriorModule):
    def __init__(self, latent: int, steps: int) -> None:
        super().__init__(latent)
        self.steps = steps

    @property
    def widths(self) -> tuple[int, ...]:
        return (self.latent, self.latent, *(self.latent, self.latent, 1) * self.steps)

    def forward(self, *outputs: Tensor) -> "PlanarFlow":
        mean, log_std, *steps = outputs
        whole = torch.cat([*steps, mean[..., :0]], -1)
        return PlanarFlow(DiagonalGaussian(mean, log_std), whole, self.steps)


@dataclass(frozen=True)
class PlanarFlow(image_vae.Distribution):
    """z_K of z_0 ~ N(μ, σ²); the density is known at its own samples only."""

    base: DiagonalGaussian
    parameters: Tensor
    """u, w, b of each step, side by side."""
    steps: int

    @property
    def point(self) -> Tensor:
        return self.transform(self.base.mean)[0]

    @property
    def has_density(self) -> bool:
        return False

    def draw(self, generator: torch.Generator) -> Draw:
        start = self.base.sample(generator)
        z, log_det = self.transform(start)
        return Draw(z, lambda: self.base.log_prob(start) - log_det)

    def transform(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Return z_K and the sum of the log-determinants."""
        total = z.new_zeros(z.shape[:-1])
        width = z.size(-1)
        for step in self.parameters.split(2 * width + 1, -1)[: self.steps]:
            u, w, b = step.split((width, width, 1), -1)
            product = (w * u).sum(-1, keepdim=True)
            u = u + (F.softplus(product) - 1 - product) * w / (w.square().sum(-1, True) + 1e-8)
            tanh = torch.tanh((w * z).sum(-1, keepdim=True) + b)
            total = total + (1 + (1 - tanh.square()) * (w * u).sum(-1, True)).squeeze(-1).log()
            z = z + u * tanh
        return z, total


def test_the_density_of_a_draw_is_that_of_the_transformed_base() -> None:
    generator = torch.Generator().manual_seed(0)
    outputs = torch.randn(15, 7, generator=generator, dtype=torch.float64)
    q = PlanarPosterior(1, 1)(*outputs[:, :5].split(1, -1))
    draw = q.draw(generator)
    start = q.base.mean.clone().requires_grad_()
    z, log_det = q.transform(start)
    (slope,) = torch.autograd.grad(z.sum(), start)
    torch.testing.assert_close(log_det, slope.squeeze(-1).log())
    assert draw.log_q().shape == (15,)


def test_without_steps_it_is_the_gaussian_to_the_bit() -> None:
    mean, log_std = torch.randn(2, 5, 3, generator=torch.Generator().manual_seed(0))
    one = PlanarPosterior(3, 0)(mean, log_std).draw(torch.Generator().manual_seed(1))
    other = DiagonalGaussian(mean, log_std).draw(torch.Generator().manual_seed(1))
    assert torch.equal(one.z, other.z)
    assert torch.equal(one.log_q(), other.log_q())


@pytest.mark.slow
def test_it_trains_scores_samples_and_resumes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = check_run(tmp_path, monkeypatch, posterior=Planar(steps=3), latent=(4,))
    model = result.experiment.model
    trace = model({"x": torch.rand(5, 1, 8, 8)}, 3, torch.Generator().manual_seed(0))
    assert "z" not in trace.kl_by_dimension  # no closed form
    torch.testing.assert_close(trace.kl("z", analytic=True), trace.log_qz["z"] - trace.log_pz["z"])
    assert result.embeddings("test").shape[1] == 4
    nll = result.likelihood("test", samples=20, limit=50).nll
    assert nll < -result.metrics["test"]["elbo"] + 2
    with pytest.raises(image_vae.InputError, match="at its own samples only"):
        image_vae.evaluate(result, ["surgery"])


def test_a_vampprior_needs_a_density_everywhere() -> None:
    with pytest.raises(image_vae.InputError, match="prior: vamp evaluates posterior densities"):
        image_vae.fit("digits", posterior=Planar(), prior="vamp")


@pytest.mark.parametrize("penalty", ["decomposed"])
def test_a_penalty_of_gaussians_is_refused(penalty: str) -> None:
    with pytest.raises(image_vae.InputError, match="needs the posterior gaussian"):
        image_vae.fit("digits", posterior=Planar(), penalty=penalty)


@pytest.mark.parametrize("part", [{"prior": "vamp"}, {"penalty": "decomposed", "loss": "elbo"}])
def test_a_graph_refuses_what_needs_more_than_draws(part: dict[str, str]) -> None:
    with pytest.raises(graphvae.InputError, match=r"its own samples only|the posterior gaussian"):
        graphvae.fit("karate", posterior=Planar(), **part)


@pytest.mark.slow
def test_a_graph_takes_the_same_posterior(tmp_path: Path) -> None:
    settings = {"posterior": Planar(steps=2), "loss": "elbo", "epochs": 8, "baselines": False}
    result = graphvae.fit("karate", out=tmp_path / "run", **settings)
    assert math.isfinite(result.history[-1].parts["kl"])
    assert result.embeddings().shape == (34, 16)
    again = graphvae.load(tmp_path / "run", posterior=Planar)
    assert (again.embeddings() == result.embeddings()).all()
