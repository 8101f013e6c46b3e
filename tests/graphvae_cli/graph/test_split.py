"""`graphvae split`: write a split, inspect it, fit on it."""

import json

import pytest

pytestmark = pytest.mark.usefixtures("blank_graph_pictures")


def written(invoke, *arguments):
    result = invoke("split", *arguments, "--json")
    assert (result.exit_code, result.stderr) == (0, "")
    return json.loads(result.stdout)


def test_what_is_written_can_be_inspected(invoke, here):
    arguments = ("--dataset", "karate", "--seed", 4, "--test-fraction", 0.2)
    sizes = written(invoke, "s.npz", *arguments)
    assert sizes["train"] + sizes["val"] + sizes["test"] == 78
    assert (sizes["val"], sizes["test"]) == (3, 15)
    assert (sizes["val_negatives"], sizes["test_negatives"]) == (3, 15)
    assert written(invoke, "s.npz") == sizes
    shown = invoke("split", "s.npz")
    assert sizes["fingerprint"] in shown.stdout
    assert "15 pairs" in shown.stdout
    assert [entry.name for entry in here.iterdir()] == ["s.npz"]


def test_fit_makes_the_same_split_from_the_same_seed(invoke, karate_run, here):
    sizes = written(invoke, "s.npz", "--dataset", "karate", "--seed", 3, "--val-fraction", 0.1)
    assert sizes["fingerprint"] == json.loads(karate_run.printed)["split"]
    assert written(invoke, karate_run.folder / "split.npz")["fingerprint"] == sizes["fingerprint"]


@pytest.mark.slow
def test_fit_on_a_split_file_uses_that_split(invoke, here):
    sizes = written(invoke, "s.npz", "--dataset", "karate", "--seed", 8, "--val-fraction", 0.25)
    arguments = ("--epochs", 2, "--no-baselines", "--split", "s.npz", "--out", "run", "--json")
    metrics = json.loads(invoke("fit", "--dataset", "karate", *arguments).stdout)
    assert metrics["split"] == sizes["fingerprint"]
    assert metrics["val"]["positives"] == sizes["val"] == 19
    assert written(invoke, "run/split.npz")["fingerprint"] == sizes["fingerprint"]


def test_another_seed_is_another_split(invoke, here):
    first = written(invoke, "a.npz", "--dataset", "karate")
    second = written(invoke, "a.npz", "--dataset", "karate", "--seed", 1, "--overwrite")
    assert first["graph"] == second["graph"]
    assert first["fingerprint"] != second["fingerprint"]
