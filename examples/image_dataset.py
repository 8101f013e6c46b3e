"""A custom dataset: images and labels from arrays in memory, with a module as encoder.

    python examples/image_dataset.py

The images are horizontal or vertical bars. `image_vae.fit` splits them into training, validation
and test images. Saved by `numpy.savez("bars.npz", images=…, labels=…)`, they can also be passed to
the command: `graphvae image fit --images bars.npz`.
"""

import numpy as np
from torch import nn

import image_vae


def bars(count: int, size: int = 8, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return images [image, height, width] with one bar each, and whether the bar is vertical."""
    random = np.random.default_rng(seed)
    images = np.zeros((count, size, size), dtype=np.uint8)
    labels = random.integers(0, 2, count)
    for image, vertical, line in zip(images, labels, random.integers(0, size, count), strict=True):
        image[(slice(None), line) if vertical else line] = 255
    return images, labels


def main() -> image_vae.ImageFitResult:
    """Train on the bars."""
    images, labels = bars(600)
    encoder = nn.Sequential(nn.Flatten(), nn.Linear(64, 32), nn.ReLU())
    return image_vae.fit(
        images, labels=labels, encoder=encoder, latent=(2,), hidden=(32,), epochs=5
    )


if __name__ == "__main__":
    result = main()
    print(result, result.embeddings("test").shape, f"ELBO {result.metrics['test']['elbo']:.2f}")
