"""Files in a run folder, and which of them are not written by default."""

import pytest

from graphvae.runs import run_files
from tests.graphvae.configs import make_experiment


@pytest.mark.parametrize(
    ("model", "pair"), [("gae", 116), ("strong-gae", 228 + 128 * 32 + 32 + 32)]
)
def test_links_are_listed_while_scoring_every_pair_is_little_work(
    model: str, pair: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    experiment = make_experiment("karate", model)
    monkeypatch.setattr(run_files, "LINKS_WORK", 34**2 * pair)
    assert run_files.lists_links(experiment)
    monkeypatch.setattr(run_files, "LINKS_WORK", 34**2 * pair - 1)
    assert not run_files.lists_links(experiment)
