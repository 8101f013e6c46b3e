"""Fixtures of all tests: the download cache, one thread, coarse pictures, a generator."""

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from hypothesis import settings

from graphvae_data.files import figures

DPI, LAYOUT = figures.DPI, figures.LAYOUT
ROOT = Path(__file__).resolve().parents[1]


def pytest_configure() -> None:
    """Let every process that the tests start compute on one thread, so that they do not fight.

    The garbage collector pauses while tests are collected, which takes a third of that time off:
    almost everything that is imported stays.
    """
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    gc.disable()
    settings.register_profile("no deadline", deadline=None)  # other processes slow a test down
    settings.load_profile("no deadline")


def pytest_collection_finish() -> None:
    """Let the garbage collector look only at what the tests make."""
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session", autouse=True)
def shared_home(request: pytest.FixtureRequest) -> Iterator[Path]:
    """The download cache of all tests; kept between runs if pytest's cache is on."""
    with pytest.MonkeyPatch.context() as patch:
        cache = getattr(request.config, "cache", None)
        if "GRAPHVAE_HOME" not in os.environ and cache is not None:
            patch.setenv("GRAPHVAE_HOME", str(cache.mkdir("graphvae")))
        elif "GRAPHVAE_HOME" not in os.environ:
            factory = request.getfixturevalue("tmp_path_factory")
            patch.setenv("GRAPHVAE_HOME", str(factory.mktemp("graphvae")))
        patch.delenv("GRAPHVAE_MIRROR", raising=False)
        patch.setenv("NO_PROXY", "127.0.0.1")
        yield Path(os.environ["GRAPHVAE_HOME"])


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    """Small graphs are fastest on one thread; OMP_NUM_THREADS may be set to more."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session", autouse=True)
def coarse_pictures() -> Iterator[None]:
    """Draw pictures at a low resolution and without a layout, which takes half the time.

    Most of the time of a short run goes into its pictures.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(figures, "DPI", 20)
        patch.setattr(figures, "LAYOUT", None)
        yield


@pytest.fixture
def fine_pictures(coarse_pictures: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw pictures as a user gets them, for a test that measures them."""
    monkeypatch.setattr(figures, "DPI", DPI)
    monkeypatch.setattr(figures, "LAYOUT", LAYOUT)


@pytest.fixture(scope="session")
def raw_data() -> Path:
    """The folder with copies of the raw files (`planetoid/…`); skips the test if there is none."""
    default = ROOT.parent / "shared" / "data"
    folder = Path(os.environ.get("GRAPHVAE_TEST_DATA", default))
    if not (folder / "planetoid").is_dir():
        pytest.skip("no copies of the raw files here: set GRAPHVAE_TEST_DATA")
    return folder


@pytest.fixture
def generator() -> torch.Generator:
    """A generator with a fixed seed."""
    return torch.Generator().manual_seed(7)
