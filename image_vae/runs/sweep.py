"""A sweep of one setting of an image model over several values and seeds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from inspect import signature
from pathlib import Path
from typing import Unpack

from graphvae_data.core.nested import flat_scores
from graphvae_data.images.image_data import Irregular
from graphvae_data.machine import devices
from graphvae_data.runs.options import FitOptions
from graphvae_data.runs.sweep import Sweep, SweepPlan, SweepRun, run_sweep
from graphvae_data.settings.layers import Layer, keyword_layer
from graphvae_data.settings.values import Value, option, spell
from image_vae.disentanglement.following import following
from image_vae.results.result import ImageFitResult
from image_vae.runs.configure import configure, file_and_model
from image_vae.runs.fit import fit_or_resume
from image_vae.runs.fit_settings import ImageFitSettings
from image_vae.runs.source import Images, Source
from image_vae.specs.recipe import CATALOGUE, ImageRecipe

MIG, ACROSS = "disentanglement.mig-hist", "test.reconstruction"
"""The scores in the plot."""


def sweep(
    images: Images,
    model: str | ImageRecipe | None = None,
    *,
    param: str,
    values: Sequence[Value],
    repeats: int = 1,
    out: str | Path,
    size: tuple[int, int] | None = None,
    irregular: Irregular = "stop",
    config: str | Path | None = None,
    options: FitOptions = FitOptions(),
    on_run: Callable[[SweepRun], object] = lambda run: None,
    **settings: Unpack[ImageFitSettings],
) -> Sweep:
    """Train a model at each value of a setting, `repeats` times.

    The runs are `out`/PARAM-VALUE/000, 001, …, with the seeds seed, seed + 1, …; the table is
    `out`/summary.json, and `out`/sweep.png has the mean, the standard deviation and a point per
    run if its model has a bound on log p(x).

    Args:
        images: as in `fit`.
        model: as in `fit`.
        param: the setting: a keyword of `fit`, or a path such as `prior.df`.
        values: the values of the setting, all different.
        repeats: runs per value.
        out: the folder; finished runs of the same sweep are not repeated.
        size: as in `fit`.
        irregular: as in `fit`.
        config: as in `fit`.
        options: progress bars, checkpoints.
        on_run: called with each finished run.
        **settings: all other settings; `seed` is that of the first run of each value.

    Raises:
        InputError: an unknown setting, an invalid value, or a folder that contains another run;
            values are checked before the first run.
    """
    layers, preset = file_and_model(config, model)
    layers.append(keyword_layer(CATALOGUE, settings, signature(sweep).parameters))
    plan = SweepPlan(param, values, repeats, Path(out), options, on_run)
    return sweep_layers(images, preset, layers, plan, size=size, irregular=irregular)


def sweep_layers(
    images: Images,
    model: str | ImageRecipe,
    layers: Sequence[Layer],
    plan: SweepPlan,
    *,
    size: tuple[int, int] | None = None,
    irregular: Irregular = "stop",
) -> Sweep:
    """Implement `sweep`, with the user's settings as layers: a file, then options."""
    name = Source.of(images, None, size).name
    table = run_sweep(
        CATALOGUE,
        layers,
        plan,
        seed=lambda whole: configure(name, model, whole)[0].run.seed,
        fit=lambda whole, folder: fit_or_resume(
            images, model, whole, out=folder, size=size, irregular=irregular, options=plan.options
        ),
        scores=scores_of,
    )
    title = f"{model if isinstance(model, str) else 'custom recipe'} on {name}"
    _draw(plan.picture, table, title)
    return table


def scores_of(result: ImageFitResult) -> dict[str, float]:
    """Return the scores of a run; with known factors, also MIG by histograms."""
    with devices.computing(result.config.run.threads):
        follows = following(result.experiment)
    gap = {} if follows is None else {MIG: follows.mig}
    return {**flat_scores(result.metrics), **gap}


def _draw(path: Path, table: Sweep, title: str) -> None:
    """Plot disentanglement, or KL if no factors are known, and reconstruction by value."""
    if not all(ACROSS in cell.scores for cell in table.cells):
        return
    from image_vae.disentanglement.pictures import Bars, draw_bars  # slow to import

    def by_value(score: Callable[[Mapping[str, float]], float]) -> dict[str, list[float]]:
        values: dict[str, list[float]] = {}
        for cell in table.cells:
            values.setdefault(spell(cell.value), []).append(score(cell.scores))
        return values

    if all(MIG in cell.scores for cell in table.cells):
        first = Bars("MIG, histograms", by_value(lambda scores: scores[MIG]))
    else:
        first = Bars("KL of test images, all codes, nats", by_value(_divergence))
    second = Bars("−log p(x | z) of test images, nats", by_value(lambda scores: scores[ACROSS]))
    draw_bars(path, [first, second], param=option(table.param), title=title)


def _divergence(scores: Mapping[str, float]) -> float:
    return sum(value for name, value in scores.items() if name.startswith("test.kl."))
