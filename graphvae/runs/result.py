"""The result of a run: metrics, embeddings, missing links."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import torch
from jaxtyping import Float

from graphvae.evaluation.scores import Evaluation
from graphvae.prediction.missing_links import TopPairs, top_pairs, top_partners
from graphvae.prediction.neighbors import Neighbor, joined_to, nearest_nodes
from graphvae.runs import run_files
from graphvae.runs.configure import rebuild_config
from graphvae.runs.experiment import Experiment, prepare
from graphvae.runs.inputs import open_named
from graphvae.runs.new_graph import embed_graph
from graphvae.specs.recipe import CATALOGUE, FitConfig
from graphvae.splits.edge_split import EdgeSplit
from graphvae_data.core.errors import InputError, nearest
from graphvae_data.core.layers import Layer, overridden
from graphvae_data.core.reading import Reading
from graphvae_data.export.tables import Link
from graphvae_data.graphs.graph import Graph
from graphvae_data.graphs.graphfile import read_graph
from graphvae_data.runs import devices
from graphvae_data.runs.checkpoint import FILES, model_digest
from graphvae_data.runs.driver import finish
from graphvae_data.runs.options import FitOptions
from graphvae_data.runs.records import read_records
from graphvae_data.runs.results import RunResult
from graphvae_data.runs.run_folder import HistoryWriter, RunFolder, claimed, read_json
from graphvae_data.runs.weights import Weights, load_weights
from graphvae_data.runs.workers import ALONE, Workers, current

NO_PARTS: Mapping[str, object] = MappingProxyType({})
METRICS = ("val", "test", "strata", "baselines", "best_epoch", "epochs", "split", "seconds")
"""Keys of the `metrics.json` of a finished run."""


@dataclass(frozen=True, repr=False)
class FitResult(RunResult[Experiment]):
    """The outcome of `graphvae.fit` or `graphvae.load`."""

    @property
    def config(self) -> FitConfig:
        """Every setting, resolved."""
        return self.experiment.config

    @property
    def graph(self) -> Graph:
        """The whole graph."""
        return self.experiment.graph

    @property
    def reading(self) -> Reading | None:
        """What was read of the user's graph: columns and their roles, rows dropped and merged.

        None for a dataset, and for a graph that came as a `Graph`.
        """
        return self.graph.reading

    @property
    def split(self) -> EdgeSplit:
        """The split."""
        return self.experiment.split

    @property
    def node_names(self) -> list[str]:
        """Names of the nodes, in the order of the embedding's rows."""
        return list(self.graph.node_names)

    @cached_property
    def _z(self) -> torch.Tensor:
        with devices.threads(self.config.run.threads):
            return self.experiment.model.embed(self.experiment.test_messages)

    def embeddings(self) -> Float[np.ndarray, "node latent"]:
        """Return the embedding of every node, the posterior mean, in single precision."""
        return self._z.cpu().numpy()

    def evaluate(self) -> Evaluation:
        """Score the model again from its weights and its split."""
        with devices.threads(self.config.run.threads):
            return self.experiment.evaluate()

    def predict(self, top_k: int = 20, nodes: Sequence[str] | None = None) -> list[Link]:
        """Return the most likely missing links, the best first; every pair is considered.

        Args:
            top_k: how many links, or how many for each of `nodes`.
            nodes: names of nodes to find new neighbours for; None means the whole graph.

        Raises:
            InputError: `top_k` below 1, or an unknown node.
        """
        split = self.split
        known = torch.cat([self.graph.edges, split.train, split.val, split.test], 1)
        if nodes is None:
            links = top_pairs(self._z, self.experiment.model.decoder, known, top_k)
        else:
            indices = node_numbers(self.node_names, nodes)
            links = top_partners(self._z, self.experiment.model.decoder, known, top_k, indices)
        return self._named(links)

    def embed_new(self, graph: Any) -> Float[np.ndarray, "node latent"]:
        """Return the embedding of a graph that the model has not seen, from its features and edges.

        Args:
            graph: a `Graph`, or any graph object that `fit` takes.

        Raises:
            InputError: the encoder was trained without features, or the graph's features or
                direction differ from those in training.
        """
        with devices.threads(self.config.run.threads):
            return embed_graph(self.experiment, graph).cpu().numpy()

    def neighbors(self, node: str, k: int = 10, *, by: str = "cosine") -> list[Neighbor]:
        """Return the K nearest nodes of a node in the embedding; known neighbours are marked.

        Args:
            node: the node's name.
            k: number of nodes.
            by: `cosine`, `dot`, `euclidean` (distance) or `decoder` (probability of an edge).

        Raises:
            InputError: an unknown node, K below 1, or an unknown `by`.
        """
        names = self.node_names
        number = int(node_numbers(names, [node])[0])
        nearest = nearest_nodes(self._z, self.experiment.model.decoder, number, k, by)
        known = joined_to(self.graph.edges, number, len(names))
        return [
            Neighbor(names[other], float(score), bool(known[other]))
            for other, score in zip(*nearest, strict=True)
        ]

    def save(self, path: str | Path, *, overwrite: bool = False) -> Path:
        """Write the run folder of this result and return its path.

        Raises:
            InputError: the path exists (and `overwrite` is not set) or cannot be written.
        """
        if self.folder is not None and Path(path).resolve() == self.folder.resolve():
            return self.folder
        with claimed(Path(path), overwrite=overwrite) as claim:
            folder = run_files.create_folder(claim, self.experiment)
            with HistoryWriter(folder.history) as history:
                for record in self.history:
                    history.append(record.to_dict())
            trainer = self.experiment.trainer
            finish(folder, trainer, self.metrics, FitOptions(), lambda: self.write_pictures(folder))
        return folder.path

    def write_pictures(self, folder: RunFolder) -> None:
        """Write embeddings, links and pictures into a run folder."""
        run_files.write_pictures(
            folder,
            self.experiment,
            z=self.embeddings(),
            names=self.node_names,
            links=self.predict(run_files.LINKS) if run_files.lists_links(self.experiment) else None,
            history=self.history,
        )

    def _named(self, links: TopPairs) -> list[Link]:
        names = self.node_names
        ends = links.pairs.T.tolist()
        return [
            Link(names[u], names[v], probability)
            for (u, v), probability in zip(ends, links.probabilities.tolist(), strict=True)
        ]


