"""A label as latent variable: the loss of labelled and unlabelled images, exact and sampled."""

import math
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import image_vae
from graphvae_data.core.errors import InputError
from graphvae_data.images.images import load_images
from graphvae_data.training.records import EpochRecord
from image_vae.models.build import build_objective
from image_vae.models.labelled import (
    SemiSupervised,
    label_logits,
    label_posterior,
    standard_kl,
)
from image_vae.models.vae import VAE
from image_vae.parts.bounds import elbo, iwae
from image_vae.parts.distributions.posteriors import DiagonalGaussian
from image_vae.parts.objectives import ElboObjective
from image_vae.parts.penalties import WeightedKl
from image_vae.parts.terms import LossTerms
from image_vae.training.experiment import ImageExperiment, prepare
from tests.image_vae.configs import image_config
from tests.image_vae.labelled_model import SMALL, VALUES, Y, data, generator, model_of

BOUND = ElboObjective(WeightedKl())


def supervised(model: VAE, k: int = 1) -> Tensor:
    """L(x, y): the bound of a VAE in which the label is a condition, and −log p(y)."""
    return -elbo(model.observing("y")(data(Y), k, generator(1))) + math.log(VALUES)


def test_a_fully_labelled_set_gives_the_supervised_bound_exactly() -> None:
    model = model_of()
    terms = SemiSupervised(BOUND, 3.0, 2.0).loss(model, data(Y), 1, generator(1), 0)
    told = label_logits(model, data())[torch.arange(6), Y]
    torch.testing.assert_close(terms.total, 2 * (supervised(model) - 3 * told).mean())
    torch.testing.assert_close(terms.parts["label"], -told.mean())
    torch.testing.assert_close(terms.parts["recon"] + terms.parts["kl"], supervised(model).mean())


class NormOfWeights(WeightedKl):
    """The divergence, and a penalty on the weights."""

    def on_weights(self, model: nn.Module, step: int) -> LossTerms:
        return LossTerms(torch.tensor(5.0 + step, dtype=torch.double), {})


@pytest.mark.parametrize("labels", [Y, Y.new_full((6,), -1), torch.tensor([0, -1, -1, 3, -1, 1])])
def test_a_penalty_on_weights_counts_once_however_many_labels_are_known(labels: Tensor) -> None:
    model = model_of()
    without, with_penalty = (
        SemiSupervised(bound, 3.0, 2.0).loss(model, data(labels), 1, generator(1), 2)
        for bound in (BOUND, ElboObjective(NormOfWeights()))
    )
    torch.testing.assert_close(with_penalty.total - without.total, torch.tensor(7.0).double())


def test_the_supervised_bound_is_that_of_an_enumerated_label_that_is_known() -> None:
    """The noise differs, so the closed parts are compared."""
    model = model_of()
    whole, view = model(data(Y), 1, generator()), model.observing("y")(data(Y), 1, generator())
    kl = whole.average(whole.kl("z", analytic=True))
    torch.testing.assert_close(view.average(view.kl("z", analytic=True)), kl)
    assert whole.px["x"].mean.shape[0] == VALUES
    assert view.px["x"].mean.shape[0] == 1
    known = whole.average(whole.kl("y", analytic=True))
    torch.testing.assert_close(known, torch.full((6,), math.log(VALUES), dtype=torch.double))


def test_without_labels_it_is_the_bound_and_with_some_a_mean_over_the_batch() -> None:
    model, objective = model_of(), SemiSupervised(BOUND, 3.0, 2.0)
    free = objective.loss(model, data(), 1, generator(1), 0)
    torch.testing.assert_close(free.total, -elbo(model(data(), 1, generator(1))).mean())
    unknown = objective.loss(model, data(torch.full((6,), -1)), 1, generator(1), 0)
    torch.testing.assert_close(unknown.total, free.total)
    mixed = data(torch.tensor([-1, -1, 2, 3, -1, 1]))
    total = objective.loss(model, mixed, 1, generator(1), 0).total
    draws = generator(1)
    rows = mixed["y"] < 0
    alone = objective.loss(model, {"x": mixed["x"][rows]}, 1, draws, 0).total
    told = {name: value[~rows] for name, value in mixed.items()}
    known = objective.loss(model, told, 1, draws, 0).total
    torch.testing.assert_close(total, (alone + known) / 2)


