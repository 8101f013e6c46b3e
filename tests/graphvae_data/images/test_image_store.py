"""Both image stores return the same images."""

import hashlib
from pathlib import Path

import numpy as np

from graphvae_data.images.image_store import ArrayStore, ImageRows, PackedStore


def pictures() -> np.ndarray:
    drawn = np.random.default_rng(0).integers(0, 2, (30, 1, 6, 7), dtype=np.uint8)
    return drawn * np.uint8(255)


def packed(folder: Path) -> PackedStore:
    np.save(folder / "bits.npy", np.packbits(pictures().reshape(30, -1), axis=1))
    return PackedStore(np.load(folder / "bits.npy", mmap_mode="r"), (1, 6, 7), "0" * 64)


def test_packed_pictures_are_those_packed(tmp_path: Path) -> None:
    rows = np.array([29, 3, 3, 0])
    store, plain = packed(tmp_path), ArrayStore(pictures())
    assert isinstance(store.bits, np.memmap)
    assert store.bits.shape == (30, 6)
    assert np.array_equal(store.take(rows), plain.take(rows))
    assert (len(store), store.shape, store.binary) == (30, (1, 6, 7), True)
    assert (len(plain), plain.shape, plain.binary) == (30, (1, 6, 7), False)


def test_a_batch_is_a_fresh_array(tmp_path: Path) -> None:
    plain = ArrayStore(pictures())
    for store in (plain, packed(tmp_path)):
        store.take(np.array([1]))[:] = 7
        assert np.array_equal(store.take(np.array([1])), pictures()[[1]])


def test_rows_are_numbered_anew() -> None:
    some = ImageRows(ArrayStore(pictures()), np.array([4, 8, 2]))
    assert (some.shape, len(some)) == ((3, 1, 6, 7), 3)
    assert np.array_equal(some.take(np.array([2, 0])), pictures()[[2, 4]])
    assert np.array_equal(some.array(), pictures()[[4, 8, 2]])


def test_the_digest_is_that_of_all_pixels_whatever_their_layout() -> None:
    expected = hashlib.sha256(pictures().tobytes()).hexdigest()
    assert ArrayStore(pictures()).digest() == expected
    turned = np.ascontiguousarray(pictures().transpose(3, 2, 1, 0)).transpose(3, 2, 1, 0)
    assert ArrayStore(turned).digest() == expected


def test_the_digest_of_many_pieces_is_that_of_the_whole() -> None:
    large = np.random.default_rng(1).integers(0, 256, (50, 1, 1000, 1000), dtype=np.uint8)
    assert ArrayStore(large).digest() == hashlib.sha256(large).hexdigest()
