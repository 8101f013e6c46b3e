"""Options of the settings of an image model, which `image fit` and `image sweep` share."""

from __future__ import annotations

from typing import Any

import cloup

from graphvae_cli.common import options
from graphvae_cli.common.setting_options import SettingOptions, config_option, set_option
from graphvae_cli.image import values
from graphvae_data.core.errors import InputError
from graphvae_data.settings.layers import read_settings
from image_vae.specs.presets import PRESETS
from image_vae.specs.recipe import CATALOGUE, ImageConfig

FIRST = ("latent", "hidden", "likelihood", "prior", "bound", "beta", "epochs", "batch_size", "lr")
"""The settings that help lists before all others."""


def config_of(model: str | None) -> ImageConfig:
    """Return the settings of a model, or of the default one, whose values help shows."""
    recipe = PRESETS[model if model in PRESETS else "vae"].recipe
    return ImageConfig(dataset="", **dict(recipe))


OPTIONS = SettingOptions(CATALOGUE, config_of, FIRST)

source_options = (
    cloup.option(
        "--dataset",
        type=values.DATASET,
        help="Images by name (`graphvae datasets` lists them), or module:function that returns "
        "them, with labels beside them if there are any.",
    ),
    cloup.option(
        "--images",
        type=options.FILE,
        help="Your own: a folder of PNG or JPEG (folders in it are classes, or train, val and "
        "test), an .npz or an .npy.",
    ),
    values.size_option,
    values.irregular_option,
    cloup.option(
        "--model",
        type=values.MODEL,
        help=f"The model: {', '.join(PRESETS)}; by default vae.",
    ),
)
"""Which images, and which model."""


def with_setting_sections(command: Any) -> Any:
    """Add the sections of the settings that are not listed first; a decorator."""
    for title in ("Data", "Training", "Objective", "Model"):
        command = cloup.option_group(title, *OPTIONS.section(title))(command)
    return command


file_options = (config_option, set_option)


def images_of(kwargs: dict[str, Any]) -> Any:
    """Return the name of a dataset, here or in the file of --config, or the path of images."""
    dataset, images = kwargs["dataset"], kwargs["images"]
    if dataset is None and images is None and kwargs["config"] is not None:
        named = read_settings(kwargs["config"]).get("dataset")
        dataset = named if named in values.DATASET.names else None
    if (dataset is None) == (images is None):
        got = "none" if dataset is None else "both"
        known = ", ".join(values.DATASET.names)
        raise InputError(
            f"images: expected --dataset NAME (of {known}) or --images PATH, got {got}"
        )
    if dataset is not None and kwargs["size"] is not None:
        raise InputError("size: goes with --images FOLDER; a dataset has its own size")
    return dataset or images


def stem_of(images: Any) -> str:
    """Return what a run folder is called after."""
    return images.split(":")[-1] if isinstance(images, str) else str(images.resolve().stem)
