"""One experiment: a graph, a split, a model and its trainer, made from a configuration.

Every random choice has a stream of its own, derived from the one seed: so a split does not change
with the model, nor the weights with the split.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import torch
from torch import nn
from torch_geometric.data import Data

from graphvae.evaluation.scorers import Scorer
from graphvae.evaluation.scorers import model_scorer as scorer_of
from graphvae.evaluation.scores import (
    Benchmark,
    Evaluation,
    baseline_scores,
    direction_score,
    evaluate,
    heuristic_baselines,
)
from graphvae.graph.masking import EdgeMasking
from graphvae.graph.pairs import is_directed
from graphvae.graph.propagation import MessageGraph, message_graph
from graphvae.losses.adversary import Adversary
from graphvae.losses.divergence import WHOLE, Divergence
from graphvae.losses.fastgae import NodeSampler
from graphvae.losses.objectives import Objective
from graphvae.metrics import Metric, selection_metric
from graphvae.nn.models import GAE, build_model
from graphvae.nn.pyg import describe
from graphvae.specs.config import FitConfig
from graphvae.specs.presets import PRESETS, SETTINGS
from graphvae.specs.variational import WITHOUT
from graphvae.splits.edge_split import EdgeSplit
from graphvae.splits.splitting import split_by_time, split_edges
from graphvae.training.propagated import propagated_once
from graphvae.training.records import EpochRecord
from graphvae.training.trainer import Trainer
from graphvae_data.core import rng as streams
from graphvae_data.core.errors import InputError
from graphvae_data.runs.workers import ALONE, Workers
from image_vae.parts.schedules import Linear

STREAMS = {"split": 0, "weights": 1, "noise": 2, "adversary": 3}


@dataclass(frozen=True)
class Experiment:
    """What a configuration and a graph come to, ready to train."""

    config: FitConfig
    """The settings."""
    data: Data
    """The whole graph; only its features and the split's train edges reach the model."""
    split: EdgeSplit
    """Which edges are for what."""
    graph: MessageGraph
    """What the encoder sees while training and validating, on the device."""
    test_graph: MessageGraph
    """What it sees afterwards: the same, unless `val_edges` lets validation edges in."""
    model: GAE
    """The model, on the device."""
    trainer: Trainer
    """Its training."""

    def evaluate(self) -> Evaluation:
        """Score the model as it stands, and the baselines if the configuration asks for them."""
        score, test_score = (scorer_of(self.model, g) for g in (self.graph, self.test_graph))
        found = evaluate(score, self.split, seed=self.config.seed, test_scorer=test_score)
        found = replace(
            found,
            direction=direction_score(test_score, self.split, self.data),
            benchmark=self._benchmark(found, score, test_score),
        )
        return replace(found, baselines=self.baselines()) if self.config.baselines else found

    def _benchmark(self, found: Evaluation, score: Scorer, test_score: Scorer) -> Benchmark | None:
        metric, split = selection_metric(self.config.select), self.split
        if metric.from_auc_ap(found.val["auc"], found.val["ap"]) is not None:
            return None
        val, test = (
            metric.score(scorer(edges), scorer(negatives), split.per_positive)
            for scorer, edges, negatives in (
                (score, split.val, split.val_negatives),
                (test_score, split.test, split.test_negatives),
            )
        )
        return Benchmark(metric.key, val, test)

    def baselines(self) -> dict[str, dict[str, float]]:
        """Test AUC and AP of every baseline on the same split."""
        rows = heuristic_baselines(self.split)
        if self.data.x is not None:
            score = mlp_scorer(self.config, self.data, self.split)
            found = baseline_scores(score(self.split.test), score(self.split.test_negatives))
            rows["features-only MLP"] = found
        return rows


def seeded(seed: int, stream: Literal["split", "weights", "noise", "adversary"]) -> torch.Generator:
    """Return the CPU generator of one of the run's streams of randomness."""
    return streams.seeded(seed, STREAMS[stream])


def make_split(config: FitConfig, data: Data) -> EdgeSplit:
    """Split the graph as a configuration says."""
    make = split_by_time if config.split_by == "time" else split_edges
    return make(
        data,
        val_fraction=config.val_fraction,
        test_fraction=config.test_fraction,
        generator=seeded(config.seed, "split"),
    )


