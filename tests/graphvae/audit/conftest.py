"""A finished run to audit."""

import shutil
from pathlib import Path

import pytest

import graphvae
from tests.graphvae.audits import NAME


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clean run, not to be changed."""
    folder = tmp_path_factory.mktemp("audit") / "run"
    graphvae.fit(NAME, "gae", out=folder, epochs=30, seed=1)
    return folder


@pytest.fixture
def run(finished: Path, tmp_path: Path) -> Path:
    """A copy of it to put a fault into."""
    return Path(shutil.copytree(finished, tmp_path / "run"))
