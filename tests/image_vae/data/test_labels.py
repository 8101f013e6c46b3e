"""Labels: where they come from, their term in the bound, and which codes they train."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from torch import Tensor

from graphvae_data.core.errors import InputError
from graphvae_data.images.images import load_images
from graphvae_data.training.records import EpochRecord
from image_vae.data.labels import label_of
from image_vae.evaluation.scores import label_accuracy
from image_vae.models.build import build_objective
from image_vae.models.vae import VAE
from image_vae.nn.decoders import LabelDecoder
from image_vae.parts.distributions.likelihoods import Categorical
from image_vae.parts.latent_graph import Observed
from image_vae.parts.objectives import ElboObjective
from image_vae.parts.penalties import DecomposedKl, WeightedKl
from image_vae.parts.schedules import constant
from image_vae.results.result import ImageFitResult
from image_vae.runs.fit import fit
from image_vae.training.experiment import ImageExperiment, prepare
from tests.image_vae.configs import image_config
from tests.image_vae.linear import GRAPHS, linear_model

DIGITS = load_images("digits")
SPRITES = load_images("sprites-toy")
SMALL: dict[str, Any] = {"hidden": (16,), "latent": (4,), "groups": (1, 3), "batch_size": 100}


def experiment(label: str | None = "class", **given: Any) -> ImageExperiment:
    settings = {**SMALL, "epochs": 2, **given}
    return prepare(image_config(dataset="digits", model="hfvae", label=label, **settings), DIGITS)


def test_a_label_is_the_class_or_a_factor() -> None:
    label = label_of(DIGITS, "class")
    assert (label.count, label.of_row.tolist()) == (10, DIGITS.whole.labels.tolist())
    assert SPRITES.factors is not None
    for place, (name, size) in enumerate(zip(("shape", "x", "y"), (3, 12, 12), strict=True)):
        label = label_of(SPRITES, name)
        assert (label.name, label.count) == (name, size)
        assert label.of_row.tolist() == SPRITES.factors.of_row[:, place].tolist()


def test_values_are_numbered_without_gaps_and_unknown_ones_stay_unknown(tmp_path: Path) -> None:
    given = np.array([7, -1, 3, 30, 3, -1] * 5)
    images = np.random.default_rng(0).integers(0, 256, (30, 4, 4), dtype=np.uint8)
    np.savez(tmp_path / "own.npz", images=images, labels=given)
    label = label_of(load_images(tmp_path / "own.npz"), "class")
    assert (label.count, label.of_row.tolist()) == (3, [1, -1, 0, 2, 0, -1] * 5)


@pytest.mark.parametrize(
    ("labels", "name", "words"),
    [
        (None, "class", "own has neither classes nor factors, got 'class'"),
        (np.arange(30) % 3, "shape", "expected one of class for own, got 'shape'"),
        (np.zeros(30, dtype=np.int64), "class", "at least two values, and class of own has 1"),
    ],
)
def test_a_label_that_is_not_there(
    labels: np.ndarray | None, name: str, words: str, tmp_path: Path
) -> None:
    images = np.random.default_rng(0).integers(0, 256, (30, 4, 4), dtype=np.uint8)
    known = {} if labels is None else {"labels": labels}
    np.savez(tmp_path / "own.npz", images=images, **known)
    with pytest.raises(InputError, match=words):
        label_of(load_images(tmp_path / "own.npz"), name)


def test_the_nearest_name_is_offered() -> None:
    with pytest.raises(InputError, match=r"did you mean shape\?"):
        label_of(SPRITES, "shap")


def labelled() -> tuple[VAE, dict[str, Tensor]]:
    """A linear model of known numbers, and eight images of it with labels of three values."""
    linear = linear_model(GRAPHS["one"], spoil=0.3)
    plain = linear.vae
    decoder = LabelDecoder("z", 1, 3, generator=torch.Generator().manual_seed(4)).double()
    vae = VAE(
        replace(plain.graph, observed={**plain.graph.observed, "y": Observed(("z",))}),
        inference=dict(plain.inference.items()),
        generation={},
        priors=dict(plain.priors.items()),
        decoders={**dict(plain.decoders.items()), "y": decoder},
    )
    return vae, {"x": linear.images(8), "y": torch.arange(8) % 3}


@pytest.mark.parametrize("kind", ["hfvae", "stratified", "weighted"])
def test_with_all_five_weights_one_it_is_the_negative_bound_of_image_and_label(kind: str) -> None:
    vae, data = labelled()
    trace = vae(data, 5, torch.Generator().manual_seed(0))
    terms = ElboObjective(DecomposedKl(1.0, 1.0, 1.0, kind, 40, groups=(1, 1)))(trace, 0)
    head = vae.decoders["y"].head
    scores = (trace.z["z"][..., :1] @ head.weight.T + head.bias).log_softmax(-1)
    told = torch.stack([scores[:, image, value] for image, value in enumerate(data["y"])], 1)
    bound = trace.log_px["x"] + told + trace.log_pz["z"] - trace.log_qz["z"]
    torch.testing.assert_close(terms.total, -bound.mean())
    torch.testing.assert_close(terms.parts["label"], -told.mean())
    torch.testing.assert_close(terms.parts["recon"], -trace.log_px["x"].mean())


def test_the_fifth_weight_weighs_the_label_alone() -> None:
    vae, data = labelled()
    trace = vae(data, 5, torch.Generator().manual_seed(0))
    penalty = DecomposedKl(2.0, 3.0, 4.0, "hfvae", 40, groups=(1, 1))
    one, seven = (ElboObjective(penalty, weights={"y": weight})(trace, 0) for weight in (1.0, 7.0))
    torch.testing.assert_close(seven.total - one.total, 6 * one.parts["label"])
    torch.testing.assert_close(seven.parts, one.parts)


def test_a_label_teaches_the_first_group_and_its_own_layer_alone() -> None:
    vae, data = labelled()
    trace = vae(data, 3, torch.Generator().manual_seed(0))
    q, (image, label) = trace.q["z"], (vae.decoders[name] for name in "xy")
    inner = [q.mean, q.log_std, *label.parameters(), *image.parameters()]
    found = torch.autograd.grad(trace.log_px["y"].sum(), inner, allow_unused=True)
    for each in found[:2]:
        assert each[..., 0].all()
        assert not each[..., 1:].any()
    assert all(bool(each.any()) for each in found[2:4])
    assert all(each is None for each in found[4:])


def test_an_image_without_its_label_is_scored_by_its_pixels() -> None:
    vae, data = labelled()
    unknown = {**data, "y": torch.full((8,), -1)}
    alone, both = (
        vae(each, 2, torch.Generator().manual_seed(0)) for each in ({"x": data["x"]}, unknown)
    )
    assert set(alone.log_px) == {"x"}
    torch.testing.assert_close(both.log_w, alone.log_w)


def test_a_categorical_is_torchs_and_its_values_sum_to_one() -> None:
    logits = 3 * torch.randn(2, 4, 5, generator=torch.Generator().manual_seed(0))
    given, y = Categorical(logits), torch.tensor([0, 4, -1, 2])
    theirs = torch.distributions.Categorical(logits=logits).log_prob(y.clamp(min=0))
    known = torch.tensor([True, True, False, True])
    torch.testing.assert_close(given.log_prob(y), theirs * known)
    total = sum(given.log_prob(torch.full((4,), value)).exp() for value in range(5))
    torch.testing.assert_close(total, torch.ones(2, 4))
    torch.testing.assert_close(given.mean.sum(-1), torch.ones(2, 4))


def weights_of(found: ImageExperiment) -> dict[str, Tensor]:
    return dict(found.model.state_dict())


@pytest.mark.slow
def test_without_weight_a_label_changes_no_bit_of_the_image_model() -> None:
    with_label, without = experiment(label_weight=0.0), experiment(None)
    for each in (with_label, without):
        each.trainer.run(lambda record: None)
    found, expected = weights_of(with_label), weights_of(without)
    assert set(found) - set(expected) == {"decoders.y.head.weight", "decoders.y.head.bias"}
    assert all(torch.equal(found[name], value) for name, value in expected.items())


def test_batches_and_scores_have_each_image_beside_its_label() -> None:
    found = experiment(scored=50)
    for part in ("train", "val", "test"):
        feed = found.feed(part)
        batches = list(feed.observed_in_order(30))
        told = torch.cat([batch["y"] for batch in batches])
        assert told.tolist() == feed.part.labels.tolist()
        assert torch.equal(torch.cat([b["x"] for b in batches]), torch.cat([*feed.in_order(30)]))
    index = torch.tensor([5, 900, 3])
    one = found.feed("train").observed(index, torch.Generator().manual_seed(0))
    assert one["y"].tolist() == DIGITS.train.labels[index.numpy()].tolist()


@pytest.mark.slow
def test_the_accuracy_is_that_of_the_likeliest_label_at_the_mean() -> None:
    result = fit("digits", "hfvae", label="class", epochs=2, device="cpu", **SMALL)
    head = result.experiment.model.decoders["y"].head
    first = torch.from_numpy(result.embeddings("val")[:, :1])
    guess = (first @ head.weight.T + head.bias).argmax(1).numpy()
    expected = (guess == DIGITS.val.labels).mean()
    assert result.metrics["val"]["label_accuracy"] == pytest.approx(expected)
    feed = result.experiment.feed("val")
    feed._values = torch.where(torch.arange(len(feed)) < 100, feed._values, -1)
    expected = (guess == DIGITS.val.labels)[:100].mean()
    assert label_accuracy(result.experiment.model, feed, seed=0) == pytest.approx(expected)
    feed._values = torch.full_like(feed._values, -1)
    assert label_accuracy(result.experiment.model, feed, seed=0) is None


@pytest.mark.slow
@pytest.mark.parametrize("after", [4, 15])
def test_a_run_with_a_label_continues_to_the_same_bits(after: int) -> None:
    whole, broken, continued = (experiment() for _ in range(3))
    states, expected, records = list[dict[str, Any]](), list[EpochRecord](), list[EpochRecord]()
    whole.trainer.run(expected.append)

    def keep() -> None:
        if broken.trainer.step == after:
            states.append(deepcopy(broken.trainer.state_dict()))

    broken.trainer.run(lambda record: None, keep)
    continued.trainer.load_state_dict(states[0])
    continued.trainer.run(records.append)
    for one, other in zip(expected[-len(records) :], records, strict=True):
        assert replace(one, step_seconds=0.0) == replace(other, step_seconds=0.0)
        assert {"label", "total_correlation"} <= set(one.parts) & set(one.validation)
    ours, theirs = weights_of(whole), weights_of(continued)
    assert all(torch.equal(value, theirs[name]) for name, value in ours.items())


def told_by(result: ImageFitResult, coordinates: slice) -> float:
    """How often a logistic regression on some coordinates names the class of a test image."""
    codes = {part: result.embeddings(part)[:, coordinates] for part in ("train", "test")}
    found = LogisticRegression(max_iter=1000).fit(codes["train"], DIGITS.train.labels)
    return float(found.score(codes["test"], DIGITS.test.labels))


@pytest.mark.slow
def test_the_label_goes_into_the_first_group_and_out_of_the_other() -> None:
    given: dict[str, Any] = {"hidden": (64,), "latent": (8,), "groups": (4, 4), "epochs": 15}
    given |= {"batch_size": 100, "lr": 5e-3, "device": "cpu"}
    with_label = fit("digits", "hfvae", label="class", label_weight=10.0, **given)
    without = fit("digits", "hfvae", **given)
    for part in ("val", "test"):
        assert with_label.metrics[part]["label_accuracy"] > 0.5  # the most frequent class: 0.13
        assert "label_accuracy" not in without.metrics[part]
    other = slice(4, 8)
    assert told_by(with_label, other) < told_by(without, other) - 0.15


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (
            {"model": "vae"},
            "label: is predicted from the first group of coordinates; expected a penalty with",
        ),
        ({"model": "beta-tcvae"}, "label: is predicted from the first group of coordinates"),
        ({"model": "iwae"}, "label: is predicted from the first group of coordinates"),
        ({"model": "hfvae", "label_weight": -1.0}, "label_weight: expected a number of at least 0"),
        ({"model": "hfvae", "label": None, "label_weight": 2.0}, "label_weight: requires a label"),
    ],
)
def test_what_no_label_goes_with(given: Mapping[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        image_config(dataset="digits", **{"label": "class", **given})


def test_a_model_with_groups_takes_a_label_whatever_its_name() -> None:
    config = image_config(
        dataset="digits", model="beta-tcvae", groups=(4, 6), label="class", label_weight=3.0
    )
    assert build_objective(config, WeightedKl(constant(1.0))).weights == {"y": 3.0}
