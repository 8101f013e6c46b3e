"""Omniglot: 1,623 characters of 50 alphabets, each drawn by 20 people (Lake et al. 2015).

Protocol: the drawings are 105×105, black on white. They are inverted (ink 255, background 0), and
each of the 28×28 pixels is the mean over the 3.75×3.75 pixels that it covers, rounded to the
nearest integer. Burda et al. 2015 preprocessed the images differently, so results are not
comparable. All arithmetic is on integers, so the result is the same on every machine.

Images are sorted by file name: characters of the background alphabets have the labels 0 to 963,
those of the evaluation alphabets 964 to 1622.
"""

import io
import tarfile
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

import numpy as np
from jaxtyping import Float, UInt8

from graphvae_data.core.errors import FetchError
from graphvae_data.download.cache import derived_file
from graphvae_data.images.image_data import RawImages
from graphvae_data.images.image_store import ArrayStore
from graphvae_data.registry.digests import OMNIGLOT_28
from graphvae_data.registry.sources import File

DRAWN, SIDE = 105, 28
_CHARACTERS, _PEOPLE = 1623, 20
_HEADER = 128
_CHUNK = 1000

Key = tuple[str, str, str, str]
"""Set, alphabet, character and file of a drawing."""


def read_omniglot(files: Mapping[str, Path], progress: bool) -> RawImages:
    """Resample the drawings on first use, then read them from the cache."""
    count = _CHARACTERS * _PEOPLE
    path = derived_file(
        "omniglot",
        File("omniglot-28.npy", OMNIGLOT_28),
        _HEADER + count * SIDE * SIDE,
        " and ".join(path.name for path in files.values()),
        lambda target: np.save(target, resampled(files)),
    )
    return RawImages(
        store=ArrayStore(np.load(path, allow_pickle=False)[:, None]),
        labels=np.repeat(np.arange(_CHARACTERS, dtype=np.int64), _PEOPLE),
    )


def resampled(files: Mapping[str, Path]) -> UInt8[np.ndarray, "image 28 28"]:
    """Return all drawings at 28×28, sorted by name."""
    drawings = dict(entry for path in files.values() for entry in _drawings(path))
    keys = sorted(drawings)
    _require_complete(keys)
    chunks = [keys[start : start + _CHUNK] for start in range(0, len(keys), _CHUNK)]
    return np.concatenate(
        [area_mean(np.stack([ink(drawings[key]) for key in chunk])) for chunk in chunks]
    )


def ink(png: bytes) -> UInt8[np.ndarray, "105 105"]:
    """Return 1 where a drawing has ink, else 0."""
    from PIL import Image

    with Image.open(io.BytesIO(png)) as image:
        grey = np.asarray(image.convert("L"))
    return np.asarray(grey < 128).astype(np.uint8)


def area_mean(inked: UInt8[np.ndarray, "image 105 105"]) -> UInt8[np.ndarray, "image 28 28"]:
    """Return 255 times the share of ink in each pixel's area, rounded to the nearest integer."""
    cover = _cover()
    sums = cover @ inked.astype(np.float32) @ cover.T  # integers up to 225: exact
    area = _FULL * _FULL
    mean = (2 * 255 * sums.astype(np.int64) + area) // (2 * area)
    return np.asarray(mean.astype(np.uint8))


_QUARTERS = 4
_FULL = DRAWN * _QUARTERS // SIDE


def _cover() -> Float[np.ndarray, "28 105"]:
    """Return how many quarters of each original pixel are in each new one, of 15 in total."""
    owner = np.arange(DRAWN * _QUARTERS) // _FULL
    cover = np.zeros((SIDE, DRAWN), dtype=np.float32)
    np.add.at(cover, (owner, np.arange(DRAWN * _QUARTERS) // _QUARTERS), 1.0)
    return cover


def _drawings(path: Path) -> Iterator[tuple[Key, bytes]]:
    """Yield the PNG files of an archive, with the last four parts of their names."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                if name.endswith(".png"):
                    yield _key(name), archive.read(name)
        return
    with tarfile.open(path) as packed:
        for member in packed:
            stream = packed.extractfile(member) if member.name.endswith(".png") else None
            if stream is not None:
                yield _key(member.name), stream.read()


def _key(name: str) -> Key:
    kind, alphabet, character, file = PurePosixPath(name).parts[-4:]
    return kind, alphabet, character, file


def _require_complete(keys: list[Key]) -> None:
    characters = np.unique([key[:3] for key in keys], axis=0, return_counts=True)[1]
    if len(characters) != _CHARACTERS or set(characters.tolist()) != {_PEOPLE}:
        raise FetchError(
            f"omniglot: expected {_PEOPLE} drawings of {_CHARACTERS} characters, got "
            f"{len(keys)} drawings of {len(characters)}"
        )
