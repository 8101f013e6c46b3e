"""Grey levels of a user's pictures: what bytes of few values mean."""

from pathlib import Path

import numpy as np
import pytest

from graphvae_data.images.images import load_images
from graphvae_data.images.levels import grey_levels

MASK = np.random.default_rng(0).integers(0, 2, (20, 6, 5), dtype=np.uint8)


@pytest.mark.parametrize("kind", [np.uint8, bool, np.float32])
def test_pictures_of_0_and_1_are_black_and_white_in_every_type(kind: type) -> None:
    levels, notes = grey_levels("own", MASK.astype(kind))
    assert np.array_equal(levels, 255 * MASK)
    assert len(notes) == (kind is np.uint8)
    assert all("only 0 and 1" in note for note in notes)


def test_bytes_far_below_255_get_a_note_and_stay() -> None:
    levels, notes = grey_levels("own", 16 * MASK)
    assert np.array_equal(levels, 16 * MASK)
    assert notes[0].startswith("own: the brightest pixel of all images is 16 of 255")
    assert "is 10 of 255" in grey_levels("own", MASK * np.float32(0.04))[1][0]


@pytest.mark.parametrize("greatest", [0, 128, 255])
def test_black_pictures_and_bright_ones_get_no_note(greatest: int) -> None:
    assert grey_levels("own", np.full((3, 2, 2), greatest, np.uint8))[1] == ()


@pytest.mark.parametrize("ending", ["npy", "npz"])
def test_the_note_reaches_the_data(ending: str, tmp_path: Path) -> None:
    if ending == "npy":
        np.save(tmp_path / "own.npy", MASK)
    else:
        np.savez(tmp_path / "own.npz", images=MASK)
    data = load_images(tmp_path / f"own.{ending}")
    assert np.array_equal(data.whole.images.array()[:, 0], 255 * MASK)
    assert len(data.notes) == 1
