"""Columns of printed tables are aligned."""

from graphvae_cli.common.tables import aligned


def test_columns_start_under_each_other():
    lines = aligned([("a", "bbb", "c"), ("aaaa", "b", "cc")]).splitlines()
    assert lines == ["a     bbb  c", "aaaa  b    cc"]
