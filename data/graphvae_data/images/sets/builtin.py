"""Image datasets that need no download: scikit-learn's digits, and generated shapes."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from graphvae_data.images.factors import grid_table
from graphvae_data.images.image_data import RawImages
from graphvae_data.images.image_store import ArrayStore

_SIDE = 16
_MASKS = (
    ("#####", "#####", "#####", "#####", "#####"),
    (".###.", "#####", "#####", "#####", ".###."),
    ("..#..", "..#..", "#####", "..#..", "..#.."),
)
_POSITIONS = _SIDE - len(_MASKS[0]) + 1
SHAPES = ("square", "disc", "cross")
"""The values of the first factor of the toy sprites."""


def digits(files: Mapping[str, Path], progress: bool) -> RawImages:
    """Return scikit-learn's 1,797 digits, 8×8, with grey values 0 to 16 scaled to 0 to 255."""
    from sklearn.datasets import load_digits

    dataset = load_digits()
    grey = np.rint(dataset.images * (255 / 16)).astype(np.uint8)
    return RawImages(
        store=ArrayStore(grey[:, None]),
        labels=dataset.target.astype(np.int64),
        class_names=tuple(map(str, range(10))),
    )


def sprites_toy(files: Mapping[str, Path], progress: bool) -> RawImages:
    """Return three shapes at 12×12 positions of a 16×16 image, in the order of the grid."""
    positions = tuple(map(float, range(_POSITIONS)))
    table = grid_table(("shape", "x", "y"), ((0.0, 1.0, 2.0), positions, positions))
    return RawImages(
        store=ArrayStore(np.stack([sprite(*row) for row in table.of_row.tolist()])),
        labels=table.of_row[:, 0],
        factors=table,
        class_names=SHAPES,
    )


def sprite(shape: int, x: int, y: int) -> UInt8[np.ndarray, "1 16 16"]:
    """Draw a white shape of 5×5 pixels, x from the left edge and y from the top."""
    mask = np.array([[character == "#" for character in line] for line in _MASKS[shape]])
    image = np.zeros((1, _SIDE, _SIDE), dtype=np.uint8)
    height, width = mask.shape
    image[0, y : y + height, x : x + width] = 255 * mask
    return image
