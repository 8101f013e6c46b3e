"""How a run on a large power-law graph spends its time and memory.

    python tests/benchmarks/large_graph.py [--full] [--model linear-gae] [--device cpu]

Makes graphs of 10^5, 10^6 and, with --full, 10^7 edges (ten a node), and runs `graphvae fit` on
each in a process of its own: no features, one pass over the edges in nine steps (unless another
--batch-size is given). Prints a line a graph; `cpu` is the processor time of the whole.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

EDGES_PER_NODE = 10
PARTS = 10
EXPONENT = 2.5
"""Of the degrees' distribution, P(d) ~ d^-2.5."""
RUN = "from graphvae_cli.main import main; main()"


def power_law_edges(nodes: int, edges: int, seed: int = 0) -> np.ndarray:
    """Draw edges [2, edge] whose ends come in proportion to power-law weights.

    Node i weighs (i + 10)^(-1 / (exponent - 1)), and both ends of an edge are drawn so, each on its
    own (Chung & Lu 2002); loops and edges that come twice are drawn again.
    """
    generator = np.random.default_rng(seed)
    weights = (np.arange(nodes) + 10.0) ** (-1 / (EXPONENT - 1))
    steps = np.cumsum(weights / weights.sum())
    found = np.empty(0, dtype=np.int64)
    while len(found) < edges:
        ends = np.searchsorted(steps, generator.random((2, 2 * (edges - len(found)) + 1000)))
        low, high = np.sort(np.minimum(ends, nodes - 1), axis=0)
        drawn = (low * nodes + high)[low < high]
        found = np.unique(np.concatenate([found, drawn]))
    found = generator.permutation(found)[:edges]
    return np.stack([found // nodes, found % nodes])


def save_edges(path: Path, nodes: int, edges: int) -> None:
    """Write the edges of a graph."""
    np.save(path, power_law_edges(nodes, edges))


def measure(nodes: int, edges: int, arguments: list[str], folder: Path) -> dict[str, float]:
    """Fit once in a process of its own; return seconds of the parts and the peak memory.

    The graph is made in another process, as a peak starts from that of the process that starts one.
    """
    making = multiprocessing.Process(target=save_edges, args=(folder / "edges.npy", nodes, edges))
    making.start()
    making.join()
    if making.exitcode:
        raise SystemExit(f"no graph was made at {edges:,} edges")
    command = [
        sys.executable, "-c", RUN, "fit", "--graph", str(folder / "edges.npy"),
        "--out", str(folder / "run"), "--overwrite", "--json", "--epochs", "1", *arguments,
    ]  # fmt: skip
    start = time.perf_counter()
    with (folder / "out.json").open("w") as out:
        process = subprocess.Popen(command, stdout=out)
        _, status, usage = os.wait4(process.pid, 0)
    whole = time.perf_counter() - start
    if status:
        raise SystemExit(f"fit failed at {edges:,} edges")
    seconds = json.loads((folder / "out.json").read_text())["seconds"]
    unit = 1 if sys.platform == "darwin" else 1024
    parts = {name: seconds[name] for name in ("load", "train", "evaluate")}
    rest = whole - sum(parts.values())
    return {
        **parts,
        "export": rest,
        "whole": whole,
        "cpu": usage.ru_utime + usage.ru_stime,
        "peak": usage.ru_maxrss * unit / 1e6,
    }


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--full", action="store_true", help="10^7 edges too")
    parser.add_argument("--edges", type=int, nargs="+", help="other numbers of edges")
    parser.add_argument("--nodes", type=int, help="nodes, for every number of edges")
    given, arguments = parser.parse_known_args()
    if "--model" not in arguments:
        arguments += ["--model", "linear-gae"]
    batched = "--batch-size" in arguments
    sizes = given.edges or [10**5, 10**6, *([10**7] if given.full else [])]
    print(f"{'nodes':>9} {'edges':>10} {'load':>7} {'train':>7} {'ns/edge':>8} "
          f"{'evaluate':>8} {'export':>7} {'whole':>7} {'cpu':>6} {'peak MB':>8}")  # fmt: skip
    for edges in sizes:
        nodes = given.nodes or edges // EDGES_PER_NODE
        steps = [] if batched else ["--loss", "sampled", "--batch-size", str(edges // PARTS)]
        with tempfile.TemporaryDirectory() as folder:
            found = measure(nodes, edges, [*arguments, *steps], Path(folder))
        print(
            f"{nodes:9,} {edges:10,} {found['load']:7.1f} {found['train']:7.1f} "
            f"{1e9 * found['train'] / edges:8.0f} {found['evaluate']:8.1f} "
            f"{found['export']:7.1f} {found['whole']:7.1f} {found['cpu']:6.1f} "
            f"{found['peak']:8,.0f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
