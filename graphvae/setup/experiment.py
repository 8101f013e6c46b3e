"""One experiment: a graph, a split, a model and its trainer, made from a configuration.

Every kind of random choice has its own stream derived from the seed, so that the split does not
depend on the model, nor the weights on the split.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal

import numpy as np
import torch

from graphvae.evaluation.evaluator import evaluate_with
from graphvae.evaluation.scorers import ModelScorer, Scorer, score_together
from graphvae.evaluation.scorers import model_scorer as scorer_of
from graphvae.evaluation.scores import (
    Benchmark,
    Evaluation,
    baseline_scores,
    direction_score,
    evaluate,
    heuristic_baselines,
)
from graphvae.evaluation.selection import Selection
from graphvae.evaluation.weights import weight_scores, weights_of_edges
from graphvae.graph.masking import EdgeMasking
from graphvae.graph.propagation import MessageGraph, message_graph
from graphvae.losses.objective import GraphObjective
from graphvae.metrics import Metric, selection_metric
from graphvae.nn.models import GAE, build_model
from graphvae.setup.configure import recipe_of
from graphvae.specs.evaluation import PARTS, NegativeKind
from graphvae.specs.losses import LossInputs
from graphvae.specs.presets import PRESETS
from graphvae.specs.recipe import CATALOGUE, FitConfig
from graphvae.splits.edge_split import EdgeSplit
from graphvae.splits.label_split import LabelSplit, split_labels
from graphvae.splits.splitting import split_by_time, split_edges
from graphvae.training.batches import EdgeBatches
from graphvae.training.label_task import LabelTask, label_decoder, label_task
from graphvae.training.propagated import propagated_once
from graphvae.training.trainer import GraphTrainer
from graphvae.training.weight_task import WeightTask
from graphvae_data.core import rng as streams
from graphvae_data.core.errors import InputError
from graphvae_data.graphs.graph import Graph
from graphvae_data.machine import devices
from graphvae_data.machine.workers import ALONE, Workers
from graphvae_data.settings.layers import Layer, overridden
from graphvae_data.settings.setting_errors import SettingClash
from image_vae.specs.penalties import PenaltyInputs

STREAMS = {"split": 0, "weights": 1, "noise": 2, "adversary": 3}
"""Random streams of a run; steps with user-defined parts use 4."""


@dataclass(frozen=True)
class GraphExperiment:
    """Everything needed to train: graph, split, model and trainer."""

    config: FitConfig
    """The settings."""
    graph: Graph
    """The whole graph; only its features and the split's train edges reach the model."""
    split: EdgeSplit
    """The split."""
    messages: MessageGraph
    """The message graph in training and validation, on the device."""
    test_messages: MessageGraph
    """The message graph for testing: the same, plus validation edges with `val_edges`."""
    model: GAE
    """The model, on the device."""
    trainer: GraphTrainer
    """Its training."""

    def evaluate(self) -> Evaluation:
        """Score the current model, and the baselines if the configuration asks for them."""
        score, test_score = (scorer_of(self.model, g) for g in (self.messages, self.test_messages))
        scores = evaluate(score, self.split, seed=self.config.run.seed, test_scorer=test_score)
        scores = replace(
            scores,
            direction=direction_score(test_score, self.split, self.graph),
            benchmark=self._benchmark(scores, score, test_score),
            weights=self._weights(score, test_score),
            node_labels=self._node_labels(test_score),
        )
        return (
            replace(scores, baselines=self.baselines()) if self.config.split.baselines else scores
        )

    def _weights(
        self, score: ModelScorer, test_score: ModelScorer
    ) -> dict[str, dict[str, float]] | None:
        decoder = self.model.weight_decoder
        if decoder is None:
            return None
        return weight_scores(decoder, score.z, test_score.z, self.graph, self.split)

    def _node_labels(self, test_score: ModelScorer) -> dict[str, Any] | None:
        decoder, labels = self.model.label_decoder, label_split(self.config, self.graph)
        if decoder is None or labels is None:
            return None
        from graphvae.evaluation.node_labels import node_label_scores  # imports scikit-learn

        return node_label_scores(decoder, test_score.z, self.graph, labels)

    def _benchmark(self, scores: Evaluation, score: Scorer, test_score: Scorer) -> Benchmark | None:
        metric, split = selection_metric(self.config.split.select), self.split
        if self.trainer.validator.selection is not None:
            return self._hard_benchmark(self.trainer.validator.selection, score, test_score)
        if metric.from_auc_ap(scores.val["auc"], scores.val["ap"]) is not None:
            return None
        val, test = (
            metric.score(*score_together(scorer, edges, negatives), split.per_positive)
            for scorer, edges, negatives in (
                (score, split.val, split.val_negatives),
                (test_score, split.test, split.test_negatives),
            )
        )
        return Benchmark(metric.key, val, test)

    def _hard_benchmark(self, selection: Selection, score: Scorer, test_score: Scorer) -> Benchmark:
        """Return the metric of validation as selected, and of test with negatives of that kind."""
        kind, metric = self.config.split.select_negatives, selection.metric
        test = evaluate_with(
            test_score,
            self.split,
            self.graph,
            negatives=kind,
            metrics=[metric],
            seed=self.config.run.seed,
            bootstrap=0,
        )
        val = metric.gain(selection.score(score))
        return Benchmark(
            metric.key, val, test.overall[metric.key], kind, selection.note, selection.fingerprint
        )

    def baselines(self) -> dict[str, dict[str, float]]:
        """Test AUC and AP of every baseline on the same split."""
        rows = heuristic_baselines(self.split)
        if self.graph.features is not None:
            score = mlp_scorer(self.config, self.graph, self.split)
            scores = baseline_scores(score(self.split.test), score(self.split.test_negatives))
            rows["features-only MLP"] = scores
        return rows


