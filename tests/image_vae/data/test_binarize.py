"""Binarisation: pixels are drawn with the right probabilities, and fixed where they should be."""

import numpy as np
import pytest
import torch

from graphvae_data.images.images import load_images
from image_vae.data.binarize import Binarization, binarize, fix, fixed_bits


def levels() -> torch.Tensor:
    """Every byte, 2,000 times."""
    return torch.arange(256, dtype=torch.uint8).expand(2000, 256)


def test_without_binarisation_levels_are_255ths(generator: torch.Generator) -> None:
    found = binarize(levels(), Binarization.NONE, generator)
    torch.testing.assert_close(found[0], torch.arange(256) / 255)
    assert found.dtype == torch.get_default_dtype()


def test_the_threshold_is_128(generator: torch.Generator) -> None:
    found = binarize(levels(), Binarization.THRESHOLD, generator)
    assert torch.equal(found[0], (torch.arange(256) >= 128).float())


def frequencies_are_right(bits: torch.Tensor) -> bool:
    expected = torch.arange(256) / 255
    deviation = (expected * (1 - expected) / len(bits)).sqrt()
    return bool(((bits.mean(0) - expected).abs() <= 5 * deviation).all())


def test_dynamic_bits_are_bernoulli_and_new_each_time(generator: torch.Generator) -> None:
    one = binarize(levels(), Binarization.DYNAMIC, generator)
    other = binarize(levels(), Binarization.DYNAMIC, generator)
    assert set(one.unique().tolist()) == {0.0, 1.0}
    assert frequencies_are_right(one)
    assert not torch.equal(one, other)
    again = binarize(levels(), Binarization.DYNAMIC, torch.Generator().manual_seed(7))
    assert torch.equal(one, again)


def test_fixed_bits_are_bernoulli_and_depend_on_row_and_seed() -> None:
    rows = np.arange(2000)
    bits = fixed_bits(levels().numpy(), rows, 0)
    assert frequencies_are_right(torch.from_numpy(bits) / 255)
    some = np.array([1999, 4, 77])
    assert np.array_equal(fixed_bits(levels().numpy()[some], some, 0), bits[some])
    assert not np.array_equal(fixed_bits(levels().numpy(), rows, 1), bits)
    coins = bits[:, 100:156].astype(np.float64)  # of neighbours, none tells of the next
    assert np.abs(np.corrcoef(coins.T) - np.eye(56)).max() < 5 / np.sqrt(2000)


def test_a_picture_is_fixed_alike_in_every_part_and_batch(generator: torch.Generator) -> None:
    data = load_images("digits")
    train, whole = fix(data.train, 3), fix(data.whole, 3)
    index = np.array([70, 0, 1400])
    batch = train.images.take(index)
    assert np.array_equal(batch, whole.images.take(data.train.rows[index]))
    assert np.array_equal(train.labels, data.train.labels)
    assert np.array_equal(train.rows, data.train.rows)
    found = binarize(torch.from_numpy(batch), Binarization.FIXED, generator)
    assert torch.equal(found * 255, torch.from_numpy(batch).float())


def test_fixing_in_pieces_is_fixing_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    part = load_images("digits").val
    whole = fix(part, 0).images.array()
    monkeypatch.setattr("image_vae.data.binarize._PIECE", 64 * 7)
    assert np.array_equal(fix(part, 0).images.array(), whole)
    assert np.array_equal(whole, fixed_bits(part.images.array(), part.rows, 0))


def test_what_is_black_and_white_is_fixed_already() -> None:
    fixed = fix(load_images("digits").val, 0)
    assert fix(fixed, 1) is fixed


def test_grey_levels_are_not_taken_for_fixed_bits(generator: torch.Generator) -> None:
    with pytest.raises(ValueError, match="fix"):
        binarize(levels(), Binarization.FIXED, generator)
