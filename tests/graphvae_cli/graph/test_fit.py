"""`graphvae fit`: what it prints and writes; resumed runs and repeats."""

import json
import shlex
import shutil
from pathlib import Path

import numpy as np
import pytest
import scipy.stats

from graphvae.runs.fit import fit
from graphvae.specs.losses import SampledLoss
from graphvae.specs.recipe import CATALOGUE, FitConfig


def test_json_is_the_content_of_metrics_json_without_the_digests(karate_run):
    written = json.loads((karate_run.folder / "metrics.json").read_text())
    assert {"config.json", "split.npz", "history.jsonl", "model.safetensors"} == set(
        written.pop("digests")
    )
    assert json.loads(karate_run.printed) == written


def test_the_folder_is_complete(karate_run):
    assert {path.name for path in karate_run.folder.iterdir()} == {
        "config.json",
        "environment.json",
        "split.npz",
        "history.jsonl",
        "model.safetensors",
        "metrics.json",
        "embeddings.csv",
        "links.csv",
        "curves.png",
        "roc_pr.png",
        "embedding.png",
    }


def options_of(settings: dict[str, object]) -> list[object]:
    """Write settings as options."""
    arguments: list[object] = []
    for name, value in settings.items():
        option = name.replace("_", "-")
        arguments += [f"--no-{option}"] if value is False else [f"--{option}"]
        arguments += [] if isinstance(value, bool) else [value]
    return arguments


@pytest.mark.slow
@pytest.mark.parametrize(
    "settings",
    [
        {
            "model": "gae",
            "loss": "sampled",
            "hidden": 7,
            "latent": 3,
            "dropout": 0.25,
            "epochs": 2,
            "lr": 0.125,
            "batch_size": 20,
            "negative_ratio": 2,
            "clip_grad": 1.5,
            "init": "orthogonal",
            "features": False,
            "validate_every": 2,
            "patience": 9,
            "val_fraction": 0.0625,
            "test_fraction": 0.25,
            "seed": 11,
            "select": "hits@2",
            "val_edges": True,
            "split_by": "random",
            "deterministic": True,
            "capture": False,
        },
        {"model": "gae", "decode_nodes": 9, "decode_alpha": 0.5},
        {"prior": "vamp", "prior_components": 3, "warmup": 4},
        {"prior": "mog", "prior_components": 2, "penalty": "free-bits", "free_bits": 0.5},
        {"loss": "elbo", "bound": "iwae", "samples": 3},
        {"adversary": "discriminator", "adversary_hidden": "8,4", "adversary_lr": 0.01},
        {"model": "gae", "decoder": "residual-mlp", "decoder_layers": 2, "loss": "sampled"},
    ],
    ids=lambda settings: ",".join(settings),
)
def test_options_reach_the_configuration(invoke, here, settings):
    common = ("--epochs", 2, "--no-baselines", "--device", "cpu", "--out", "run", "--quiet")
    result = invoke("fit", "--dataset", "karate", *common, *options_of(settings))
    assert (result.exit_code, result.output) == (0, "")
    config = FitConfig.model_validate(json.loads((here / "run" / "config.json").read_text()))
    values = {**CATALOGUE.values(config), "model": config.model}
    values["adversary_hidden"] = ",".join(map(str, values.get("adversary_hidden", ())))
    assert {name: values[name] for name in settings} == settings


@pytest.mark.slow
def test_a_run_is_reproduced_from_its_config(invoke, here):
    first = ("--dataset", "karate", "--prior", "vamp", "--prior-components", 4, "--epochs", 3)
    assert invoke("fit", *first, "--no-baselines", "--out", "a", "--quiet").exit_code == 0
    again = ("--dataset", "karate", "--config", "a/config.json", "--out", "b", "--quiet")
    assert invoke("fit", *again).exit_code == 0
    assert (here / "a" / "config.json").read_text() == (here / "b" / "config.json").read_text()
    assert (here / "a" / "embeddings.csv").read_text() == (
        here / "b" / "embeddings.csv"
    ).read_text()
    other = (*again[:-3], "--epochs", 2, "--out", "c", "--quiet")
    assert invoke("fit", *other).exit_code == 0
    assert json.loads((here / "c" / "config.json").read_text())["training"]["epochs"] == 2


@pytest.mark.slow
def test_settings_come_from_toml_too(invoke, here):
    (here / "settings.toml").write_text(
        'model = "gae"\nlatent = 5\n[training]\nepochs = 3\n[loss]\nkind = "sampled"\n'
    )
    arguments = ("--config", "settings.toml", "--no-baselines", "--out", "run", "--quiet")
    assert invoke("fit", "--dataset", "karate", *arguments).exit_code == 0
    config = FitConfig.model_validate(json.loads((here / "run" / "config.json").read_text()))
    assert (config.model, config.latent, config.training.epochs) == ("gae", 5, 3)
    assert config.loss == SampledLoss()


