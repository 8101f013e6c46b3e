"""`graphvae tune`: search the settings of graph models by validation."""

from __future__ import annotations

from functools import partial
from typing import Any

import cloup

from graphvae.specs.presets import PRESETS
from graphvae.specs.recipe import CATALOGUE
from graphvae_cli.common import options
from graphvae_cli.common import tune as tuning
from graphvae_cli.common.setting_options import ModelCommand, config_option
from graphvae_cli.graph import fit
from graphvae_cli.graph import graph_options as graphs
from graphvae_data.core.errors import InputError

models_option = cloup.option(
    "--model",
    type=tuning.NamesOf(graphs.MODEL),
    metavar="MODEL[,MODEL…]",
    help=f"The models to try: {', '.join(PRESETS)}. The default is the one in --config, else vgae, "
    "or st-vgae for a directed graph.",
)
metric_option = cloup.option(
    "--metric",
    metavar="NAME",
    help="The validation metric that compares trials and selects epochs; the same as --select.",
    show_default=False,
)


@cloup.command("tune", cls=ModelCommand)
@cloup.option_group(
    "Start here",
    options.dataset_option,
    graphs.graph_option,
    models_option,
    metric_option,
    *tuning.start_options,
    tuning.set_option,
    *fit.first_options,
)
@fit.with_setting_sections
@cloup.option_group("Run", *fit.OPTIONS.section("Run"), config_option, *tuning.run_options)
def command(**kwargs: Any) -> None:
    """Search the settings of one or several models by validation.

    Needs the extra `tune`. An option such as --lr 0.01 fixes a setting; all others that have a
    search space are searched, and --set narrows a space. The folder (runs/DATASET-MODEL-tune or
    --out) holds the study, a table, a picture of what mattered, best.json for --config, and the run
    `best`, the only one that is scored on the test set. The same command continues a search, and
    may run in several processes.
    """
    if kwargs["metric"] is not None:
        if kwargs["select"] is not None:
            raise InputError("metric: the same as --select; leave one out")
        kwargs["select"] = kwargs["metric"]
    graph = fit.graph_of(kwargs)

    from graphvae.runs.tune import tune_layers
    from graphvae.setup.configure import file_and_model
    from graphvae.setup.inputs import is_directed

    first, *others = kwargs["model"] or (None,)
    layers, model = file_and_model(kwargs["config"], first, directed=is_directed(graph))
    narrowed, sets = tuning.read_sets(CATALOGUE, kwargs["sets"])
    layers = [*layers, fit.OPTIONS.layer(fit.settings_of(kwargs), sets)]
    run = partial(tune_layers, graph, layers, split=kwargs["split"])
    tuning.tune(kwargs, [str(model), *others], narrowed, run, fit.name_of(kwargs))
