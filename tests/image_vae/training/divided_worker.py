"""One of two processes that compute parts of training steps: `divided_worker.py RANK FOLDER`."""

import sys
from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist

from graphvae_data.images.image_data import ImageData, RawImages
from graphvae_data.images.image_store import ArrayStore
from graphvae_data.images.images import own_images
from graphvae_data.machine.workers import current
from image_vae.training.experiment import prepare
from tests.image_vae.configs import image_config

CASES = {
    "nvae": {"scales": "2x2:1,4x4:2", "channels": 4, "latent": (2,), "group_cells": 1},
    "checkpointed": {"scales": "2x2:1,4x4:2", "channels": 4, "latent": (2,), "checkpointing": True},
    "ladder-vae": {"hidden": (8, 6), "latent": (3, 2)},
    "vae": {"hidden": (8,), "latent": (3,)},
}
"""The settings of each case."""
STEPS, IMAGES = 3, 7
"""Steps, and images in each: an odd number."""


def noise() -> ImageData:
    """Images of random pixels: to import scikit-learn for the digits takes a second a process."""
    pixels = np.random.default_rng(0).integers(0, 256, (60, 1, 8, 8), dtype=np.uint8)
    return own_images("noise", RawImages(store=ArrayStore(pixels)))


def main(folder: Path) -> None:
    """Take some steps of each case, and save terms, gradients, moments and weights on worker 0."""
    torch.set_default_dtype(torch.float64)
    workers, images = current(), noise()
    for case, settings in CASES.items():
        model = "nvae" if case == "checkpointed" else case
        config = image_config("digits", model, **settings, batch_size=IMAGES)
        experiment = prepare(config, images, workers)
        player, terms = experiment.trainer.players[0], []
        model_ = experiment.model.double().train()
        index = torch.arange(STEPS * IMAGES)
        for step, part in enumerate(index.split(IMAGES)):
            data = experiment.feed("train").observed(part, experiment.trainer.generator)
            found = player.turn(data, step, experiment.trainer.generator)
            terms.append([float(each.detach()) for each in (found.total, *found.parts.values())])
        gradients = {name: each.grad for name, each in model_.named_parameters()}
        state = {"terms": terms, "gradients": gradients, "weights": model_.state_dict()}
        if workers.leads:
            torch.save(state, folder / f"{case}-{workers.count}.pt")


if __name__ == "__main__":
    number, where = int(sys.argv[1]), Path(sys.argv[2])
    store = f"file://{where / 'store'}"
    dist.init_process_group("gloo", init_method=store, rank=number, world_size=2)
    main(where)
    dist.destroy_process_group()
