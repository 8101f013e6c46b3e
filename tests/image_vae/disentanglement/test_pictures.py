"""Plots of a sweep: a bar for each value at the mean of its runs, with the spread."""

from pathlib import Path
from typing import Any

import pytest
from matplotlib.axes import Axes

from image_vae.disentanglement.pictures import Bars, draw_bars

pytestmark = pytest.mark.usefixtures("drawn_pictures")


def test_bars_stand_at_the_means_with_their_deviations(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = list[tuple[list[float], Any]]()
    bar = Axes.bar

    def told(axes: Axes, places: Any, means: list[float], yerr: Any, **style: Any) -> Any:
        drawn.append((means, yerr))
        return bar(axes, places, means, yerr=yerr, **style)

    monkeypatch.setattr(Axes, "bar", told)
    panels = [Bars("MIG", {"1": [0.1, 0.3], "4": [0.5, 0.5]}), Bars("KL", {"1": [7.0], "4": [5.0]})]
    draw_bars(tmp_path / "sweep.png", panels, param="beta", title="a sweep")
    (mig, errors), (kl, none) = drawn
    assert mig == pytest.approx([0.2, 0.5])
    assert errors == pytest.approx([0.02**0.5, 0.0])
    assert (kl, none) == ([7.0, 5.0], None)
    assert (tmp_path / "sweep.png").stat().st_size > 1_000
