"""Feeds: the batch that belongs to a list of image indices."""

import numpy as np
import torch

from graphvae_data.images.images import load_images
from image_vae.data import feed as feeds
from image_vae.data.binarize import Binarization
from image_vae.data.feed import Feed

CPU = torch.device("cpu")
DIGITS = load_images("digits")


def of(how: Binarization, seed: int = 0) -> Feed:
    return Feed(DIGITS.train, how, seed=seed, device=CPU)


def test_grey_pixels_are_the_bytes_over_255(generator: torch.Generator) -> None:
    index = torch.tensor([5, 2, 900])
    expected = torch.from_numpy(DIGITS.train.images.take(index.numpy())).float() / 255
    assert torch.equal(of(Binarization.NONE).batch(index, generator), expected)


def test_dynamic_pixels_are_drawn_anew_with_the_grey_level_as_their_mean(
    generator: torch.Generator,
) -> None:
    index = torch.zeros(4_000, dtype=torch.int64)
    drawn = of(Binarization.DYNAMIC).batch(index, generator)
    grey = of(Binarization.NONE).batch(index[:1], generator)[0]
    assert set(drawn.unique().tolist()) == {0.0, 1.0}
    torch.testing.assert_close(drawn.mean(0), grey, atol=0.05, rtol=0)


def test_fixed_pixels_are_the_same_in_any_batch_and_differ_by_seed(
    generator: torch.Generator,
) -> None:
    first, again = (of(Binarization.FIXED) for _ in range(2))
    one = first.batch(torch.tensor([3, 700]), generator)
    other = again.batch(torch.tensor([700, 1, 3]), generator)
    assert torch.equal(one, other[[2, 0]])
    changed = of(Binarization.FIXED, seed=1).batch(torch.tensor([3, 700]), generator)
    assert not torch.equal(one, changed)


def test_an_order_is_a_permutation_that_seed_and_epoch_decide() -> None:
    feed = of(Binarization.NONE)
    assert sorted(feed.order(4).tolist()) == list(range(len(feed)))
    assert torch.equal(feed.order(4), of(Binarization.NONE).order(4))
    assert not torch.equal(feed.order(4), feed.order(5))
    assert not torch.equal(feed.order(4), of(Binarization.NONE, seed=1).order(4))


def test_going_through_in_order_draws_the_same_every_time_and_stops_at_its_limit() -> None:
    feed = of(Binarization.DYNAMIC)
    whole = torch.cat(list(feed.in_order(100)))
    assert torch.equal(whole, torch.cat(list(feed.in_order(100))))
    assert len(whole) == len(feed)
    assert [len(part) for part in feed.in_order(100, limit=250)] == [100, 100, 50]


def test_images_too_many_for_memory_come_out_alike(generator: torch.Generator, monkeypatch) -> None:
    index = torch.tensor([8, 0])
    resident = of(Binarization.NONE).batch(index, generator)
    monkeypatch.setattr(feeds, "RESIDENT", 0)
    assert torch.equal(of(Binarization.NONE).batch(index, generator), resident)


def test_some_images_reach_from_the_first_to_the_last() -> None:
    feed = of(Binarization.NONE)
    chosen = feed.some(7)
    ends = torch.from_numpy(DIGITS.train.images.take(np.array([0, len(feed) - 1]))) / 255
    assert len(chosen) == 7
    assert torch.equal(chosen[[0, -1]], ends)
    assert len(feed.some(10**6)) == len(feed)


def test_images_spread_over_a_part_reach_from_end_to_end() -> None:
    feed = Feed(load_images("digits").train, Binarization.NONE, seed=0, device=torch.device("cpu"))
    index = feed.spread(10)
    assert (len(index), int(index[0]), int(index[-1])) == (10, 0, len(feed) - 1)
    images = next(feed.in_order(10, limit=10, spread=True))
    assert torch.equal(images, feed.batch(index, torch.Generator()))
    assert len(feed.spread(10_000)) == len(feed)
