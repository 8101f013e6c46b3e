"""The examples on graphs: a training loop from parts, an encoder and a dataset from outside."""

import json
import runpy
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
import torch

import graphvae
from examples.encoder import SimpleGraphConvolution
from examples.graph_dataset import communities
from graphvae_cli.main import main
from graphvae_data.core.errors import InputError

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@pytest.mark.slow
def test_the_training_loop_learns_cora(capsys: pytest.CaptureFixture[str]) -> None:
    runpy.run_path(str(EXAMPLES / "training_loop.py"))
    assert 0.88 < float(capsys.readouterr().out.split()[-1]) < 0.95


def test_the_encoder_propagates_as_often_as_it_is_asked_to() -> None:
    graph = graphvae.load_graph("karate")
    messages = graphvae.message_graph(graph, graph.edges)
    inputs = graphvae.EncoderInputs(34, 0, 5, 1, torch.Generator().manual_seed(0), messages)
    module = SimpleGraphConvolution(hops=3).build(inputs)
    states = module(messages, torch.Generator()).detach().numpy()
    karate = nx.karate_club_graph()
    adjacency = nx.to_numpy_array(karate, nodelist=range(34), weight=None) + np.eye(34)
    scale = np.diag(adjacency.sum(1) ** -0.5)
    weight = module.weight.detach().numpy()
    expected = np.linalg.matrix_power(scale @ adjacency @ scale, 3) @ weight
    np.testing.assert_allclose(states, expected, rtol=1e-4, atol=1e-6)


@pytest.mark.slow
def test_both_are_found_by_the_command(tmp_path: Path) -> None:
    named = ("--dataset", "examples.graph_dataset:communities")
    encoder = ("--encoder", "examples.encoder:SimpleGraphConvolution", "--set", "encoder.hops=3")
    out = tmp_path / "run"
    words = ("fit", *named, *encoder, "--epochs", 20, "--no-baselines", "--out", out, "--quiet")
    assert main(list(map(str, words)), standalone_mode=False) is None
    config = json.loads((out / "config.json").read_text())
    assert config["dataset"] == "communities"
    assert config["encoder"] == {"kind": "examples.encoder:SimpleGraphConvolution", "hops": 3}
    settings = {"encoder": SimpleGraphConvolution(hops=3), "epochs": 20, "baselines": False}
    result = graphvae.fit(communities(), **settings)
    assert graphvae.load(out).metrics["test"] == result.metrics["test"]
    assert result.metrics["test"]["auc"] > 0.6


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("examples.nowhere:graph", r"cannot import .* \(No module named 'examples.nowhere'\)"),
        ("examples.graph_dataset:towns", r"cannot import .*has no attribute 'towns'"),
        ("examples.graph_dataset:__name__", "to be a function that returns the data"),
        ("builtins:list", "graph: expected "),
        ("builtins:range", r"builtins:range fails \(TypeError: range expected at least 1"),
    ],
)
def test_a_name_that_gives_no_graph_is_refused(name: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        graphvae.fit(name)
