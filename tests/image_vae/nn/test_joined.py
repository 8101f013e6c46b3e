"""Values side by side: the same layer as on their concatenation."""

import pytest
import torch

from image_vae.nn.joined import Joined, SideBySide
from image_vae.specs.encoders import Activation


def test_it_is_the_linear_layer_of_the_concatenated_values() -> None:
    layer = SideBySide({"x": 4, "y": 3}, 5, torch.Generator().manual_seed(0))
    x, y = torch.randn(1, 6, 4), torch.randn(7, 6, 3)
    whole = torch.cat([x.expand(7, 6, 4), y], -1)
    weight = torch.cat(list(layer.weights.values()), 1)
    expected = torch.nn.functional.linear(whole, weight, layer.bias)
    torch.testing.assert_close(layer({"x": x, "y": y}), expected)


def test_a_value_that_is_equal_for_all_examples_gives_the_same_and_its_gradients() -> None:
    layer = SideBySide({"x": 4, "y": 3}, 5, torch.Generator().manual_seed(0)).double()
    x = torch.randn(1, 6, 4, dtype=torch.double)
    every = torch.eye(3, dtype=torch.double).unsqueeze(1).expand(3, 6, 3)
    results = []
    for y in (every, every.contiguous()):
        output = layer({"x": x, "y": y})
        gradients = torch.autograd.grad(output.square().sum(), list(layer.parameters()))
        results.append([output, *gradients])
    torch.testing.assert_close(results[0], results[1])


@pytest.mark.parametrize("activation", ["softplus", "relu", "tanh", "gated"])
def test_every_activation(activation: Activation) -> None:
    generator = torch.Generator().manual_seed(0)
    net = Joined(
        {"x": (1, 2, 2), "y": (3,)},
        (2, 6),
        hidden=(8, 5),
        activation=activation,
        generator=generator,
    )
    values = {"x": torch.randn(1, 6, 1, 2, 2), "y": torch.randn(7, 6, 3)}
    assert [tuple(each.shape) for each in net(values)] == [(7, 6, 2), (7, 6, 6)]
    assert net.hidden(values).shape == (7, 6, 5)