def prepare(
    config: FitConfig,
    data: Data,
    split: EdgeSplit,
    encoder: nn.Module | None = None,
    *,
    workers: Workers = ALONE,
) -> Experiment:
    """Build the model and its trainer; the same configuration gives the same weights.

    A copy of `encoder` is trained if the configuration says that a module of one's own is. Each of
    several `workers` prepares the whole, and trains with the others.

    Raises:
        InputError: the split was made from another graph, or `encoder` is not the one described.
    """
    _check_encoder(config, encoder)
    split.check_graph(data)
    check_direction(config, data)
    _check_select(selection_metric(config.select), split)
    device = torch.device(config.device)
    graph = message_graph(data, split.train, use_features=config.features)
    model = build_model(config, graph, seeded(config.seed, "weights"), encoder).to(device)
    graph = test_graph = graph.to(device)
    if config.val_edges:
        edges = torch.cat([split.train, split.val], 1)
        test_graph = message_graph(data, edges, use_features=config.features).to(device)
    objective = _objective(config, split, device, workers)
    noise = seeded(config.seed, "noise")
    if device.type != "cpu":
        noise = torch.Generator(device).manual_seed(noise.initial_seed())
    hidden = config.preset.masked
    masking = EdgeMasking(graph, objective.edges, hidden) if hidden else None
    seen = propagated_once(graph) if config.propagate == "once" else graph
    trainer = Trainer(
        model,
        objective,
        seen,
        split,
        config,
        noise,
        masking=masking,
        adversary=_adversary(config, device),
        workers=workers,
    )
    return Experiment(config, data, split, graph, test_graph, model, trainer)


def _objective(
    config: FitConfig, split: EdgeSplit, device: torch.device, workers: Workers
) -> Objective:
    if config.samples is not None and workers.count > 1:
        raise InputError("estimator: workers cannot share the bound of iwae; start one alone")
    edges = split.train.to(device)
    nodes = None
    if config.decode_nodes is not None:
        nodes = NodeSampler(
            edges, split.num_nodes, count=config.decode_nodes, alpha=float(config.decode_alpha)
        )
    return Objective.of(
        config.settings.loss,
        edges,
        split.num_nodes,
        directed=split.directed,
        negatives=config.settings.negatives,
        nodes=nodes,
        workers=workers,
        divergence=_divergence(config),
        samples=config.samples,
    )


def _divergence(config: FitConfig) -> Divergence:
    weight = WHOLE if config.kl_warmup is None else Linear(0.0, 1.0, config.kl_warmup)
    return Divergence(weight, float(config.free_bits or 0.0))


def _adversary(config: FitConfig, device: torch.device) -> Adversary | None:
    if not config.preset.adversarial:
        return None
    return Adversary(config.settings.latent, seeded(config.seed, "adversary"), device=device)


def _check_encoder(config: FitConfig, encoder: nn.Module | None) -> None:
    """A module of one's own cannot be written to a file: it must come again, and be the same."""
    found = None if encoder is None else describe(encoder)
    if found == config.encoder:
        return
    if found is None:
        raise InputError(
            "encoder: the run was made with a module of one's own, which no file holds; give it "
            f"in Python, load(path, encoder=…): {config.encoder}"
        )
    wanted = config.encoder or "none, as the run has the preset's"
    raise InputError(f"encoder: expected {wanted}, got {found}")


def check_direction(config: FitConfig, data: Data) -> None:
    """A directed graph needs a decoder that tells directions apart, an undirected one the other."""
    directed = is_directed(data)
    if directed == config.preset.directed:
        return
    fitting = ", ".join(name for name, p in PRESETS.items() if p.directed == directed)
    kind = "directed" if directed else "undirected"
    raise InputError(f"model: the graph is {kind}, which {config.model} is not for; use {fitting}")


def mlp_scorer(config: FitConfig, data: Data, split: EdgeSplit) -> Scorer:
    """Train the features-only MLP on the same split, and return how it scores pairs."""
    experiment = prepare(_mlp_config(config, directed=split.directed), data, split)
    experiment.trainer.run(_ignore)
    return scorer_of(experiment.model, experiment.test_graph)


def _mlp_config(config: FitConfig, *, directed: bool) -> FitConfig:
    """Return the baseline's settings: what the user chose, but nothing of the model's own preset.

    So the baseline is the same beside every model.
    """
    brought = config.preset.settings
    left = {name: None for name in SETTINGS if getattr(config, name) == getattr(brought, name)}
    changed: dict[str, Any] = {**left, **WITHOUT, "loss": None, "features": True, "encoder": None}
    changed |= {"init": "glorot", "propagate": "each-step", "decode_nodes": None}
    return replace(config, model="st-mlp" if directed else "mlp", **changed)


def _check_select(metric: Metric, split: EdgeSplit) -> None:
    """Refuse a selection metric that validation has too few pairs for."""
    try:
        if split.per_positive and metric.takes_groups():
            metric.check_size(1, split.per_positive)
        else:
            metric.check_size(split.val.size(1), split.val_negatives.size(1))
    except InputError as error:
        raise InputError(f"select: validation is too small for {error}") from None


def _ignore(record: EpochRecord) -> None:
    """Take no notice of an epoch."""
