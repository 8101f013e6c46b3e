"""Captured steps: what needs no GPU is exact on a CPU; where there is a GPU, the rest too."""

import copy

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch_geometric.data import Data

from graphvae.capture import WARM_UP, StaticStep
from graphvae.config import FitConfig
from graphvae.experiment import Experiment, make_split, prepare
from graphvae_data.errors import InputError
from graphvae_data.weights import copy_weights

MODELS = ["gae", "vgae", "linear-vgae", "vgnae", "strong-gae", "optimized-gae"]
WAITING = {"_local_scalar_dense", "nonzero", "masked_select", "_unique2", "unique_dim", "equal"}
"""Operations whose result's value or shape only the device knows."""


def experiment(data: Data, model: str, **settings: object) -> Experiment:
    given = {"dropout": 0.3, "epochs": 8, **settings}
    config = FitConfig(dataset="karate", model=model, **given)  # type: ignore[arg-type]
    return prepare(config, data, make_split(config, data))


@pytest.mark.parametrize("model", MODELS)
def test_a_static_step_gives_the_bits_of_an_ordinary_one(karate: Data, model: str) -> None:
    ordinary, static = experiment(karate, model, clip=0.1), experiment(karate, model, clip=0.1)
    step = StaticStep(lambda: static.trainer.descend(in_place=True), torch.device("cpu"))
    for _ in range(5):
        wanted, found = ordinary.trainer.step(), step()
        assert torch.equal(wanted.total, found.total)
    for a, b in zip(ordinary.model.parameters(), static.model.parameters(), strict=True):
        assert torch.equal(a, b)
    states = (made.trainer.generator.get_state() for made in (ordinary, static))
    assert torch.equal(*states)


@pytest.mark.parametrize("model", MODELS)
def test_a_static_step_keeps_its_losses_and_gradients_in_place(karate: Data, model: str) -> None:
    made = experiment(karate, model)
    step = StaticStep(lambda: made.trainer.descend(in_place=True), torch.device("cpu"))
    kept = step()
    total = float(kept.total)

    def places() -> list[int]:
        held = [weight.grad for weight in made.model.parameters()]
        return [step.losses.data_ptr(), *(g.data_ptr() for g in held if g is not None)]

    before = places()
    step()
    assert places() == before
    assert float(kept.total) == total  # terms that were handed out do not change


class Watch(TorchDispatchMode):
    """Notes each operation that would make the host wait for a device."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]
        name = func.overloadpacket.__name__
        by_mask = name in ("index", "index_put", "index_put_") and any(
            index is not None and index.dtype == torch.bool for index in args[1]
        )
        if name in WAITING or by_mask:
            self.seen.add(name)
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("batch_size", [None, 20])
def test_a_step_waits_for_no_value_of_the_device(
    karate: Data, model: str, batch_size: int | None
) -> None:
    made = experiment(karate, model, loss="sampled", batch_size=batch_size, clip=1.0)
    made.trainer.run_epoch()
    if batch_size is not None:
        made.trainer.progress = copy.copy(begun(made))
    with Watch() as watch:
        made.trainer.step()
    assert watch.seen == set()


VARIATIONS = [{"prior": "mog"}, {"prior": "vamp"}, {"kl": "free-bits"}, {"kl": "warmup"}]


@pytest.mark.parametrize("settings", VARIATIONS, ids=str)
def test_a_prior_makes_no_step_wait_or_differ(karate: Data, settings: dict[str, object]) -> None:
    given = {"loss": "sampled", **settings}
    ordinary, static = (experiment(karate, "vgae", **given) for _ in range(2))
    step = StaticStep(lambda: static.trainer.descend(in_place=True), torch.device("cpu"))
    for _ in range(3):
        with Watch() as watch:
            wanted = ordinary.trainer.step()
        assert watch.seen == set()
        assert torch.equal(wanted.total, step().total)


def begun(made: Experiment):  # type: ignore[no-untyped-def]
    """An epoch's progress before its first step."""
    from graphvae.batches import Progress

    return Progress.begin(made.trainer.batches, made.trainer.generator)


def test_the_watch_sees_what_waits() -> None:
    x = torch.arange(4.0)
    with Watch() as watch:
        x[x > 1].sum().item()
    assert watch.seen == {"index", "_local_scalar_dense"}


def test_capture_is_refused_where_it_cannot_be() -> None:
    for device, settings, said in (
        ("cpu", {}, "capture: needs a CUDA device, got 'cpu'"),
        ("cuda", {"batch_size": 5, "loss": "sampled"}, "all edges in one step, got batch-size 5"),
        ("cuda", {"model": "gat"}, "capture: takes no layers of PyG's, got those of gat"),
    ):
        with pytest.raises(InputError, match=said):
            FitConfig(dataset="karate", device=device, capture=True, **settings)  # type: ignore[arg-type]


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("model", MODELS)
def test_a_captured_run_is_the_ordinary_one(karate: Data, model: str) -> None:
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
def test_a_step_on_a_device_never_makes_the_host_wait(karate: Data, model: str) -> None:
    made = experiment(karate, model, device="cuda", clip=1.0)
    made.trainer.step()
    torch.cuda.set_sync_debug_mode("error")
    try:
        made.trainer.step()
    finally:
        torch.cuda.set_sync_debug_mode("default")
