"""Splits in PyTorch Geometric's form."""

import pytest
import torch
from torch_geometric.data import Data
from torch_geometric.nn import GAE
from torch_geometric.transforms import RandomLinkSplit
from torch_geometric.utils import is_undirected

from graphvae.nn.encoders import GCN
from graphvae.nn.pyg import ToPyg
from graphvae.splits.splitting import split_edges
from graphvae_data.core.errors import InputError
from graphvae_data.graphs.graph import Graph


def as_set(pairs: torch.Tensor) -> set[tuple[int, ...]]:
    return {tuple(pair) for pair in pairs.T.tolist()}


def random_link_split(data: Data, directed: bool) -> tuple[Data, Data, Data]:
    """What PyG gives for the same fractions (it draws other edges)."""
    transform = RandomLinkSplit(
        0.1, 0.2, is_undirected=not directed, add_negative_train_samples=False
    )
    parts: tuple[Data, Data, Data] = transform(data)
    return parts


@pytest.mark.parametrize("directed", [False, True])
def test_a_split_has_the_form_that_random_link_split_gives(
    weighted: Graph, weighted_one_way: Graph, generator: torch.Generator, directed: bool
) -> None:
    data = weighted_one_way if directed else weighted
    split = split_edges(data, val_fraction=0.1, test_fraction=0.2, generator=generator)
    ours = split.to_pyg(data, val_edges=True)
    theirs = random_link_split(data.to_pyg(), directed)
    for found, expected in zip(ours, theirs, strict=True):
        assert set(found.keys()) == set(expected.keys())
        for key, value in expected.items():
            if isinstance(value, torch.Tensor):
                assert (found[key].shape, found[key].dtype) == (value.shape, value.dtype), key
        assert torch.equal(found.x, expected.x)
        assert torch.equal(found.y, expected.y)
        assert torch.equal(found.edge_label, expected.edge_label)
        assert is_undirected(found.edge_index, found.edge_weight) != directed
        assert found.validate()


def test_the_parts_hold_what_the_split_says(weighted: Graph, generator: torch.Generator) -> None:
    split = split_edges(weighted, val_fraction=0.1, test_fraction=0.2, generator=generator)
    train, val, test = split.to_pyg(weighted)
    messages = as_set(split.train) | as_set(split.train.flip(0))
    assert all(as_set(part.edge_index) == messages for part in (train, val, test))
    assert torch.equal(train.edge_label_index, split.train)
    positive = test.edge_label == 1
    assert torch.equal(test.edge_label_index[:, positive], split.test)
    assert torch.equal(test.edge_label_index[:, ~positive], split.test_negatives)
    assert torch.equal(val.edge_weight, weighted.weights[weighted.find_edges(val.edge_index)])
    later = split.to_pyg(weighted, val_edges=True)[2]
    assert as_set(later.edge_index) == messages | as_set(split.val) | as_set(split.val.flip(0))


@pytest.mark.slow
def test_pygs_own_gae_trains_on_the_parts(cora: Graph, generator: torch.Generator) -> None:
    split = split_edges(cora, val_fraction=0.05, test_fraction=0.1, generator=generator)
    train, _, test = split.to_pyg(cora)
    model = GAE(ToPyg(GCN(1433, 32, 16, generator=generator)))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(12):
        optimizer.zero_grad()
        z = model.encode(train.x, train.edge_index)
        model.recon_loss(z, train.edge_label_index).backward()
        optimizer.step()
    with torch.no_grad():
        z = model.encode(test.x, test.edge_index)
    positive = test.edge_label == 1
    edges, others = test.edge_label_index[:, positive], test.edge_label_index[:, ~positive]
    auc, _ = model.test(z, edges, others)
    assert auc > 0.75


def test_a_split_of_another_graph_is_refused(cora: Graph, karate: Graph) -> None:
    split = split_edges(
        karate, val_fraction=0.1, test_fraction=0.2, generator=torch.Generator().manual_seed(0)
    )
    with pytest.raises(InputError, match="made from another graph"):
        split.to_pyg(cora)
