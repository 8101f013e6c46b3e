"""The graph-specific files of a run folder; the driver of runs writes the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from jaxtyping import Float
from torch import nn

from graphvae.evaluation.scorers import model_scorer
from graphvae.setup.configure import rebuild_config
from graphvae.setup.experiment import GraphExperiment
from graphvae.setup.inputs import is_dataset, open_named
from graphvae.specs.recipe import FitConfig
from graphvae_data.core.errors import InputError
from graphvae_data.export.tables import Link
from graphvae_data.graphs.graph import Graph
from graphvae_data.graphs.graphfile import read_graph, save_graph
from graphvae_data.runs import driver
from graphvae_data.runs.checkpoint import FILES
from graphvae_data.runs.run_folder import Claim, RunFolder, read_json
from graphvae_data.training.records import EpochRecord

NO_PARTS: Mapping[str, object] = MappingProxyType({})
METRICS = ("val", "test", "strata", "baselines", "best_epoch", "epochs", "split", "seconds")
"""Keys of the `metrics.json` of a finished run."""
LINKS = 100
"""Number of most likely missing links that a finished run lists."""
LINKS_WORK = 5e10
"""Maximum work, in multiplications, for listing links by default: about ten seconds."""
RANKING = 100
"""Cost of ranking a pair, in multiplications, without its score."""


def lists_links(experiment: GraphExperiment) -> bool:
    """Return whether a finished run lists links, that is, whether scoring all pairs is cheap.

    A pair costs its ranking, and a multiplication per coordinate and per weight of the decoder.
    """
    decoder = experiment.model.decoder
    weights = decoder.parameters() if isinstance(decoder, nn.Module) else ()
    pair = RANKING + experiment.config.latent + sum(weight.numel() for weight in weights)
    return experiment.split.num_nodes**2 * pair <= LINKS_WORK


def create_folder(claim: Claim, experiment: GraphExperiment) -> RunFolder:
    """Create the claimed folder of a run, complete enough to be resumed at once."""
    config = experiment.config
    files: dict[str, Callable[[Path], None]] = {"split.npz": experiment.split.save}
    if not is_dataset(config.dataset):  # a user's graph
        files["graph.npz"] = lambda target: save_graph(target, experiment.graph)
    return driver.create_folder(claim, config.to_dict(), files)


def write_pictures(
    folder: RunFolder,
    experiment: GraphExperiment,
    *,
    z: Float[np.ndarray, "node latent"],
    names: list[str],
    links: Sequence[Link] | None,
    history: Sequence[EpochRecord],
) -> None:
    """Write the embeddings, links and pictures of a finished run."""
    # pandas and matplotlib are slow to import and not needed for training.
    from graphvae.runs import plots as pictures
    from graphvae_data.export.tables import write_embeddings, write_links

    write_embeddings(folder.path / "embeddings.csv", names, z)
    if links is not None:
        write_links(folder.path / "links.csv", links)
    score = model_scorer(experiment.model, experiment.test_messages)
    split = experiment.split
    about = pictures.Caption.of(experiment.config.dataset, experiment.config.model)
    pictures.draw_curves(
        folder.path / "curves.png",
        about,
        history,
        experiment.trainer.best.epoch,
        curves=experiment.trainer.objective.penalty.curves,
    )
    pictures.draw_roc_pr(
        folder.path / "roc_pr.png", about, score(split.test), score(split.test_negatives)
    )
    node_labels = experiment.graph.labels
    labels = None if node_labels is None else node_labels.numpy()
    pictures.draw_embedding(folder.path / "embedding.png", about, z, labels)


def read_config(
    folder: RunFolder, *, device: str | None = None, parts: Mapping[str, object] = NO_PARTS
) -> FitConfig:
    """Read a run's settings, optionally for another device; `InputError` if damaged."""
    settings = read_json(folder.config)
    if not isinstance(settings, dict):
        raise InputError(f"{folder.config}: damaged, expected a mapping of settings")
    try:
        if device is not None:  # no training follows, so no capture is needed
            settings = on_device(settings, device)
        return rebuild_config(settings, parts)
    except InputError as error:
        raise InputError(f"{folder.config}: {error}") from error


def on_device(settings: dict[str, Any], device: str) -> dict[str, Any]:
    """Return settings for another device, without a CUDA graph on devices other than CUDA."""
    run, training = settings.get("run"), settings.get("training")
    if not isinstance(run, dict) or not isinstance(training, dict):
        raise InputError("expected run and training, each with its settings")
    capture = training.get("capture", False) and device.startswith("cuda")
    return settings | {
        "run": run | {"device": device},
        "training": training | {"capture": capture},
    }


def run_graph(folder: RunFolder, config: FitConfig) -> Graph:
    """Return the graph of a run: from its folder if stored there, else the named dataset."""
    if folder.graph.is_file():
        return read_graph(folder.graph)
    if not is_dataset(config.dataset):
        raise InputError(
            f"the run {folder.path} lacks {folder.graph.name}, and no dataset is named "
            f"{config.dataset!r}; restore or fit again"
        )
    return open_named(config.dataset).graph


def read_metrics(folder: RunFolder) -> dict[str, Any]:
    """Read a finished run's scores; `InputError` if the file is damaged or lacks a part."""
    metrics = read_json(folder.metrics)
    missing = [name for name in METRICS if not isinstance(metrics, dict) or name not in metrics]
    if missing:
        raise InputError(f"{folder.metrics}: damaged, it lacks {', '.join(missing)}; fit again")
    return {name: value for name, value in metrics.items() if name != FILES}
