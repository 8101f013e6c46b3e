"""A player's step: its own weights, the limit on the gradient, the precision, the state."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from graphvae_data.training.players import Player


@dataclass(frozen=True)
class Loss:
    total: Tensor


def player(layer: nn.Linear, **settings: object) -> Player[[Tensor], Loss]:
    def loss(x: Tensor) -> Loss:
        return Loss(layer(x).float().square().sum())

    optimizer = torch.optim.SGD(layer.parameters(), lr=1.0)
    return Player(layer, optimizer, loss, **settings)  # type: ignore[arg-type]


def test_the_gradient_is_clipped_to_its_limit() -> None:
    layer = nn.Linear(2, 2)
    before = torch.cat([each.detach().flatten() for each in layer.parameters()])
    player(layer, clip=0.25).turn(torch.full((1, 2), 50.0))
    after = torch.cat([each.detach().flatten() for each in layer.parameters()])
    assert abs((after - before).norm().item() - 0.25) < 1e-4


def test_mixed_precision_computes_products_in_bfloat16_and_keeps_the_weights() -> None:
    layer, seen = nn.Linear(2, 2), list[torch.dtype]()
    layer.register_forward_hook(lambda module, inputs, output: seen.append(output.dtype))
    player(layer, autocast=torch.bfloat16).turn(torch.ones(1, 2))
    player(layer).turn(torch.ones(1, 2))
    assert seen == [torch.bfloat16, torch.float32]
    assert layer.weight.dtype == torch.float32


def test_a_state_continues_to_the_same_bits() -> None:
    one, two = nn.Linear(2, 2), nn.Linear(2, 2)
    first, second = player(one), player(two)
    first.turn(torch.ones(1, 2))
    second.load_state_dict(first.state_dict())
    for each in (first, second):
        each.turn(torch.ones(1, 2))
    assert torch.equal(one.weight, two.weight)
