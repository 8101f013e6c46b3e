"""Which node labels are known in training."""

import numpy as np
import pytest

from graphvae.splits.label_split import split_labels
from graphvae_data.core.errors import InputError

LABELS = np.arange(4_000) % 3
LABELS[3_990:] = -1


def test_the_public_split_is_the_first_twenty_a_class_the_next_500_and_the_last_1000() -> None:
    split = split_labels(LABELS, "cora")
    assert split.public
    assert split.train.tolist() == list(range(60))
    assert split.val.tolist() == list(range(60, 560))
    assert split.test.tolist() == list(range(2_990, 3_990))


def test_a_drawn_split_is_balanced_and_scores_all_other_labelled_nodes() -> None:
    split = split_labels(LABELS, "own", per_class=7, seed=1)
    assert not split.public
    assert np.bincount(LABELS[split.train]).tolist() == [7, 7, 7]
    assert len(split.test) == 3_990 - 21
    assert not set(split.train) & set(split.test)
    assert split.digest == split_labels(LABELS, "cora", per_class=7, seed=1).digest
    assert split.digest != split_labels(LABELS, "own", per_class=7, seed=2).digest
    assert len(split_labels(LABELS, "own").train) == 60


def test_a_class_with_too_few_labels_is_named() -> None:
    with pytest.raises(InputError, match="nodes of class 'a', got 20 by default"):
        split_labels(np.arange(30) % 2, "own", class_names=("a", "b"))


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        (np.zeros(100, dtype=np.int64), "label_weight: expected at least two classes of nodes"),
        (np.arange(30) % 2, "labels_per_class: expected fewer than the 15 labelled nodes of class"),
    ],
)
def test_labels_that_are_too_few(labels: np.ndarray, words: str) -> None:
    with pytest.raises(InputError, match=words):
        split_labels(labels, "own")
