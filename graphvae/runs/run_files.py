"""The files of a run folder that only graphs have; the driver of runs writes the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float
from torch import nn

from graphvae.evaluation.scorers import model_scorer
from graphvae.runs.experiment import Experiment
from graphvae_data.graphs.graphfile import save_graph
from graphvae_data.registry.graphs import GRAPHS
from graphvae_data.registry.ogb import OGB
from graphvae_data.runs import driver
from graphvae_data.runs.records import EpochRecord
from graphvae_data.runs.run_folder import Claim, RunFolder

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


def create_folder(claim: Claim, experiment: Experiment) -> RunFolder:
    """Create the claimed folder of a run, complete enough to be resumed at once."""
    config = experiment.config
    files: dict[str, Callable[[Path], None]] = {"split.npz": experiment.split.save}
    if config.dataset not in GRAPHS and config.dataset not in OGB:  # a user's graph
        files["graph.npz"] = lambda target: save_graph(target, experiment.graph)
    return driver.create_folder(claim, config.to_dict(), files)


def write_pictures(
    folder: RunFolder,
    experiment: Experiment,
    *,
    z: Float[np.ndarray, "node latent"],
    names: list[str],
    links: Sequence[tuple[str, str, float]] | None,
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
