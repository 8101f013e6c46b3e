"""Results in memory: what a caller gets is his own, and any state of PyTorch is as good."""

from collections.abc import Iterator

import numpy as np
import pytest
import torch

import graphvae
from graphvae.runs.result import GraphFitResult
from graphvae.setup.inputs import Nodes
from graphvae_data.core.errors import InputError
from graphvae_data.export.tables import Link


def test_the_embedding_is_a_copy(karate_run: GraphFitResult) -> None:
    links, z = karate_run.predict(3), karate_run.embeddings()
    z *= 0
    assert karate_run.embeddings().any()
    assert karate_run.predict(3) == links


@pytest.mark.parametrize("nodes", ["33", 33, np.int64(33), np.array([33]), torch.tensor([33])])
def test_a_node_stands_for_a_list_of_one(karate_run: GraphFitResult, nodes: Nodes) -> None:
    found: list[Link] = karate_run.predict(2, nodes)
    assert found == karate_run.predict(2, ["33"])
    assert {link.source for link in found} == {"33"}


@pytest.mark.wrong_types
def test_what_is_no_node_is_refused(karate_run: GraphFitResult) -> None:
    with pytest.raises(InputError, match=r"node: the graph has no node 1\.5"):
        karate_run.predict(2, [1.5])  # type: ignore[list-item]


@pytest.fixture
def double() -> Iterator[None]:
    """Double precision as PyTorch's default."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


MODELS = ("vgae", "argae", "linear-gae", "strong-gae")


@pytest.mark.slow
@pytest.mark.parametrize("model", MODELS)
def test_a_fit_does_not_depend_on_the_default_dtype(
    model: str, request: pytest.FixtureRequest
) -> None:
    settings = {"epochs": 3, "baselines": False, "device": "cpu"}
    expected = graphvae.fit("karate", model, **settings)  # type: ignore[arg-type]
    request.getfixturevalue("double")
    result = graphvae.fit("karate", model, **settings)  # type: ignore[arg-type]
    assert torch.get_default_dtype() == torch.float64
    assert result.embeddings().dtype == np.float32
    assert np.array_equal(result.embeddings(), expected.embeddings())
    assert result.predict(3) == expected.predict(3)
    assert result.metrics["test"] == expected.metrics["test"]


@pytest.mark.usefixtures("double")
def test_a_run_can_be_opened_under_another_default_dtype(
    karate_run: GraphFitResult, tmp_path_factory: pytest.TempPathFactory
) -> None:
    opened = graphvae.load(karate_run.save(tmp_path_factory.mktemp("double") / "run"))
    assert np.array_equal(opened.embeddings(), karate_run.embeddings())


def test_a_fit_does_not_depend_on_the_gradient_mode() -> None:
    with torch.no_grad():
        result = graphvae.fit("karate", epochs=2, baselines=False)
    expected = graphvae.fit("karate", epochs=2, baselines=False)
    assert np.array_equal(result.embeddings(), expected.embeddings())
