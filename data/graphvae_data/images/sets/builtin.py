"""Pictures that need no network: scikit-learn's digits, and small shapes drawn here."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from graphvae_data.images.factors import grid_table
from graphvae_data.images.image_data import RawImages
from graphvae_data.images.image_store import ArrayStore

_SIDE = 16
_STAMPS = (
    ("#####", "#####", "#####", "#####", "#####"),
    (".###.", "#####", "#####", "#####", ".###."),
    ("..#..", "..#..", "#####", "..#..", "..#.."),
)
_STEPS = _SIDE - len(_STAMPS[0]) + 1
SHAPES = ("square", "disc", "cross")
"""What the toy sprites' first factor counts."""


def digits(files: Mapping[str, Path], progress: bool) -> RawImages:
    """Scikit-learn's 1,797 digits, 8×8; its grey values 0 to 16 become 0 to 255."""
    from sklearn.datasets import load_digits

    found = load_digits()
    grey = np.rint(found.images * (255 / 16)).astype(np.uint8)
    return RawImages(
        store=ArrayStore(grey[:, None]),
        labels=found.target.astype(np.int64),
        class_names=tuple(map(str, range(10))),
    )


def sprites_toy(files: Mapping[str, Path], progress: bool) -> RawImages:
    """Each of three shapes at each of 12×12 places of a 16×16 picture, in the order of the grid."""
    places = tuple(map(float, range(_STEPS)))
    table = grid_table(("shape", "x", "y"), ((0.0, 1.0, 2.0), places, places))
    return RawImages(
        store=ArrayStore(np.stack([sprite(*row) for row in table.of_row.tolist()])),
        labels=table.of_row[:, 0],
        factors=table,
        class_names=SHAPES,
    )


def sprite(shape: int, x: int, y: int) -> UInt8[np.ndarray, "1 16 16"]:
    """One picture: a white shape of 5×5 pixels, x from the left edge and y from the top."""
    stamp = np.array([[mark == "#" for mark in line] for line in _STAMPS[shape]])
    picture = np.zeros((1, _SIDE, _SIDE), dtype=np.uint8)
    height, width = stamp.shape
    picture[0, y : y + height, x : x + width] = 255 * stamp
    return picture
