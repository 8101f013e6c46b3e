"""No training step waits for the device, except where a reason is given here."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor
from torch_geometric.nn import GCNConv, SAGEConv

from graphvae.graph import dense_neighbourhoods
from graphvae.losses.all_pairs import all_pairs_softplus
from graphvae.setup.experiment import GraphExperiment, make_split, prepare
from graphvae.specs.presets import PRESETS
from graphvae.training.batches import Progress
from graphvae_data.core.errors import InputError
from graphvae_data.core.rng import digest
from graphvae_data.graphs.graph import Graph
from tests.graphvae.configs import make_config
from tests.graphvae.training.waits import Waits

ADAM = "graphvae_data.training.players.Player.turn"
ON_CPU = "graphvae.losses.all_pairs.products_by_column"
SEED = "graphvae_data.core.rng.seed_from"
LOOPS = "torch_geometric.utils.loop.remove_self_loops"
INSIDE = "graphvae.losses.fastgae.NodeSampler.inside"
LEFT = "graphvae.graph.propagation.MessageGraph.edge_index"
LEFT_WEIGHT = "graphvae.graph.propagation.MessageGraph.edge_weight"
BOUNDS = "graphvae.graph.intersections.SparseRows._bounds"
CHUNKS = "graphvae.graph.intersections.SparseRows.chunks"
SETTLED = "graphvae.training.records.settled"

NO_WAIT = {
    ADAM: "Adam's count of steps is a tensor of the host",
    ON_CPU: "`to_sigmoids` asks for it on a CPU only",
    SEED: "a CPU's generator is asked for a number, any other for its state, which is the host's",
}
"""What looks like a wait on a CPU and is none."""
KNOWN = {
    LOOPS: "PyG's GATConv takes out loops, of which it does not know that there are none",
    INSIDE: "the edges among the nodes that FastGAE drew size what it decodes",
    LEFT: "a PyG encoder under edge masking is handed the edges that are left",
    LEFT_WEIGHT: "and their weights",
    BOUNDS: "the number of neighbours of a batch of pairs sizes its chunks",
    CHUNKS: "and those of the chunk's sources its list, and the common ones the list of those",
    SETTLED: "the losses of the epochs that waited, in one transfer",
}
"""What does wait."""


def weighted(karate: Graph) -> Graph:
    u, v = karate.edges
    return replace(karate, weights=1.0 + (7 * u + v) % 5)


def directed(karate: Graph) -> Graph:
    return replace(karate, directed=True)


def described(karate: Graph) -> Graph:
    return replace(karate, features=torch.randn(34, 5, generator=torch.Generator().manual_seed(0)))


def accepted(**settings: Any) -> bool:
    try:
        make_config(dataset="karate", **settings)
    except InputError:
        return False
    return True


STEPS: list[dict[str, Any]] = [{"loss": loss} for loss in ("sampled", "paper", "elbo")]
STEPS += [{"loss": "sampled", "batch_size": 20, "dropout": 0.3, "clip_grad": 1.0}]
PRESET_CASES = [
    {"model": model, **steps}
    for model in PRESETS
    for steps in STEPS
    if accepted(model=model, **steps)
]


def expected(settings: dict[str, Any]) -> set[str]:
    """What the exceptions are, of all that are written down."""
    recipe = PRESETS[settings["model"]].recipe
    places = {ADAM} if recipe.adversary.present else set()
    if settings["loss"] != "sampled":
        places.add(ON_CPU)
    if recipe.encoder.edge_rows:
        places.add(SEED)
    if settings["model"] in ("ncn", "ncn-vgae"):
        places |= {BOUNDS, CHUNKS}
    return places | ({LOOPS} if settings["model"] == "gat" else set())


def made(data: Graph, encoder: torch.nn.Module | None = None, **settings: Any) -> GraphExperiment:
    own = {} if encoder is None else {"encoder": encoder}
    config = make_config(dataset="karate", **own, **{"epochs": 8, **settings})
    return prepare(config, data, make_split(config, data))


def waits_of_a_step(experiment: GraphExperiment) -> set[str]:
    """Where a step waits that is neither the first nor, with batches, without an order."""
    trainer = experiment.trainer
    trainer.step()
    trainer.progress = Progress.begin(trainer.batches, trainer.generator)
    with Waits() as waits:
        trainer.step()
    return waits.places


def name_case(value: object) -> str:
    """Name a test case: the elements of a set in an order that is the same in every process."""
    return ", ".join(sorted(value)) if isinstance(value, set) else str(value)


@pytest.mark.parametrize("settings", PRESET_CASES, ids=str)
def test_a_step_waits_for_nothing(karate: Graph, settings: dict[str, Any]) -> None:
    data = directed(karate) if PRESETS[settings["model"]].recipe.directed else karate
    assert waits_of_a_step(made(data, **settings)) == expected(settings)


def test_structure_in_a_sparse_graph_waits_for_the_lengths_of_its_lists(
    karate: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Karate is dense; as a sparse graph its neighbours are listed."""
    monkeypatch.setattr(dense_neighbourhoods, "SHARE", 1.0)
    experiment = made(karate, model="structural-gae", loss="sampled")
    assert waits_of_a_step(experiment) == {BOUNDS, CHUNKS}


