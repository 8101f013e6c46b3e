"""The audit names splits and runs that the seed does not give."""

import json
from pathlib import Path

import pytest

import graphvae
from graphvae.audit import audit_run
from graphvae.setup.experiment import make_split
from tests.graphvae.audits import (
    DATA,
    METRICS,
    NAME,
    SETTINGS,
    SPLIT,
    START,
    edit,
    edit_history,
    named,
    said,
)
from tests.graphvae.configs import make_config


@pytest.mark.slow
def test_a_swapped_split_file_is_named(run: Path) -> None:
    other = make_split(make_config(dataset=NAME, seed=2), DATA)
    other.save(run / "split.npz")
    found = named(audit_run(run))
    assert other.fingerprint[:12] in found["fingerprint"]
    assert SPLIT.fingerprint[:12] in found["fingerprint"]
    edit(run / "metrics.json", lambda metrics: metrics.update(split=other.fingerprint))
    assert {METRICS, START} <= named(audit_run(run)).keys()


@pytest.mark.slow
def test_a_seed_that_does_not_give_the_run_is_named(run: Path) -> None:
    edit(run / "config.json", lambda config: config["run"].update(seed=5))
    edit(run / "environment.json", lambda about: about.update(command=["graphvae", "fit"]))
    found = named(audit_run(run))
    assert {"split from the seed", START} <= found.keys()
    assert "its command line has no --split" in found["split from the seed"]


@pytest.mark.slow
def test_a_given_split_is_compared_with_its_file(tmp_path: Path) -> None:
    folder, file = tmp_path / "run", tmp_path / "given.npz"
    split = make_split(make_config(dataset=NAME, seed=9), DATA)
    graphvae.fit(NAME, "gae", out=folder, split=split, **SETTINGS)
    assert said(audit_run(folder), "split from the seed")[0] is None
    line = ["graphvae", "fit", "--split", str(file)]
    edit(folder / "environment.json", lambda about: about.update(command=line))
    assert "which is missing" in said(audit_run(folder), "split from the seed")[1]
    split.save(file)
    assert said(audit_run(folder), "split from the seed") == (
        True,
        f"passed as {file}, the same split",
    )


def test_a_changed_loss_is_named_unless_only_in_its_last_digits(run: Path) -> None:
    loss = json.loads((run / "history.jsonl").read_text().splitlines()[2])["loss"]
    edit_history(run, 3, loss=loss * (1 + 1e-7))
    assert said(audit_run(run), START)[0] is None
    edit_history(run, 3, loss=loss * 1.001)
    assert "loss of epoch 3 is" in named(audit_run(run))[START]


@pytest.mark.slow
def test_bits_of_another_machine_are_not_asked_for(run: Path) -> None:
    edit(run / "environment.json", lambda about: about["versions"].update(torch="0.1"))
    found = audit_run(run)
    assert found.passed
    assert said(found, START) == (None, said(found, START)[1])
    assert "torch 0.1" in said(found, START)[1]
