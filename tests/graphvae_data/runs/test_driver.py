"""The driver of runs: the folder has one owner, and a finished run can be trained further."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch

import graphvae
import image_vae
from graphvae_data.core.errors import InputError
from graphvae_data.runs.driver import owned
from graphvae_data.runs.options import FitOptions
from graphvae_data.runs.run_folder import RunFolder, claimed
from tests.graphvae_data.runs.results import results

pytestmark = pytest.mark.usefixtures("blank_graph_pictures", "no_image_pictures")

KEEP = FitOptions(keep_checkpoint=True)
GRAPH = {"dropout": 0.2, "baselines": False, "seed": 4}
IMAGES = {"latent": (3,), "hidden": (8,), "batch_size": 300}


def test_a_longer_graph_run_equals_one_in_one_go(tmp_path: Path) -> None:
    graphvae.fit("karate", "argae", epochs=12, out=tmp_path / "whole", **GRAPH)
    graphvae.fit("karate", "argae", epochs=5, out=tmp_path / "run", options=KEEP, **GRAPH)
    longer = graphvae.resume(tmp_path / "run", epochs=12)
    assert [record.epoch for record in longer.history] == list(range(1, 13))
    assert results(tmp_path / "run") == results(tmp_path / "whole")
    assert not (tmp_path / "run" / "resume.pt").exists()


def test_the_seconds_of_a_continued_run_are_those_of_both_processes(tmp_path: Path) -> None:
    run = tmp_path / "run"
    first = graphvae.fit("karate", epochs=60, out=run, options=KEEP, **GRAPH)
    longer = graphvae.resume(run, epochs=61)
    assert longer.metrics["seconds"]["train"] > first.metrics["seconds"]["train"]


@pytest.mark.slow
@pytest.mark.parametrize("model", ["vae", "infogan"])
def test_a_longer_image_run_equals_one_in_one_go(model: str, tmp_path: Path) -> None:
    settings = {**IMAGES, "latent": (5,)} if model == "infogan" else IMAGES
    image_vae.fit("digits", model, epochs=4, steps=None, out=tmp_path / "whole", **settings)
    options = {"out": tmp_path / "run", "options": KEEP, "steps": None}
    image_vae.fit("digits", model, epochs=2, **options, **settings)
    image_vae.resume(tmp_path / "run", epochs=4)
    assert results(tmp_path / "run") == results(tmp_path / "whole")


def test_a_run_without_its_checkpoint_cannot_go_on(tmp_path: Path) -> None:
    graphvae.fit("karate", epochs=2, out=tmp_path / "run", **GRAPH)
    before = results(tmp_path / "run")
    with pytest.raises(InputError, match=r"^epochs: .* kept no checkpoint.*--keep-checkpoint"):
        graphvae.resume(tmp_path / "run", epochs=4)
    assert results(tmp_path / "run") == before


@pytest.mark.parametrize(
    ("settings", "epochs", "message"),
    [
        ({"epochs": 5}, 3, "epochs: the run has 5 already, got 3"),
        ({"epochs": 5}, 0, "epochs: expected a whole number of at least 1, got 0"),
        ({"epochs": 5, "validate_every": 2}, 9, "no multiple of validate_every, 2"),
    ],
)
def test_a_graph_run_that_cannot_go_on_is_left_alone(
    settings: dict[str, int], epochs: int, message: str, tmp_path: Path
) -> None:
    graphvae.fit("karate", out=tmp_path / "run", options=KEEP, **settings, **GRAPH)
    before = results(tmp_path / "run")
    with pytest.raises(InputError, match=message):
        graphvae.resume(tmp_path / "run", epochs=epochs)
    assert results(tmp_path / "run") == before
    assert graphvae.load(tmp_path / "run").metrics["epochs"] == 5


def test_a_run_that_ended_inside_an_epoch_cannot_go_on(tmp_path: Path) -> None:
    run = tmp_path / "run"
    image_vae.fit("digits", steps=7, epochs=3, out=run, options=KEEP, **IMAGES)
    with pytest.raises(InputError, match="ended inside epoch 2, after 7 steps"):
        image_vae.resume(run, epochs=5)
    assert image_vae.load(run).metrics["steps"] == 7


def test_the_state_that_is_kept_is_the_last_one(tmp_path: Path) -> None:
    result = graphvae.fit("karate", epochs=9, lr=0.5, out=tmp_path / "run", options=KEEP, **GRAPH)
    state = torch.load(tmp_path / "run" / "resume.pt", weights_only=True)
    best = result.experiment.trainer.best
    assert (state["epoch"], state["best"]["epoch"]) == (9, best.epoch)
    assert best.epoch < 9
    name = next(iter(best.weights))
    assert torch.equal(state["best"]["weights"][name], best.weights[name])
    assert not torch.equal(state["players"][0]["module"][name], best.weights[name])


def test_a_folder_has_one_owner(tmp_path: Path) -> None:
    graphvae.fit("karate", epochs=1, out=tmp_path / "run", **GRAPH)
    (tmp_path / "run" / "metrics.json").unlink()
    folder = RunFolder(tmp_path / "run")
    with owned(folder):
        with pytest.raises(InputError, match=r"is in use by process \d+"):
            graphvae.resume(folder.path)
        with pytest.raises(InputError, match=r"is in use by process \d+"):
            graphvae.fit("karate", epochs=1, out=folder.path, overwrite=True, **GRAPH)
        with pytest.raises(InputError, match=r"is in use by process \d+"):
            claimed(folder.path, overwrite=True).__enter__()
    assert graphvae.resume(folder.path).metrics["epochs"] == 1
    assert not list(folder.path.glob(".*"))


def test_a_lock_ends_with_its_process(tmp_path: Path) -> None:
    code = "import os, sys; from pathlib import Path; " + (
        "from graphvae_data.runs.run_folder import RunFolder; "
        f"lock = RunFolder(Path({str(tmp_path)!r})).lock(); lock.__enter__(); os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    with owned(RunFolder(tmp_path)):
        pass
