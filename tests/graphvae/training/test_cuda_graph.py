"""CUDA graphs: what needs no GPU is tested on a CPU; the rest where there is a GPU."""

from dataclasses import replace

import pytest
import torch

from graphvae.setup.experiment import GraphExperiment, make_split, prepare
from graphvae.training.cuda_graph import WARM_UP, StaticStep
from graphvae_data.core.errors import InputError
from graphvae_data.graphs.graph import Graph
from graphvae_data.training.weights import copy_weights
from tests.graphvae.configs import make_config

MODELS = ["gae", "vgae", "linear-vgae", "vgnae", "strong-gae", "optimized-gae"]


def experiment(data: Graph, model: str, **settings: object) -> GraphExperiment:
    given = {"dropout": 0.3, "epochs": 8, **settings}
    config = make_config(dataset="karate", model=model, **given)  # type: ignore[arg-type]
    return prepare(config, data, make_split(config, data))


def static_step(experiment: GraphExperiment) -> StaticStep:
    trainer = experiment.trainer
    trainer.player = replace(trainer.player, in_place=True)
    return StaticStep(trainer.descend, torch.device("cpu"))


@pytest.mark.parametrize("model", MODELS)
def test_a_static_step_gives_the_bits_of_an_ordinary_one(karate: Graph, model: str) -> None:
    ordinary, static = (experiment(karate, model, clip_grad=0.1) for _ in range(2))
    step = static_step(static)
    for _ in range(5):
        wanted, found = ordinary.trainer.step(), step()
        assert torch.equal(wanted.total, found.total)
    for a, b in zip(ordinary.model.parameters(), static.model.parameters(), strict=True):
        assert torch.equal(a, b)
    states = (made.trainer.generator.get_state() for made in (ordinary, static))
    assert torch.equal(*states)


@pytest.mark.parametrize("model", MODELS)
def test_a_static_step_keeps_its_losses_and_gradients_in_place(karate: Graph, model: str) -> None:
    made = experiment(karate, model)
    step = static_step(made)
    kept = step()
    total = float(kept.total)

    def places() -> list[int]:
        held = [weight.grad for weight in made.model.parameters()]
        return [step.losses.data_ptr(), *(g.data_ptr() for g in held if g is not None)]

    before = places()
    step()
    assert places() == before
    assert float(kept.total) == total  # terms that were handed out do not change


VARIATIONS = [{"prior": "mog"}, {"prior": "vamp"}, {"penalty": "free-bits"}, {"warmup": 100}]


@pytest.mark.parametrize("settings", VARIATIONS, ids=str)
def test_a_prior_makes_no_step_differ(karate: Graph, settings: dict[str, object]) -> None:
    given = {"loss": "sampled", **settings}
    ordinary, static = (experiment(karate, "vgae", **given) for _ in range(2))
    step = static_step(static)
    for _ in range(3):
        wanted = ordinary.trainer.step()
        assert torch.equal(wanted.total, step().total)


def test_capture_is_refused_where_it_cannot_be() -> None:
    for device, settings, said in (
        ("cpu", {}, "capture: needs a CUDA device, got 'cpu'"),
        (
            "cuda",
            {"batch_size": 5, "loss": "sampled"},
            "does not support loss SampledLoss",
        ),
        ("cuda", {"model": "gat"}, "capture: does not support encoder Gat"),
    ):
        with pytest.raises(InputError, match=said):
            make_config(dataset="karate", device=device, capture=True, **settings)  # type: ignore[arg-type]


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("model", MODELS)
def test_a_captured_run_is_the_ordinary_one(karate: Graph, model: str) -> None:
    runs = [experiment(karate, model, device="cuda", capture=on) for on in (False, True)]
    for made in runs:
        for _ in range(WARM_UP + 3):
            made.trainer.run_epoch()
    ordinary, captured = (copy_weights(made.model) for made in runs)
    for name, value in ordinary.items():
        torch.testing.assert_close(captured[name], value, rtol=1e-4, atol=1e-5)
    states = (made.trainer.generator.get_state() for made in runs)
    assert torch.equal(*states)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("model", MODELS)
def test_a_step_on_a_device_never_makes_the_host_wait(karate: Graph, model: str) -> None:
    made = experiment(karate, model, device="cuda", clip_grad=1.0)
    made.trainer.step()
    torch.cuda.set_sync_debug_mode("error")
    try:
        made.trainer.step()
    finally:
        torch.cuda.set_sync_debug_mode("default")
