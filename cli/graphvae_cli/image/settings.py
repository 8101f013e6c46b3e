"""Options for the settings of an image model, shared by `image fit` and `image sweep`."""

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
"""Settings listed first in the help."""


def config_of(model: str | None) -> ImageConfig:
    """Return the settings that help shows as defaults: those of a model, or of the default one."""
    recipe = PRESETS[model if model in PRESETS else "vae"].recipe
    return ImageConfig(dataset="", **dict(recipe))


OPTIONS = SettingOptions(CATALOGUE, config_of, FIRST)

source_options = (
    cloup.option(
        "--dataset",
        type=values.DATASET,
        help="An image dataset by name (see `graphvae datasets`), or module:function that returns "
        "images, optionally with labels.",
    ),
    cloup.option(
        "--images",
        type=options.FILE,
        help="Image files: a folder of PNG or JPEG (its folders are classes, or train, val and "
        "test), a .zip of such a folder, an .npz or an .npy.",
    ),
    values.size_option,
    values.irregular_option,
    cloup.option(
        "--model",
        type=values.MODEL,
        help=f"The model: {', '.join(PRESETS)}; by default vae.",
    ),
)
"""Options that select the images and the model."""


def with_setting_sections(command: Any) -> Any:
    """Add the sections of the settings that are not listed first; a decorator."""
    for title in ("Data", "Training", "Objective", "Model"):
        command = cloup.option_group(title, *OPTIONS.section(title))(command)
    return command


file_options = (config_option, set_option)


def images_of(kwargs: dict[str, Any]) -> Any:
    """Return the name of the dataset (--dataset or in the --config file), or the path of images."""
    dataset, images = kwargs["dataset"], kwargs["images"]
    if dataset is None and images is None and kwargs["config"] is not None:
        name = read_settings(kwargs["config"]).get("dataset")
        dataset = name if name in values.DATASET.names else None
    if (dataset is None) == (images is None):
        got = "neither" if dataset is None else "both"
        known = ", ".join(values.DATASET.names)
        raise InputError(
            f"images: expected --dataset NAME (of {known}) or --images PATH, got {got}"
        )
    if dataset is not None and kwargs["size"] is not None:
        raise InputError("size: it requires --images FOLDER; a dataset has its own size")
    return dataset or images


def stem_of(images: Any) -> str:
    """Return the stem of the default run folder."""
    return images.split(":")[-1] if isinstance(images, str) else str(images.resolve().stem)
