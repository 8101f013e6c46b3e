"""An experiment on larger images, trained until its promised effect shows."""

from pathlib import Path

import numpy as np
import pytest

from graphvae_data.images.images import load_images
from image_vae.training.experiment import prepare
from tests.image_vae.configs import image_config


@pytest.mark.slow
def test_the_divergence_follows_its_capacity_on_images_of_dsprites_size(tmp_path: Path) -> None:
    """Convolutions on 64×64: the mean divergence of the last steps is C within a tenth."""
    small = load_images("sprites-toy").whole.images.array()[::6]
    np.save(tmp_path / "large.npy", np.kron(small, np.ones((1, 1, 4, 4), dtype=np.uint8)))
    data = load_images(tmp_path / "large.npy")
    config = image_config(
        dataset="large",
        model="capacity-vae",
        hidden=(32,),
        capacity=5.0,
        capacity_steps=60,
        batch_size=16,
        epochs=25,
        lr=3e-3,
    )
    trainer = prepare(config, data).trainer
    last = [trainer.run_epoch().parts["kl"] for _ in range(config.training.epochs)][-5:]
    assert data.shape == (1, 64, 64)
    assert abs(float(np.mean(last)) - 5) < 0.5
