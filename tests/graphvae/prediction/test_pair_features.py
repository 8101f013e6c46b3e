"""Features of pairs and of rows agree, and are what their names say."""

import torch

from graphvae.baselines.proximity import ProximityGraph
from graphvae.nn.decoders import InnerProduct, PairDecoder, SourceTarget
from graphvae.prediction.pair_features import PairFeatures

EDGES = torch.tensor([[0, 0, 1, 2, 3], [1, 2, 3, 3, 4]])


def features(decoder: PairDecoder, generator: torch.Generator) -> PairFeatures:
    z = torch.randn(6, 4, generator=generator)
    return PairFeatures(z, decoder, ProximityGraph.of(EDGES, 6))


def test_rows_hold_the_features_of_pairs(generator: torch.Generator) -> None:
    for decoder in (InnerProduct(), SourceTarget()):
        known = features(decoder, generator)
        pairs = torch.cartesian_prod(torch.arange(6), torch.arange(6)).T
        rows = [column.flatten() for column in known.rows(torch.arange(6))]
        torch.testing.assert_close(rows, list(known.pairs(pairs)), atol=1e-5, rtol=1e-5)
        last = known.rows(torch.tensor([1, 3]), 4)
        expected = [column.view(6, 6)[[1, 3], 4:] for column in rows]
        torch.testing.assert_close(list(last), expected, atol=1e-6, rtol=1e-6)


def test_neighbours_and_degrees_are_counted(generator: torch.Generator) -> None:
    _, _, common, allocation, degrees = features(InnerProduct(), generator).pairs(
        torch.tensor([[0, 1, 5], [3, 2, 0]])
    )
    assert common.tolist() == [2, 2, 0]
    torch.testing.assert_close(allocation, torch.tensor([1.0, 1 / 2 + 1 / 3, 0.0]))
    torch.testing.assert_close(degrees, torch.tensor([12.0, 9.0, 3.0]).log())
