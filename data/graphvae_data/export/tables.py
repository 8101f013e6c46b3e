"""Export of results as tables; the suffix of the path determines the format.

Embeddings: `.npy` is the float32 matrix, with one name per line in `….ids.txt` (as read by FAISS
and similar tools); `.npz` has matrix and names; `.csv`, `.tsv` and `.parquet` have columns `node`,
`z0`, `z1`, …; `.txt` is the word2vec text format.
Links: columns `source`, `target`, `score`, `probability`, or the same keys in `.json` and `.jsonl`.
"""

import csv
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from jaxtyping import Float
from torch import Tensor

from graphvae_data.core.errors import InputError
from graphvae_data.export.formats import check_suffix, link_suffixes
from graphvae_data.files.files import write_atomic

Matrix = Float[np.ndarray, "node latent"]
Column: TypeAlias = list[str] | np.ndarray


class Link(NamedTuple):
    """A predicted link: a pair of nodes that is not a known edge."""

    source: str
    """Name of the source node."""
    target: str
    """Name of the target node."""
    score: float
    """The score by which links are ranked; comparable within one list."""
    probability: float | None = None
    """The calibrated probability that it is an edge, if available."""

    def to_dict(self) -> dict[str, Any]:
        """Return plain values.

        >>> Link("a", "b", 2.5, 0.5).to_dict()
        {'source': 'a', 'target': 'b', 'score': 2.5, 'probability': 0.5}
        """
        return self._asdict()


def write_embeddings(
    path: Path,
    names: Sequence[str],
    z: Float[Tensor, "node latent"] | Matrix,
    *,
    column: str = "node",
    columns: Mapping[str, list[str]] | None = None,
) -> None:
    """Write one float32 row per node atomically, in the format of the suffix of `path`.

    Text formats have the shortest decimals that are read back to the same float32. In `.txt`, white
    space in names becomes `_`. The names for `z.npy` are written to `z.ids.txt`.

    Args:
        path: the file.
        names: the name of each row.
        z: the embeddings.
        column: the header of the names, if rows are not nodes.
        columns: additional text columns, such as labels; not written to `.npy` and `.txt`.

    Raises:
        InputError: an unknown suffix, `names` and `z` of different lengths, names that are equal in
            `.txt`, or a name with a line break for `.npy`.
    """
    suffix = check_suffix(path)
    matrix = _as_float32(z)
    if len(names) != len(matrix):
        raise InputError(
            f"expected one name for each of the {len(matrix)} rows of `z`, got {len(names)} "
            "in `names`; pass the names of the same graph"
        )
    if suffix == ".npy":
        text = _ids(names)
        write_atomic(path, lambda temporary: np.save(temporary, matrix))
        names_path = path.with_suffix(".ids.txt")
        write_atomic(names_path, lambda temporary: _write_text(temporary, text))
    elif suffix == ".npz":
        texts = {"names": names, **(columns or {})}
        arrays: dict[str, Any] = {key: np.array(each, dtype=str) for key, each in texts.items()}
        write_atomic(path, lambda temporary: np.savez(temporary, embedding=matrix, **arrays))
    elif suffix == ".txt":
        text = _word2vec(names, matrix)
        write_atomic(path, lambda temporary: _write_text(temporary, text))
    else:
        axes = {f"z{axis}": values for axis, values in enumerate(matrix.T)}
        _write_columns(path, {column: list(names), **(columns or {}), **axes})


def write_links(path: Path, rows: Iterable[Link | tuple[str, str, float]]) -> None:
    """Write predicted links atomically, in their order and in the format of the suffix of `path`.

    Args:
        path: the file.
        rows: `Link`s, or tuples (source, target, score); a probability of None is written as empty.

    Raises:
        InputError: an unknown suffix.
    """
    suffix = check_suffix(path, link_suffixes)
    links = [Link(str(row[0]), str(row[1]), float(row[2]), *row[3:]) for row in rows]
    objects = [link.to_dict() for link in links]
    if suffix == ".json":
        text = json.dumps(objects, indent=2, ensure_ascii=False) + "\n"
        write_atomic(path, lambda temporary: _write_text(temporary, text))
    elif suffix == ".jsonl":
        text = "".join(json.dumps(link, ensure_ascii=False) + "\n" for link in objects)
        write_atomic(path, lambda temporary: _write_text(temporary, text))
    else:
        columns: dict[str, Column] = {
            "source": [link.source for link in links],
            "target": [link.target for link in links],
            "score": np.array([link.score for link in links], dtype=np.float64),
            "probability": np.array(
                [np.nan if p is None else p for *_, p in links], dtype=np.float64
            ),
        }
        _write_columns(path, columns)


def _ids(names: Sequence[str]) -> str:
    """Return the names, one per line."""
    for name in names:
        if "\n" in name or "\r" in name:
            raise InputError(
                f"expected node names without line breaks for .npy, got {name!r}; try .npz or "
                ".parquet"
            )
    return "".join(f"{name}\n" for name in names)


def _as_float32(z: Float[Tensor, "node latent"] | Matrix) -> Float[np.ndarray, "node latent"]:
    values: Any = z.detach().cpu().float().numpy() if isinstance(z, Tensor) else z
    return np.ascontiguousarray(values, dtype=np.float32)


def _write_columns(path: Path, columns: Mapping[str, Column]) -> None:
    """Write text and float columns as CSV, TSV or Parquet."""
    if path.suffix.lower() == ".parquet":
        write_atomic(path, lambda temporary: _write_parquet(temporary, columns))
        return
    separator = "\t" if path.suffix.lower() == ".tsv" else ","

    def write(temporary: Path) -> None:
        with temporary.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, delimiter=separator, lineterminator="\n")
            writer.writerow(columns)
            writer.writerows(zip(*map(_without_nan, columns.values()), strict=True))

    write_atomic(path, write)


def _without_nan(column: Column) -> Column | list[Any]:
    """Replace NaN by an empty string."""
    if isinstance(column, list) or not np.isnan(column).any():
        return column
    return ["" if np.isnan(value) else value for value in column]


def _write_parquet(path: Path, columns: Mapping[str, Column]) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    arrays = [
        pa.array(column, pa.string())
        if isinstance(column, list)
        else pa.array(np.ascontiguousarray(column))
        for column in columns.values()
    ]
    parquet.write_table(pa.table(arrays, names=list(columns)), path)


def _word2vec(names: Sequence[str], matrix: Matrix) -> str:
    words = [re.sub(r"\s", "_", name) for name in names]
    _check_words(words)
    lines = [f"{len(words)} {matrix.shape[1]}"]
    lines += [" ".join([word, *map(str, row)]) for word, row in zip(words, matrix, strict=True)]
    return "\n".join(lines) + "\n"


def _check_words(words: Sequence[str]) -> None:
    seen: set[str] = set()
    for word in words:
        if word in seen or not word:
            raise InputError(
                f"expected distinct, non-empty node names for .txt (white space becomes _), "
                f"got {word!r} twice or empty in `names`; try .csv or .parquet"
            )
        seen.add(word)


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
