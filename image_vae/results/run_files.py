"""What a run on images leaves in its folder; `metrics.json` last, so that its presence means done.

The folder appears with its settings before the first step. One's own images travel with the run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from graphvae_data.core.errors import InputError
from graphvae_data.images.image_data import ImageData
from graphvae_data.images.images import load_images
from graphvae_data.runs.run_folder import RunFolder, environment, read_json, write_json
from image_vae.specs.config import ImageConfig
from image_vae.training.experiment import Experiment

OWN = "images.npz"
SPLIT = "split.json"
KIND = "image"
"""What `environment.json` says of such a run, so that graph commands can tell."""


def create_folder(path: Path, experiment: Experiment, *, overwrite: bool, own: bool) -> RunFolder:
    """Make the folder of a run, complete enough to be resumed from its first moment.

    Args:
        path: where it is to be.
        experiment: what is to run.
        overwrite: replace a run that is there already.
        own: whether the images are a person's own, whatever they are called.
    """
    config, data = experiment.config.to_dict(), experiment.data
    about = {**environment(), "kind": KIND, "device": config["device"], "seed": config["seed"]}
    files: dict[str, Callable[[Path], None]] = {
        "config.json": partial(_dump, config),
        "environment.json": partial(_dump, about),
        SPLIT: partial(_dump, describe_split(data)),
    }
    if own:
        files[OWN] = lambda target: save_images(target, data)
    return RunFolder.create(path, overwrite=overwrite, files=files)


def describe_split(data: ImageData) -> dict[str, Any]:
    """Return what tells a dataset and its split from any other."""
    return {
        "dataset": data.name,
        "train": len(data.train),
        "val": len(data.val),
        "test": len(data.test),
        "fingerprint": data.fingerprint,
        "split_fingerprint": data.split_fingerprint,
        "classes": data.class_names,
    }


def _dump(content: Mapping[str, Any], target: Path) -> None:
    write_json(target, content)


def save_images(path: Path, data: ImageData) -> None:
    """Write one's own images, with what is known of them."""
    whole = data.whole
    known = {"images": whole.images.array(), "labels": whole.labels, "factors": whole.factors}
    present: dict[str, Any] = {name: value for name, value in known.items() if value is not None}
    with path.open("wb") as stream:
        np.savez_compressed(stream, **present)


def read_images(folder: RunFolder, config: ImageConfig, *, progress: bool) -> ImageData:
    """Read the images that a run was made from.

    Raises:
        InputError: they are not those of the run.
    """
    own = folder.path / OWN
    source = own if own.is_file() else config.dataset
    data = load_images(source, seed=config.seed, progress=progress)
    expected, found = read_json(folder.path / SPLIT), data.split_fingerprint
    if expected.get("split_fingerprint") != found:
        raise InputError(
            f"{folder.path}: made from other images than {source} now holds "
            f"(split {str(expected.get('split_fingerprint'))[:12]}, found {found[:12]})"
        )
    names = expected.get("classes")
    return data if names is None else replace(data, class_names=tuple(names))
