"""Conversion of tables and arrays from pandas, NumPy, SciPy and torch."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import issparse
from torch import Tensor

from graphvae_data.core.errors import InputError
from graphvae_data.files.tabular import Table


def is_instance(obj: object, module: str, kind: str) -> bool:
    """Return whether an object is an instance of `module.kind`, without importing the module.

    >>> is_instance({}, "networkx", "Graph")
    False
    """
    loaded = sys.modules.get(module)  # an object cannot exist before the module of its class
    return loaded is not None and isinstance(obj, getattr(loaded, kind))


def table_of_frame(frame: Any, path: Path) -> Table | None:
    """Convert a DataFrame, with an index of ids as the first column; None for other objects."""
    if is_instance(frame, "pandas", "Series") and _has_ids(frame):
        frame = frame.to_frame()
    if not is_instance(frame, "pandas", "DataFrame"):
        return None
    if _has_ids(frame):
        ids = "id" if "id" not in frame.columns else "the index"
        frame = frame.rename_axis(ids).reset_index()
    names = [str(name) for name in frame.columns]
    if len(set(names)) != len(names):
        raise InputError(f"{path}: expected distinct column names, got {', '.join(names)}")
    columns = [arrow_column(frame[name], str(name), path) for name in frame.columns]
    return Table(path, columns, names, lambda row: f"row {row + 1}")


def arrow_column(values: Any, name: str, path: Path) -> Any:
    """Convert a column of a DataFrame to an Arrow array; mixed values become text."""
    import pyarrow as pa

    try:
        column = pa.array(values, from_pandas=True)
    except pa.ArrowException as error:
        kinds = {type(value) for value in values}
        if not kinds <= {str, int, float, bool, type(None)}:
            raise InputError(f"{path}: expected numbers or text in {name}, got {error}") from None
        column = pa.array([None if v is None or v != v else str(v) for v in values], pa.string())
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def array_of(values: Any) -> Any:
    """Convert an array, tensor, list or Series to NumPy; a sparse matrix is returned unchanged."""
    if issparse(values):
        return values
    if isinstance(values, Tensor):
        return values.detach().cpu().numpy()
    if isinstance(values, str):
        raise InputError(f"the table: expected a table or an array, got {values!r}")
    return np.asarray(values)


def _has_ids(frame: Any) -> bool:
    """Return whether the index has ids, not row numbers."""
    from pandas import RangeIndex

    return not isinstance(frame.index, RangeIndex)
