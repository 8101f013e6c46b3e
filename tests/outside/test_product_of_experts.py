"""Two observed variables with experts of their own, fused by their product (Wu & Goodman 2018)."""

import pytest
import torch
from torch import Tensor, nn

import image_vae
from image_vae import (
    DiagonalGaussian,
    ElboObjective,
    Latent,
    LatentGraph,
    LossTerms,
    Observed,
    WeightedKl,
    held_fixed,
)
from image_vae.parts.distributions.likelihoods import PixelGaussian

GRAPH = LatentGraph(
    (Latent("z", 2, q_parents=("x", "w")),), {"x": Observed(("z",)), "w": Observed(("z",))}
)


class Experts(nn.Module):
    """N(0, I) times a Gaussian for each variable that is there."""

    def __init__(self) -> None:
        super().__init__()
        self.experts = nn.ModuleDict({"x": nn.Linear(3, 4), "w": nn.Linear(2, 4)})

    def forward(self, values: dict[str, Tensor]) -> DiagonalGaussian:
        batch = next(iter(values.values())).shape[:2] if values else (1, 1)
        precision, weighted = torch.ones(*batch, 2), torch.zeros(*batch, 2)
        for name, value in values.items():
            mean, log_std = self.experts[name](value).chunk(2, -1)
            precision = precision + torch.exp(-2 * log_std)
            weighted = weighted + mean * torch.exp(-2 * log_std)
        return DiagonalGaussian(weighted / precision, -0.5 * precision.log())


class Pixels(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.layer = nn.Linear(2, width)

    def forward(self, codes: dict[str, Tensor]) -> PixelGaussian:
        return PixelGaussian(self.layer(codes["z"]), torch.tensor(-1.0))


def model() -> image_vae.VAE:
    torch.manual_seed(0)
    return image_vae.VAE(
        GRAPH,
        inference={"z": Experts()},
        generation={},
        priors={"z": image_vae.StandardNormal(2)},
        decoders={"x": Pixels(3), "w": Pixels(2)},
    )


def data(count: int) -> dict[str, Tensor]:
    code = torch.randn(count, 2, generator=torch.Generator().manual_seed(1))
    return {"x": torch.cat([code, code[:, :1]], 1), "w": -code}


class Subsets(ElboObjective):
    """The joint bound, and one for each variable alone, whose decoders are not trained (TELBO)."""

    def loss(self, model, data, k, generator, step, **options):  # type: ignore[no-untyped-def]
        joint = self(model(data, k, generator), step)
        total, parts = joint.total, dict(joint.parts)
        for name, value in data.items():
            with held_fixed(model.decoders.values()):
                alone = -image_vae.elbo(model({name: value}, k, generator)).mean()
            total, parts[f"alone_{name}"] = total + alone, alone
        return LossTerms(total, parts)


def test_without_observations_it_is_the_prior() -> None:
    q = Experts()({})
    assert torch.equal(q.mean, torch.zeros(1, 1, 2))
    assert torch.equal(q.log_std, torch.zeros(1, 1, 2))


def test_a_missing_variable_is_neither_seen_nor_scored() -> None:
    vae, both = model(), data(5)
    alone = vae({"x": both["x"]}, 2, torch.Generator().manual_seed(0))
    assert set(alone.log_px) == {"x"}
    assert alone.px["w"].mean.shape == (2, 5, 2)  # yet it can be imagined
    across = vae(both, 2, torch.Generator().manual_seed(0), given=("x",))
    assert set(across.log_px) == {"x", "w"}
    assert torch.equal(across.z["z"], alone.z["z"])


def test_gradients_are_stopped_for_each_row() -> None:
    vae, both = model(), data(5)
    with held_fixed([vae.decoders["x"]]):
        loss = -image_vae.elbo(vae({"x": both["x"]}, 1, torch.Generator().manual_seed(0))).sum()
    loss.backward()
    assert vae.decoders["x"].layer.weight.grad is None
    assert vae.inference["z"].experts["x"].weight.grad is not None
    assert vae.decoders["x"].layer.weight.requires_grad


def test_the_divergence_of_two_posteriors_is_closed() -> None:
    """As JMVAE takes it: KL(q(z | x, w) ‖ q(z | x))."""
    vae, both = model(), data(5)
    joint, alone = (
        vae.infer(both, 1, torch.Generator(), given=given).q["z"] for given in (("x", "w"), ("x",))
    )
    formula = joint.closed_kl(alone)
    assert formula is not None
    theirs = torch.distributions.kl_divergence(
        torch.distributions.Normal(joint.mean, joint.log_std.exp()),
        torch.distributions.Normal(alone.mean, alone.log_std.exp()),
    )
    torch.testing.assert_close(formula(), theirs)


@pytest.mark.slow
def test_it_learns_to_generate_one_from_the_other() -> None:
    vae, both = model(), data(400)
    objective, generator = Subsets(WeightedKl()), torch.Generator().manual_seed(0)
    optimizer = torch.optim.Adam(vae.parameters(), lr=2e-2)

    @torch.no_grad()
    def error() -> float:
        z = vae.encode({"x": both["x"]}, generator)["z"].unsqueeze(0)
        return float((vae.decode({"z": z})["w"].mean.squeeze(0) - both["w"]).square().mean())

    before = error()
    for step in range(200):
        optimizer.zero_grad()
        terms = objective.loss(vae, both, 1, generator, step)
        terms.total.backward()
        optimizer.step()
    assert {"alone_x", "alone_w", "recon", "recon_w"} <= set(terms.parts)
    assert error() < 0.3 * before
