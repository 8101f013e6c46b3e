"""Decoders of edge weights find the weights that codes determine."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch

import graphvae
from graphvae.nn.weight_decoders import GaussianModule, PoissonModule
from graphvae_data.core.errors import InputError
from graphvae_data.graphs.graph import Graph

Z = torch.tensor([[1.0, 0.0], [2.0, 1.0], [0.0, 3.0]])
PAIRS = torch.tensor([[0, 1], [1, 2]])
WEIGHTS = torch.tensor([2.0, 5.0])


def test_losses_are_negative_log_likelihoods_up_to_a_constant() -> None:
    gaussian, poisson = GaussianModule(2), PoissonModule(2)
    for module in (gaussian, poisson):
        module.start(WEIGHTS)
        with torch.no_grad():
            module.product.copy_(torch.tensor([0.3, -0.1]))
            module.sum.copy_(torch.tensor([0.2, 0.1]))
    mean, deviation = gaussian.mean(Z, PAIRS), gaussian.log_deviation.exp()
    expected = -torch.distributions.Normal(mean, deviation).log_prob(WEIGHTS).mean()
    assert torch.allclose(gaussian.loss(Z, PAIRS, WEIGHTS) + 0.5 * math.log(2 * math.pi), expected)
    rate = poisson.mean(Z, PAIRS)
    expected = -torch.distributions.Poisson(rate).log_prob(WEIGHTS).mean()
    assert torch.allclose(
        poisson.loss(Z, PAIRS, WEIGHTS) + WEIGHTS.add(1).lgamma().mean(), expected
    )


@pytest.fixture(scope="module")
def blocks() -> Graph:
    """Two groups: edges within the first weigh 9, all others 1."""
    generator = torch.Generator().manual_seed(0)
    u, v = torch.triu_indices(40, 40, 1)
    chosen = torch.rand(len(u), generator=generator) < 0.4
    edges = torch.stack([u, v])[:, chosen]
    weights = torch.where((edges < 20).all(0), 9.0, 1.0)
    return Graph(num_nodes=40, edges=edges, weights=weights, name="blocks")


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["gaussian", "poisson"])
@pytest.mark.parametrize("model", ["gae", "vgae"])
def test_weights_are_predicted_better_than_by_their_mean(
    blocks: Graph, kind: str, model: str
) -> None:
    result = graphvae.fit(
        blocks, model, predict_weight=kind, epochs=150, latent=8, lr=0.03, device="cpu",
        baselines=False,
    )  # fmt: skip
    scores = result.metrics["weights"]
    assert scores["test"]["rmse"] < 0.6 * scores["mean weight"]["rmse"]
    assert set(scores["val"]) == {"rmse", "mae"}
    ends = result.split.test
    pairs = [(str(u), int(v)) for u, v in ends.T.tolist()]
    error = result.predict_weights(pairs) - blocks.weights[blocks.find_edges(ends)].numpy()
    assert np.sqrt((error**2).mean()) == pytest.approx(scores["test"]["rmse"], rel=1e-4)


def test_links_are_those_of_the_same_run_where_no_weights_are_predicted(blocks: Graph) -> None:
    plain = graphvae.fit(blocks, "gae", epochs=1, device="cpu", baselines=False)
    assert plain.config.to_dict()["predict_weight"] == {"kind": "none"}
    assert "weights" not in plain.metrics
    with pytest.raises(InputError, match="predict_weight: expected a run fitted with it"):
        plain.predict_weights([("0", "1")])


@pytest.mark.slow
def test_a_run_is_loaded_and_audited_with_its_weights(blocks: Graph, tmp_path: Path) -> None:
    settings = {"predict_weight": "gaussian", "device": "cpu", "baselines": False}
    run = graphvae.fit(blocks, "gae", epochs=8, out=tmp_path / "run", **settings)
    assert graphvae.load(tmp_path / "run").evaluate().weights == run.metrics["weights"]
    assert graphvae.audit_run(tmp_path / "run").passed
    assert set(run.history[-1].parts) >= {"weight"}


def test_what_has_no_weights_or_cannot_predict_them_is_refused(karate: Graph) -> None:
    with pytest.raises(InputError, match="predict_weight: needs edge weights"):
        graphvae.fit(karate, predict_weight="gaussian")
    with pytest.raises(InputError, match="predict_weight: does not support features propagated"):
        graphvae.fit(karate, "linear-gae", propagate="once", predict_weight="poisson")
