"""The score by which the best epoch is chosen."""

import numpy as np
import pytest

from graphvae.metrics.selection import selection_score
from graphvae.specs.select import check_select
from graphvae_data.core.errors import InputError

POSITIVES = np.array([3.0, 1.0, 2.0])
OWN = np.array([[1.0, 2.0], [1.0, 5.0], [0.0, 0.0]])


@pytest.mark.parametrize(
    ("name", "expected"),
    [("mrr", (1 + 1 / 2.5 + 1) / 3), ("hits@1", 2 / 3), ("hits@2", 2 / 3)],
)
def test_each_positive_is_ranked_among_its_own_negatives(name: str, expected: float) -> None:
    assert selection_score(name, POSITIVES, OWN.ravel(), 2) == pytest.approx(expected)


def test_more_hits_than_negatives_are_refused() -> None:
    with pytest.raises(InputError, match="hits@3"):
        selection_score("hits@3", POSITIVES, OWN.ravel(), 2)


@pytest.mark.parametrize("name", ["hits@0", "hits@", "auc", "mrr@5", ""])
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(InputError, match="select"):
        check_select(name)
