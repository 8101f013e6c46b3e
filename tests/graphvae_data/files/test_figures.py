"""Figures: written atomically, with a legend if it can be read."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from graphvae_data.files.figures import (
    LEGEND_CLASSES,
    NAMED_CLASSES,
    figure,
    panels,
    scatter_classes,
)

pytestmark = pytest.mark.usefixtures("drawn_pictures")


def test_a_figure_that_fails_leaves_nothing(tmp_path):
    with pytest.raises(ZeroDivisionError), figure(tmp_path / "a.png", 2.0, 2.0) as whole:
        whole.subplots().plot([1 / 0])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("columns", [1, 2])
def test_panels_are_as_many_as_asked_for(tmp_path, columns):
    with panels(tmp_path / "a.png", columns=columns) as axes:
        assert len(axes) == columns
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("classes", [2, LEGEND_CLASSES, LEGEND_CLASSES + 1, 60, NAMED_CLASSES + 1])
def test_every_class_has_a_colour_and_as_far_as_there_is_room_a_name(classes):
    axes = Figure().subplots()
    labels = np.arange(3 * classes) % classes
    scatter_classes(axes, np.zeros((3 * classes, 2)), labels, lambda label: f"kind {label}")
    assert [len(cloud.get_offsets()) for cloud in axes.collections] == [3] * classes
    assert len({tuple(cloud.get_facecolor()[0]) for cloud in axes.collections}) == classes
    legend = axes.get_legend()
    named = [] if legend is None else [text.get_text() for text in legend.get_texts()]
    written = [text.get_text() for text in axes.texts]
    names = [f"kind {label}" for label in range(classes)]
    assert named == (names if classes <= LEGEND_CLASSES else [])
    assert written == (names if LEGEND_CLASSES < classes <= NAMED_CLASSES else [])


def test_a_name_stands_at_the_median_of_its_class():
    axes = Figure().subplots()
    labels = np.repeat(np.arange(-1, 20), 3)
    points = np.stack([labels, np.tile([0.0, 1.0, 50.0], 21)], 1)
    scatter_classes(axes, points, labels, str)
    assert [text.get_position() for text in axes.texts] == [(label, 1.0) for label in range(20)]


def test_a_dollar_in_a_name_is_a_dollar(tmp_path):
    with panels(tmp_path / "a.png", columns=1) as (axes,):
        axes.set_title("cost_$5_to_$6^")
    assert not axes.title.get_parse_math()
