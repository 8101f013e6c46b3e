"""Conversion of tables and arrays from pandas, NumPy, SciPy and torch."""

import sys
from pathlib import Path
from typing import Any

from scipy.sparse import issparse
from torch import Tensor, strided

from graphvae_data.core.errors import InputError
from graphvae_data.files.tabular import Table
from graphvae_data.graphs.features import array_of_tensor, array_of_values, to_csr

_ID_COLUMNS = {"id", "ids", "node", "node_id", "nodeid"}
"""Names of a column of ids, in lower case."""


def is_instance(obj: object, module: str, kind: str) -> bool:
    """Return whether an object is an instance of `module.kind`, without importing the module.

    >>> is_instance({}, "networkx", "Graph")
    False
    """
    loaded = sys.modules.get(module)  # an object cannot exist before the module of its class
    return loaded is not None and isinstance(obj, getattr(loaded, kind))


def table_of_frame(frame: Any, path: Path) -> Table | None:
    """Convert an object of pandas, an index of ids as the first column; None for other objects.

    Raises:
        InputError: no columns, two of one name, an index of several levels, or values that are
            neither numbers nor text.
    """
    if is_instance(frame, "pandas.api.extensions", "ExtensionArray"):
        frame = sys.modules["pandas"].Series(frame)
    if is_instance(frame, "pandas", "Series"):
        frame = frame.to_frame()
    if not is_instance(frame, "pandas", "DataFrame"):
        return None
    if not len(frame.columns):
        raise InputError(f"{path}: expected columns, got a DataFrame without any")
    if frame.index.nlevels > 1:
        raise InputError(f"{path}: expected an index of node ids, got one of several levels")
    frame = _without_row_numbers(frame)
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


def array_of(values: Any, what: str) -> Any:
    """Convert an array, tensor or list to NumPy, and a sparse tensor to SciPy.

    A sparse matrix is returned unchanged. Masked numbers of a matrix become NaN, other masked
    values None.

    Raises:
        InputError: text, or rows of different lengths.
    """
    if issparse(values):
        return values
    if isinstance(values, Tensor):
        return array_of_tensor(values) if values.layout == strided else to_csr(values)
    if isinstance(values, str):
        raise InputError(f"the table: expected a table or an array, got {values!r}")
    return array_of_values(values, what)


def _without_row_numbers(frame: Any) -> Any:
    """Drop an index of numbers without a name if a column has the ids.

    Otherwise a selection of rows, which has an index of its own, would be read in another way than
    the whole table. Numbers in any order may be ids themselves, unless the first column has them.
    """
    from pandas import RangeIndex

    unnamed = frame.index.name is None and frame.index.dtype.kind in "iu"
    names = [str(name).strip().lower() for name in frame.columns]
    names = names if isinstance(frame.index, RangeIndex) else names[:1]
    return frame.reset_index(drop=True) if unnamed and set(names) & _ID_COLUMNS else frame


def _has_ids(frame: Any) -> bool:
    """Return whether the index has ids: it is not 0 … N - 1, which are row numbers."""
    from pandas import RangeIndex

    index = frame.index
    return not (isinstance(index, RangeIndex) and index.start == 0 and index.step == 1)
