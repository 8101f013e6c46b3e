"""Triples (head, relation, tail): one relation of them, or all as one kind of edge."""

from typing import Any

import numpy as np
from jaxtyping import Bool

from graphvae_data.core.errors import InputError, nearest
from graphvae_data.core.reading import counted
from graphvae_data.graphs.read_options import ReadOptions

MOST_LISTED = 6
"""Relations that a message lists."""


def chosen_relation(values: Any, options: ReadOptions, where: str) -> Bool[np.ndarray, " row"]:
    """Tell which rows have the relation that is asked for; all, where there is only one.

    Args:
        values: the relation of each row, an Arrow array of text.
        options: which relation, or all merged.
        where: the source, for messages.

    Raises:
        InputError: several relations and no choice, or one that no row has.
    """
    from pyarrow import compute

    counts = compute.value_counts(values).to_pylist()
    known = sorted(counts, key=lambda each: (-each["counts"], str(each["values"])))
    names = [str(each["values"]) for each in known]
    if options.relation is not None:
        if options.relation not in names:
            raise InputError(
                f"{where}: no relation {options.relation!r}{nearest(options.relation, names)}; "
                f"expected one of {_listed(names)} for --relation"
            )
        chosen = compute.equal(values, options.relation).fill_null(False)
        return np.asarray(chosen.to_numpy(zero_copy_only=False))
    if len(names) > 1 and options.relations is None:
        shown = [
            f"{each['values']} ({counted(each['counts'], 'row')})" for each in known[:MOST_LISTED]
        ]
        raise InputError(
            f"{where}: these are triples of {len(names)} relations: {_listed(shown, len(names))}; "
            "take one with --relation TYPE, or all as one kind of edge with --relations merge "
            "(models of several relations are not available yet)"
        )
    return np.ones(len(values), dtype=bool)


def _listed(names: list[str], count: int | None = None) -> str:
    more = (len(names) if count is None else count) - min(len(names), MOST_LISTED)
    return ", ".join(names[:MOST_LISTED]) + (f" and {more} more" if more > 0 else "")
