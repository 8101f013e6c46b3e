"""Encoding of id columns as node indices."""

from typing import Any

import numpy as np
from jaxtyping import Int

from graphvae_data.graphs.edges import reading_order


def factorized(columns: list[Any]) -> tuple[Int[np.ndarray, "column row"], list[str]]:
    """Encode columns of ids as node indices; also return the names in node order."""
    import pyarrow as pa

    encoded = pa.concat_arrays(columns).dictionary_encode()
    codes = np.asarray(encoded.indices.to_numpy(zero_copy_only=False), dtype=np.int64)
    codes = codes.reshape(len(columns), -1)
    present, first = np.unique(codes.T.reshape(-1), return_index=True)
    texts = encoded.dictionary.to_pylist()
    by_row = present[np.argsort(first, kind="stable")]
    names = [texts[code] for code in by_row.tolist()]
    order = reading_order(names)
    index = np.empty(len(texts), dtype=np.int64)
    index[by_row[order]] = np.arange(len(order))
    return index[codes], [names[old] for old in order.tolist()]
