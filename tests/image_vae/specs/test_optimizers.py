"""Optimisers as parts: built-in ones against PyTorch's, a user's own, on both sides."""

from collections.abc import Iterable

import pytest
import torch
from torch import nn

import graphvae
import image_vae
from graphvae_data.core.errors import InputError
from image_vae.specs.optimizers import Adam, Adamax, NormalisedAdam, Optimizer


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


def test_normalised_gradients_are_those_of_adam_on_unit_vectors() -> None:
    """Each tensor is divided by its own norm; one without a gradient, or with zeros, stays."""
    ours = [
        nn.Parameter(torch.ones(3)),
        nn.Parameter(torch.ones(2, 2)),
        nn.Parameter(torch.ones(1)),
    ]
    theirs = [nn.Parameter(each.detach().clone()) for each in ours]
    one = NormalisedAdam(beta1=0.5).build(ours, 0.1)
    two = torch.optim.Adam(theirs, lr=0.1, betas=(0.5, 0.999))
    for scale in (1e3, -1e-2, 7.0):
        gradients = [scale * torch.arange(1.0, 4.0), scale * torch.eye(2)]
        for weight, gradient in zip(ours, gradients, strict=False):
            weight.grad = gradient.clone()
        for weight, gradient in zip(theirs, gradients, strict=False):
            weight.grad = gradient / gradient.norm()
        one.step()
        two.step()
    torch.testing.assert_close(ours, theirs)
    ours[2].grad = torch.zeros(1)
    one.step()
    assert ours[2].detach().tolist() == [1]


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
