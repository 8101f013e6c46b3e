"""The files of a run on images.

The folder is created with the settings before the first step; user images are saved in it.
`metrics.json` is written last and marks a finished run.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from graphvae_data.core.errors import InputError
from graphvae_data.images.image_data import ImageData
from graphvae_data.images.images import load_images
from graphvae_data.runs import driver
from graphvae_data.runs.run_folder import Claim, RunFolder, read_json, write_json
from image_vae.specs.recipe import ImageConfig
from image_vae.training.experiment import ImageExperiment

OWN = "images.npz"
SPLIT = "split.json"
FAILURE = "failure.json"
"""Written if training failed: the error, and the epoch of the saved weights."""
KIND = "image"
"""The kind of an image run in `environment.json`."""


def create_folder(claim: Claim, experiment: ImageExperiment, *, own: bool) -> RunFolder:
    """Create the claimed folder of a run, with the files that `resume` needs.

    Args:
        claim: the right to write the folder.
        experiment: the experiment to run.
        own: whether the images are the user's.
    """
    data, labels = experiment.data, experiment.labels()
    split = describe_split(data) | ({} if labels is None else {"labels": labels})
    files: dict[str, Callable[[Path], None]] = {SPLIT: lambda target: write_json(target, split)}
    if own:
        files[OWN] = lambda target: save_images(target, data)
    settings = experiment.config.to_dict()
    return driver.create_folder(claim, settings, files, kind=KIND)


def describe_split(data: ImageData) -> dict[str, Any]:
    """Return the name, sizes and fingerprints of a dataset and its split."""
    return {
        "dataset": data.name,
        "train": len(data.train),
        "val": len(data.val),
        "test": len(data.test),
        "fingerprint": data.fingerprint,
        "split_fingerprint": data.split_fingerprint,
        "classes": data.class_names,
    }


def save_images(path: Path, data: ImageData) -> None:
    """Write a user's images, with their labels, factors, attributes, parts and names."""
    whole = data.whole
    parts = np.zeros(len(whole), np.uint8)
    parts[data.val.rows], parts[data.test.rows] = 1, 2
    names = None if data.names is None else np.array(data.names)
    arrays = {
        "images": whole.images.array(),
        "labels": whole.labels,
        "factors": whole.factors,
        "parts": parts,
        "names": names,
    }
    if data.attributes is not None:
        arrays |= {
            "attributes": data.attributes.of_row,
            "attribute_values": np.array(data.attributes.spelt()),
        }
    present: dict[str, Any] = {name: value for name, value in arrays.items() if value is not None}
    with path.open("wb") as stream:
        np.savez_compressed(stream, **present)


def read_images(folder: RunFolder, config: ImageConfig, *, progress: bool) -> ImageData:
    """Read the images of a run.

    Raises:
        InputError: the images have changed.
    """
    own = folder.path / OWN
    source = own if own.is_file() else config.dataset
    data = load_images(source, seed=config.data.split_seed, progress=progress)
    split = read_json(folder.path / SPLIT)
    expected, got = split.get("split_fingerprint"), data.split_fingerprint
    if expected != got:
        raise InputError(
            f"{folder.path}: the images of {source} are not those of the run (expected split "
            f"{str(expected)[:12]}, got {got[:12]})"
        )
    names = split.get("classes")
    return data if names is None else replace(data, class_names=tuple(names))


def check_labels(folder: RunFolder, experiment: ImageExperiment) -> None:
    """Raise `InputError` if the labelled training images are not those of the run."""
    expected = read_json(folder.path / SPLIT).get("labels")
    labels = experiment.labels()
    if expected is not None and labels is not None and expected != labels:
        raise InputError(
            f"{folder.path}: the known labels are not those of the run (expected "
            f"{str(expected.get('digest'))[:12]}, got {str(labels['digest'])[:12]})"
        )


def record_failure(folder: RunFolder, fault: str, epoch: int) -> None:
    """Record that training failed, after its best weights were saved."""
    write_json(folder.path / FAILURE, {"fault": fault, "best_epoch": epoch})


def read_failure(folder: RunFolder) -> dict[str, Any] | None:
    """Return the record of `record_failure`; None if training did not fail."""
    path = folder.path / FAILURE
    return dict(read_json(path)) if path.is_file() else None


def clear_failure(folder: RunFolder) -> None:
    """Remove the record of a failure before training continues."""
    (folder.path / FAILURE).unlink(missing_ok=True)