@pytest.mark.parametrize("k", [1, 3])
def test_the_enumerated_marginal_is_the_exact_sum(k: int) -> None:
    model = model_of()
    trace = model(data(), k, generator())
    joint = [
        (trace.log_w + trace.log_qz["y"]).view(VALUES, k, 6)[value].exp().mean(0)
        for value in range(VALUES)
    ]
    torch.testing.assert_close(iwae(trace), torch.stack(joint).sum(0).log())


@pytest.mark.slow
@pytest.mark.parametrize("estimator", ["sample", "relax"])
def test_sampled_labels_agree_within_three_standard_errors(estimator: str) -> None:
    """Importance sampling of the label has the mean of the exact sum; a relaxed one comes close."""
    model, exactly = model_of(), estimator == "sample"
    other = model_of(label_estimator=estimator, samples=2, label_temperature=0.3)
    other.load_state_dict(model.state_dict())
    count = 20_000
    exact = iwae(model(data(), count // VALUES, generator(2))).exp()
    weights = other(data(), count, generator(3)).log_w.exp()
    if exactly:
        error = math.sqrt(2) * weights.std(0) / math.sqrt(count)  # z is drawn on both sides
        assert bool(((weights.mean(0) - exact).abs() < 3 * error).all())
    q, near = label_posterior(model, data(), 2_000, generator(4)), 0.05 if exactly else 0.15
    assert bool(((label_posterior(other, data(), count, generator(5)) - q).abs() < near).all())
    torch.testing.assert_close(q.sum(1), torch.ones(6, dtype=torch.double))


def test_the_gradient_of_sampled_labels_is_that_of_the_sum() -> None:
    """The score function with a baseline has no bias."""
    model, other = model_of(), model_of(label_estimator="sample", samples=2)
    other.load_state_dict(model.state_dict())

    def gradient(of: VAE, k: int) -> Tensor:
        weight = next(of.inference["y"].parameters())
        loss = -elbo(of(data(), k, generator(7))).mean()
        return torch.autograd.grad(loss, weight)[0].flatten()

    exact, estimated = gradient(model, 500), gradient(other, 20_000)
    assert float((exact - estimated).norm() / exact.norm()) < 0.1


def test_a_known_label_is_not_drawn() -> None:
    model = model_of(label_estimator="sample", samples=3)
    trace = model(data(Y), 3, generator())
    assert torch.equal(trace.z["y"].argmax(-1), Y.expand(3, 6))
    assert not trace.log_qz["y"].any()
    torch.testing.assert_close(trace.log_weights.exp(), torch.full((3, 6), 1 / 3).double())


def test_m2_on_codes_does_not_move_m1() -> None:
    model = model_of("m1-m2", latent=(3, 2), hidden_between=(7,))
    config = image_config("digits", "m1-m2", **(SMALL | {"latent": (3, 2)}))
    objective = build_objective(config, WeightedKl())
    terms = objective.loss(model, data(Y), 1, generator(1), 0)
    m1 = [*model.inference["z1"].parameters(), *model.decoders.parameters()]
    m2 = [
        *model.inference["y"].parameters(),
        *model.inference["z2"].parameters(),
        *model.generation.parameters(),
    ]
    q = model.inference["z1"]({"x": data()["x"].unsqueeze(0)})
    z1 = q.sample(generator(1))
    recon = -model.decoders["x"]({"z1": z1}).log_prob(data()["x"])
    plain = (recon + standard_kl(q)).mean()
    ours = torch.autograd.grad(terms.total, [*m1, *m2], retain_graph=True)
    for one, other in zip(ours, torch.autograd.grad(plain, m1), strict=False):
        torch.testing.assert_close(one, other)
    assert all(bool(each.any()) for each in ours[len(m1) :])


def test_the_kl_from_a_standard_normal() -> None:
    q = DiagonalGaussian(torch.tensor([[[1.0, -2.0]]]), torch.tensor([[[0.3, 0.0]]]))
    theirs = torch.distributions.kl_divergence(
        torch.distributions.Normal(q.mean, q.log_std.exp()), torch.distributions.Normal(0.0, 1.0)
    )
    torch.testing.assert_close(standard_kl(q), theirs.sum(-1))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"label": None}, "label_weight: requires a label"),
        ({"prior": "vamp"}, "prior: vamp does not support a label as latent variable"),
        (
            {"penalty": "decomposed"},
            "penalty: decomposed does not support a label as latent variable",
        ),
        ({"label_estimator": "sample"}, "samples: expected at least 2 for sampled labels"),
        (
            {"label_estimator": "sample", "bound": "iwae", "samples": 4},
            "label_estimator: sample supports bounds that are expectations only, got iwae",
        ),
    ],
)
def test_what_a_label_among_the_codes_does_not_go_with(
    settings: dict[str, Any], words: str
) -> None:
    with pytest.raises(InputError, match=words):
        image_config("digits", "m2", **settings)


