"""Conversion of table columns to numeric features, in the same way for new nodes.

Numbers and dates are standardised, (x - mean) / standard deviation, over the known values. Columns
of 0 and 1 or of true and false become 0 and 1. Categories are one-hot encoded. Missing values are
imputed with the mean and flagged in an extra column.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from graphvae_data.core.errors import InputError
from graphvae_data.core.reading import FeatureColumn, FeaturePrep
from graphvae_data.files.tabular import MISSING, Table, is_number, with_point
from graphvae_data.readers.columns.values import Columns

Features = Float[np.ndarray, "row feature"]
MAX_CATEGORIES = 50
"""Maximum number of categories of a column."""
_TRUE, _FALSE = {"true", "yes", "t", "y"}, {"false", "no", "f", "n"}


def prepared(table: Table, columns: Sequence[int]) -> tuple[Features, FeaturePrep, list[str]]:
    """Return the features of a table, their preparation, and the unusable columns.

    Raises:
        InputError: no column is usable.
    """
    known, unused = list[FeatureColumn](), list[str]()
    for column in columns:
        feature = _column(table, column)
        if feature is None:
            unused.append(table.title(column))
        else:
            known.append(feature)
    if not known:
        raise InputError(
            f"{table.path}: expected numbers, dates or categories as features, got too many "
            f"categories in {', '.join(unused)}"
        )
    prep = FeaturePrep(tuple(known))
    return apply(prep, table), prep, unused


def apply(prep: FeaturePrep, table: Table) -> Features:
    """Return the features of a table, prepared as in a model's training.

    Raises:
        InputError: a missing column, or a value of the wrong type.
    """
    parts = list[Any]()
    titles = [table.title(i) for i in range(len(table.columns))]
    for column in prep.columns:
        if column.name not in titles:
            raise InputError(
                f"{table.path}: expected a column {column.name}, as in training, got "
                f"{', '.join(titles)}"
            )
        parts += _values(column, table, titles.index(column.name))
    return np.column_stack(parts).astype(np.float32)


def prepared_array(
    matrix: Any, path: Path, prep: FeaturePrep | None
) -> tuple[Features, FeaturePrep]:
    """Prepare the columns of an array like those of a table."""
    import pyarrow as pa

    values = np.asarray(matrix, dtype=np.float64)
    columns = [pa.array(column, from_pandas=True) for column in values.T]
    table = Table(path, columns, None, lambda row: f"row {row + 1}")
    if prep is not None:
        return apply(prep, table), prep
    features, prep, _ = prepared(table, range(len(columns)))
    return features, prep


def _column(table: Table, column: int) -> FeatureColumn | None:
    """Determine the preparation of a column; None if it has too many categories."""
    name, texts = table.title(column), _texts(table, column)
    known = [text for text in texts if text is not None]
    missing = len(known) < len(texts)
    words = set(known)
    lower = {word.lower() for word in words}
    if words and lower <= _TRUE | _FALSE:
        return _flag(name, [text.lower() in _TRUE for text in known], indicator=missing)
    if all(is_number(text) for text in words):
        values = _as_numbers(table, column)
        bad = np.abs(values) > np.finfo(np.float32).max
        if bad.any():
            raise table.error(int(bad.argmax()), column, "a finite number")
        finite = values[np.isfinite(values)]
        if len(finite) and np.isin(finite, (0, 1)).all():
            return _flag(name, finite.tolist(), indicator=missing)
        return _scaled(name, "number", values, indicator=missing)
    if Columns(_one_column(table, known)).kind(0) == "time":
        return _scaled(name, "time", _as_times(texts), indicator=missing)
    if len(words) > MAX_CATEGORIES or (len(known) > 10 and 2 * len(words) > len(known)):
        return None
    return FeatureColumn(name, "category", categories=tuple(sorted(words)), indicator=missing)


def _flag(name: str, values: Sequence[Any], *, indicator: bool) -> FeatureColumn:
    return FeatureColumn(name, "flag", mean=float(np.mean(values)), indicator=indicator)


def _scaled(name: str, kind: Any, values: Any, *, indicator: bool) -> FeatureColumn:
    finite = values[np.isfinite(values)]
    mean = float(finite.mean()) if len(finite) else 0.0
    deviation = float(finite.std()) if len(finite) else 0.0
    return FeatureColumn(name, kind, mean=mean, scale=deviation or 1.0, indicator=indicator)


def _values(column: FeatureColumn, table: Table, index: int) -> list[Any]:
    texts = _texts(table, index)
    missing = np.array([text is None for text in texts])
    indicator = [missing.astype(np.float64)] if column.indicator else []
    if column.kind == "category":
        return [
            *(np.array([text == word for text in texts], float) for word in column.categories),
            *indicator,
        ]
    if column.kind == "time":
        values = _as_times(texts)
    elif column.kind == "flag":
        values = np.array([_flag_value(text) for text in texts])
    else:
        values = _as_numbers(table, index)
    wrong = ~np.isfinite(values) & ~missing
    if wrong.any():
        what = {"time": "a date", "flag": "true or false"}.get(column.kind, "a finite number")
        raise table.error(int(wrong.argmax()), index, f"{what}, as in training,")
    values = np.where(missing, column.mean, values)
    if column.kind != "flag":
        values = (values - column.mean) / column.scale
    return [values, *indicator]


def _texts(table: Table, column: int) -> list[str | None]:
    """Return the values as text, None if missing; numbers have a decimal point."""
    values = (None if v is None else str(v).strip() for v in table.columns[column].to_pylist())
    texts = [None if v is None or v.lower() in MISSING else v for v in values]
    if any(text and "," in text for text in texts) and table.has_decimal_commas(column):
        texts = [text and with_point(text) for text in texts]
    return texts


def _as_numbers(table: Table, column: int) -> Any:
    return table.as_floats(column)


def _as_times(texts: Sequence[str | None]) -> Any:
    """Return dates as seconds since 1970, NaN if missing."""
    import pandas as pd

    dates = pd.to_datetime(
        pd.Series(list(texts), dtype=object), format="mixed", errors="coerce", utc=True
    )
    seconds = (dates - pd.Timestamp(0, tz="UTC")).dt.total_seconds()
    return seconds.to_numpy(dtype=np.float64)


def _flag_value(text: str | None) -> float:
    if text is None:
        return float("nan")
    if text.lower() in _TRUE | _FALSE:
        return float(text.lower() in _TRUE)
    return float(text) if is_number(text) else float("nan")


def _one_column(table: Table, texts: Sequence[str]) -> Table:
    import pyarrow as pa

    return Table(table.path, [pa.array(texts, pa.string())], None, table.row_name)
