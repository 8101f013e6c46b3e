"""`graphvae fit`: what it prints, what it leaves, what a resumed run and repeats come to."""

import json
import shlex
import shutil
from pathlib import Path

import numpy as np
import pytest
import scipy.stats
from graphvae.specs.variational import WITHOUT

from graphvae.runs.fit import fit


def test_json_is_the_content_of_metrics_json(karate_run):
    assert json.loads(karate_run.printed) == json.loads(
        (karate_run.folder / "metrics.json").read_text()
    )


def test_the_folder_is_complete(karate_run):
    assert {path.name for path in karate_run.folder.iterdir()} == {
        "config.json",
        "environment.json",
        "split.npz",
        "history.jsonl",
        "model.safetensors",
        "resume.pt",
        "metrics.json",
        "embeddings.csv",
        "links.csv",
        "curves.png",
        "roc_pr.png",
        "embedding.png",
    }


def test_every_option_reaches_the_configuration(invoke, here):
    given = {
        "dataset": "karate",
        "model": "gae",
        "loss": "sampled",
        "features": False,
        "hidden": 7,
        "latent": 3,
        "dropout": 0.25,
        "epochs": 2,
        "lr": 0.125,
        "batch_size": 20,
        "negatives": 2,
        "clip": 1.5,
        "init": "orthogonal",
        "propagate": "each-step",
        "decode_alpha": 0.5,
        "validate_every": 2,
        "patience": 9,
        "val_fraction": 0.0625,
        "test_fraction": 0.25,
        "seed": 11,
        "device": "cpu",
        "threads": 1,
        "baselines": False,
        "select": "hits@2",
        "val_edges": True,
        "split_by": "random",
        "deterministic": True,
        "capture": False,
    }
    arguments = []
    others = {"negatives": "negative-ratio", "clip": "clip-grad"}
    for name, value in given.items():
        option = others.get(name, name.replace("_", "-"))
        arguments += [f"--no-{option}"] if value is False else [f"--{option}"]
        arguments += [] if isinstance(value, bool) else [value]
    assert invoke("fit", *arguments, "--out", "run", "--quiet").exit_code == 0
    held = json.loads((here / "run" / "config.json").read_text())
    elsewhere = {"encoder": None, "decode_nodes": None}  # Python only; another loss only
    assert held == given | elsewhere | WITHOUT


@pytest.mark.parametrize(
    "given",
    [
        {"prior": "vamp", "prior_components": 3, "kl": "warmup", "kl_warmup": 4},
        {"prior": "mog", "prior_components": 2, "kl": "free-bits", "free_bits": 0.5},
        {"loss": "elbo", "estimator": "iwae", "samples": 3},
    ],
)
def test_options_of_variational_models_reach_the_configuration(invoke, here, given):
    arguments = [
        part for name, value in given.items() for part in (f"--{name.replace('_', '-')}", value)
    ]
    around = ("--dataset", "karate", "--epochs", 2, "--no-baselines", "--out", "run", "--quiet")
    assert invoke("fit", *arguments, *around).exit_code == 0
    held = json.loads((here / "run" / "config.json").read_text())
    assert held == held | WITHOUT | given


def test_the_library_gives_the_same_bits_as_the_command(karate_run):
    result = fit("karate", epochs=20, seed=3, val_fraction=0.1)
    printed = json.loads(karate_run.printed)
    assert {**result.metrics, "seconds": None} == {**printed, "seconds": None}
    table = np.loadtxt(
        karate_run.folder / "embeddings.csv", delimiter=",", skiprows=1, dtype="float32"
    )
    assert np.array_equal(result.embeddings(), table[:, 1:])


def test_a_person_sees_scores_folder_and_next_commands(invoke, here):
    result = invoke("fit", "--dataset", "karate", "--epochs", 3)
    assert (result.exit_code, result.stderr) == (0, "")
    metrics = json.loads((here / "runs" / "karate-vgae-1" / "metrics.json").read_text())
    rows = {line.split("  ")[0]: line for line in result.stdout.splitlines()}
    assert f"{metrics['test']['auc']:.3f} [" in rows["test"]
    assert f"{metrics['test']['ap']:.3f} [" in rows["test"]
    assert "both ends seen in training" in result.stdout
    for name, scores in metrics["baselines"].items():
        assert f"  {name} " in result.stdout
        assert f"{scores['auc']:.3f}" in result.stdout
    for command in ("predict", "embed", "evaluate"):
        assert f"graphvae {command} runs/karate-vgae-1" in result.stdout


