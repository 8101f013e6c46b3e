"""Training of a new model on all known edges, after a run has been scored.

The number of epochs is that selected by validation. These weights are not scored, as no edge is
held out. They are saved beside the scored ones, in `refit.safetensors`.
"""

from __future__ import annotations

import copy
from dataclasses import replace

from graphvae.evaluation.negative_sets import known_edges
from graphvae.nn.models import GAE
from graphvae.setup.experiment import GraphExperiment, prepare
from graphvae_data.core.errors import InputError
from graphvae_data.runs.run_folder import RunFolder
from graphvae_data.runs.weights import load_weights

REFIT = "refit.safetensors"
"""The file of the weights in a run folder."""


def refit(experiment: GraphExperiment) -> GAE:
    """Return a model with the settings and seed of a finished run, trained on all known edges.

    Raises:
        TrainingError: the loss became NaN or infinite.
    """
    whole = replace(experiment.split, train=known_edges(experiment.split))
    trainer = prepare(experiment.config, experiment.graph, whole).trainer
    for _ in range(experiment.trainer.best.epoch):
        trainer.run_epoch()
    model = trainer.model
    model.load_state_dict(trainer.averages.weights())
    return model


def load_refit(experiment: GraphExperiment, folder: RunFolder) -> GAE | None:
    """Return the refit model of a run folder; None for a run without one.

    Raises:
        InputError: the file is missing or damaged.
    """
    if not experiment.config.split.refit:
        return None
    path = folder.path / REFIT
    if not path.is_file():
        raise InputError(f"the run {folder.path} lacks {REFIT}; restore it or fit again")
    model = copy.deepcopy(experiment.model)
    model.load_state_dict(load_weights(path, model))
    return model
