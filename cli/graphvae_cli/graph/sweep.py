"""`graphvae sweep`: one setting of a graph model at several values, with several seeds each."""

from __future__ import annotations

from functools import partial
from typing import Any

import cloup

from graphvae.specs.recipe import CATALOGUE
from graphvae_cli.common import sweep as sweeps
from graphvae_cli.common.setting_options import ModelCommand, config_option, set_option
from graphvae_cli.common.sweep import Column
from graphvae_cli.graph import fit

TABLE = sweeps.SweepTable(
    {
        "val.auc": Column("validation AUC", 4),
        "test.auc": Column("test AUC", 4),
        "test.ap": Column("test AP", 4),
        "benchmark.test": Column("benchmark", 4),
    },
    "edges of the split; every value has the same seeds",
)


@cloup.command("sweep", cls=ModelCommand)
@cloup.option_group("Start here", *fit.graph_options, *sweeps.start_options, *fit.first_options)
@fit.with_setting_sections
@cloup.option_group(
    "Run", *fit.OPTIONS.section("Run"), config_option, set_option, *sweeps.run_options
)
def command(**kwargs: Any) -> None:
    """Train a model at several values of one setting, each with several seeds.

    The folder (runs/DATASET-MODEL-PARAM or --out) holds a run for each, summary.json and sweep.png.
    The same command continues a sweep that was interrupted.
    """
    graph = fit.graph_of(kwargs)

    from graphvae.runs.sweep import sweep_layers
    from graphvae.setup.configure import file_and_model
    from graphvae.setup.inputs import is_directed

    layers, model = file_and_model(kwargs["config"], kwargs["model"], directed=is_directed(graph))
    layers = [*layers, fit.OPTIONS.layer(fit.settings_of(kwargs), kwargs["sets"])]
    run = partial(sweep_layers, graph, model, layers, split=kwargs["split"])
    sweeps.sweep(kwargs, CATALOGUE, run, TABLE, f"{fit.name_of(kwargs)}-{model}")
