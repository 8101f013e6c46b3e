"""Frey faces: 1,965 frames of a film of one face, 28 by 20 pixels in grey.

The file is a pickle that holds a list with one array; it is read without running any of it.
"""

from collections.abc import Mapping
from pathlib import Path

from graphvae_data.core.errors import InputError
from graphvae_data.files.unpickle import load_arrays_of_list
from graphvae_data.images.image_data import RawImages
from graphvae_data.images.image_store import ArrayStore

_HEIGHT, _WIDTH = 28, 20


def read_freyfaces(files: Mapping[str, Path], progress: bool) -> RawImages:
    """Read the frames in the order of the film."""
    (path,) = files.values()
    arrays = load_arrays_of_list(path)
    if len(arrays) != 1 or arrays[0].dtype != "u1" or arrays[0].shape[1:] != (_HEIGHT * _WIDTH,):
        raise InputError(f"{path}: expected one array of {_HEIGHT * _WIDTH} bytes a row")
    return RawImages(store=ArrayStore(arrays[0].reshape(-1, 1, _HEIGHT, _WIDTH)))
