"""`graphvae image sweep`: one setting at several values, with several seeds each."""

from __future__ import annotations

from functools import partial
from typing import Any

import cloup

from graphvae_cli.common import options
from graphvae_cli.common import sweep as sweeps
from graphvae_cli.common.setting_options import ModelCommand
from graphvae_cli.common.sweep import Column
from graphvae_cli.image import settings
from image_vae.specs.recipe import CATALOGUE

TABLE = sweeps.SweepTable(
    {
        "test.elbo": Column("ELBO"),
        "test.reconstruction": Column("reconstruction"),
        "test.kl.z": Column("KL"),
        "test.active_units.z": Column("active units"),
        "test.label_accuracy": Column("label accuracy", 3),
        "adversarial.information": Column("L_I"),
        "disentanglement.mig-hist": Column("MIG (histograms)", 3),
    },
    "test images; R, KL and ELBO in nats",
)


@cloup.command("sweep", cls=ModelCommand)
@cloup.option_group(
    "Start here",
    *settings.source_options,
    *sweeps.start_options,
    *settings.OPTIONS.first(),
    options.out_option,
)
@settings.with_setting_sections
@cloup.option_group(
    "Run", *settings.OPTIONS.section("Run"), *settings.file_options, *sweeps.run_options
)
def command(**kwargs: Any) -> None:
    """Train a model at several values of one setting, each with several seeds.

    The folder (runs/DATASET-MODEL-PARAM or --out) holds a run for each, summary.json and sweep.png.
    The same command continues a sweep that was interrupted.
    """
    from image_vae.runs.configure import file_and_model
    from image_vae.runs.sweep import sweep_layers

    images = settings.images_of(kwargs)
    layers, model = file_and_model(kwargs["config"], kwargs["model"])
    layers.append(settings.OPTIONS.layer(kwargs, kwargs["sets"]))
    run = partial(
        sweep_layers, images, model, layers, size=kwargs["size"], irregular=kwargs["irregular"]
    )
    sweeps.sweep(kwargs, CATALOGUE, run, TABLE, f"{settings.stem_of(images)}-{model}")
