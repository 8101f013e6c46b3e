"""`graphvae image tune`: search the settings of image models by validation."""

from __future__ import annotations

from functools import partial
from typing import Any

import cloup

from graphvae_cli.common import options
from graphvae_cli.common import tune as tuning
from graphvae_cli.common.setting_options import ModelCommand, config_option
from graphvae_cli.image import settings, values
from image_vae.specs.presets import PRESETS
from image_vae.specs.recipe import CATALOGUE

models_option = cloup.option(
    "--model",
    type=tuning.NamesOf(values.MODEL),
    metavar="MODEL[,MODEL…]",
    help=f"The models to try, with the same objective: {', '.join(PRESETS)}; by default vae.",
)


@cloup.command("tune", cls=ModelCommand)
@cloup.option_group(
    "Start here",
    *settings.source_options[:-1],
    models_option,
    *tuning.start_options,
    tuning.set_option,
    *settings.OPTIONS.first(),
    options.out_option,
)
@settings.with_setting_sections
@cloup.option_group("Run", *settings.OPTIONS.section("Run"), config_option, *tuning.run_options)
def command(**kwargs: Any) -> None:
    """Search the settings of one or several models by their validation loss.

    Needs the extra `tune`. An option such as --lr 0.001 fixes a setting; all others that have a
    search space are searched, and --set narrows a space. Settings of the objective are not
    searched. The folder (runs/DATASET-MODEL-tune or --out) holds the study, a table, a picture of
    what mattered, best.json for --config, and the run `best`, the only one that is scored on the
    test set. The same command continues a search, and may run in several processes.
    """
    from image_vae.runs.configure import file_and_model
    from image_vae.runs.tune import tune_layers

    images = settings.images_of(kwargs)
    first, *others = kwargs["model"] or (None,)
    layers, model = file_and_model(kwargs["config"], first)
    narrowed, sets = tuning.read_sets(CATALOGUE, kwargs["sets"])
    layers.append(settings.OPTIONS.layer(kwargs, sets))
    run = partial(tune_layers, images, layers, size=kwargs["size"], irregular=kwargs["irregular"])
    tuning.tune(kwargs, [str(model), *others], narrowed, run, settings.stem_of(images))
