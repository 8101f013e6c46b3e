"""Optimisers as parts: built-in ones against PyTorch's, a user's own, on both sides."""

from collections.abc import Iterable

import pytest
import torch
from torch import nn

import graphvae
import image_vae
from graphvae_data.core.errors import InputError
from image_vae.specs.optimizers import Adam, Adamax, Optimizer


class Momentum(Optimizer):
    """Gradient descent with momentum, as a user would add it."""

    momentum: float = 0.9

    def build(
        self, parameters: Iterable[nn.Parameter], lr: float, *, captured: bool = False
    ) -> torch.optim.Optimizer:
        """Return SGD."""
        return torch.optim.SGD(parameters, lr=lr, momentum=self.momentum)


@pytest.mark.parametrize(
    ("part", "other"),
    [(Adam(beta1=0.5), torch.optim.Adam), (Adamax(beta1=0.5), torch.optim.Adamax)],
)
def test_steps_are_those_of_pytorch(part: Optimizer, other: type[torch.optim.Optimizer]) -> None:
    one, two = nn.Parameter(torch.ones(5)), nn.Parameter(torch.ones(5))
    ours = part.build([one], 0.1)
    theirs = other([two], lr=0.1, betas=(0.5, 0.999))  # type: ignore[call-arg]
    for factor in (1.0, -3.0, 0.5):
        for weight, optimizer in ((one, ours), (two, theirs)):
            optimizer.zero_grad()
            (factor * weight.square()).sum().backward()
            optimizer.step()
    torch.testing.assert_close(one, two)


@pytest.mark.parametrize("optimizer", ["adamax", Momentum(momentum=0.5), Momentum])
def test_both_sides_take_them(optimizer: object) -> None:
    graph = graphvae.fit("karate", epochs=2, baselines=False, optimizer=optimizer)  # type: ignore[arg-type]
    image = image_vae.fit(
        "digits", epochs=1, optimizer=optimizer, latent=(2,), hidden=(8,), lr=1e-5
    )  # type: ignore[arg-type]
    kind = "adamax" if optimizer == "adamax" else f"{__name__}:Momentum"
    assert {graph.config.optimizer.kind(), image.config.optimizer.kind()} == {kind}


def test_infogan_has_the_betas_of_its_paper() -> None:
    result = image_vae.fit("digits", "infogan", epochs=1, steps=2, hidden=(8,))
    for player in result.experiment.trainer.players:
        assert player.optimizer.param_groups[0]["betas"] == (0.5, 0.999)


def test_mixed_precision_is_refused_on_a_cpu() -> None:
    with pytest.raises(InputError, match=r"^precision: bfloat16 needs a CUDA device, got 'cpu'$"):
        image_vae.fit("digits", precision="bfloat16", device="cpu")
