"""The LINQS files: `*.content` (paper, words, topic) and `*.cites` (cited, citing).

They hold the same graph as Planetoid's files in another node order. The order kept here is the
dataset's table of node names (`cora_papers.txt`): the paper id of each Planetoid node, found by
matching words and topics, then neighbourhoods. Fifteen papers are interchangeable (same words,
topic and neighbours as another); among them the table's choice is arbitrary and changes nothing.
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
    """A content file, in the order of its lines."""

    names: list[str]
    """Paper ids."""
    words: Bool[np.ndarray, "node feature"]
    """Whether a word is in the paper."""
    topics: list[str]
    """Class names."""


def read_linqs(files: Mapping[str, Path], dataset: GraphDataset) -> Graph:
    """Read a LINQS graph, its nodes in the order of the dataset's name table.

    Labels count in the order of the dataset's `class_names`. `InputError` when the files are
    damaged, or name papers or topics that the table or the class names lack.
    """
    content = next(path for name, path in files.items() if name.endswith(".content"))
    cites = next(path for name, path in files.items() if name.endswith(".cites"))
    papers = _read_content(content)
    names = dataset.node_names() or tuple(papers.names)
    topics = dataset.class_names or tuple(sorted(set(papers.topics)))
    line_of = _places(papers.names, content)
    node_of = _places(names, content)
    order = _look_up(names, line_of, content)
    edge_index = _look_up(cites.read_text().split(), node_of, cites).reshape(-1, 2).T
    labels = _look_up(papers.topics, _places(topics, content), content)
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
    """Parse rows of tab-separated 0 and 1, every row of the same length, in one go."""
    if not rows or len({len(row) for row in rows}) != 1:
        raise InputError(f"expected lines with equally many words in {path}; fetch it again")
    characters = np.frombuffer(b"".join(rows), dtype=np.uint8).reshape(len(rows), -1)
    words = characters[:, ::2]
    if not (np.isin(words, [48, 49]).all() and (characters[:, 1::2] == ord("\t")).all()):
        raise InputError(f"expected words as 0 or 1 between tabs in {path}; fetch it again")
    return np.equal(words, ord("1"))


def _places(names: Sequence[str], path: Path) -> dict[str, int]:
    places = {name: place for place, name in enumerate(names)}
    if len(places) != len(names):
        raise InputError(f"expected distinct names, got {len(names) - len(places)} twice: {path}")
    return places


def _look_up(
    names: Sequence[str], places: Mapping[str, int], path: Path
) -> Int[np.ndarray, " name"]:
    try:
        return np.array([places[name] for name in names], dtype=np.int64)
    except KeyError as error:
        raise InputError(f"{path} and its tables disagree: {error} is in one only") from None


def _damaged(path: Path, line: bytes) -> InputError:
    return InputError(f"expected paper, words, topic in a line of {path}, got {line[:40]!r}")