def test_runs_without_a_name_are_numbered(invoke, here):
    for _ in range(2):
        arguments = ("--epochs", 1, "--model", "gae", "--no-baselines", "--quiet")
        result = invoke("fit", "--dataset", "karate", *arguments)
        assert (result.exit_code, result.output) == (0, "")  # --quiet: nothing anywhere
    assert {path.name for path in (here / "runs").iterdir()} == {"karate-gae-1", "karate-gae-2"}


def test_overwrite_replaces_the_run(invoke, own_run):
    arguments = ("--dataset", "karate", "--epochs", 1, "--no-baselines", "--quiet")
    assert invoke("fit", *arguments, "--out", own_run, "--overwrite").exit_code == 0
    assert json.loads((own_run / "config.json").read_text())["epochs"] == 1
    assert len((own_run / "history.jsonl").read_text().splitlines()) == 1
    assert [path.name for path in own_run.parent.iterdir()] == ["run"]


def test_the_next_commands_can_be_typed_as_they_stand(invoke, here, karate_run):
    moved = here / "my run"
    shutil.copytree(karate_run.folder, moved)
    result = invoke("fit", "--resume", "--out", moved)
    (line,) = [line for line in result.stdout.splitlines() if "graphvae predict" in line]
    assert shlex.split(line)[1:4] == ["graphvae", "predict", "my run"]


@pytest.mark.parametrize("model", ["gae", "vgae", "mlp"])
def test_every_model_fits_a_graph_without_features(invoke, here, model):
    arguments = ("--epochs", 2, "--model", model, "--no-baselines", "--json")
    result = invoke("fit", "--dataset", "karate", *arguments)
    assert result.exit_code == 0
    assert 0 <= json.loads(result.stdout)["test"]["auc"] <= 1


def test_a_loss_that_is_not_finite_keeps_the_last_good_weights(invoke, here):
    from safetensors.numpy import load_file

    result = invoke("fit", "--dataset", "karate", "--lr", "1e30", "--out", "run")
    assert (result.exit_code, result.stdout) == (1, "")
    (line,) = result.stderr.splitlines()
    assert line.startswith("Error: ")
    assert "NaN or infinite" in line
    assert "1e+30" in line
    weights = load_file(here / "run" / "model.safetensors")
    assert weights
    assert all(np.isfinite(value).all() for value in weights.values())
    assert not (here / "run" / "metrics.json").exists()


@pytest.fixture(scope="module")
def repeated(invoke, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("repeats") / "runs"
    arguments = ("--repeats", 3, "--seed", 5, "--epochs", 3, "--no-baselines", "--json")
    result = invoke("fit", "--dataset", "karate", *arguments, "--out", folder)
    assert (result.exit_code, result.stderr) == (0, "")
    assert json.loads(result.stdout) == json.loads((folder / "summary.json").read_text())
    return folder


def test_a_summary_is_the_mean_deviation_and_interval_of_its_runs(repeated):
    summary = json.loads((repeated / "summary.json").read_text())
    runs = [json.loads((repeated / f"00{n}" / "metrics.json").read_text()) for n in range(3)]
    assert summary["repeats"] == 3
    for part in ("val", "test"):
        for score in ("auc", "ap", "mrr"):
            values = [run[part][score] for run in runs]
            found = summary[part][score]
            assert found["values"] == values
            assert found["mean"] == pytest.approx(np.mean(values))
            assert found["std"] == pytest.approx(np.std(values, ddof=1))
            interval = scipy.stats.t.interval(0.95, 2, np.mean(values), scipy.stats.sem(values))
            assert found["interval"] == pytest.approx(interval)


def test_repeats_take_the_seeds_one_after_another(repeated, invoke, here):
    configs = [json.loads((repeated / f"00{n}" / "config.json").read_text()) for n in range(3)]
    assert [config["seed"] for config in configs] == [5, 6, 7]
    arguments = ("--seed", 6, "--epochs", 3, "--no-baselines", "--json")
    alone = json.loads(invoke("fit", "--dataset", "karate", *arguments).stdout)
    second = json.loads((repeated / "001" / "metrics.json").read_text())
    assert {**alone, "seconds": None} == {**second, "seconds": None}


def test_repeats_are_shown_as_means_with_intervals(repeated, invoke):
    summary = json.loads((repeated / "summary.json").read_text())
    auc = summary["test"]["auc"]
    half = (auc["interval"][1] - auc["interval"][0]) / 2
    for command in (("evaluate", repeated), ("fit", "--resume", "--out", repeated)):
        result = invoke(*command)
        assert (result.exit_code, result.stderr) == (0, "")
        assert f"{auc['mean']:.3f} ± {half:.3f}" in result.stdout