DIGITS = load_images("digits")


def experiment(name: str, **settings: Any) -> ImageExperiment:
    small = {"hidden": (8,), "epochs": 2, "batch_size": 200, "labels_per_class": 3}
    return prepare(image_config("digits", name, **small, **settings), DIGITS)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("m2", {}),
        ("m2", {"label_estimator": "sample", "samples": 2}),
        ("ssvae", {}),
        ("m1-m2", {}),
    ],
)
def test_a_run_continues_to_the_same_bits(name: str, settings: dict[str, Any]) -> None:
    whole, broken, continued = (experiment(name, **settings) for _ in range(3))
    states, expected, records = list[dict[str, Any]](), list[EpochRecord](), list[EpochRecord]()
    whole.trainer.run(expected.append)

    def keep() -> None:
        if broken.trainer.step == 5:
            states.append(deepcopy(broken.trainer.state_dict()))

    broken.trainer.run(lambda record: None, keep)
    continued.trainer.load_state_dict(states[0])
    continued.trainer.run(records.append)
    for one, other in zip(expected[-len(records) :], records, strict=True):
        assert replace(one, step_seconds=0.0) == replace(other, step_seconds=0.0)
        assert {"label", "error"} <= set(one.validation)
    theirs = continued.model.state_dict()
    assert all(torch.equal(value, theirs[key]) for key, value in whole.model.state_dict().items())


@pytest.mark.slow
def test_validation_chooses_the_weights_by_the_share_of_wrong_labels() -> None:
    made = experiment("m2", lr=5e-3)
    records = list[EpochRecord]()
    made.trainer.run(records.append)
    errors = [record.validation["error"] for record in records]
    assert made.trainer.best.score == min(errors)
    scores = made.evaluate()
    assert scores["val"]["label_accuracy"] == pytest.approx(1 - min(errors))
    assert 0 < scores["test"]["label_accuracy_weighted"] <= 1


@pytest.mark.slow
def test_a_run_records_its_labels_and_draws_images_of_a_class(tmp_path: Any) -> None:
    settings: dict[str, Any] = {"hidden": (8,), "epochs": 1, "labels_per_class": 2}
    result = image_vae.fit("digits", "m2", out=tmp_path / "run", device="cpu", **settings)
    assert result.experiment.labels()["known"] == 20
    assert {"labels.png", "analogies.png"} <= {path.name for path in (tmp_path / "run").iterdir()}
    again = image_vae.load(tmp_path / "run")
    assert again.experiment.labels() == result.experiment.labels()
    assert again.embeddings().shape == (180, 50)
    three = result.sample(4, label=3)
    assert torch.equal(three, again.sample(4, label=3))
    assert not torch.equal(three, result.sample(4, label=4))
    with pytest.raises(InputError, match=r"label: expected one of 0, 1, .*, got 10"):
        result.sample(1, label=10)