def seeded(seed: int, stream: Literal["split", "weights", "noise", "adversary"]) -> torch.Generator:
    """Return the CPU generator of one of the run's random streams."""
    return streams.seeded(seed, STREAMS[stream])


def make_split(config: FitConfig, graph: Graph) -> EdgeSplit:
    """Split the graph as configured."""
    settings = config.split
    make = split_by_time if settings.split_by == "time" else split_edges
    return make(
        graph,
        val_fraction=settings.val_fraction,
        test_fraction=settings.test_fraction,
        generator=seeded(config.run.seed, "split"),
    )


@devices.computing(None)
def prepare(
    config: FitConfig, graph: Graph, split: EdgeSplit, *, workers: Workers = ALONE
) -> GraphExperiment:
    """Build the model and its trainer; the same configuration gives the same weights.

    Each of several `workers` builds the whole experiment; they train together.

    Raises:
        InputError: the split was made from another graph, or the model does not support the graph.
        SettingClash: a setting does not suit the graph.
    """
    split.check_graph(graph)
    check_direction(config, graph)
    choose_selection = selection_of(config, graph, split)
    device, features = torch.device(config.run.device), config.inputs.features
    messages = message_graph(graph, split.train, use_features=features)
    generator = seeded(config.run.seed, "weights")
    model = build_model(config, messages, generator)
    labels = label_split(config, graph)
    if labels is not None and graph.labels is not None:
        values = int(graph.labels.max()) + 1
        model.label_decoder = label_decoder(config.latent, values, generator)
    model = model.to(device)
    messages = test_messages = messages.to(device)
    if config.split.val_edges:
        edges = torch.cat([split.train, split.val], 1)
        test_messages = message_graph(graph, edges, use_features=features).to(device)
    inputs = graph.features if features else None
    objective = build_objective(config, split, device, workers, features=inputs)
    noise = seeded(config.run.seed, "noise")
    if device.type != "cpu":
        noise = torch.Generator(device).manual_seed(noise.initial_seed())
    masked = config.training.masked
    masking = EdgeMasking(messages, objective.reconstruction.edges, masked) if masked else None
    input_graph = propagated_once(messages) if config.encoder.propagated_once else messages
    trainer = GraphTrainer(
        model,
        objective,
        input_graph,
        split,
        config,
        noise,
        masking=masking,
        adversary=config.adversary.build(
            config.latent, seeded(config.run.seed, "adversary"), device
        ),
        workers=workers,
        weight_task=weight_task(model, graph, split, workers),
        label_task=_label_task(config, model, graph, labels, workers),
        choose_selection=choose_selection,
    )
    return GraphExperiment(config, graph, split, messages, test_messages, model, trainer)


def weight_task(model: GAE, graph: Graph, split: EdgeSplit, workers: Workers) -> WeightTask | None:
    """Return the task of predicting weights, with its decoder started; None without one."""
    decoder, device = model.weight_decoder, model.device
    if decoder is None:
        return None
    if workers.count > 1:
        raise SettingClash(("predict_weight",), "does not support several workers")
    train, val = (weights_of_edges(graph, part).to(device) for part in (split.train, split.val))
    decoder.start(train)
    return WeightTask(decoder, split.train.to(device), train, split.val.to(device), val)


def label_split(config: FitConfig, graph: Graph) -> LabelSplit | None:
    """Return which node labels are known in training; None if labels are not used.

    Raises:
        SettingClash: a graph without labels.
        InputError: too few labels.
    """
    settings = config.node_labels
    if not settings.label_weight:
        return None
    if graph.labels is None:
        raise SettingClash(
            ("node_labels", "label_weight"), "the graph has no labels; give some with --labels"
        )
    labels = graph.labels.cpu().numpy().astype(np.int64)
    few, seed = settings.labels_per_class, settings.label_seed
    return split_labels(
        labels, config.dataset, per_class=few, seed=seed, class_names=graph.class_names
    )


