"""Settings of a run from flat names, as tests write them."""

from typing import Any

from graphvae.runs.fit import ready
from graphvae.setup.configure import configure
from graphvae.setup.experiment import GraphExperiment
from graphvae.specs.recipe import CATALOGUE, FitConfig
from graphvae_data.settings.layers import Layer, keyword_layer


def make_config(dataset: str = "karate", model: str = "vgae", **settings: Any) -> FitConfig:
    """Return a preset's settings with changes by flat name, for one thread of the CPU."""
    settings = {"device": "cpu", "threads": 1, **settings}
    layers: list[Layer] = [keyword_layer(CATALOGUE, settings)]
    return configure(dataset, model, layers)[0]


def make_experiment(graph: Any, model: str = "vgae", **settings: Any) -> GraphExperiment:
    """Return the untrained experiment of `fit` with these arguments."""
    return ready(graph, model, [keyword_layer(CATALOGUE, settings)])
