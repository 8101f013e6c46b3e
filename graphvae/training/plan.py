"""Plan of a run before it starts: its steps and its memory."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from graphvae.specs.recipe import FitConfig
from graphvae.training.memory_plan import Sizes, Term, memory_terms
from graphvae.training.sizing import Sized
from graphvae_data.graphs.graph import Graph


@dataclass(frozen=True)
class Plan:
    """The plan of a run."""

    nodes: int
    """N."""
    edges: int
    """E."""
    features: int
    """Columns of the features; 0 if the encoder does not use features."""
    model: str
    """The model's name."""
    loss: str
    """The objective."""
    batch_size: int | None
    """Edges in a step; None for all."""
    epochs: int
    """Maximum number of epochs."""
    steps_per_epoch: int
    """Steps per epoch."""
    pairs_per_epoch: int
    """Pairs scored per epoch: all N² or N (N - 1) / 2, or edges and negatives."""
    parameters: int
    """Number of trainable weights."""
    threads: int
    """CPU threads."""
    device: str
    """The device."""
    memory: tuple[Term, ...]
    """Contributions to the memory."""
    notes: tuple[str, ...] = ()
    """Notes on defaults chosen by the size of the graph."""

    @property
    def peak_phase(self) -> str:
        """The phase that needs the most memory."""
        phases = {term.phase for term in self.memory} - {"always"}
        return max(sorted(phases), key=self.phase_bytes)

    @property
    def peak_mb(self) -> float:
        """Expected peak of the process's memory, in 10^6 bytes."""
        return (self.phase_bytes("always") + self.phase_bytes(self.peak_phase)) / 1e6

    def phase_bytes(self, phase: str) -> int:
        """Return the memory of a phase, without the part that always exists."""
        return sum(term.bytes for term in self.memory if term.phase == phase)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, with the expected peak."""
        return {**asdict(self), "peak_phase": self.peak_phase, "peak_mb": self.peak_mb}


def plan_run(sized: Sized, graph: Graph) -> Plan:
    """Plan a run on a graph, from its sizes alone."""
    config, sizes = sized.config, Sizes.of(sized.config, graph)
    steps, pairs = _steps_and_pairs(config, sizes)
    return Plan(
        nodes=sizes.nodes,
        edges=sizes.edges,
        features=sizes.features,
        model=config.model,
        loss=config.loss.kind(),
        batch_size=config.loss.edges_per_step,
        epochs=config.training.epochs,
        steps_per_epoch=steps,
        pairs_per_epoch=pairs,
        parameters=sizes.weights,
        threads=config.run.threads or 1,
        device=config.run.device,
        memory=memory_terms(config, sizes),
        notes=sized.notes,
    )


def _steps_and_pairs(config: FitConfig, sizes: Sizes) -> tuple[int, int]:
    """Return the steps of an epoch and the pairs scored in it."""
    batch = config.loss.edges_per_step
    if batch is not None:
        return -(-sizes.train // batch), config.loss.pairs_per_epoch(sizes.nodes, sizes.train)
    targets = int((config.training.masked or 1.0) * sizes.train)
    return 1, config.loss.pairs_per_epoch(sizes.nodes, targets)
