"""Learning rates: their shares, and the rates of the steps on both sides."""

import pytest

import graphvae
import image_vae
from graphvae_data.core.errors import InputError
from image_vae.specs.rates import Constant, Cosine, Descent, Length

LENGTH = Length(steps_per_epoch=5, steps=50)


def test_a_cosine_falls_from_one_to_its_end() -> None:
    shares = [Cosine(end=0.1).share(step, LENGTH) for step in range(51)]
    assert (shares[0], shares[-1]) == (1.0, pytest.approx(0.1))
    assert shares[25] == pytest.approx(0.55)
    assert shares == sorted(shares, reverse=True)


def test_a_warm_up_rises_to_the_rates_of_the_run() -> None:
    settings, rates = Descent(lr_warmup=2), Cosine()
    share = settings.schedule(rates, LENGTH)
    assert share is not None
    shares = [share(step) for step in range(50)]
    assert shares[0] == pytest.approx(0.1)
    assert shares[10:] == [rates.share(step, LENGTH) for step in range(10, 50)]
    assert Descent().schedule(Constant(), LENGTH) is None


@pytest.mark.slow
@pytest.mark.parametrize("settings", [{"rates": "cosine"}, {"lr_warmup": 2}])
def test_the_rates_of_both_sides_are_recorded(settings: dict[str, object]) -> None:
    graph = graphvae.fit("karate", epochs=4, baselines=False, lr=0.1, **settings)  # type: ignore[arg-type]
    image = image_vae.fit("digits", epochs=4, latent=(2,), hidden=(8,), lr=0.1, **settings)  # type: ignore[arg-type]
    for result in (graph, image):
        assert len({record.lr for record in result.history}) > 1
        assert all(0 < (record.lr or 0) <= 0.1 for record in result.history)
    plain = graphvae.fit("karate", epochs=4, baselines=False, lr=0.1)
    assert [record.lr for record in plain.history] == [None] * 4
    assert [r.loss for r in plain.history] != [r.loss for r in graph.history]


def test_a_cuda_graph_has_one_rate() -> None:
    with pytest.raises(InputError, match="capture: does not support learning rates that change"):
        graphvae.fit("karate", capture=True, device="cuda", rates="cosine")
