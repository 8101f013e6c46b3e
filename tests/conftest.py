"""Fixtures of all tests: the download cache, one thread, coarse pictures, a generator.

torch and matplotlib are imported by the fixtures: the process that starts the two that run the
tests needs neither.
"""

from __future__ import annotations

import gc
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import torch

ROOT = Path(__file__).resolve().parents[1]
MEMORY = "/dev/shm"
"""A folder in memory, on Linux."""


def pytest_configure() -> None:
    """Let every process that the tests start compute on one thread, so that they do not fight.

    UMAP runs uncompiled, as compiling takes longer than the small projections of the tests. The
    garbage collector pauses while tests are collected, which takes a third of that time off: almost
    everything that is imported stays. Temporary files are in memory where there is room, as every
    file of a run waits for the disk.
    """
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("NUMBA_DISABLE_JIT", "1")
    if os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > 4e9:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", MEMORY)
    gc.disable()


def pytest_collection() -> None:
    """Give hypothesis no deadline, as other processes slow a test down."""
    from hypothesis import settings

    settings.register_profile("tests", deadline=None)
    settings.load_profile("tests")


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
    """Compute on one thread, the fastest for small graphs, and keep freed memory as commands do."""
    import torch

    from graphvae_data.machine.malloc import keep_freed

    torch.set_num_threads(1)
    keep_freed()


@pytest.fixture(scope="session", autouse=True)
def coarse_pictures() -> Iterator[dict[str, Any]]:
    """Compose pictures coarsely and write blank ones; yields the values of a user.

    Tests of pictures draw them, with `drawn_pictures` or `fine_pictures`.
    """
    from graphvae_data.files import figures

    with pytest.MonkeyPatch.context() as patch:
        values = {name: getattr(figures, name) for name in ("DPI", "LAYOUT", "render")}
        patch.setattr(figures, "DPI", 20)
        patch.setattr(figures, "LAYOUT", None)
        patch.setattr(figures, "render", lambda canvas, target: blank(target))
        yield values


@pytest.fixture
def drawn_pictures(coarse_pictures: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw pictures, at a low resolution."""
    monkeypatch.setattr("graphvae_data.files.figures.render", coarse_pictures["render"])


@pytest.fixture
def fine_pictures(coarse_pictures: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw pictures as a user gets them, for a test that measures them."""
    from graphvae_data.files import figures

    for name, value in coarse_pictures.items():
        monkeypatch.setattr(figures, name, value)


@pytest.fixture
def blank_graph_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Write blank pictures of graph runs: drawing takes nine tenths of the time of a short run."""
    for name in ("curves", "roc_pr", "embedding"):
        monkeypatch.setattr(f"graphvae.runs.plots.draw_{name}", blank)


@pytest.fixture
def no_image_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw no pictures of image runs, which takes longer than to train them."""
    monkeypatch.setattr("image_vae.plots.pictures.draw_run", lambda *args: None)
    monkeypatch.setattr("image_vae.plots.ladders.draw_ladder", lambda *args: None)


def blank(path: Path, *args: object, **more: object) -> None:
    """Write a picture of one white pixel."""
    from PIL import Image

    Image.new("L", (1, 1), 255).save(path, "PNG")


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
    import torch

    return torch.Generator().manual_seed(7)
