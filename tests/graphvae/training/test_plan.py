"""The plan of a run states what the run then does, and the memory that it takes."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch

import graphvae
from graphvae.runs.fit import FitOptions, plan
from graphvae.setup.experiment import make_split, prepare
from graphvae.specs.losses import SampledLoss
from graphvae.specs.presets import PRESETS
from graphvae.training.memory_plan import Sizes
from graphvae.training.plan import Plan
from graphvae_data.graphs.graph import Graph
from tests.graphvae.configs import make_config

UNDIRECTED = [name for name, preset in PRESETS.items() if not preset.recipe.directed]


def settled(notes: list[str]) -> FitOptions:
    return FitOptions(announce=notes.append)


@pytest.mark.slow
@pytest.mark.parametrize("features", [True, False])
@pytest.mark.parametrize("model", UNDIRECTED)
def test_the_number_of_weights_is_that_of_the_model(
    cora: Graph, model: str, features: bool
) -> None:
    found = plan("cora", model, features=features)
    config = make_config(dataset="cora", model=model, features=features)
    made = prepare(config, cora, make_split(config, cora)).model
    assert found.parameters == sum(weight.numel() for weight in made.parameters())


@pytest.mark.parametrize("features", [True, False])
@pytest.mark.parametrize("prior", ["mog", "vamp"])
def test_the_weights_of_a_prior_are_counted(cora: Graph, prior: str, features: bool) -> None:
    given = {"prior": prior, "prior_components": 7, "features": features}
    config = make_config(dataset="cora", **given)  # type: ignore[arg-type]
    made = prepare(config, cora, make_split(config, cora)).model
    expected = sum(weight.numel() for weight in made.parameters())
    assert plan("cora", **given).parameters == expected  # type: ignore[arg-type]


def test_steps_and_pairs_are_those_of_an_epoch() -> None:
    batched = plan("karate", "gae", loss="sampled", batch_size=20, negative_ratio=3)
    assert (batched.steps_per_epoch, batched.pairs_per_epoch) == (4, 68 * 4)
    whole = plan("karate", "gae")
    assert (whole.steps_per_epoch, whole.pairs_per_epoch) == (1, 34 * 34)
    assert plan("karate", "gae", loss="elbo").pairs_per_epoch == 34 * 33 // 2


@pytest.mark.parametrize(
    "settings",
    [
        {"model": "gae"},
        {"model": "vgae", "loss": "sampled", "batch_size": 500, "negative_ratio": 2},
        {"model": "strong-gae"},
        {"model": "sage"},
        {"model": "vgae", "prior": "mog"},
        {"model": "vgae", "prior": "vamp", "loss": "elbo", "bound": "iwae"},
    ],
)
def test_the_formula_of_each_term_gives_its_bytes(cora: Graph, settings: dict[str, object]) -> None:
    config = make_config(dataset="cora", **settings)  # type: ignore[arg-type]
    sizes, found = Sizes.of(config, cora), plan("cora", **settings)  # type: ignore[arg-type]
    values = {
        "N": sizes.nodes, "E": sizes.edges, "T": sizes.train, "P": sizes.held_out,
        "S": sizes.stored, "D": sizes.features, "h": sizes.hidden, "o": sizes.outputs,
        "d": config.latent, "W": sizes.weights, "k": config.loss.negatives,
        "B": config.loss.edges_per_step or sizes.train, "K": config.bound.samples,
        "C": getattr(config.prior, "components", 0),
    }  # fmt: skip
    for term in found.memory:
        written = re.sub(r"(?<=[\w)]) (?=[\w(])", " * ", term.formula)
        assert eval(written, {"min": min}, values) == term.bytes, term.name


def test_the_peak_is_what_stays_and_the_largest_phase() -> None:
    found = plan("karate", "gae")
    phases = {term.phase for term in found.memory} - {"always"}
    most = max(found.phase_bytes(phase) for phase in phases)
    assert found.peak_mb == (found.phase_bytes("always") + most) / 1e6
    assert found.to_dict()["peak_mb"] == found.peak_mb


ROOT = Path(__file__).parents[3]
# The peak in kB. Unlike `ru_maxrss`, VmHWM does not start from the peak of the parent process.
MEASURED = """
import torch
from pathlib import Path
from graphvae.runs.fit import ready
from graphvae.specs.recipe import CATALOGUE
from graphvae_data.settings.layers import keyword_layer
from graphvae_data.graphs.graph import Graph
edges = torch.randint({nodes}, (2, {edges}), generator=torch.Generator().manual_seed(0))
graph = Graph.from_edges(edges, {nodes})
settings = {{"epochs": 1, "baselines": False, "threads": 1, "loss": "sampled", "latent": 64}}
made = ready(graph, "gae", [keyword_layer(CATALOGUE, settings)])
made.trainer.run_epoch()
status = Path("/proc/self/status").read_text()
print(status.split("VmHWM:")[1].split()[0])
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the constant is that of Linux")
def test_the_expected_memory_is_near_what_training_takes() -> None:
    """Within a factor of 1.5 either way, on a graph whose own part is half of it.

    The peak is that of the new process alone: `ru_maxrss` would count the test process it was
    forked from.
    """
    nodes, edges = 60_000, 200_000
    code = MEASURED.format(nodes=nodes, edges=edges)
    roots = os.pathsep.join(str(ROOT / part) for part in (".", "data"))
    run = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": roots},
        capture_output=True,
        text=True,
        check=True,
    )
    drawn = torch.randint(nodes, (2, edges), generator=torch.Generator().manual_seed(0))
    graph = Graph.from_edges(drawn, nodes)
    expected = plan(graph, "gae", loss="sampled", latent=64, threads=1).peak_mb
    assert 1 / 1.5 < expected / (int(run.stdout) * 1024 / 1e6) < 1.5


