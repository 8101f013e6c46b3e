"""The exact all-pairs loss, value and gradient, beside the dense formula.

    python tests/benchmarks/exact_loss.py [--dataset cora] [--threads 1] [--rounds 10] [--passes 5]
                                          [--no-dense] [--device cpu|cuda] [--nodes 200000]

Rows
    dense     binary_cross_entropy_with_logits(Z Zᵀ, A + I, pos_weight=w), forward and backward;
              A + I is made once, outside the clock.
    ours      the same loss of the same Z, by graphvae.losses.weighted.WeightedPairs.
    with --device cuda also whole training steps on that device: ours, exact (`exact step`), and
    PyTorch Geometric's GAE example with its sampled negatives (`pyg sampled`).

Both take turns, a few passes each, round after round; times are medians of all passes. On a CPU a
row's memory is the peak of a fresh process that does nothing else, above what a bare interpreter
takes: imports and the graph included; `training` is 5 epochs of `fit`'s loop. On CUDA it is what
PyTorch allocated. With --nodes, Z is drawn at random, and only ours runs, without edges.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from step_time import ours as our_step
from step_time import pyg
from torch import Tensor

from graphvae.losses.all_pairs import all_pairs_softplus
from graphvae.losses.weighted import WeightedPairs
from graphvae.nn.decoders import InnerProduct
from graphvae.setup.experiment import make_split, prepare
from graphvae_data.graphs.graphs import load_graph
from tests.graphvae.configs import make_config

Pass = Callable[[], tuple[Tensor, Tensor]]
WARM_UP_STEPS = 20


@dataclass(frozen=True)
class Case:
    """A graph's training edges and an embedding of it, some steps into training."""

    edges: Tensor
    z: Tensor

    @classmethod
    def of(cls, dataset: str, device: str) -> Case:
        """Train the paper's GAE for a few steps, and embed."""
        config = make_config(dataset=dataset, model="gae", loss="paper")
        data = load_graph(dataset)
        made = prepare(config, data, make_split(config, data))
        for _ in range(WARM_UP_STEPS):
            made.trainer.step()
        z = made.model.embed(made.messages).detach()
        return cls(made.split.train.to(device), z.to(device))

    def dense(self) -> Pass:
        """The formula of the paper's code, over N×N tensors."""
        nodes, (u, v) = len(self.z), self.edges
        target = torch.eye(nodes, device=self.z.device)
        target[u, v] = target[v, u] = 1
        pairs, ones = nodes**2, 2 * len(u)
        weight = torch.tensor((pairs - ones) / ones, device=self.z.device)
        norm = pairs / (2 * (pairs - ones))
        bce = F.binary_cross_entropy_with_logits
        return differentiated(lambda z: norm * bce(z @ z.T, target, pos_weight=weight), self.z)

    def ours(self) -> Pass:
        """The same, in tiles."""
        loss = WeightedPairs(self.edges, len(self.z))
        generator = torch.Generator(self.z.device)
        return differentiated(lambda z: loss(z, InnerProduct(), generator), self.z)


def differentiated(loss: Callable[[Tensor], Tensor], z: Tensor) -> Pass:
    """Value and gradient, by a fresh forward and backward pass each time."""

    def once() -> tuple[Tensor, Tensor]:
        leaf = z.clone().requires_grad_()
        value = loss(leaf)
        value.backward()
        assert leaf.grad is not None
        return value.detach(), leaf.grad

    return once


def take_turns(
    peers: dict[str, Callable[[], object]], rounds: int, passes: int, device: str
) -> dict[str, float]:
    """Median seconds a pass."""
    wait = torch.cuda.synchronize if device == "cuda" else lambda: None
    seconds: dict[str, list[float]] = {name: [] for name in peers}
    for once in peers.values():
        once()
    for _ in range(rounds):
        for name, once in peers.items():
            for _ in range(passes):
                wait()
                start = time.perf_counter()
                once()
                wait()
                seconds[name].append(time.perf_counter() - start)
    return {name: statistics.median(taken) for name, taken in seconds.items()}


def peak_megabytes() -> float:
    """The most memory this process has held; not its parent's, which getrusage may report."""
    status = Path("/proc/self/status")
    if status.exists():
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
        return int(lines["VmHWM"].split()[0]) / 1024
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def bare_interpreter() -> float:
    """MB of a Python that has imported nothing."""
    code = "import resource; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    small = ["/bin/sh", "-c", f'"{sys.executable}" -c "{code}"']  # a child of a small process
    return int(subprocess.run(small, capture_output=True, check=True).stdout) / 1024


