"""A sweep of one setting of a graph model over several values and seeds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from inspect import signature
from pathlib import Path
from typing import Any, Unpack

from graphvae.runs.fit import fit_or_resume
from graphvae.runs.plots import draw_sweep
from graphvae.runs.result import GraphFitResult
from graphvae.setup.configure import configure, file_and_model
from graphvae.setup.fit_settings import FitSettings
from graphvae.setup.inputs import input_name, is_directed
from graphvae.specs.recipe import CATALOGUE, GraphRecipe
from graphvae.splits.edge_split import EdgeSplit
from graphvae_data.core.nested import flat_scores
from graphvae_data.runs.options import FitOptions
from graphvae_data.runs.sweep import Sweep, SweepPlan, SweepRun, run_sweep
from graphvae_data.settings.layers import Layer, keyword_layer
from graphvae_data.settings.values import Value


def sweep(
    graph: Any,
    model: str | GraphRecipe | None = None,
    *,
    param: str,
    values: Sequence[Value],
    repeats: int = 1,
    out: str | Path,
    split: EdgeSplit | str | Path | None = None,
    config: str | Path | None = None,
    options: FitOptions = FitOptions(),
    on_run: Callable[[SweepRun], object] = lambda run: None,
    **settings: Unpack[FitSettings],
) -> Sweep:
    """Train a model at each value of a setting, `repeats` times.

    The runs are `out`/PARAM-VALUE/000, 001, …, with the seeds seed, seed + 1, …, which
    determine the split too unless one is passed: every value is scored on the same splits. The
    table is `out`/summary.json, and `out`/sweep.png shows the test AUC of every run.

    Args:
        graph: as in `fit`.
        model: as in `fit`.
        param: the setting: a keyword of `fit`, or a path such as `prior.df`.
        values: its values, all different.
        repeats: runs per value.
        out: the folder; finished runs of the same sweep are not repeated.
        split: as in `fit`.
        config: as in `fit`.
        options: progress bars, checkpoints.
        on_run: called with each finished run.
        **settings: all other settings; `seed` is that of the first run of each value.

    Raises:
        InputError: an unknown setting, an invalid value, or a folder that contains another run;
            values are checked before the first run.
    """
    layers, preset = file_and_model(config, model, directed=is_directed(graph))
    layers.append(keyword_layer(CATALOGUE, settings, signature(sweep).parameters))
    plan = SweepPlan(param, values, repeats, Path(out), options, on_run)
    return sweep_layers(graph, preset, layers, plan, split=split)


def sweep_layers(
    graph: Any,
    model: str | GraphRecipe,
    layers: Sequence[Layer],
    plan: SweepPlan,
    *,
    split: EdgeSplit | str | Path | None = None,
) -> Sweep:
    """Implement `sweep`, with the user's settings as layers: a file, then options."""
    name = input_name(graph)
    table = run_sweep(
        CATALOGUE,
        layers,
        plan,
        seed=lambda run_layers: configure(name, model, run_layers)[0].run.seed,
        fit=lambda run_layers, folder: fit_or_resume(
            graph, model, run_layers, out=folder, split=split, options=plan.options
        ),
        scores=_scores,
    )
    title = f"{model if isinstance(model, str) else 'custom recipe'} on {name}"
    draw_sweep(plan.picture, table, title)
    return table


def _scores(result: GraphFitResult) -> dict[str, float]:
    """Return the scores of a run, without those of the baselines."""
    parts = {name: part for name, part in result.metrics.items() if name != "baselines"}
    return flat_scores(parts)
