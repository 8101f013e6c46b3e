"""Parsing of metric names."""

import pytest

from graphvae.evaluation.metric_names import EXAMPLES, parse_metric
from graphvae_data.core.errors import InputError


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_name_is_read_and_written_alike(name: str) -> None:
    assert parse_metric(name).name == name
    assert parse_metric(f" {name.upper()} ").name == name


@pytest.mark.parametrize(
    ("bad", "hint"),
    [
        ("acu", "did you mean auc"),
        ("hits@", "did you mean hits@20"),
        ("hits", "expected a name"),
        ("hits@0", "K at least 1"),
        ("auc@5", "expected a name"),
        ("auc-per-source", "expected a name"),
        ("precision@5-per-source", "expected a name"),
        ("map", "did you mean"),
        ("ap-per-source", "did you mean map-per-source"),
        ("", "got ''"),
    ],
)
def test_anything_else_is_refused_with_the_nearest(bad: str, hint: str) -> None:
    with pytest.raises(InputError, match=hint):
        parse_metric(bad)