def of_size(nodes: int, edges: int) -> Graph:
    ring = torch.arange(edges) % nodes
    step = 1 + torch.arange(edges) // nodes
    pairs = torch.stack([ring, (ring + step) % nodes])
    return Graph.from_edges(pairs, nodes)


@pytest.mark.parametrize(
    ("nodes", "edges", "settings", "loss", "batch", "notes"),
    [
        (50_000, 60_000, {}, "paper", None, 0),
        (50_001, 60_000, {}, "sampled", None, 1),
        (50_001, 60_000, {"loss": "paper"}, "paper", None, 0),
        (50_001, 60_000, {"loss": "elbo"}, "elbo", None, 0),
        (50_001, 2_000_001, {}, "sampled", 1_000_000, 2),
        (50_001, 2_000_001, {"loss": "sampled", "batch_size": 5000}, "sampled", 5000, 0),
        (9_000, 2_000_001, {}, "paper", None, 0),
        (9_000, 2_000_001, {"loss": "sampled"}, "sampled", 1_000_000, 1),
    ],
)
def test_the_size_decides_what_nobody_chose(
    nodes: int, edges: int, settings: dict[str, object], loss: str, batch: int | None, notes: int
) -> None:
    found: Plan = plan(of_size(nodes, edges), "gae", **settings)  # type: ignore[arg-type]
    assert (found.loss, found.batch_size, len(found.notes)) == (loss, batch, notes)


def test_what_the_size_decided_is_said_and_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("graphvae.training.sizing.ALL_PAIRS_NODES", 30)
    monkeypatch.setattr("graphvae.training.sizing.ONE_STEP_EDGES", 70)
    notes: list[str] = []
    run = graphvae.fit("karate", epochs=1, baselines=False, options=settled(notes))
    assert run.config.loss == SampledLoss(batch_size=1_000_000)
    assert [note.split(":")[0] for note in notes] == ["loss", "batch_size"]
