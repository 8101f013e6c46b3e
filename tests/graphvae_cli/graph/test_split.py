"""`graphvae split`: write a split, inspect it, fit on it."""

import json

import pytest


def written(invoke, *arguments):
    result = invoke("split", *arguments, "--json")
    assert (result.exit_code, result.stderr) == (0, "")
    return json.loads(result.stdout)


def test_what_is_written_can_be_inspected(invoke, here):
    arguments = ("--dataset", "karate", "--seed", 4, "--test-fraction", 0.2)
    made = written(invoke, "s.npz", *arguments)
    assert made["train"] + made["val"] + made["test"] == 78
    assert (made["val"], made["test"]) == (made["val_negatives"], made["test_negatives"]) == (3, 15)
    assert written(invoke, "s.npz") == made
    shown = invoke("split", "s.npz")
    assert made["fingerprint"] in shown.stdout
    assert "15 pairs" in shown.stdout
    assert [entry.name for entry in here.iterdir()] == ["s.npz"]


def test_fit_makes_the_same_split_from_the_same_seed(invoke, karate_run, here):
    made = written(invoke, "s.npz", "--dataset", "karate", "--seed", 3, "--val-fraction", 0.1)
    assert made["fingerprint"] == json.loads(karate_run.printed)["split"]
    assert written(invoke, karate_run.folder / "split.npz")["fingerprint"] == made["fingerprint"]


@pytest.mark.slow
def test_fit_on_a_split_file_uses_that_split(invoke, here):
    made = written(invoke, "s.npz", "--dataset", "karate", "--seed", 8, "--val-fraction", 0.25)
    arguments = ("--epochs", 2, "--no-baselines", "--split", "s.npz", "--out", "run", "--json")
    metrics = json.loads(invoke("fit", "--dataset", "karate", *arguments).stdout)
    assert metrics["split"] == made["fingerprint"]
    assert metrics["val"]["positives"] == made["val"] == 19
    assert written(invoke, "run/split.npz")["fingerprint"] == made["fingerprint"]


def test_another_seed_is_another_split(invoke, here):
    first = written(invoke, "a.npz", "--dataset", "karate")
    second = written(invoke, "a.npz", "--dataset", "karate", "--seed", 1, "--overwrite")
    assert first["graph"] == second["graph"]
    assert first["fingerprint"] != second["fingerprint"]
