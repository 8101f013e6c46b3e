"""Networks: shapes for every image size, the gate's formula, weights from a generator."""

from functools import partial
from itertools import pairwise

import pytest
import torch
from torch import Tensor, nn

from image_vae.nn.networks import (
    Activated,
    Conditional,
    Convolutional,
    Dense,
    Upsampling,
    depth_of,
    glorot,
    halved,
    linear,
)
from image_vae.specs.encoders import Activation, Conv

SHAPES = [(1, 8, 8), (1, 28, 28), (1, 64, 64), (1, 28, 20), (3, 5, 9), (1, 1, 1)]
ACTIVATIONS: list[Activation] = ["tanh", "relu", "gated"]


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def noise(*shape: int) -> Tensor:
    return torch.rand(*shape, generator=seeded(9))


def all_get_gradients(module: nn.Module, output: Tensor) -> bool:
    (output * noise(*output.shape)).sum().backward()
    return all(bool(weight.grad.any()) for weight in module.parameters())


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("convolutional", [False, True])
def test_an_image_becomes_parameters(
    shape: tuple[int, int, int], activation: Activation, convolutional: bool
) -> None:
    made = Conditional(
        {"x": shape},
        (3, 3),
        hidden=(40, 30),
        activation=activation,
        image_body=Conv(activation=activation).body if convolutional else None,
        generator=seeded(),
    )
    mean, log_std = made({"x": noise(1, 4, *shape)})
    assert mean.shape == log_std.shape == (1, 4, 3)
    assert not torch.equal(mean, log_std)
    assert all_get_gradients(made, torch.cat([mean, log_std], -1))


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_hidden_units_become_an_image(shape: tuple[int, int, int], activation: Activation) -> None:
    made = Upsampling(30, shape, activation, generator=seeded())
    image = made(noise(2, 3, 30) - 0.5)
    assert image.shape == (2, 3, *shape)
    assert all_get_gradients(made, image)


@pytest.mark.parametrize("side", range(1, 70))
def test_halving_ends_at_a_side_of_at_most_four(side: int) -> None:
    depth = depth_of((1, side, side))
    sides = halved(side, depth)
    assert sides[0] == side
    assert sides[-1] <= 4
    assert depth == 1 or sides[-2] > 4
    kernel = nn.Conv1d(1, 1, 3, stride=2, padding=1)
    for large, small in pairwise(sides):
        assert kernel(torch.zeros(1, 1, large)).size(-1) == small


def test_the_image_of_burgess_passes_four_convolutions() -> None:
    made = Convolutional((1, 64, 64), (256,), "relu", generator=seeded())
    convolutions = [each for each in made.modules() if isinstance(each, nn.Conv2d)]
    assert [each.out_channels for each in convolutions] == [32, 32, 64, 64]
    assert made.width == 256


def test_the_gate_is_its_formula() -> None:
    made = Activated(partial(linear, 5, 4, seeded()), "gated")
    x = noise(3, 5)
    expected = (x @ made.layer.weight.T + made.layer.bias) / (
        1 + torch.exp(-(x @ made.gate.weight.T + made.gate.bias))
    )
    torch.testing.assert_close(made(x), expected)
    assert not torch.equal(made.layer.weight, made.gate.weight)


@pytest.mark.parametrize(("activation", "function"), [("tanh", torch.tanh), ("relu", torch.relu)])
def test_an_activation_is_what_it_is_called(activation: Activation, function: object) -> None:
    made = Activated(partial(linear, 5, 4, seeded()), activation)
    x = noise(3, 5)
    assert torch.equal(made(x), function(made.layer(x)))
    assert made.gate is None


def test_a_dense_stack_is_its_layers() -> None:
    made = Dense((1, 2, 3), (5, 4), "tanh", generator=seeded())
    x = noise(2, 7, 1, 2, 3)
    first, second = (each.layer for each in made.layers)
    expected = torch.tanh(second(torch.tanh(first(x.reshape(2, 7, 6)))))
    torch.testing.assert_close(made(x), expected)
    assert made.width == 4


@pytest.mark.parametrize("convolutional", [False, True])
def test_the_weights_come_from_the_generator(convolutional: bool) -> None:
    def weights(seed: int) -> list[Tensor]:
        made = Conditional(
            {"x": (1, 8, 8), "z": (3,)},
            (2, 2),
            hidden=(6, 5),
            activation="gated",
            image_body=Conv(activation="gated").body if convolutional else None,
            generator=seeded(seed),
        )
        return [weight.detach() for weight in made.parameters()]

    before = torch.get_rng_state()
    one, again, other = weights(0), weights(0), weights(1)
    assert all(map(torch.equal, one, again))
    assert not all(map(torch.equal, one, other))
    assert torch.equal(torch.get_rng_state(), before)


def test_glorots_weights_have_his_variance() -> None:
    layer = linear(300, 200, seeded())
    assert float(layer.weight.detach().var()) == pytest.approx(2 / 500, rel=0.02)
    assert not layer.bias.any()
    kernel = glorot(nn.Conv2d(20, 40, 3), seeded())
    assert float(kernel.weight.detach().var()) == pytest.approx(2 / (9 * 60), rel=0.05)


def test_one_parent_passes_all_layers_and_several_meet_in_the_last() -> None:
    def made(parents: dict[str, tuple[int, ...]], hidden: tuple[int, ...]) -> Conditional:
        return Conditional(parents, (2,), hidden=hidden, activation="tanh", generator=seeded())

    alone = made({"z": (3,)}, (7, 6, 5))
    assert [each.layer.out_features for each in alone.bodies["z"].layers] == [7, 6, 5]
    assert alone.joint is None
    two = made({"x": (1, 2, 2), "z": (3,)}, (7, 6, 5))
    for body in two.bodies.values():
        assert [each.layer.out_features for each in body.layers] == [7, 6]
    (joint,) = two.joint.layers
    assert (joint.layer.in_features, joint.layer.out_features) == (12, 5)
    shallow = made({"x": (1, 2, 2), "z": (3,)}, (7,))
    assert shallow.joint.width == 7


def test_an_image_stands_beside_every_sample() -> None:
    made = Conditional(
        {"x": (1, 2, 2), "z": (3,)},
        (2,),
        hidden=(6, 5),
        activation="tanh",
        generator=seeded(),
    )
    x, z = noise(1, 4, 1, 2, 2), noise(5, 4, 3)
    (whole,) = made({"x": x, "z": z})
    assert whole.shape == (5, 4, 2)
    for k in range(5):
        (each,) = made({"x": x, "z": z[k : k + 1]})
        torch.testing.assert_close(whole[k : k + 1], each)


@pytest.mark.parametrize("convolutional", [False, True])
def test_examples_do_not_touch_one_another(convolutional: bool) -> None:
    made = Conditional(
        {"x": (1, 8, 8)},
        (2,),
        hidden=(6,),
        activation="gated",
        image_body=Conv(activation="gated").body if convolutional else None,
        generator=seeded(),
    )
    x = noise(1, 4, 1, 8, 8)
    (before,) = made({"x": x})
    x[0, 2] += 1
    (after,) = made({"x": x})
    changed = (before != after).any(-1)[0]
    assert changed.tolist() == [False, False, True, False]