def do_and_measure(what: str, dataset: str) -> None:
    """Print the peak of this process after one thing: a pass, or 5 epochs of training."""
    config = make_config(dataset=dataset, model="gae", loss="paper", epochs=5)
    if what == "training":
        data = load_graph(dataset)
        prepare(config, data, make_split(config, data)).trainer.run(lambda record: None)
    else:
        case = Case.of(dataset, "cpu")
        {"dense": case.dense, "ours": case.ours}[what]()()
    print(peak_megabytes())


def peaks(names: list[str], dataset: str, threads: int, device: str) -> dict[str, str]:
    """What each takes, in MB, in a process of its own."""
    base, found = bare_interpreter(), {}
    for name in names:
        command = [sys.executable, __file__, "--peak-of", name, "--dataset", dataset]
        done = subprocess.run([*command, "--threads", str(threads)], capture_output=True, text=True)
        enough = done.returncode == 0
        found[name] = f"{float(done.stdout) - base:+,.0f}" if enough else "too much"
    return found


def allocated(once: Callable[[], object]) -> str:
    """MB a pass adds on a CUDA device, at its peak."""
    before = torch.cuda.memory_allocated()
    torch.cuda.reset_peak_memory_stats()
    once()
    return f"{(torch.cuda.max_memory_allocated() - before) / (1 << 20):+,.0f}"


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dataset", default="cora")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--passes", type=int, default=5, help="passes a round and peer")
    parser.add_argument("--no-dense", action="store_true", help="N×N will not fit: ours alone")
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--nodes", type=int, help="a random embedding of so many nodes instead")
    parser.add_argument("--peak-of", help=argparse.SUPPRESS)
    given = parser.parse_args()

    torch.set_num_threads(given.threads)
    torch.manual_seed(0)
    if given.peak_of:
        do_and_measure(given.peak_of, given.dataset)
    else:
        compare(given)


def compare(given: argparse.Namespace) -> None:
    """Time the peers in turn, and set their results and their memory side by side."""
    cuda = given.device == "cuda"
    if given.nodes:
        z = torch.randn(given.nodes, 16, device=given.device)
        losses = {"ours": differentiated(all_pairs_softplus, z)}
    else:
        case = Case.of(given.dataset, given.device)
        z, losses = case.z, {"ours": case.ours()}
        if not given.no_dense:
            losses = {"dense": case.dense(), **losses}
    peers: dict[str, Callable[[], object]] = dict(losses)
    if cuda and not given.nodes:
        peers |= steps(given.dataset)
    if cuda:
        memory = {name: allocated(once) for name, once in peers.items()}
    elif given.nodes:
        memory = {}
    else:
        memory = peaks([*losses, "training"], given.dataset, given.threads, given.device)
    taken = take_turns(peers, given.rounds, given.passes, given.device)

    where = torch.cuda.get_device_name() if cuda else f"{given.threads} thread(s)"
    name = f"{given.nodes:,} random nodes" if given.nodes else given.dataset
    print(f"{name}, {where}, {len(z):,}² pairs, {given.rounds} x {given.passes} passes each")
    print(f"{'':14}{'ms a pass':>10}{'speed-up':>10}{'peak MB':>10}")
    for row in dict.fromkeys([*taken, *memory]):
        ms = f"{1000 * taken[row]:.2f}" if row in taken else ""
        ratio = f"{taken['dense'] / taken[row]:.1f}x" if {row, "dense"} <= taken.keys() else ""
        print(f"{row:14}{ms:>10}{ratio:>10}{memory.get(row, ''):>10}")
    if "dense" in losses:
        (value, gradient), (value_0, gradient_0) = losses["ours"](), losses["dense"]()
        apart = abs(value - value_0) / value_0, (gradient - gradient_0).norm() / gradient_0.norm()
        print("apart, relative: value {:.1e}, gradient {:.1e}".format(*map(float, apart)))


def steps(dataset: str) -> dict[str, Callable[[], object]]:
    """Whole training steps on a CUDA device: exact, and PyTorch Geometric's with sampling."""
    data = load_graph(dataset)
    split = make_split(make_config(dataset=dataset), data)
    return {
        "exact step": our_step(data, split, "paper", "cuda")[0],
        "pyg sampled": pyg(data, split, cached=True, device="cuda")[0],
    }


if __name__ == "__main__":
    main()