FEW = {"loss": "sampled", "batch_size": 4}
"""A batch with fewer ends than half the nodes."""
GRAPHS: dict[str, Callable[[Graph], Graph]] = {"weighted": weighted, "described": described}
OTHERS: list[tuple[str, dict[str, Any], set[str]]] = [
    ("weighted", {"model": "vgae", "loss": "sampled"}, set()),
    ("weighted", {"model": "strong-gae"}, set()),
    ("weighted", {"model": "strong-gae", "batch_size": 20}, set()),
    ("weighted", {"model": "sage", "loss": "sampled"}, {SEED}),
    ("described", {"model": "optimized-gae"}, set()),
    ("described", {"model": "linear-gae", "loss": "sampled", "propagate": "once"}, set()),
    ("described", {"model": "linear-gae", "propagate": "once", **FEW}, set()),
    ("described", {"model": "linear-vgae", "propagate": "once", **FEW}, set()),
    ("described", {"model": "gae", "loss": "paper", "decode_nodes": 15}, {ON_CPU, INSIDE}),
    ("described", {"model": "vgae", "loss": "sampled", "prior": "mog"}, set()),
    ("described", {"model": "vgae", "loss": "elbo", "prior": "mog"}, {ON_CPU}),
    ("described", {"model": "vgae", "loss": "sampled", "prior": "vamp"}, set()),
    ("described", {"model": "vgae", "loss": "sampled", "penalty": "free-bits"}, set()),
    ("described", {"model": "vgae", "loss": "sampled", "warmup": 100}, set()),
    ("described", {"model": "vgae", "loss": "elbo", "bound": "iwae", "samples": 3}, {ON_CPU}),
]


@pytest.mark.parametrize(("graph", "settings", "places"), OTHERS, ids=name_case)
def test_nor_does_it_with_other_graphs_and_settings(
    karate: Graph, graph: str, settings: dict[str, Any], places: set[str]
) -> None:
    assert waits_of_a_step(made(GRAPHS[graph](karate), **settings)) == places


ENCODERS: list[tuple[str, torch.nn.Module, set[str]]] = [
    ("gae", SAGEConv(34, 16), set()),
    ("strong-gae", SAGEConv(34, 128), {LEFT}),
    ("strong-gae", GCNConv(34, 128, add_self_loops=False), {LEFT, LEFT_WEIGHT}),
]


@pytest.mark.parametrize(("model", "encoder", "places"), ENCODERS, ids=name_case)
def test_an_encoder_of_pygs_waits_for_the_edges_that_masking_leaves(
    karate: Graph, model: str, encoder: torch.nn.Module, places: set[str]
) -> None:
    found = waits_of_a_step(made(weighted(karate), encoder, model=model, loss="sampled"))
    assert found == {SEED, *places}


@pytest.mark.slow
@pytest.mark.parametrize("settings", [{"model": "vgae"}, {"model": "argae", "batch_size": 20}])
def test_epochs_wait_where_they_are_validated(karate: Graph, settings: dict[str, Any]) -> None:
    trainer = made(karate, loss="sampled", validate_every=4, **settings).trainer
    places = []
    for _ in range(8):
        with Waits() as waits:
            list(trainer.advance())
        places.append(waits.places - NO_WAIT.keys())
    assert places[:3] == places[4:7] == [set()] * 3
    assert SETTLED in places[3] & places[7]


def test_the_exact_loss_asks_no_device_for_a_value() -> None:
    """A tensor of the kind `meta` has none, and is treated as on a device."""
    z = torch.empty(3000, 4, device="meta", requires_grad=True)
    total = all_pairs_softplus(z)
    total.backward()
    assert total.shape == ()
    assert z.grad is not None
    assert z.grad.shape == z.shape


def test_digests_of_states_are_seeds() -> None:
    generator = torch.Generator().manual_seed(0)
    seeds = []
    for _ in range(50):
        seeds.append(digest(generator.get_state()))
        torch.rand((), generator=generator)
    assert len(set(seeds)) == 50
    assert seeds[0] == digest(torch.Generator().manual_seed(0).get_state())
    assert all(0 <= seed < 1 << 62 for seed in seeds)


def test_every_exception_has_a_reason() -> None:
    used = {*ENCODERS[-1][2], *(place for _, _, places in OTHERS for place in places)}
    used |= {place for settings in PRESET_CASES for place in expected(settings)}
    assert used | {SETTLED} == {*NO_WAIT, *KNOWN}


class Asking(torch.autograd.Function):
    """The identity, whose gradient reads a number."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return x.clone()

    @staticmethod
    def backward(ctx: Any, *gradient: Tensor) -> Tensor:
        torch.ops.aten._local_scalar_dense(gradient[0])
        return gradient[0]


@pytest.mark.parametrize(
    "act",
    [
        lambda x: x[x > 1],
        lambda x: x.sum().item(),
        lambda x: x.tolist(),
        lambda x: x.numpy(),
        lambda x: x.cpu(),
        lambda x: bool(x[0]),
        lambda x: x.nonzero(),
        lambda x: x.unique(),
        lambda x: torch.where(x > 1),
        lambda x: torch.masked_select(x, x > 1),
        lambda x: torch.repeat_interleave(x, x.long()),
        lambda x: x.long().bincount(),
        lambda x: torch.tensor([1.0]) + x,
        lambda x: Asking.apply(x.sum().requires_grad_()).backward(),
    ],
)
def test_a_wait_is_seen(act: Callable[[Tensor], object]) -> None:
    x = torch.arange(4.0)
    with Waits() as waits:
        act(x)
    assert waits.places == {"elsewhere"}


def test_what_does_not_wait_is_not_seen() -> None:
    x = torch.arange(4.0)
    with Waits() as waits:
        where = x.long()
        x[where].sum() + x.index_select(0, where).mul_(2.0).sum()
        x.masked_fill(x > 1, 0.0)
        torch.repeat_interleave(x, where, output_size=6)
    assert waits.places == set()
