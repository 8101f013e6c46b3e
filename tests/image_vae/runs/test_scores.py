"""Scores by name: the right values, and only those that were asked for."""

import json
import math

import pytest

from graphvae_data.core.errors import InputError
from image_vae import FitOptions, fit
from image_vae.plots.exhibits import pairs
from image_vae.runs.scores import METRICS, check_metrics, evaluate


def test_the_bound_is_that_of_the_run(small):
    result = small("vae")
    for part in ("val", "test"):
        found = evaluate(result, ("elbo", "active-units", "reconstruction"), part=part).to_dict()
        known = result.metrics[part]
        assert {key: found[key] for key in known} == known


def test_only_what_was_asked_for_is_told(small):
    found = evaluate(small("vae"), ("active-units",)).to_dict()
    assert set(found) == {"part", "binarize", "images", "active_units"}


def test_the_likelihood_is_above_the_bound_and_counts_its_images(small):
    heard = []
    scores = evaluate(small("vae"), ("elbo", "nll"), samples=50, on_images=heard.append)
    found = scores.to_dict()
    assert found["nll"] < -found["elbo"]
    assert (found["samples"], found["nll_images"], sum(heard)) == (50, 180, 180)
    assert evaluate(small("vae"), ("nll",), samples=2, limit=30).to_dict()["nll_images"] == 30


def test_the_squared_error_is_that_of_the_pairs(small):
    shown = pairs(small("vae"), count=180)
    expected = float((shown.inputs - shown.outputs).square().sum()) / 180
    found = evaluate(small("vae"), ("reconstruction",)).squared_error
    assert found == pytest.approx(expected, rel=1e-5)


def test_surgery_is_over_the_training_images_and_adds_up(small):
    found = evaluate(small("vae"), ("surgery",)).to_dict()["surgery"]
    assert found["part"] == "train"
    assert found["mutual_information"] + found["marginal_kl"] == pytest.approx(found["mean_kl"])
    assert 2.718281828 ** found["log_n"] == pytest.approx(1437)


def test_surgery_of_flows_needs_few_images():
    settings = {"latent": (2,), "hidden": (4,), "posterior_hidden": 4, "posterior_context": 2}
    options = FitOptions(progress=False)
    result = fit("digits", "iaf-vae", steps=2, warmup=1, options=options, **settings)
    with pytest.raises(InputError, match=r"limit: surgery inverts the flow of each of 1,437"):
        evaluate(result, ("surgery",))
    few = evaluate(result, ("surgery",), limit=20).surgery
    assert few.log_n == pytest.approx(math.log(20))
    assert few.mutual_information + few.marginal_kl == pytest.approx(few.mean_kl)


def test_every_metric_at_once_is_plain(small):
    found = evaluate(small("hvae"), METRICS, samples=2).to_dict()
    assert json.loads(json.dumps(found)) == found
    assert set(found["kl"]) == {"z1", "z2"}


def test_what_cannot_be_is_refused(small):
    assert check_metrics(["nll", "elbo", "nll"]) == ("elbo", "nll")
    with pytest.raises(InputError, match=r"metrics: expected some of elbo, .*got 'nil'"):
        evaluate(small("vae"), ("nil",))
    with pytest.raises(InputError, match="limit: expected at least 1, got 0"):
        evaluate(small("vae"), ("nll",), limit=0)
    with pytest.raises(InputError, match="z2 is inferred from z1"):
        evaluate(small("iwae-2"), ("surgery",))


def test_a_single_name_needs_no_list(small):
    assert evaluate(small("vae"), "elbo").to_dict() == evaluate(small("vae"), ["elbo"]).to_dict()
    with pytest.raises(InputError, match=r"got 'nlll' \(did you mean nll\?\)"):
        evaluate(small("vae"), "nlll")


@pytest.mark.wrong_types
def test_values_of_another_type_are_refused(small):
    with pytest.raises(InputError, match="result: expected a run, got 'runs/a'; `load` reads its"):
        evaluate("runs/a", ["nll"])
    with pytest.raises(InputError, match=r"samples: expected a whole number of .* 1, got 2\.5"):
        evaluate(small("vae"), ["nll"], samples=2.5)
    with pytest.raises(InputError, match=r"limit: expected a whole number of at least 1, got '3'"):
        evaluate(small("vae"), ["nll"], limit="3")
    with pytest.raises(InputError, match="part: expected one of train, val, test, got 'all'"):
        evaluate(small("vae"), ["nll"], part="all")


def test_a_metric_that_does_not_apply_leaves_the_others(small):
    found = evaluate(small("iwae-2"), ("elbo", "surgery")).to_dict()
    assert found["elbo"] < 0
    assert found["weighted"]["samples"] == 2
    assert "z2 is inferred from z1" in found["skipped"]["surgery"]
