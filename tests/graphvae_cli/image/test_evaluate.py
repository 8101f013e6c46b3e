"""`graphvae image evaluate`: scores, and the data on which they were measured."""

import json

import numpy as np
import pytest

from image_vae.results.result import load
from image_vae.runs.scores import METRICS, evaluate


def test_the_scores_of_the_run_come_back(invoke, digits_run):
    result = invoke("image", "evaluate", digits_run, "--json", "--part", "val")
    assert (result.exit_code, result.stderr) == (0, "")
    output = json.loads(result.stdout)
    known = json.loads((digits_run / "metrics.json").read_text())["val"]
    assert {name: output[name] for name in known} == known
    assert output["part"] == "val"


def test_json_is_what_the_library_returns(invoke, digits_run):
    arguments = ("--metrics", ",".join(METRICS), "--samples", 7, "--limit", 20)
    result = invoke("image", "evaluate", digits_run, *arguments, "--json")
    expected = evaluate(load(digits_run), METRICS, samples=7, limit=20).to_dict()
    assert json.loads(result.stdout) == expected


def test_a_table_names_the_protocol_of_each_score(invoke, digits_run):
    arguments = ("--metrics", ",".join(METRICS), "--samples", 7, "--limit", 20)
    result = invoke("image", "evaluate", digits_run, *arguments)
    assert (result.exit_code, result.stderr) == (0, "")
    head, _, *lines = result.stdout.splitlines()
    assert "dynamic binarisation" in head
    rows = {line.split("  ")[0].strip(): line for line in lines}
    assert "7 importance samples; 20 test images" in rows["−log p(x)"]
    assert "180 test images" in rows["ELBO"]
    assert "training images" in rows["surgery: mean KL"]
    names = ("reconstruction", "KL", "bits/dim", "squared error", "active units")
    assert all(name in rows for name in names)


def test_new_images_are_scored(invoke, digits_run, here):
    run = load(digits_run)
    np.save("new.npy", run.experiment.data.val.images.array())
    arguments = ("image", "evaluate", digits_run, "--json")
    new = json.loads(invoke(*arguments, "--images", "new.npy").stdout)
    known = json.loads(invoke(*arguments, "--part", "val").stdout)
    assert new == {**known, "part": "new"}
    result = invoke(
        "image", "reconstruct", digits_run, "--images", "new.npy", "-n", 4, "-o", "r.npy"
    )
    assert result.stdout.startswith("4 new images and their reconstructions")


@pytest.mark.slow
def test_a_run_whose_training_failed_is_used_with_a_note(invoke, here):
    fit = ("image", "fit", "--dataset", "digits", "--hidden", 8, "--out", "run", "--quiet")
    assert invoke(*fit, "--lr", "1e9").exit_code == 1
    result = invoke("image", "evaluate", "run", "--json")
    assert result.exit_code == 0
    assert result.stderr.startswith("run: training failed (the loss became NaN or infinite in ep")
    assert json.loads(result.stdout)["elbo"] < 0
    assert invoke("image", "embed", "run", "-o", "z.csv").exit_code == 0


def test_metrics_that_do_not_apply_are_skipped(invoke, digits_run):
    result = invoke("image", "evaluate", digits_run, "--metrics", "elbo,mig")
    assert result.exit_code == 0
    assert "ELBO" in result.stdout
    assert "need a dataset with known factors" in result.stdout
