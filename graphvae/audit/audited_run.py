"""A finished run, opened for an audit: the unchecked content of its folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Int
from torch import Tensor

from graphvae.evaluation.scorers import Scorer, model_scorer
from graphvae.graph.propagation import message_graph
from graphvae.nn.models import GAE
from graphvae.runs.refit import load_refit
from graphvae.runs.run_files import read_config, read_metrics, run_graph
from graphvae.runs.stored_states import weights_of, with_stored_states
from graphvae.setup.experiment import prepare
from graphvae.specs.recipe import FitConfig
from graphvae.splits.edge_split import EdgeSplit, StoredSplit, read_split
from graphvae_data.core.errors import InputError
from graphvae_data.graphs.graph import Graph
from graphvae_data.graphs.pairs import Pairs
from graphvae_data.runs.results import read_records
from graphvae_data.runs.run_folder import RunFolder, read_json
from graphvae_data.training.records import EpochRecord

NEEDS = ("config.json", "split.npz", "model.safetensors")
PARTS = ("val", "test", "strata", "baselines")


@dataclass(frozen=True)
class AuditedRun:
    """The unchecked content of a finished run's folder."""

    folder: RunFolder
    """The run folder."""
    config: FitConfig
    """The settings, with the CPU as device."""
    device: str
    """The device of the run."""
    graph: Graph
    """The graph."""
    stored: StoredSplit
    """The split, unchecked."""
    metrics: Mapping[str, Any]
    """The recorded scores."""
    history: tuple[EpochRecord, ...]
    """The recorded epochs."""
    environment: Mapping[str, Any]
    """Versions and command line; empty if the file is missing."""

    @classmethod
    def open(cls, path: Path) -> AuditedRun:
        """Read a run folder; `InputError` if it is not a run, unfinished or damaged."""
        folder = RunFolder.open(path, *NEEDS)
        if not folder.metrics.is_file():
            raise InputError(f"{path}: this run is not finished; continue it with --resume")
        config = with_stored_states(read_config(folder, device="cpu"), folder)
        metrics = read_metrics(folder)
        if wrong := [name for name in PARTS if not isinstance(metrics[name], dict)]:
            raise InputError(
                f"{folder.metrics}: damaged, expected {wrong[0]} to map names to numbers"
            )
        return cls(
            folder=folder,
            config=config,
            device=str(read_json(folder.config)["run"]["device"]),
            graph=run_graph(folder, config),
            stored=read_split(folder.split),
            metrics=metrics,
            history=read_records(folder),
            environment=read_json(folder.environment) if folder.environment.is_file() else {},
        )

    @property
    def split(self) -> EdgeSplit:
        """The split in the folder."""
        return self.stored.split

    @cached_property
    def model(self) -> GAE:
        """The model with the saved weights."""
        model = prepare(self.config, self.graph, self.split).model
        model.load_state_dict(weights_of(self.folder, model, self.config))
        return model

    @property
    def refit(self) -> GAE | None:
        """The model trained on all edges; None for a run without; `InputError` if damaged."""
        return load_refit(prepare(self.config, self.graph, self.split), self.folder)

    @property
    def allowed(self) -> Pairs:
        """The edges that messages may pass over when test edges are scored."""
        split = self.split
        return (
            torch.cat([split.train, split.val], 1) if self.config.split.val_edges else split.train
        )

    def scorer(self, *edges: Int[Tensor, "2 _"]) -> Scorer:
        """Return the saved model's scorer with messages over these edges only."""
        pairs = torch.cat(edges, 1)
        graph = message_graph(self.graph, pairs, use_features=self.config.inputs.features)
        return model_scorer(self.model, graph)
