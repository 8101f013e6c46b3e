"""Decoders: rows of logits agree with pairs, and each follows its formula."""

import pytest
import torch

from graphvae.graph.propagation import message_graph
from graphvae.nn.decoders import (
    CHUNK,
    HadamardMLP,
    PairDecoder,
    ResidualMLP,
    decode_rows,
    in_training,
    on_graph,
    prepared,
)
from graphvae.specs.decoders import EdgeDecoder
from graphvae_data.graphs.graph import Graph


@pytest.mark.parametrize("name", EdgeDecoder.family)
def test_a_row_holds_the_logits_of_its_pairs(
    name: str, karate: Graph, generator: torch.Generator
) -> None:
    built = EdgeDecoder.find(name)().build(6, generator)
    decoder = on_graph(built, message_graph(karate, karate.edges))
    assert isinstance(decoder, PairDecoder)
    z = torch.randn(34, 6, generator=generator)
    sources = torch.tensor([0, 3, 11, 33])
    pairs = torch.cartesian_prod(sources, torch.arange(34)).T
    rows = decode_rows(decoder, z, sources)
    torch.testing.assert_close(rows.flatten(), decoder(z, pairs))
    torch.testing.assert_close(decode_rows(decoder, z, sources, 20), rows[:, 20:])
    torch.testing.assert_close(prepared(decoder, pairs)(z), decoder(z, pairs))
    same = torch.allclose(decoder(z, pairs), decoder(z, pairs.flip(0)), atol=1e-6)
    assert same == decoder.symmetric


def test_hadamard_mlp_is_the_inner_product_and_a_network_of_the_product(
    generator: torch.Generator,
) -> None:
    decoder = HadamardMLP(6, generator)
    z = torch.randn(5, 6, generator=generator)
    product = z[0] * z[3]
    network = (product @ decoder.first + decoder.bias).relu() @ decoder.second
    found = decoder(z, torch.tensor([[0], [3]]))
    torch.testing.assert_close(found, product.sum()[None] + network)
    with torch.no_grad():
        decoder.second.zero_()
    torch.testing.assert_close(decoder(z, torch.tensor([[0], [3]])), product.sum()[None])


def test_layers_of_zeros_leave_the_product_to_the_last(generator: torch.Generator) -> None:
    """With W_l = 0 and b_l = 0 every layer is ReLU(x₀): a residual alone."""
    decoder = ResidualMLP(6, generator, layers=3)
    with torch.no_grad():
        decoder.weights.zero_()
        decoder.bias.fill_(0.25)
    z = torch.randn(5, 6, generator=generator)
    found = decoder(z, torch.tensor([[0, 1], [3, 4]]))
    products = (z[:2] * z[3:]).relu()
    torch.testing.assert_close(found, (products @ decoder.last).squeeze(1) + 0.25)


def test_each_layer_of_a_residual_mlp_sees_the_product_again(generator: torch.Generator) -> None:
    decoder = ResidualMLP(4, generator, layers=2)
    with torch.no_grad():
        decoder.biases.normal_(generator=generator)
    z = torch.randn(5, 4, generator=generator)
    product = z[1] * z[2]
    first = (product @ decoder.weights[0] + decoder.biases[0] + product).relu()
    second = (first @ decoder.weights[1] + decoder.biases[1] + product).relu()
    found = decoder(z, torch.tensor([[1], [2]]))
    torch.testing.assert_close(found, second @ decoder.last + decoder.bias)


def test_pairs_scored_in_chunks_are_those_scored_at_once(generator: torch.Generator) -> None:
    decoder = ResidualMLP(2, generator)
    z = torch.randn(5, 2, generator=generator)
    pairs = torch.randint(5, (2, CHUNK + 3), generator=generator)
    torch.testing.assert_close(decoder(z, pairs), in_training(decoder, generator)(z, pairs))


@pytest.mark.slow
def test_only_training_steps_drop(generator: torch.Generator) -> None:
    decoder = ResidualMLP(6, generator, dropout=0.5)
    z, pairs = torch.randn(9, 6, generator=generator), torch.tensor([[0, 1, 2], [3, 4, 5]])
    noisy = in_training(decoder, generator)
    assert not torch.equal(noisy(z, pairs), noisy(z, pairs))
    assert torch.equal(decoder(z, pairs), decoder(z, pairs))
    mean = torch.stack([noisy(z, pairs) for _ in range(4000)]).mean(0)
    torch.testing.assert_close(mean, decoder(z, pairs), atol=0.05, rtol=0.05)
    plain = HadamardMLP(6, generator)
    assert in_training(plain, generator) is plain