def load(path: str | Path, *, device: str = "auto", **parts: object) -> FitResult:
    """Open a finished run folder.

    Args:
        path: the run folder.
        device: `auto`, `cpu`, `cuda`, `cuda:n` or `mps`.
        **parts: parts that cannot be imported, by slot: `encoder=module`, `prior=MyPrior`.

    Raises:
        InputError: the folder is not a run, not finished or damaged; its graph has changed; or a
            part is missing or differs from the run's.
    """
    return load_run(path, device=device, parts=parts)


def load_run(
    path: str | Path, *, device: str = "auto", parts: Mapping[str, object] = NO_PARTS
) -> FitResult:
    """Implement `load`."""
    folder = RunFolder.open(Path(path), "config.json", "split.npz", "model.safetensors")
    resolved = str(devices.resolve_device(device, gpu=current().gpu))
    experiment = open_experiment(folder, device=resolved, parts=parts)
    if not folder.metrics.is_file():
        raise InputError(f"{folder.path}: this run is not finished; continue it with --resume")
    metrics = read_metrics(folder)
    weights: Weights = load_weights(folder.model, experiment.model, model_digest(folder))
    experiment.model.load_state_dict(weights)
    if metrics["split"] != experiment.split.fingerprint:
        raise InputError(f"{folder.split}: not the split that this run was scored on")
    return FitResult(experiment, metrics, read_records(folder), folder.path)


def open_experiment(
    folder: RunFolder,
    *,
    device: str | None = None,
    parts: Mapping[str, object] = NO_PARTS,
    workers: Workers = ALONE,
    epochs: int | None = None,
) -> Experiment:
    """Rebuild the untrained experiment of a run folder.

    Args:
        folder: the run folder.
        device: the device; None means that of the run.
        parts: parts that cannot be imported, by slot.
        workers: the processes that share the training.
        epochs: the number of epochs; None means that of the run.
    """
    config = read_config(folder, device=device, parts=parts)
    resolved = str(devices.resolve_device(config.run.device, gpu=current().gpu))
    config = overridden(config, [Layer({"run": {"device": resolved}})], CATALOGUE)
    if epochs is not None:
        longer = Layer({"training": {"epochs": epochs}}, CATALOGUE.python_name)
        config = overridden(config, [longer], CATALOGUE)
    split = EdgeSplit.load(folder.split)
    return prepare(config, run_graph(folder, config), split, workers=workers)


def read_config(
    folder: RunFolder, *, device: str | None = None, parts: Mapping[str, object] = NO_PARTS
) -> FitConfig:
    """Read a run's settings, optionally for another device; `InputError` if damaged."""
    settings = read_json(folder.config)
    if not isinstance(settings, dict):
        raise InputError(f"{folder.config}: damaged, expected settings by name")
    try:
        if device is not None:  # no training follows, so no capture is needed
            settings = elsewhere(settings, device)
        return rebuild_config(settings, parts)
    except InputError as error:
        raise InputError(f"{folder.config}: {error}") from error


def elsewhere(settings: dict[str, Any], device: str) -> dict[str, Any]:
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
    stored = folder.graph.is_file()
    return read_graph(folder.graph) if stored else open_named(config.dataset).graph


def read_metrics(folder: RunFolder) -> dict[str, Any]:
    """Read a finished run's scores; `InputError` if the file is damaged or lacks a part."""
    metrics = read_json(folder.metrics)
    missing = [name for name in METRICS if not isinstance(metrics, dict) or name not in metrics]
    if missing:
        raise InputError(f"{folder.metrics}: damaged, it lacks {', '.join(missing)}; fit again")
    return {name: value for name, value in metrics.items() if name != FILES}


def node_numbers(names: list[str], nodes: Sequence[str]) -> torch.Tensor:
    """Return the indices of nodes; `InputError` names the first unknown one."""
    numbers = {name: number for number, name in enumerate(names)}
    for name in nodes:
        if name not in numbers:
            raise InputError(f"node: the graph has no node {name!r}{nearest(name, names)}")
    return torch.tensor([numbers[name] for name in nodes])
