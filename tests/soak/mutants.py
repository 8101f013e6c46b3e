"""Malformed graph files made from good ones, each read in a process that may crash."""

import json
import random
import resource
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
import scipy.io
import scipy.sparse
import torch
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from torch_geometric.data import Data

from graphvae_data.graphs.graphfile import save_graph
from graphvae_data.graphs.graphs import load_graph
from graphvae_data.readers.any_graph import read_graph_file
from tests.soak.processes import REFUSED, TRACEBACK, ended, say, start

MEMORY = 12 << 30
ODD = (-1, -(2**31), 2**31 - 1, 2**40, -(2**62), 7, 0)


def good_files(folder: Path) -> list[Path]:
    """Write a small graph in every form."""
    graph = load_graph("karate")
    ends = graph.edges.numpy()
    edges = pd.DataFrame({"source": ends[0], "target": ends[1], "weight": 1.0})
    network = nx.karate_club_graph()
    both = torch.cat([graph.edges, graph.edges.flip(0)], 1)
    matrix = scipy.sparse.csr_array(nx.to_scipy_sparse_array(network, weight=None))
    edges.to_csv(folder / "g.csv", index=False)
    edges.to_csv(folder / "g.csv.gz", index=False)
    edges.to_parquet(folder / "g.parquet")
    np.save(folder / "g.npy", ends)
    nx.write_graphml(network, folder / "g.graphml")
    nx.write_gml(network, folder / "g.gml")
    nx.write_gexf(network, folder / "g.gexf")
    nx.write_pajek(nx.Graph(network.edges), folder / "g.net")
    nx.write_adjlist(network, folder / "g.adjlist")
    scipy.io.mmwrite(folder / "g.mtx", matrix)
    scipy.io.savemat(folder / "g.mat", {"net": scipy.sparse.csc_array(matrix)})
    scipy.sparse.save_npz(folder / "g.npz", matrix)
    save_graph(folder / "own.npz", graph)
    torch.save(Data(edge_index=both, x=torch.eye(34)), folder / "g.pt")
    torch.save({"edge_index": both, "x": torch.eye(34).to_sparse()}, folder / "sparse.pt")
    return sorted(folder.iterdir())


def mutated(content: bytes, draw: random.Random) -> bytes:
    """Change some bytes: flipped, cut, repeated, or a number of an extreme size."""
    changed = bytearray(content)
    for _ in range(draw.choice((1, 1, 2, 8))):
        place, kind = draw.randrange(len(changed) or 1), draw.randrange(5)
        if kind == 0 and changed:
            changed[place] ^= 1 << draw.randrange(8)
        elif kind == 1:
            del changed[place : place + draw.randrange(1, 200)]
        elif kind == 2:
            changed[place:place] = changed[place : place + draw.randrange(1, 50)]
        elif kind == 3:
            changed[place : place + 8] = draw.choice(ODD).to_bytes(8, "little", signed=True)
        else:
            changed[place:place] = draw.choice(
                (b"\x00", b"\xff\xfe", b"nan", b"1e999", b"[" * 9999, b"9" * 400, b"<", b'"', b"\n")
            )
    return bytes(changed)


def odd_parts(draw: random.Random) -> Callable[[Path], object]:
    """Return what writes a whole archive or tensor file of a sparse matrix with odd parts."""
    matrix = scipy.sparse.csr_array(np.triu(np.ones((6, 6))))
    parts: dict[str, Any] = {
        "indices": matrix.indices.copy(),
        "indptr": matrix.indptr.copy(),
        "data": matrix.data.copy(),
        "shape": np.array(matrix.shape),
    }
    name = draw.choice(("indices", "indptr", "shape"))
    wide = parts[name].astype(np.int64)
    wide[draw.randrange(len(wide))] = draw.choice(ODD)
    parts[name] = (
        wide
        if draw.random() < 0.7
        else draw.choice((wide[:-1], wide.astype(float), wide[None], np.array(0)))
    )
    form = draw.choice(("npz", "benchmark", "own", "pt"))
    if form == "npz":
        kind = draw.choice((b"csr", b"csc", b"bsr", b"coo", b"dia", b"x"))
        more = {"row": parts["indices"], "col": parts["indices"], "offsets": parts["indptr"]}
        return lambda path: np.savez(path.with_name("odd.npz"), format=kind, **parts, **more)
    if form == "benchmark":
        return lambda path: np.savez(
            path.with_name("odd.npz"), **{f"adj_{key}": value for key, value in parts.items()}
        )
    if form == "own":
        x = {f"x_{key}": value for key, value in parts.items()}
        rest = {
            "num_nodes": 6,
            "pairs": np.array([[0], [1]]),
            "name": "g",
            "node_names": [*"abcdef"],
        }
        return lambda path: np.savez(path.with_name("odd.npz"), **rest, **x)
    return lambda path: torch.save(odd_data(parts), path.with_name("odd.pt"))


def odd_data(parts: dict[str, Any]) -> Any:
    """Return tensors with the odd parts as indices."""
    ends = torch.from_numpy(np.resize(parts["indices"].astype(np.int64), (2, 9)))
    with torch.sparse.check_sparse_tensor_invariants(False):
        x = torch.sparse_coo_tensor(ends.clone(), torch.ones(9), (6, 6))
    return {"edge_index": torch.tensor([[0, 1], [1, 2]]), "x": x, "num_nodes": 6}


def mutants(folder: Path, count: int, draw: random.Random) -> Counter[str]:
    """Read malformed files; each is a graph, or one line."""
    (folder / "good").mkdir()
    good, rows, words = good_files(folder / "good"), Counter[str](), folder / "words"

    def judge(path: Path) -> None:
        rows["mutants"] += 1
        status = ended(start(lambda: _read(path), words), seconds=30)
        kinds = {0: "read", REFUSED: "refused", TRACEBACK: "tracebacks"}
        rows[kinds.get(status, "crashes")] += 1
        if status not in (0, REFUSED):
            kept = folder.parent / f"{rows['mutants']}-{path.name}"
            kept.write_bytes(path.read_bytes())
            say(f"mutants: {kept}: {status} {words.read_text()[-700:]}")
        path.unlink()

    for number in range(count):
        if number % 4 == 0:
            odd_parts(draw)(folder / "odd")
            judge(next(folder.glob("odd.*")))
        else:
            source = draw.choice(good)
            path = folder / source.name
            path.write_bytes(mutated(source.read_bytes(), draw))
            judge(path)
    generated(folder, count // 4, draw, judge)
    return rows


def generated(folder: Path, count: int, draw: random.Random, judge: Callable[[Path], None]) -> None:
    """Let hypothesis make arrays, texts and JSON that stand for a graph."""
    whole = arrays.arrays(
        st.sampled_from((np.int64, np.int32, np.float64, np.bool_, np.uint8)),
        arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=6),
    )
    plain = st.recursive(st.none() | st.integers() | st.text(), st.lists, max_leaves=20)

    @seed(draw.randrange(1 << 30))
    @settings(
        max_examples=count, database=None, deadline=None, suppress_health_check=list(HealthCheck)
    )
    @given(st.one_of(whole, st.text(), plain))
    def read_one(value: Any) -> None:
        if isinstance(value, np.ndarray):
            np.save(folder / "made.npy", value)
            judge(folder / "made.npy")
        else:
            text = value if isinstance(value, str) else json.dumps(value)
            (folder / "made.csv").write_bytes(text.encode("utf-8", "surrogatepass"))
            judge(folder / "made.csv")

    read_one()


def _read(path: Path) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    read_graph_file(path)
