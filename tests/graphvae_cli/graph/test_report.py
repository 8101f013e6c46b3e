"""`graphvae report`: the command, and its page in a real browser."""

import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from graphvae.runs.fit import fit
from graphvae.runs.result import load
from graphvae_data.graphs.graph import Graph

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "chrome"))), None)
QUIET = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND",  # there is no network
    "--hide-scrollbars",
    "--window-size=1100,1400",
)
needs_browser = pytest.mark.skipif(BROWSER is None, reason="no browser installed (apt: chromium)")
TITLE = "<script>document.title='owned'</script>"
PICTURE = "<img src=x onerror=\"document.title='owned'\">"


@pytest.fixture(scope="module")
def page(invoke, karate_run, tmp_path_factory):
    """The report of a finished run."""
    path = tmp_path_factory.mktemp("report") / "a page.html"
    result = invoke("report", karate_run.folder, "--out", path)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith(str(path))
    return path


@pytest.fixture
def browse(tmp_path):
    """Opens a page in a headless browser and returns what it prints."""

    def run(page: Path, *options: str) -> str:
        assert BROWSER is not None
        own = f"--user-data-dir={tmp_path / 'profile'}"
        done = subprocess.run(
            [BROWSER, *QUIET, own, *options, page.as_uri()],
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=120,
            check=True,
        )
        return done.stdout

    return run


def text_of(dom: str) -> str:
    """What a reader sees, without the pictures."""
    return " ".join(re.sub(r"<style>.*?</style>|<[^>]*>", " ", dom, flags=re.DOTALL).split())


def test_the_default_file_is_in_the_run(invoke, own_run):
    result = invoke("report", own_run)
    assert (result.exit_code, result.stderr) == (0, "")
    assert (own_run / "report.html").read_bytes().startswith(b"<!DOCTYPE html>")
    assert str(own_run / "report.html") in result.stdout


def test_refusals_are_one_line(refused, own_run):
    assert ".html" in refused("report", own_run, "--out", "page.pdf")
    assert "run folder" in refused("report", "nothing")
    (own_run / "metrics.json").unlink()
    assert "not finished" in refused("report", own_run)


@pytest.mark.slow
@needs_browser
def test_a_browser_shows_the_numbers(browse, page, karate_run):
    dom = browse(page, "--dump-dom")
    seen, metrics = text_of(dom), load(karate_run.folder).metrics
    for name, key in (("AUC", "auc"), ("AP", "ap")):
        low, high = metrics["test"][f"{key}_interval"]
        assert f"Test {name} {metrics['test'][key]:.3f} [{low:.3f}, {high:.3f}]" in seen
    for name, row in metrics["baselines"].items():
        assert f"{name} {row['auc']:.3f} {row['ap']:.3f}" in seen
    assert metrics["split"] in seen
    assert dom.count("<img ") == 2
    assert dom.count("<circle ") == 34
    requested = re.findall(r"""(?:src|href)\s*=\s*["']?(.{5})""", dom)
    assert requested == ["data:"] * 2


@pytest.mark.slow
@needs_browser
def test_names_with_markup_are_escaped(invoke, browse, tmp_path):
    ring = [[node, (node + step) % 9] for node in range(9) for step in (1, 3)]
    names = [TITLE, PICTURE, *map("node {}".format, range(7))]
    data = Graph.from_edges(torch.tensor(ring).T, 9, name=TITLE, node_names=names)
    folder = tmp_path / "run"
    fit(data, epochs=2, val_fraction=0.1, baselines=False, out=folder)
    assert invoke("report", folder).exit_code == 0
    dom = browse(folder / "report.html", "--dump-dom")
    assert (
        f"<title>VGAE on {TITLE}</title>".replace("<script>", "&lt;script&gt;").replace(
            "</script>", "&lt;/script&gt;"
        )
        in dom
    )
    assert "<script" not in dom
    assert not re.search(r"<img[^>]*onerror", dom)
    assert "&lt;img src=x onerror=" in dom


@pytest.mark.slow
@needs_browser
def test_the_page_supports_light_and_dark_mode(browse, page, tmp_path):
    shades = []
    for scheme in (1, 0):  # Chromium's numbers for light and dark
        shot = tmp_path / f"{scheme}.png"
        browse(page, f"--screenshot={shot}", f"--blink-settings=preferredColorScheme={scheme}")
        pixels = np.asarray(Image.open(shot).convert("L"), dtype=float)
        assert pixels.shape == (1400, 1100)
        shades.append(np.median(pixels))  # the paper
        assert (abs(pixels - shades[-1]) > 100).mean() > 0.01  # with something legible on it
    assert shades[0] > 240
    assert shades[1] < 40
