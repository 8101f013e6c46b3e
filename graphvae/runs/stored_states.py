"""Stored states of a user's encoder, for opening a run without the module.

A module that was passed to `fit` is not saved, as that would require its code. Its states
[node, state] are saved for the messages that scores, predictions and audits use, with a digest of
the message edges as key.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor, nn

from graphvae.graph.propagation import message_graph
from graphvae.nn.encoders import States
from graphvae.nn.models import GAE
from graphvae.setup.experiment import GraphExperiment
from graphvae.specs.encoders import UserGraphEncoder
from graphvae.specs.recipe import FitConfig
from graphvae_data.core.errors import InputError
from graphvae_data.files.arrays import save_arrays
from graphvae_data.runs.run_folder import RunFolder, write_atomic
from graphvae_data.runs.weights import load_weights
from graphvae_data.training.weights import Weights

FILE = "states.npz"
MISSING = (
    "encoder: this run used a module that is not saved, only its states for the run's own "
    "graph; pass the module, load(path, encoder=module), for other messages: "
)


class StoredStates(nn.Module):
    """An encoder that looks up its states by the message edges.

    Args:
        states: states [node, state] by digest of the edges.
        source: the description of the module that made them.
    """

    def __init__(self, states: dict[str, Tensor], source: str) -> None:
        super().__init__()
        self.states = nn.ParameterDict(states)
        self.source = source

    def forward(self, x: Tensor, edge_index: Int[Tensor, "2 message"]) -> States:
        """Return the states for these messages; `InputError` if none are stored."""
        key = digest(edge_index)
        if key not in self.states:
            raise InputError(MISSING + self.source)
        states: Tensor = self.states[key].clone()
        return states


def digest(edge_index: Int[Tensor, "2 message"]) -> str:
    """Return a key for message edges, which are sorted by row in every `MessageGraph`."""
    content = np.ascontiguousarray(edge_index.cpu().numpy(), "<i8").tobytes()
    return "s" + hashlib.sha256(content).hexdigest()[:24]


def write_states(folder: RunFolder, experiment: GraphExperiment) -> None:
    """Save the states of an encoder that cannot be rebuilt from the settings."""
    if experiment.config.encoder.restorable:
        return
    split, features = experiment.split, experiment.config.inputs.features
    device = experiment.model.device
    stored_states = dict[str, np.ndarray]()
    for extra in ([], [split.val], [split.test], [split.val, split.test]):
        edges = torch.cat([split.train, *extra], 1)
        graph = message_graph(experiment.graph, edges, use_features=features).to(device)
        with torch.no_grad():
            states = experiment.model.eval().encoder(graph, torch.Generator(device))
        stored_states[digest(graph.edge_index)] = states.cpu().numpy()
    write_atomic(folder.path / FILE, lambda path: save_arrays(path, stored_states))


def with_stored_states(config: FitConfig, folder: RunFolder) -> FitConfig:
    """Return the settings with the stored states in place of a module that was not passed."""
    encoder, path = config.encoder, folder.path / FILE
    absent = isinstance(encoder, UserGraphEncoder) and encoder.module is None
    if not absent or not path.is_file():
        return config
    stored = StoredStates(_read(path), encoder.label)
    return config.model_copy(update={"encoder": encoder.model_copy(update={"module": stored})})


def uses_stored_states(config: FitConfig) -> bool:
    """Whether the encoder of a run is only known by its stored states."""
    encoder = config.encoder
    return isinstance(encoder, UserGraphEncoder) and isinstance(encoder.module, StoredStates)


def weights_of(
    folder: RunFolder, model: GAE, config: FitConfig, digest: str | None = None
) -> Weights:
    """Read the weights of a run's model; with stored states, without those of the encoder.

    Args:
        folder: the folder of the run.
        model: the model.
        config: its settings.
        digest: the sha256 that the file must have; None checks none.
    """
    exclude = "encoder." if uses_stored_states(config) else None
    return load_weights(folder.model, model, digest, exclude=exclude)


def _read(path: Path) -> dict[str, Tensor]:
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as stored:
            return {name: torch.from_numpy(stored[name]) for name in stored.files}
    except Exception as error:  # np.load raises various types on a damaged file
        raise InputError(f"{path}: damaged; pass the module, load(path, encoder=module)") from error
