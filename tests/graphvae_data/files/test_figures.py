"""Figures: written atomically, with a legend if it can be read."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from graphvae_data.files.figures import LEGEND_CLASSES, figure, panels, scatter_classes


def test_a_figure_that_fails_leaves_nothing(tmp_path):
    with pytest.raises(ZeroDivisionError), figure(tmp_path / "a.png", 2.0, 2.0) as whole:
        whole.subplots().plot([1 / 0])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("columns", [1, 2])
def test_panels_are_as_many_as_asked_for(tmp_path, columns):
    with panels(tmp_path / "a.png", columns=columns) as axes:
        assert len(axes) == columns
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("classes", [2, LEGEND_CLASSES, LEGEND_CLASSES + 1])
def test_a_legend_names_the_classes_unless_there_are_too_many(classes):
    axes = Figure().subplots()
    labels = np.arange(3 * classes) % classes
    scatter_classes(axes, np.zeros((3 * classes, 2)), labels, lambda label: f"kind {label}")
    assert [len(cloud.get_offsets()) for cloud in axes.collections] == [3] * classes
    legend = axes.get_legend()
    if classes > LEGEND_CLASSES:
        assert legend is None
    else:
        names = [text.get_text() for text in legend.get_texts()]
        assert names == [f"kind {label}" for label in range(classes)]


def test_a_dollar_in_a_name_is_a_dollar(tmp_path):
    with panels(tmp_path / "a.png", columns=1) as (axes,):
        axes.set_title("cost_$5_to_$6^")
    assert not axes.title.get_parse_math()
