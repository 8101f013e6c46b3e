"""Projections: directions only, groups stay together, the same bits again, one line if it fails."""

import sys

import numpy as np
import pytest

from graphvae.runs.projection import Plane, Projection, check_projection, plane
from graphvae_data.core.errors import InputError

SIZE = 12


def two_groups() -> np.ndarray:
    """Rows near two opposite directions, of very different lengths."""
    random = np.random.default_rng(0)
    centres = np.repeat([[1.0] + [0.0] * 7, [-1.0] + [0.0] * 7], SIZE, axis=0)
    rows = centres + 0.1 * random.normal(size=centres.shape)
    return (rows * random.uniform(0.1, 10, size=(2 * SIZE, 1))).astype(np.float32)


def check_groups(projection: Projection) -> Plane:
    """Neighbours in the plane are of the same group, and a second projection is equal."""
    first = plane(two_groups(), projection)
    gaps = np.linalg.norm(first.points[:, None] - first.points[None], axis=-1)
    np.fill_diagonal(gaps, np.inf)
    assert np.array_equal(gaps.argmin(0) < SIZE, np.arange(2 * SIZE) < SIZE)
    assert np.array_equal(plane(two_groups(), projection).points, first.points)
    return first


def test_pca_names_the_share_of_its_axes() -> None:
    drawn = check_groups("pca")
    assert drawn.axes[0].startswith("first principal axis (9")
    assert drawn.points[:, 0].std() > 5 * drawn.points[:, 1].std()


@pytest.mark.slow
def test_t_sne_keeps_groups_together() -> None:
    assert check_groups("tsne").axes == ("first t-SNE coordinate", "second t-SNE coordinate")


@pytest.mark.slow
def test_umap_keeps_groups_together() -> None:
    pytest.importorskip("umap", exc_type=ImportError)
    assert "by UMAP (15 neighbours)" in check_groups("umap").about
    assert "by UMAP (4 neighbours)" in plane(two_groups()[:5], "umap").about


def test_a_missing_library_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "umap", None)
    with pytest.raises(InputError, match=r"projection: needs umap.*pip install 'graphvae\[umap\]'"):
        check_projection("umap")


def test_an_unknown_projection_is_one_line() -> None:
    with pytest.raises(InputError, match="projection: expected one of pca, tsne, umap, got 'ump'"):
        check_projection("ump")