def test_the_library_gives_the_same_bits_as_the_command(karate_run):
    result = fit("karate", epochs=20, seed=3, val_fraction=0.1)
    printed = json.loads(karate_run.printed)
    assert {**result.metrics, "seconds": None} == {**printed, "seconds": None}
    table = np.loadtxt(
        karate_run.folder / "embeddings.csv", delimiter=",", skiprows=1, dtype="float32"
    )
    assert np.array_equal(result.embeddings(), table[:, 1:])


@pytest.mark.usefixtures("drawn_pictures")
def test_scores_folder_and_next_commands_are_printed(invoke, here):
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


@pytest.mark.slow
def test_runs_without_a_name_are_numbered(invoke, here):
    for _ in range(2):
        arguments = ("--epochs", 1, "--model", "gae", "--no-baselines", "--quiet")
        result = invoke("fit", "--dataset", "karate", *arguments)
        assert (result.exit_code, result.output) == (0, "")  # --quiet: nothing anywhere
    assert {path.name for path in (here / "runs").iterdir()} == {"karate-gae-1", "karate-gae-2"}


@pytest.mark.slow
def test_overwrite_replaces_the_run(invoke, own_run):
    arguments = ("--dataset", "karate", "--epochs", 1, "--no-baselines", "--quiet")
    assert invoke("fit", *arguments, "--out", own_run, "--overwrite").exit_code == 0
    assert json.loads((own_run / "config.json").read_text())["training"]["epochs"] == 1
    assert len((own_run / "history.jsonl").read_text().splitlines()) == 1
    assert [path.name for path in own_run.parent.iterdir()] == ["run"]


def test_the_next_commands_can_be_typed_as_they_stand(invoke, here, karate_run):
    moved = here / "my run"
    shutil.copytree(karate_run.folder, moved)
    result = invoke("fit", "--resume", "--out", moved)
    (line,) = [line for line in result.stdout.splitlines() if "graphvae predict" in line]
    assert shlex.split(line)[1:4] == ["graphvae", "predict", "my run"]


@pytest.mark.slow
@pytest.mark.parametrize("model", ["gae", "vgae", "mlp"])
def test_every_model_fits_a_graph_without_features(invoke, here, model):
    arguments = ("--epochs", 2, "--model", model, "--no-baselines", "--json")
    result = invoke("fit", "--dataset", "karate", *arguments)
    assert result.exit_code == 0
    assert 0 <= json.loads(result.stdout)["test"]["auc"] <= 1


def test_a_loss_that_is_not_finite_keeps_the_last_good_weights(invoke, here):
    from safetensors.numpy import load_file

    result = invoke("fit", "--dataset", "karate", "--lr", "1e9", "--out", "run")
    assert (result.exit_code, result.stdout) == (1, "")
    (line,) = result.stderr.splitlines()
    assert line.startswith("Error: ")
    assert "NaN or infinite" in line
    assert "1e+09" in line
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


@pytest.mark.slow
def test_a_summary_is_the_mean_deviation_and_interval_of_its_runs(repeated):
    summary = json.loads((repeated / "summary.json").read_text())
    runs = [json.loads((repeated / f"00{n}" / "metrics.json").read_text()) for n in range(3)]
    assert summary["repeats"] == 3
    for part in ("val", "test"):
        for score in ("auc", "ap", "mrr"):
            values = [run[part][score] for run in runs]
            reported = summary[part][score]
            assert reported["values"] == values
            assert reported["mean"] == pytest.approx(np.mean(values))
            assert reported["std"] == pytest.approx(np.std(values, ddof=1))
            interval = scipy.stats.t.interval(0.95, 2, np.mean(values), scipy.stats.sem(values))
            assert reported["interval"] == pytest.approx(interval)


@pytest.mark.slow
def test_repeats_use_consecutive_seeds(repeated, invoke, here):
    configs = [json.loads((repeated / f"00{n}" / "config.json").read_text()) for n in range(3)]
    assert [config["run"]["seed"] for config in configs] == [5, 6, 7]
    arguments = ("--seed", 6, "--epochs", 3, "--no-baselines", "--json")
    alone = json.loads(invoke("fit", "--dataset", "karate", *arguments).stdout)
    second = json.loads((repeated / "001" / "metrics.json").read_text())
    timed = {"seconds": None, "digests": None}
    assert {**alone, **timed} == {**second, **timed}


@pytest.mark.slow
def test_repeats_are_shown_as_means_with_intervals(repeated, invoke):
    summary = json.loads((repeated / "summary.json").read_text())
    auc = summary["test"]["auc"]
    half = (auc["interval"][1] - auc["interval"][0]) / 2
    for command in (("evaluate", repeated), ("fit", "--resume", "--out", repeated)):
        result = invoke(*command)
        assert (result.exit_code, result.stderr) == (0, "")
        assert f"{auc['mean']:.3f} ± {half:.3f}" in result.stdout
