"""Triples (head, relation, tail): select one relation, or merge all."""

from typing import Any

import numpy as np
from jaxtyping import Bool

from graphvae_data.core.errors import InputError, nearest
from graphvae_data.core.reading import counted
from graphvae_data.graphs.read_options import ReadOptions

MAX_LISTED = 6
"""Maximum number of relations listed in a message."""


def relation_mask(values: Any, options: ReadOptions, where: str) -> Bool[np.ndarray, " row"]:
    """Return which rows have the selected relation; all if there is only one relation.

    Args:
        values: the relation of each row, an Arrow array of strings.
        options: the selected relation, or whether to merge all.
        where: the source, for error messages.

    Raises:
        InputError: several relations and none selected, or an unknown one.
    """
    from pyarrow import compute

    counts = compute.value_counts(values).to_pylist()
    entries = sorted(counts, key=lambda each: (-each["counts"], str(each["values"])))
    names = [str(each["values"]) for each in entries]
    if options.relation is not None:
        if options.relation not in names:
            raise InputError(
                f"{where}: no relation {options.relation!r}{nearest(options.relation, names)}; "
                f"expected one of {_listed(names)} for --relation"
            )
        mask = compute.equal(values, options.relation).fill_null(False)
        return np.asarray(mask.to_numpy(zero_copy_only=False))
    if len(names) > 1 and options.relations is None:
        shown = [
            f"{each['values']} ({counted(each['counts'], 'row')})" for each in entries[:MAX_LISTED]
        ]
        raise InputError(
            f"{where}: got triples with {len(names)} relations: {_listed(shown, len(names))}; "
            "select one with --relation TYPE, or merge all with --relations merge "
            "(multi-relational models are not supported)"
        )
    return np.ones(len(values), dtype=bool)


def _listed(names: list[str], count: int | None = None) -> str:
    more = (len(names) if count is None else count) - min(len(names), MAX_LISTED)
    return ", ".join(names[:MAX_LISTED]) + (f" and {more} more" if more > 0 else "")
