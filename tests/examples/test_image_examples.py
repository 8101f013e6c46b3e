"""The examples on images: a prior, a penalty and a dataset from outside, by the command too."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy import stats

import image_vae
from examples import image_dataset
from examples.penalty import Dip
from examples.student_t_prior import StudentT, StudentTDensity
from graphvae_cli.main import main
from graphvae_data.core.errors import InputError
from image_vae.plots import pictures

ROOT = Path(__file__).resolve().parents[2]
SMALL = {"hidden": (16,), "latent": (3,), "epochs": 2, "device": "cpu"}


@pytest.fixture
def outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with the examples as modules under other names."""
    for name in ("student_t_prior", "penalty"):
        shutil.copy(ROOT / "examples" / f"{name}.py", tmp_path / f"own_{name}.py")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(pictures, "draw_run", lambda *args: None)
    yield tmp_path
    for name in ("student_t_prior", "penalty"):
        sys.modules.pop(f"own_{name}", None)


def run(*words: object) -> None:
    assert main(list(map(str, ("image", *words))), standalone_mode=False) is None


def test_the_density_and_the_draws_are_students() -> None:
    prior = StudentTDensity(2, 4)
    z = torch.randn(6, 2, generator=torch.Generator().manual_seed(0))
    expected = stats.t(4).logpdf(z.numpy()).sum(-1)
    np.testing.assert_allclose(prior.log_prob(z).numpy(), expected, rtol=1e-5)
    drawn = prior.sample(20_000, torch.Generator().manual_seed(0)).flatten().numpy()
    assert stats.kstest(drawn, stats.t(4).cdf).pvalue > 0.01


@pytest.mark.slow
def test_a_prior_of_ones_own_is_trained_kept_and_found_again(outside: Path) -> None:
    """By its name alone, from the working directory; every command takes the run."""
    named = "own_student_t_prior:StudentT"
    fit = ("--dataset", "digits", "--prior", named, "--set", "prior.df=3", "--hidden", 16)
    run("fit", *fit, "--latent", 3, "--epochs", 2, "--out", "run", "--quiet")
    config = json.loads((outside / "run" / "config.json").read_text())
    assert config["prior"] == {"kind": named, "df": 3}
    run("evaluate", "run", "--metrics", "elbo,nll,surgery", "--samples", 5, "--limit", 9, "--json")
    run("sample", "run", "-n", 4, "-o", "samples.npy")
    run("traverse", "run", "-o", "traversals.npy")
    run("embed", "run", "-o", "z.npy")
    run("fit", "--config", "run/config.json", "--epochs", 1, "--out", "again", "--quiet")
    run("sweep", *fit[:4], "--param", "prior.df", "--values", "2,9", *fit[6:], "--epochs", 1,
        "--latent", 2, "--out", "sweep", "--quiet")  # fmt: skip
    summary = json.loads((outside / "sweep" / "summary.json").read_text())
    assert [run["value"] for run in summary["runs"]] == [2, 9]


@pytest.mark.slow
def test_a_part_that_cannot_be_imported_is_asked_for(
    outside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(outside)
    from own_student_t_prior import StudentT as Own

    whole = image_vae.fit("digits", prior=Own(df=3), out="run", **SMALL)
    (outside / "own_student_t_prior.py").unlink()
    del sys.modules["own_student_t_prior"]
    with pytest.raises(InputError, match=r"^prior: cannot import own_student_t_prior:StudentT \("):
        image_vae.load("run")
    with pytest.raises(InputError, match=r"pass the part itself: load\(…, prior=StudentT\)$"):
        image_vae.load("run")
    for part in (Own, Own(df=3), StudentT):
        again = image_vae.load("run", prior=part)
        assert again.config.prior.df == 3
        np.testing.assert_array_equal(again.embeddings(), whole.embeddings())
    with pytest.raises(InputError, match="prior: expected the part of the run"):
        image_vae.load("run", prior=Own(df=4))


@pytest.mark.slow
def test_the_terms_of_a_penalty_are_recorded_and_drawn(outside: Path) -> None:
    run("fit", "--dataset", "digits", "--penalty", "own_penalty:Dip", "--set", "penalty.diagonal=9",
        "--hidden", 16, "--latent", 3, "--epochs", 2, "--out", "run", "--quiet")  # fmt: skip
    result = image_vae.load("run")
    for record in result.history:
        for parts, loss in (
            (record.parts, record.loss),
            (record.validation, record.validation["loss"]),
        ):
            total = parts["recon"] + parts["kl"] + 5 * parts["off_diagonal"] + 9 * parts["diagonal"]
            assert loss == pytest.approx(total, rel=1e-4)
    curves = result.experiment.trainer.game.curves
    assert curves["diagonal"].label == "squared distances of its variances from 1"


def test_a_penalty_checks_what_it_is_used_with() -> None:
    with pytest.raises(InputError, match=r"^penalty: .*Dip requires a model with one code"):
        image_vae.fit("digits", "hvae", penalty=Dip())
    with pytest.raises(InputError, match="Dip: diagonal: expected a number of at least 0"):
        Dip(diagonal=-1.0)


def test_images_labels_and_an_encoder_from_memory(outside: Path) -> None:
    result = image_dataset.main()
    assert result.config.dataset == "images"
    assert result.experiment.data.class_names is None
    assert set(result.experiment.data.whole.labels.tolist()) == {0, 1}
    assert result.embeddings("test").shape == (60, 2)
    assert result.history[-1].validation["loss"] < result.history[0].validation["loss"]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["image_dataset"])
def test_a_script_runs_by_itself(name: str, tmp_path: Path) -> None:
    roots = os.pathsep.join(str(ROOT / part) for part in ("", "cli", "data"))
    done = subprocess.run(
        [sys.executable, str(ROOT / "examples" / f"{name}.py")],
        env={**os.environ, "PYTHONPATH": roots},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "ELBO" in done.stdout
