"""A label as a categorical code, enumerated (Kingma et al. 2014, M2), built outside the package."""

import math
from pathlib import Path

import pytest
import torch
from sklearn.datasets import load_digits
from torch import Tensor

import image_vae
from image_vae import (
    CategoricalPosterior,
    CodeNetwork,
    Conditional,
    ElboObjective,
    GaussianPosterior,
    Latent,
    LatentGraph,
    Observed,
    WeightedKl,
)
from image_vae.nn.decoders import Decoder
from image_vae.parts.distributions.likelihoods import BernoulliHead
from tests.outside.runs import check_run

GRAPH = LatentGraph(
    (Latent("y", 10, categorical=True), Latent("z", 4, q_parents=("x", "y"))),
    {"x": Observed(("z", "y"))},
)


def network(parents: dict[str, tuple[int, ...]], family: image_vae.PosteriorModule) -> CodeNetwork:
    generator = torch.Generator().manual_seed(len(parents))
    hidden = Conditional(
        parents, family.widths, hidden=(64,), activation="relu", generator=generator
    )
    return CodeNetwork(hidden, family)


def m2() -> image_vae.VAE:
    """Y ← x, z ← x y; x ← z y."""
    generator = torch.Generator().manual_seed(0)
    return image_vae.VAE(
        GRAPH,
        inference={
            "y": network({"x": (1, 8, 8)}, CategoricalPosterior(10)),
            "z": network({"x": (1, 8, 8), "y": (10,)}, GaussianPosterior(4)),
        },
        generation={},
        priors={"y": image_vae.UniformCategories(10), "z": image_vae.StandardNormal(4)},
        decoders={
            "x": Decoder(
                {"z": 4, "y": 10},
                BernoulliHead(torch.full((1, 8, 8), 0.3)),
                (1, 8, 8),
                hidden=(64, 64),
                activation="relu",
                generator=generator,
            )
        },
    )


def digits(count: int) -> tuple[Tensor, Tensor]:
    data = load_digits()
    images = torch.tensor(data.images[:count], dtype=torch.float32) / 16
    return images.round().unsqueeze(1), torch.tensor(data.target[:count])


def test_the_bound_is_the_sum_over_the_values_of_the_label() -> None:
    """With q(y | x) as weights, of the bounds at each y that is known."""
    model, (x, _) = m2(), digits(6)
    whole = image_vae.elbo(model({"x": x}, 1, torch.Generator().manual_seed(0)))
    q = model.inference["y"]({"x": x.unsqueeze(0)}).logits.squeeze(0).log_softmax(-1)
    # One pass draws the same noise for value c of example i whether or not labels are known.
    parts = []
    for c in range(10):
        y = torch.full((6,), c)
        labelled = model({"x": x, "y": y}, 1, torch.Generator().manual_seed(0))
        parts.append(image_vae.elbo(labelled))
    expected = (q.exp() * (torch.stack(parts, 1) - q)).sum(1)
    torch.testing.assert_close(whole, expected)


def test_the_marginal_likelihood_sums_over_the_label_exactly() -> None:
    model, (x, _) = m2(), digits(3)
    trace = model({"x": x}, 2, torch.Generator().manual_seed(0))
    assert trace.log_w.shape == (20, 3)
    by_value = trace.log_w.unflatten(0, (10, 2)) + trace.log_qz["y"].unflatten(0, (10, 2))
    expected = by_value.exp().double().mean(1).sum(0).log()
    torch.testing.assert_close(image_vae.iwae(trace).double(), expected)
    torch.testing.assert_close(trace.log_weights.exp().sum(0), torch.ones(3))


def test_labels_may_be_known_for_some_examples_of_a_batch() -> None:
    model, (x, y) = m2(), digits(5)
    y[::2] = -1
    some = model({"x": x, "y": y}, 1, torch.Generator().manual_seed(0))
    none = model({"x": x}, 1, torch.Generator().manual_seed(0))
    every = model({"x": x, "y": digits(5)[1]}, 1, torch.Generator().manual_seed(0))
    torch.testing.assert_close(image_vae.elbo(some)[::2], image_vae.elbo(none)[::2])
    torch.testing.assert_close(image_vae.elbo(some)[1::2], image_vae.elbo(every)[1::2])
    assert image_vae.iwae(some).isfinite().all()


class WithClassifier(ElboObjective):
    """The bound, and −α log q(y | x) of examples whose label is known."""

    def loss(self, model, data, k, generator, step, **options):  # type: ignore[no-untyped-def]
        terms = super().loss(model, data, k, generator, step, **options)
        if "y" not in data:
            return terms
        log_q = model.inference["y"]({"x": data["x"].unsqueeze(0)}).logits.log_softmax(-1)
        known = data["y"] >= 0
        chosen = log_q.squeeze(0).gather(1, data["y"].clamp(min=0).unsqueeze(1)).squeeze(1)
        return image_vae.LossTerms(terms.total - 10 * chosen[known].mean(), terms.parts)


@pytest.mark.slow
def test_it_learns_to_classify_from_a_hundred_labels() -> None:
    model, (x, y) = m2(), digits(1_797)
    labels = torch.full_like(y, -1)
    labels[:100] = y[:100]
    objective = WithClassifier(WeightedKl())
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    generator = torch.Generator().manual_seed(0)
    for step in range(300):
        rows = torch.randint(1_500, (100,), generator=generator)
        rows[:20] = torch.randint(100, (20,), generator=generator)
        optimizer.zero_grad()
        data = {"x": x[rows], "y": labels[rows]}
        objective.loss(model, data, 1, generator, step).total.backward()
        optimizer.step()
    guessed = model.inference["y"]({"x": x[1_500:].unsqueeze(0)}).logits.squeeze(0).argmax(-1)
    assert float((guessed == y[1_500:]).float().mean()) > 0.75
    fixed = model.sample_codes(7, generator, given={"y": torch.arange(7)})
    assert torch.equal(fixed["y"].squeeze(0).argmax(-1), torch.arange(7))
    assert model.decode(fixed)["x"].mean.shape == (1, 7, 1, 8, 8)
    state = {name: value.clone() for name, value in model.state_dict().items()}
    other = m2()
    other.load_state_dict(state)
    again = [
        image_vae.elbo(each({"x": x[:9]}, 1, torch.Generator().manual_seed(1)))
        for each in (model, other)
    ]
    assert torch.equal(*again)


class Clusters(image_vae.Latents):
    """A category and a code, both inferred from the image."""

    latent: tuple[int, ...] = image_vae.Field((3,), description="Width of the code.")
    clusters: int = image_vae.Field(4, ge=2, description="How many categories.")

    def build(self) -> LatentGraph:
        y = Latent("y", self.clusters, categorical=True)
        z = Latent("z", self.latent[0], q_parents=("x", "y"), p_parents=("y",))
        return LatentGraph((y, z), {"x": Observed(("z",))})


@pytest.mark.slow
def test_a_latent_category_trains_scores_samples_and_resumes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = check_run(tmp_path, monkeypatch, latents=Clusters())
    assert set(result.metrics["test"]["kl"]) == {"y", "z"}
    kl = result.metrics["test"]["kl"]["y"]
    assert 0 <= kl <= math.log(4) + 1e-4
    trace = result.experiment.model({"x": torch.rand(3, 1, 8, 8)}, 1, torch.Generator())
    assert trace.px["x"].mean.shape == (4, 3, 1, 8, 8)
