"""The LINQS files: `*.content` (paper, words, topic) and `*.cites` (cited, citing).

They contain the same graph as Planetoid's files, with the nodes in another order. The order used
here is that of the dataset's name table (`cora_papers.txt`): the paper id of each Planetoid node,
determined by matching words and topics, then neighbourhoods. Fifteen papers have the same words,
topic and neighbours as another one; their order is arbitrary and has no effect.
Source: Sen et al., Collective Classification in Network Data, AI Magazine 29(3), 2008.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Bool, Int
from scipy.sparse import csr_array

from graphvae_data.core.errors import InputError
from graphvae_data.graphs.graph import Graph
from graphvae_data.registry.dataset import GraphDataset


@dataclass(frozen=True)
class _Papers:
    """The papers of a content file, in the order of its lines."""

    names: list[str]
    """Paper ids."""
    words: Bool[np.ndarray, "node feature"]
    """Whether the paper contains the word."""
    topics: list[str]
    """Class names."""


def read_linqs(files: Mapping[str, Path], dataset: GraphDataset) -> Graph:
    """Read a LINQS graph; nodes are in the order of the dataset's name table.

    Labels are indices into the dataset's `class_names`.

    Raises:
        InputError: damaged files, or a paper or topic that the dataset's entry lacks.
    """
    content = next(path for name, path in files.items() if name.endswith(".content"))
    cites = next(path for name, path in files.items() if name.endswith(".cites"))
    papers = _read_content(content)
    names = dataset.node_names() or tuple(papers.names)
    topics = dataset.class_names or tuple(sorted(set(papers.topics)))
    row_of = _indices(papers.names, content)
    node_of = _indices(names, content)
    order = _look_up(names, row_of, content)
    edge_index = _look_up(cites.read_text().split(), node_of, cites).reshape(-1, 2).T
    labels = _look_up(papers.topics, _indices(topics, content), content)
    return Graph.from_edges(
        torch.from_numpy(edge_index),
        len(names),
        features=csr_array(papers.words[order], dtype=np.float32),
        labels=labels[order],
        node_names=names,
        name=dataset.name,
    )


def _read_content(path: Path) -> _Papers:
    names, rows, topics = [], [], []
    for line in path.read_bytes().splitlines():
        try:
            name, rest = line.split(b"\t", 1)
            words, topic = rest.rsplit(b"\t", 1)
        except ValueError:
            raise _damaged(path, line) from None
        names.append(name.decode())
        rows.append(words)
        topics.append(topic.decode())
    return _Papers(names, _parse_words(rows, path), topics)


def _parse_words(rows: Sequence[bytes], path: Path) -> Bool[np.ndarray, "node feature"]:
    """Parse rows of tab-separated 0 and 1, all of the same length, vectorised."""
    if not rows or len({len(row) for row in rows}) != 1:
        raise InputError(f"{path}: expected lines of equal length; download it again")
    characters = np.frombuffer(b"".join(rows), dtype=np.uint8).reshape(len(rows), -1)
    words = characters[:, ::2]
    digits = (words | 1) == ord("1")  # "0" and "1" differ in the lowest bit
    if not (digits.all() and (characters[:, 1::2] == ord("\t")).all()):
        raise InputError(f"{path}: expected 0 or 1 between tabs; download it again")
    return np.equal(words, ord("1"))


def _indices(names: Sequence[str], path: Path) -> dict[str, int]:
    indices = {name: index for index, name in enumerate(names)}
    if len(indices) != len(names):
        raise InputError(f"{path}: expected distinct names, got {len(names) - len(indices)} twice")
    return indices


def _look_up(
    names: Sequence[str], indices: Mapping[str, int], path: Path
) -> Int[np.ndarray, " name"]:
    try:
        return np.array([indices[name] for name in names], dtype=np.int64)
    except KeyError as error:
        raise InputError(f"{path}: {error} is missing in the table of names") from None


def _damaged(path: Path, line: bytes) -> InputError:
    return InputError(f"{path}: expected paper, words, topic in each line, got {line[:40]!r}")
