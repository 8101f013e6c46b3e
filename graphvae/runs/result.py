"""The result of a run: metrics, embeddings, missing links."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float

from graphvae.baselines.proximity import ProximityGraph
from graphvae.evaluation.negative_sets import known_edges
from graphvae.evaluation.scores import Evaluation
from graphvae.graph.propagation import MessageGraph, message_graph
from graphvae.nn.decoders import GraphDecoder, PairDecoder
from graphvae.nn.models import GAE
from graphvae.prediction.missing_links import TopPairs, check_k, top_pairs, top_partners
from graphvae.prediction.neighbors import Neighbor, joined_to, nearest_nodes
from graphvae.prediction.pair_features import PairFeatures
from graphvae.prediction.ranking import MODEL, RankedPairs, Ranking, choose_ranking
from graphvae.runs import run_files
from graphvae.runs.explanation import Explanation, Node, explain
from graphvae.runs.new_graph import embed_graph, links_of_new_nodes
from graphvae.runs.refit import REFIT, load_refit
from graphvae.runs.run_files import NO_PARTS, read_config, read_metrics, run_graph
from graphvae.runs.stored_states import weights_of, with_stored_states, write_states
from graphvae.setup.experiment import GraphExperiment, prepare
from graphvae.setup.inputs import Nodes, node_numbers
from graphvae.specs.evaluation import Messages, check_messages
from graphvae.specs.recipe import CATALOGUE, FitConfig
from graphvae.splits.edge_split import EdgeSplit
from graphvae_data.core.errors import InputError
from graphvae_data.core.reading import Reading
from graphvae_data.export.tables import Link
from graphvae_data.graphs.graph import Graph
from graphvae_data.graphs.read_options import ReadOptions
from graphvae_data.machine import devices
from graphvae_data.machine.workers import ALONE, Workers, current
from graphvae_data.readers.nodes.new_nodes import extended
from graphvae_data.runs.checkpoint import model_digest
from graphvae_data.runs.driver import finish
from graphvae_data.runs.options import FitOptions
from graphvae_data.runs.results import RunResult, read_records
from graphvae_data.runs.run_folder import HistoryWriter, RunFolder, claimed
from graphvae_data.runs.weights import save_weights
from graphvae_data.settings.layers import Layer, overridden
from graphvae_data.training.weights import Weights, copy_weights


@dataclass(frozen=True, repr=False)
class GraphFitResult(RunResult[GraphExperiment]):
    """The outcome of `graphvae.fit` or `graphvae.load`."""

    refit: GAE | None = None
    """The model trained on all edges after scoring, if any; embeddings and links use it."""

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
        """How the user's graph was read: columns and their roles, rows dropped and merged.

        None for a dataset, and for a `Graph` object.
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
    def _z(self) -> dict[Messages, torch.Tensor]:
        """Embeddings computed so far, by the edges that messages passed over."""
        return {}

    def _embedded(self, messages: Messages) -> torch.Tensor:
        check_messages(messages)
        if messages not in self._z:
            with devices.computing(self.config.run.threads):
                self._z[messages] = self._model(messages).embed(self._graph(messages))
        return self._z[messages]

    def _graph(self, messages: Messages) -> MessageGraph:
        experiment = self.experiment
        if messages == "train":
            return experiment.test_messages
        edges, features = known_edges(experiment.split), experiment.config.inputs.features
        graph = message_graph(experiment.graph, edges, use_features=features)
        return graph.to(experiment.model.device)

    def _decoder(self, messages: Messages) -> PairDecoder:
        decoder = self._model(messages).decoder
        return decoder.on(self._graph(messages)) if isinstance(decoder, GraphDecoder) else decoder

    def _model(self, messages: Messages) -> GAE:
        if messages == "all" and self.refit is not None:
            return self.refit
        return self.experiment.model

    def embeddings(self, messages: Messages = "all") -> Float[np.ndarray, "node latent"]:
        """Return the embedding of every node, the posterior mean, in single precision.

        Args:
            messages: `all` passes messages over every known edge, with the weights trained
                on the training edges, or those of a refit; `train` over training edges only (and
                validation edges with `val_edges`), as for the scores of the run.
        """
        return self._embedded(messages).cpu().numpy().copy()

    @cached_property
    def ranking(self) -> Ranking:
        """The order of predicted links and the meaning of their scores, chosen by validation.

        If scoring all pairs takes long, it is the model's order.
        """
        if not run_files.lists_links(self.experiment):
            return MODEL
        experiment, split = self.experiment, self.split
        with devices.computing(self.config.run.threads):
            z = experiment.model.embed(experiment.messages)
            decoder = experiment.model.decoder_on(experiment.messages)
            return choose_ranking(z, decoder, split, seed=experiment.config.run.seed)

    def ranked_pairs(self, messages: Messages = "all") -> RankedPairs:
        """Return the scores that order predicted links, for all pairs.

        Args:
            messages: as in `embeddings`; neighbours are counted over the same edges.
        """
        edges = known_edges(self.split) if messages == "all" else self.split.train
        graph = ProximityGraph.of(edges, self.split.num_nodes)
        decoder = self._decoder(messages)
        return RankedPairs(PairFeatures(self._embedded(messages), decoder, graph), self.ranking)

    def evaluate(self) -> Evaluation:
        """Score the model again from its weights and its split."""
        with devices.computing(self.config.run.threads):
            return self.experiment.evaluate()

    def predict(
        self,
        top_k: int = 20,
        nodes: Nodes | None = None,
        *,
        messages: Messages = "all",
    ) -> list[Link]:
        """Return the most likely missing links, the best first; every pair is considered.

        `ranking` describes the order, and the meaning of score and probability.

        Args:
            top_k: number of links, or of links for each of `nodes`.
            nodes: names of nodes to find new neighbours for, as text or integers; None means the
                whole graph.
            messages: as in `embeddings`.

        Raises:
            InputError: `top_k` below 1, or an unknown node.
        """
        split = self.split
        known = torch.cat([self.graph.edges, split.train, split.val, split.test], 1)
        check_k(top_k)
        indices = None if nodes is None else node_numbers(self.node_names, nodes)
        scores = self.ranked_pairs(messages)
        with devices.computing(self.config.run.threads):
            if indices is None:
                links = top_pairs(scores, known, top_k, sides=self.graph.sides)
            else:
                links = top_partners(scores, known, top_k, indices, sides=self.graph.sides)
        return self._named(links)

    def predict_weights(
        self, pairs: Sequence[tuple[str | int, str | int]]
    ) -> Float[np.ndarray, " pair"]:
        """Return the expected weight of each pair of nodes, if it is an edge.

        Args:
            pairs: pairs of names.

        Raises:
            InputError: a model that was fitted without `predict_weight`, or an unknown node.
        """
        decoder = self.experiment.model.weight_decoder
        if decoder is None:
            raise InputError("predict_weight: expected a run fitted with it, such as gaussian")
        ends = node_numbers(self.node_names, [end for pair in pairs for end in pair])
        with torch.no_grad():
            z = self._embedded("train")
            means = decoder.mean(z, ends.reshape(-1, 2).T.to(z.device))
        return means.cpu().numpy()

    def predict_new(
        self,
        graph: Any,
        top_k: int = 20,
        nodes: Nodes | None = None,
        *,
        features: Any = None,
        **reading: Any,
    ) -> list[Link]:
        """Return the most likely links of nodes that were added after training, the best first.

        All nodes are embedded with the weights of the run and messages over all edges, known and
        new. The score is the model's logit; there is no probability.

        Args:
            graph: the new edges, among new nodes and to those of the run: a path or a graph object.
            top_k: number of links for each node.
            nodes: names of nodes; None means all new ones.
            features: features of the new nodes by name: a path, a DataFrame or an array.
            **reading: options for reading the new edges, as in `fit`: `source="Follower"`, ….

        Raises:
            InputError: edges or features that cannot be read, no new node, or a model that was
                trained without features.
        """
        read_options = ReadOptions(**reading)
        prep = None if self.reading is None else self.reading.features
        new_edges, table = (Path(v) if isinstance(v, str) else v for v in (graph, features))
        full_graph = extended(self.graph, new_edges, read_options, features=table, prep=prep)
        names = list(full_graph.node_names)
        indices = None if nodes is None else node_numbers(names, nodes)
        with devices.computing(self.config.run.threads):
            links = links_of_new_nodes(self.experiment, full_graph, top_k, indices)
        return self._named(links, names)

    def embed_new(self, graph: Any) -> Float[np.ndarray, "node latent"]:
        """Return the embedding of a graph that the model has not seen, from its features and edges.

        Args:
            graph: a `Graph`, or any graph object that `fit` takes, with its features.

        Raises:
            InputError: the encoder was trained without features, or the graph's features or
                direction differ from those in training.
        """
        with devices.computing(self.config.run.threads):
            model = self._model("all")
            return embed_graph(replace(self.experiment, model=model), graph).cpu().numpy()

    def neighbors(
        self,
        node: Node,
        k: int = 10,
        *,
        by: str = "cosine",
        messages: Messages = "all",
    ) -> list[Neighbor]:
        """Return the K nearest nodes of a node in the embedding; known neighbours are marked.

        Args:
            node: the node's name.
            k: number of nodes.
            by: `cosine`, `dot`, `euclidean` (distance) or `decoder` (the logit of an edge).
            messages: as in `embeddings`.

        Raises:
            InputError: an unknown node, K below 1, or an unknown `by`.
        """
        names = self.node_names
        index = int(node_numbers(names, [node])[0])
        nearest = nearest_nodes(self._embedded(messages), self._decoder(messages), index, k, by)
        known = joined_to(self.graph.edges, index, len(names))
        return [
            Neighbor(names[other], float(score), bool(known[other]))
            for other, score in zip(*nearest, strict=True)
        ]

    def explain(
        self, u: Node, v: Node, top_k: int = 10, *, messages: Messages = "all"
    ) -> Explanation:
        """Return the contributions to the logit of a pair; see `runs.explanation.explain`."""
        check_messages(messages)
        return explain(self.experiment, self._model(messages), (u, v), top_k, messages=messages)

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
        """Write embeddings, links, pictures, states and refit weights into a run folder."""
        write_states(folder, self.experiment)
        if self.refit is not None:
            save_weights(folder.path / REFIT, copy_weights(self.refit))
        run_files.write_pictures(
            folder,
            self.experiment,
            z=self.embeddings(),
            names=self.node_names,
            links=self.predict(run_files.LINKS) if run_files.lists_links(self.experiment) else None,
            history=self.history,
        )

    def _named(self, links: TopPairs, names: list[str] | None = None) -> list[Link]:
        """Return links by name; of an extended graph, with its names and without probabilities."""
        ends, scores = links.pairs.T.tolist(), links.scores.tolist()
        if names is not None:
            return [
                Link(names[u], names[v], score) for (u, v), score in zip(ends, scores, strict=True)
            ]
        names, probabilities = self.node_names, self.ranking.probabilities(links.scores)
        return [
            Link(names[u], names[v], score, probability)
            for (u, v), score, probability in zip(ends, scores, probabilities, strict=True)
        ]


