"""Which images are labelled, and how often they come."""

import numpy as np
import pytest
import torch

from graphvae_data.core.errors import InputError
from graphvae_data.images.images import load_images
from image_vae.data.binarize import Binarization
from image_vae.data.labelled_feed import LabelledFeed
from image_vae.data.labels import describe_labels, known_labels, label_of

DIGITS = load_images("digits")
LABEL = label_of(DIGITS, "class")


def test_labelled_images_are_balanced_and_a_function_of_their_seed() -> None:
    first, again, other = (known_labels(LABEL, DIGITS.train, 7, seed) for seed in (0, 0, 1))
    chosen = np.flatnonzero(first.of_row >= 0)
    assert np.isin(chosen, DIGITS.train.rows).all()
    assert np.bincount(first.of_row[chosen]).tolist() == [7] * 10
    assert (first.of_row[chosen] == LABEL.of_row[chosen]).all()
    one, two, three = (describe_labels(each, DIGITS.train) for each in (first, again, other))
    assert one == two
    assert one["known"] == three["known"] == 70
    assert one["digest"] != three["digest"]


def test_a_class_with_too_few_images() -> None:
    with pytest.raises(InputError, match=r"labels_per_class: expected at most \d+, the labelled"):
        known_labels(LABEL, DIGITS.train, 1_000, 0)


def feed(share: float, per_class: int = 2) -> LabelledFeed:
    label = known_labels(LABEL, DIGITS.train, per_class, 0)
    return LabelledFeed(
        DIGITS.train,
        Binarization.NONE,
        share,
        50,
        seed=3,
        device=torch.device("cpu"),
        label=label,
    )


def test_every_batch_has_its_share_and_every_labelled_image_its_turn() -> None:
    made = feed(0.2)
    order = made.order(0)
    assert len(order) == len(DIGITS.train)
    known = torch.isin(order, made.known)
    batches = order.split(50)
    for index in batches[:-1]:
        assert torch.isin(index[-10:], made.known).all()
    counts = torch.bincount(torch.cat([index[-10:] for index in batches[:-1]]))[made.known]
    assert int(counts.max() - counts.min()) <= 1
    assert int(known.sum()) >= 10 * (len(batches) - 1)
    assert torch.equal(order, feed(0.2).order(0))
    assert not torch.equal(order, made.order(1))


def test_unlabelled_images_of_a_batch_do_not_repeat_in_an_epoch() -> None:
    made = feed(0.1)
    plain = torch.cat([index[:45] for index in made.order(0).split(50)[:-1]])
    assert len(plain.unique()) == len(plain)
    data = made.observed(made.order(0)[:50], torch.Generator())
    assert bool((data["y"][45:] >= 0).all())
    assert int((data["y"] >= 0).sum()) < 10
