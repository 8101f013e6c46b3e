"""The whole process, from the shell and back: `graphvae fit` beside PyTorch Geometric's example.

Imports, reading the graph, the split, training, scores, and for ours the run folder with pictures,
baselines, intervals and predicted links. The peers run in turn, round after round, each as a fresh
process with files and byte code already in place; figures are medians over the rounds.

    python tests/benchmarks/whole_process.py [--rounds 5] [--epochs 200] [--threads 1]

Peers
    pyg example      tests/benchmarks/pyg_example.py: scores the test edges after every epoch.
    pyg cached       the same with `cached=True`. The first graph seen stays in the convolutions;
                     here train and validation see the same, and test edges pass no messages over
                     validation edges.
    fit              ours, the default: a VGAE, exact loss over all N² pairs.
    fit sampled      ours, --loss sampled.

The splits are each tool's own, at random, so AUCs are not to be compared to the third digit.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]


@dataclass
class Peer:
    """A command line, and what was measured of it."""

    command: list[str]
    """What is run."""
    run: Path | None = None
    """The run folder that it leaves; None for PyG's example."""
    seconds: list[float] = field(default_factory=list)
    """Wall clock, from start to exit."""
    cpu: list[float] = field(default_factory=list)
    """Processor time, user and system."""
    peak: float = 0.0
    """The most memory held, in MB."""
    auc: float = 0.0
    """Test AUC that it reported last."""


def measure(peer: Peer, environment: dict[str, str]) -> None:
    """Run a peer once."""
    start = time.perf_counter()
    process = subprocess.Popen(
        peer.command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdout is not None
    printed = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    peer.seconds.append(time.perf_counter() - start)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, peer.command
    peer.cpu.append(usage.ru_utime + usage.ru_stime)
    peer.peak = max(peer.peak, usage.ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3))
    if peer.run is None:
        peer.auc = float(printed.splitlines()[-1].split()[3])
    else:
        peer.auc = json.loads((peer.run / "metrics.json").read_text())["test"]["auc"]


def peers(folder: Path, epochs: int, threads: int) -> dict[str, Peer]:
    """All that is measured; ours writes its run folder anew each time."""
    example = [sys.executable, str(HERE / "pyg_example.py"), "--root", str(folder / "planetoid")]
    example += ["--epochs", str(epochs)]
    made = {"pyg example": Peer(example), "pyg cached": Peer([*example, "--cached"])}
    ways = {"fit": [], "fit sampled": ["--loss", "sampled"]}
    fit = [sys.executable, "-m", "graphvae_cli", "fit", "--dataset", "cora", "--overwrite"]
    fit += ["--epochs", str(epochs), "--threads", str(threads)]
    for name, extra in ways.items():
        run = folder / name.replace(" ", "-")
        made[name] = Peer([*fit, *extra, "--out", str(run)], run)
    return made


def place_planetoid(folder: Path, source: Path | None) -> None:
    """Put Planetoid's files where PyG looks for them; without a source PyG downloads them.

    Exits with one line where they cannot be had.
    """
    root = folder / "planetoid"
    if source is not None:
        (root / "Cora" / "raw").mkdir(parents=True)
        for path in source.glob("ind.cora.*"):
            shutil.copy(path, root / "Cora" / "raw" / path.name)
    code = (
        "import sys; from torch_geometric.datasets import Planetoid; Planetoid(sys.argv[1], 'Cora')"
    )
    done = subprocess.run([sys.executable, "-c", code, str(root)], capture_output=True, check=False)
    if done.returncode != 0:
        where = "cannot be downloaded here" if source is None else f"is not in {source}"
        sys.exit(f"Planetoid's Cora {where}: name a folder with ind.cora.x … with --planetoid")


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=200)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--planetoid", type=Path, help="a folder with ind.cora.x and its siblings")
    given = parser.parse_args()

    count = str(given.threads)
    roots = os.pathsep.join(str(ROOT / part) for part in ("", "cli", "data"))
    environment = {**os.environ, "PYTHONPATH": roots}
    environment |= {"OMP_NUM_THREADS": count, "MKL_NUM_THREADS": count}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # byte code is in place, as after any install
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        place_planetoid(folder, given.planetoid)
        measured = peers(folder, given.epochs, given.threads)
        for peer in measured.values():  # a first time each, not counted
            measure(peer, environment)
            peer.seconds.clear()
            peer.cpu.clear()
        for _ in range(given.rounds):
            for peer in measured.values():
                measure(peer, environment)
    example = measured["pyg example"]
    base = statistics.median(example.seconds), statistics.median(example.cpu)
    print(
        f"cora, {given.epochs} epochs, {count} thread(s), median of {given.rounds} processes each"
    )
    print(f"{'':14}{'wall s':>8}{'':>8}{'cpu s':>8}{'':>8}{'peak MB':>9}{'test AUC':>10}")
    for name, peer in measured.items():
        wall, cpu = statistics.median(peer.seconds), statistics.median(peer.cpu)
        line = f"{name:14}{wall:8.2f}{base[0] / wall:7.2f}x{cpu:8.2f}{base[1] / cpu:7.2f}x"
        print(f"{line}{peer.peak:9.0f}{peer.auc:10.3f}")


if __name__ == "__main__":
    main()
