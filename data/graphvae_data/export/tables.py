"""Results as tables in the forms other tools read; the ending of the path chooses the form.

Embeddings: `.npy` the bare matrix, row-major float32, with the names beside it in `….ids.txt`, one
a line (the two files that FAISS and its like read); `.npz` matrix and names, `.csv`, `.tsv` and
`.parquet` with columns `node`, `z0`, `z1`, …, and `.txt` the word2vec text form.
Links: columns `source`, `target`, `probability`, or the same keys in `.json` and `.jsonl`.
"""

import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float
from torch import Tensor

from graphvae_data.core.errors import InputError
from graphvae_data.export.endings import check_ending, embedding_endings, link_endings
from graphvae_data.export.links import Link
from graphvae_data.files.files import write_atomic

__all__ = [
    "Link",
    "check_ending",
    "embedding_endings",
    "link_endings",
    "write_embeddings",
    "write_links",
]

Matrix = Float[np.ndarray, "node latent"]


def write_embeddings(
    path: Path,
    names: Sequence[str],
    z: Float[Tensor, "node latent"] | Matrix,
    *,
    column: str = "node",
) -> None:
    """Write one float32 row per node, atomically, in the form that `path` ends in.

    `column` heads the names in a table of columns: rows may be of something other than nodes.

    Beside `z.npy`, which holds no names, `z.ids.txt` has the name of row i in its line i. In `.txt`
    white space in a name becomes `_`.
    Text forms give the shortest decimals that read back to the same float32.
    `InputError` for an unknown ending, when `names` and `z` differ in length, for `.txt` when two
    names would be equal, or for `.npy` when a name has a line break.
    """
    ending = check_ending(path)
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
        held = np.array(names, dtype=str)
        write_atomic(path, lambda temporary: np.savez(temporary, embedding=matrix, names=held))
    elif ending == ".txt":
        text = _word2vec(names, matrix)
        write_atomic(path, lambda temporary: _write_text(temporary, text))
    else:
        _write_frame(path, _embedding_frame(names, matrix, column))


def write_links(path: Path, rows: Iterable[tuple[str, str, float]]) -> None:
    """Write predicted links, best first as given, atomically, in the form that `path` ends in.

    Rows are `Link`s or plain (source, target, probability). `InputError` for an unknown ending.
    """
    ending = check_ending(path, link_endings)
    links = [Link(str(row[0]), str(row[1]), float(row[2])) for row in rows]
    objects = [link.to_dict() for link in links]
    if ending == ".json":
        text = json.dumps(objects, indent=2, ensure_ascii=False) + "\n"
        write_atomic(path, lambda temporary: _write_text(temporary, text))
    elif ending == ".jsonl":
        text = "".join(json.dumps(link, ensure_ascii=False) + "\n" for link in objects)
        write_atomic(path, lambda temporary: _write_text(temporary, text))
    else:
        _write_frame(path, _link_frame(links))


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


def _embedding_frame(names: Sequence[str], matrix: Matrix, column: str) -> pd.DataFrame:
    frame = pd.DataFrame(matrix, columns=[f"z{axis}" for axis in range(matrix.shape[1])])
    frame.insert(0, column, pd.Series(list(names), dtype="str"))
    return frame


def _link_frame(links: Sequence[Link]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "source": pd.Series([link.source for link in links], dtype="str"),
            "target": pd.Series([link.target for link in links], dtype="str"),
            "probability": pd.Series([link.probability for link in links], dtype="float64"),
        }
    )


def _write_frame(path: Path, frame: pd.DataFrame) -> None:
    if path.suffix.lower() == ".parquet":
        write_atomic(path, lambda temporary: frame.to_parquet(temporary, index=False))
        return
    separator = "\t" if path.suffix.lower() == ".tsv" else ","

    def write(temporary: Path) -> None:
        frame.to_csv(temporary, sep=separator, index=False, lineterminator="\n")

    write_atomic(path, write)


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
