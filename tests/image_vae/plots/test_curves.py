"""Learning curves: a line for each loss term, in its own panel if the term asks for one."""

from dataclasses import replace
from pathlib import Path

import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from graphvae_data.training.records import EpochRecord
from image_vae.parts.objectives import CURVES
from image_vae.parts.terms import Curve
from image_vae.plots.curves import draw_curves
from image_vae.training.players import CRITIC_CURVES, INFOGAN_CURVES

pytestmark = pytest.mark.usefixtures("drawn_pictures")

VAE = {"recon": 80.0, "kl": 9.0}
OWN = {
    "capacity": Curve("its capacity"),
    "mutual_information": Curve("information", apart=True),
    "dimension_kl": Curve("dimension-wise", apart=True),
}
ALL = {**CURVES, **OWN, **CRITIC_CURVES, **INFOGAN_CURVES}
TERMS: dict[str, tuple[dict[str, float], dict[str, float], int]] = {
    "vae": (VAE, VAE, 3),
    "capacity-vae": ({**VAE, "capacity": 5.0}, {**VAE, "capacity": 5.0}, 3),
    "beta-tcvae": ({**VAE, "mutual_information": 6.0, "dimension_kl": 2.0}, VAE, 4),
    "a-users": ({**VAE, "users_term": 1.0}, {**VAE, "users_term": 2.0}, 3),
    "infogan": (
        {"generator": 0.7, "information": 2.0, "discriminator": 1.3},
        {"generator": 0.7, "information": 2.0},
        3,
    ),
}


@pytest.mark.parametrize("name", TERMS)
@pytest.mark.parametrize("epochs", [1, 3])
def test_every_part_has_one_line_under_its_name(
    name: str, epochs: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts, val_parts, panels = TERMS[name]
    history = [
        EpochRecord(epoch, 100.0, parts, {"loss": 110.0, **val_parts})
        for epoch in range(1, epochs + 1)
    ]
    labels = list[str]()
    plot = Axes.plot

    def told(axes: Axes, x: list[int], y: list[float], **style: object) -> object:
        labels.append(str(style["label"]))
        assert list(x) == list(range(1, epochs + 1))
        return plot(axes, x, y, **style)

    figures = list[Figure]()
    monkeypatch.setattr(Axes, "plot", told)
    monkeypatch.setattr(
        FigureCanvasAgg, "print_png", lambda canvas, path, **_: keep(figures, canvas.figure, path)
    )
    path = tmp_path / "curves.png"
    draw_curves(path, "a run", history, 1, curves=ALL, estimate="by batch")
    shown = [ALL[name].label if name in ALL else "users term" for name in parts]
    assert sorted(labels) == sorted(["training", "validation", *shown])
    assert [len(figure.axes) for figure in figures] == [panels]


def keep(figures: list[Figure], figure: Figure, path: Path) -> None:
    """Keep a figure instead of drawing it."""
    figures.append(figure)
    path.touch()


def test_a_part_that_came_later_is_drawn_from_there_on(tmp_path: Path) -> None:
    """As in a run that a version before began."""
    early = EpochRecord(1, 100.0, VAE, {"loss": 110.0, **VAE})
    late = replace(early, epoch=2, parts={**VAE, "total_correlation": 1.0})
    draw_curves(tmp_path / "curves.png", "a run", [early, late], 1, curves=ALL)
    assert (tmp_path / "curves.png").is_file()