def load(path: str | Path, *, device: str = "auto", **parts: object) -> GraphFitResult:
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
) -> GraphFitResult:
    """Implement `load`."""
    folder = RunFolder.open(Path(path), "config.json", "split.npz", "model.safetensors")
    resolved = str(devices.resolve_device(device, gpu=current().gpu))
    experiment = open_experiment(folder, device=resolved, parts=parts, stored=True)
    if not folder.metrics.is_file():
        raise InputError(f"{folder.path}: this run is not finished; continue it with --resume")
    metrics = read_metrics(folder)
    weights: Weights = weights_of(folder, experiment.model, experiment.config, model_digest(folder))
    experiment.model.load_state_dict(weights)
    if metrics["split"] != experiment.split.fingerprint:
        raise InputError(f"{folder.split}: not the split that this run was scored on")
    refit = load_refit(experiment, folder)
    return GraphFitResult(experiment, metrics, read_records(folder), folder.path, refit)


def open_experiment(
    folder: RunFolder,
    *,
    device: str | None = None,
    parts: Mapping[str, object] = NO_PARTS,
    workers: Workers = ALONE,
    epochs: int | None = None,
    stored: bool = False,
) -> GraphExperiment:
    """Rebuild the untrained experiment of a run folder.

    Args:
        folder: the run folder.
        device: the device; None means that of the run.
        parts: parts that cannot be imported, by slot.
        workers: the processes that share the training.
        epochs: the number of epochs; None means that of the run.
        stored: use the stored states of a user's encoder that is not passed; it cannot be trained.
    """
    config = read_config(folder, device=device, parts=parts)
    config = with_stored_states(config, folder) if stored else config
    resolved = str(devices.resolve_device(config.run.device, gpu=current().gpu))
    config = overridden(config, [Layer({"run": {"device": resolved}})], CATALOGUE)
    if epochs is not None:
        override = Layer({"training": {"epochs": epochs}}, CATALOGUE.python_name)
        config = overridden(config, [override], CATALOGUE)
    split = EdgeSplit.load(folder.split)
    return prepare(config, run_graph(folder, config), split, workers=workers)
