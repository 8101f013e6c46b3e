"""The files of a run folder and the order in which they are written.

The folder is created with settings and split before the first step. All other files follow, each
written atomically and `metrics.json` last: a run is finished when that file exists.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float
from torch import nn

from graphvae.evaluation.scorers import model_scorer
from graphvae.runs.experiment import Experiment
from graphvae.training.records import EpochRecord
from graphvae_data.graphs.graphfile import save_graph
from graphvae_data.registry.graphs import GRAPHS
from graphvae_data.registry.ogb import OGB
from graphvae_data.runs.recorder import save_checkpoint
from graphvae_data.runs.run_folder import RunFolder, environment, write_json

LINKS = 100
"""Number of most likely missing links that a finished run lists."""
LINKS_WORK = 5e10
"""Maximum work, in multiplications, for listing links by default: about ten seconds."""
RANKING = 100
"""Cost of ranking a pair, in multiplications, without its score."""


def lists_links(experiment: Experiment) -> bool:
    """Return whether a finished run lists links, that is, whether scoring all pairs is cheap.

    A pair costs its ranking, and a multiplication per coordinate and per weight of the decoder.
    """
    decoder = experiment.model.decoder
    weights = decoder.parameters() if isinstance(decoder, nn.Module) else ()
    pair = RANKING + experiment.config.latent + sum(weight.numel() for weight in weights)
    return experiment.split.num_nodes**2 * pair <= LINKS_WORK


def create_folder(path: Path, experiment: Experiment, *, overwrite: bool) -> RunFolder:
    """Create the folder of a run, complete enough to be resumed at once."""
    config = experiment.config.to_dict()
    about = {**environment(), "device": config["run"]["device"], "seed": config["run"]["seed"]}
    files: dict[str, Callable[[Path], None]] = {
        "config.json": partial(_dump, config),
        "environment.json": partial(_dump, about),
        "split.npz": experiment.split.save,
    }
    if (
        config["dataset"] not in GRAPHS and config["dataset"] not in OGB
    ):  # a user's graph is saved with the run
        files["graph.npz"] = lambda target: save_graph(target, experiment.graph)
    return RunFolder.create(path, overwrite=overwrite, files=files)


def _dump(content: Mapping[str, Any], target: Path) -> None:
    write_json(target, content)


def write_outcome(
    folder: RunFolder,
    experiment: Experiment,
    *,
    z: Float[np.ndarray, "node latent"],
    names: list[str],
    links: Sequence[tuple[str, str, float]] | None,
    history: Sequence[EpochRecord],
    metrics: Mapping[str, Any],
) -> None:
    """Write the files of a finished run, `metrics.json` last."""
    # pandas and matplotlib are slow to import and not needed for training.
    from graphvae.runs import plots as pictures
    from graphvae_data.export.tables import write_embeddings, write_links

    save_checkpoint(folder, experiment.trainer)
    write_embeddings(folder.path / "embeddings.csv", names, z)
    if links is not None:
        write_links(folder.path / "links.csv", links)
    score = model_scorer(experiment.model, experiment.test_messages)
    split = experiment.split
    name = experiment.config.dataset
    classes = GRAPHS[name].class_names if name in GRAPHS else None
    about = pictures.Caption(name, experiment.config.model, classes)
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
    write_json(folder.metrics, metrics)
