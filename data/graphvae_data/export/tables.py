"""Results as tables in the forms other tools read; the ending of the path chooses the form.

Embeddings: `.npy` the bare matrix, row-major float32, with the names beside it in `….ids.txt`, one
a line (the two files that FAISS and its like read); `.npz` matrix and names, `.csv`, `.tsv` and
`.parquet` with columns `node`, `z0`, `z1`, …, and `.txt` the word2vec text form.
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
    """A predicted link: a pair of nodes that is no known edge."""

    source: str
    """Name of one end."""
    target: str
    """Name of the other end."""
    score: float
    """What orders the list; comparable within it."""
    probability: float | None = None
    """The calibrated probability that it is an edge; None where there is none."""

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
    """Write one float32 row per node, atomically, in the form that `path` ends in.

    `column` heads the names in a table of columns: rows may be of something other than nodes.
    `columns` are further columns of text, such as labels; `.npz` has them as arrays, `.npy` and
    `.txt` have none.

    Beside `z.npy`, which holds no names, `z.ids.txt` has the name of row i in its line i. In `.txt`
    white space in a name becomes `_`.
    Text forms give the shortest decimals that read back to the same float32.
    `InputError` for an unknown ending, when `names` and `z` differ in length, for `.txt` when two
    names would be equal, or for `.npy` when a name has a line break.
    """
    ending = check_suffix(path)
    matrix = _as_float32(z)
    if len(names) != len(matrix):
        raise InputError(
            f"expected one name for each of the {len(matrix)} rows of `z`, got {len(names)} "
            "in `names`; pass the names of the same graph"
        )
    if ending == ".npy":
        text = _ids(names)
        write_atomic(path, lambda temporary: np.save(temporary, matrix))
        beside = path.with_suffix(".ids.txt")
        write_atomic(beside, lambda temporary: _write_text(temporary, text))
    elif ending == ".npz":
        held = {"names": names, **(columns or {})}
        arrays: dict[str, Any] = {key: np.array(each, dtype=str) for key, each in held.items()}
        write_atomic(path, lambda temporary: np.savez(temporary, embedding=matrix, **arrays))
    elif ending == ".txt":
        text = _word2vec(names, matrix)
        write_atomic(path, lambda temporary: _write_text(temporary, text))
    else:
        axes = {f"z{axis}": values for axis, values in enumerate(matrix.T)}
        _write_columns(path, {column: list(names), **(columns or {}), **axes})


def write_links(path: Path, rows: Iterable[Link | tuple[str, str, float]]) -> None:
    """Write predicted links, best first as given, atomically, in the form that `path` ends in.

    Rows are `Link`s or plain (source, target, score); a probability that is None is left empty.
    `InputError` for an unknown ending.
    """
    ending = check_suffix(path, link_suffixes)
    links = [Link(str(row[0]), str(row[1]), float(row[2]), *row[3:]) for row in rows]
    objects = [link.to_dict() for link in links]
    if ending == ".json":
        text = json.dumps(objects, indent=2, ensure_ascii=False) + "\n"
        write_atomic(path, lambda temporary: _write_text(temporary, text))
    elif ending == ".jsonl":
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
    """Give one name a line."""
    for name in names:
        if "\n" in name or "\r" in name:
            raise InputError(
                f"expected node names of one line beside .npy, got {name!r}; try .npz or .parquet"
            )
    return "".join(f"{name}\n" for name in names)


def _as_float32(z: Float[Tensor, "node latent"] | Matrix) -> Float[np.ndarray, "node latent"]:
    values: Any = z.detach().cpu().float().numpy() if isinstance(z, Tensor) else z
    return np.ascontiguousarray(values, dtype=np.float32)


def _write_columns(path: Path, columns: Mapping[str, Column]) -> None:
    """Write columns of text and of floats as CSV, TSV or Parquet."""
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
    """Put empty text for NaN."""
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