def _label_task(
    config: FitConfig, model: GAE, graph: Graph, labels: LabelSplit | None, workers: Workers
) -> LabelTask | None:
    if labels is None or model.label_decoder is None:
        return None
    weight = config.node_labels.label_weight
    if workers.count > 1:
        raise SettingClash(("node_labels", "label_weight"), "does not support several workers")
    return label_task(model.label_decoder, graph, labels, weight, model.device)


def selection_of(
    config: FitConfig, graph: Graph, split: EdgeSplit
) -> Callable[[], Selection] | None:
    """Return a function that chooses the pairs that select the epoch; None for the split's own.

    Raises:
        SettingClash: validation has too few pairs for the metric, or the graph is directed and
            other negatives are asked for.
    """
    metric, kind = selection_metric(config.split.select), config.split.select_negatives
    if config.split.select_by_split:
        _check_select(metric, split)
        return None
    if split.directed:
        raise SettingClash(("split", "select_negatives"), "a directed graph supports uniform only")

    return partial(_choose, metric, kind, split, graph, config.run.seed)


def _choose(
    metric: Metric, kind: NegativeKind, split: EdgeSplit, graph: Graph, seed: int
) -> Selection:
    try:
        return Selection.of(metric, kind, split, graph, seed=seed)
    except InputError as error:
        raise SettingClash(("split", "select_negatives"), str(error)) from None


def _check_select(metric: Metric, split: EdgeSplit) -> None:
    """Raise `SettingClash` if validation or test has too few pairs for the selection metric."""
    parts = (split.val, split.val_negatives), (split.test, split.test_negatives)
    for name, (edges, negatives) in zip(PARTS.values(), parts, strict=True):
        try:
            if split.per_positive and metric.takes_groups():
                metric.check_size(1, split.per_positive)
            else:
                metric.check_size(edges.size(1), negatives.size(1))
        except InputError as error:
            message = f"{name} is too small for {error}"
            raise SettingClash(("split", "select"), message) from None


def build_objective(
    config: FitConfig,
    split: EdgeSplit,
    device: torch.device,
    workers: Workers = ALONE,
    *,
    features: torch.Tensor | None = None,
) -> GraphObjective:
    """Return the objective of a configuration for the training edges of a split."""
    if config.bound.importance_weighted and workers.count > 1:
        raise SettingClash(("bound",), "iwae does not support several workers; start a single one")
    edges = split.train.to(device)
    sides = None if split.sides is None else split.sides.to(device)
    loss = config.loss.build(
        LossInputs(edges, split.num_nodes, split.directed, workers, sides, features)
    )
    steps = EdgeBatches(edges.size(1), config.loss.edges_per_step).count
    penalty = config.penalty.build(
        PenaltyInputs(
            latent=config.latent,
            examples=split.num_nodes,
            steps_per_epoch=steps,
            steps=steps * config.training.epochs,
            generator=seeded(config.run.seed, "adversary"),
            device=device,
        )
    )
    if penalty.critic is not None:
        raise SettingClash(
            ("penalty",),
            f"{config.penalty.kind()} trains a second network, which only image models support",
        )
    return GraphObjective(loss, penalty, config.bound)


def check_direction(config: FitConfig, graph: Graph) -> None:
    """Raise `InputError` unless the model's decoder suits the graph's direction."""
    directed = graph.directed
    if directed == config.directed:
        return
    suitable = ", ".join(name for name, p in PRESETS.items() if p.recipe.directed == directed)
    kind = "directed" if directed else "undirected"
    raise InputError(
        f"model: {config.model} does not support {kind} graphs, and this one is {kind}; "
        f"choose one of {suitable}"
    )


def mlp_scorer(config: FitConfig, graph: Graph, split: EdgeSplit) -> Scorer:
    """Train the features-only MLP on the same split and return its scorer."""
    experiment = prepare(mlp_config(config, directed=split.directed), graph, split)
    experiment.trainer.run(lambda record: None)
    return scorer_of(experiment.model, experiment.test_messages)


def mlp_config(config: FitConfig, *, directed: bool) -> FitConfig:
    """Return the settings of the features-only baseline.

    These come from the user only, not from the model's preset, so that all models are compared with
    the same baseline.
    """
    name = "st-mlp" if directed else "mlp"
    before = FitConfig(dataset=config.dataset, model=config.model, **dict(recipe_of(config.model)))
    chosen = CATALOGUE.differences(before, config)
    inherited = {key: value for key, value in chosen.items() if key in OF_BASELINE}
    recipe = dict(PRESETS[name].recipe)
    base = FitConfig(
        dataset=config.dataset, model=name, split=config.split, run=config.run, **recipe
    )
    return overridden(base, [Layer(CATALOGUE.nested(inherited))], CATALOGUE)


OF_BASELINE = {
    "hidden", "latent", "dropout", "negative_ratio", "batch_size", "epochs", "lr", "lr_warmup",
    "rates", "rates_end", "optimizer", "optimizer_beta1", "optimizer_beta2", "clip_grad", "ema",
    "patience", "validate_every", "capture", "deterministic",
}  # fmt: skip
"""Settings of the user that also apply to the features-only baseline."""
