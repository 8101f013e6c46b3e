"""What waits for a GPU, by priority, within some minutes: tests, speed, determinism, ddi.

    python tests/benchmarks/gpu.py [--minutes 9] [--out gpu] [--device auto|cpu|cuda] [--small]

Each step is a process of its own, so that a step that fails or takes too long leaves the others.
The folder `--out` gets `gpu.json` after each step, and `gpu.md`, a table that the docs can
include. Started again with the same folder, it repeats steps that failed or were not reached, and
no others; `reproduce ddi` continues from its last checkpoint. On a machine without a GPU, or with
`--small`, the steps have a reduced form that checks this script.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

ROOT = Path(__file__).resolve().parents[2]
Numbers = dict[str, Any]
Step = Callable[[str, bool, Path], Numbers]
EPOCHS_BAR = 0.1
"""Seconds that 200 epochs of Cora should stay under."""


def tests(device: str, small: bool, folder: Path) -> Numbers:
    """Run the tests that need a GPU; without one they are skipped."""
    files = ["losses/test_all_pairs_triton.py", "training/test_cuda_graph.py"]
    paths = [str(ROOT / "tests" / "graphvae" / file) for file in (files[1:] if small else files)]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *paths]
    selected = ["-k", "on_a_device or captured_run or agrees_with_the_cpu"] if small else []
    done = subprocess.run([*command, *selected], cwd=ROOT, capture_output=True, text=True)
    if done.returncode not in (0, 5):
        raise RuntimeError(done.stdout[-2_000:])
    return {"outcome": done.stdout.strip().splitlines()[-1]}


def training_step(device: str, small: bool, folder: Path) -> Numbers:
    """Time 200 epochs of a GAE, with and without capture, beside PyG's example."""
    import graphvae
    from graphvae.setup.experiment import make_split
    from tests.benchmarks.step_time import pyg
    from tests.graphvae.configs import make_config

    dataset, epochs = ("digits-knn", 5) if small else ("cora", 200)
    graph = graphvae.load_graph(dataset)
    numbers: Numbers = {"dataset": dataset, "epochs": epochs}
    for loss in ("sampled", "paper"):
        for capture in (False, True) if device == "cuda" else (False,):
            result = graphvae.fit(
                graph, "gae", loss=loss, epochs=epochs, validate_every=epochs, device=device,
                capture=capture, baselines=False,
            )  # fmt: skip
            seconds = result.metrics["seconds"]["step_median"] * epochs
            numbers[f"{loss}{', captured' * capture}, s"] = round(seconds, 4)
    split = make_split(make_config(dataset=dataset, model="gae"), graph)
    step, _ = pyg(graph, split, cached=True, device=device)
    numbers["pyg cached, s"] = round(epochs * _median(step, device, 3 if small else 100), 4)
    numbers["bar, s"] = EPOCHS_BAR
    return numbers


def exact_loss(device: str, small: bool, folder: Path) -> Numbers:
    """Time value and gradient of the exact loss at Pubmed's size and at 200,000 nodes."""
    from graphvae.losses.all_pairs import all_pairs_softplus

    numbers: Numbers = {}
    for nodes in (500,) if small else (19_717, 200_000):
        z = torch.randn(nodes, 16, generator=torch.Generator().manual_seed(0)).to(device)

        def once(z: torch.Tensor = z) -> None:
            leaf = z.clone().requires_grad_()
            all_pairs_softplus(leaf).backward()

        numbers[f"{nodes:,} nodes, s"] = round(_median(once, device, 5), 5)
        if device == "cuda":
            numbers[f"{nodes:,} nodes, peak MB"] = round(torch.cuda.max_memory_allocated() / 1e6, 1)
    return numbers


def determinism(device: str, small: bool, folder: Path) -> Numbers:
    """Train twice from one seed, with and without --deterministic, and compare the bits."""
    import graphvae

    dataset, epochs = ("karate", 2) if small else ("cora", 50)
    numbers: Numbers = {}
    for deterministic in (False, True):
        states = [
            graphvae.fit(
                dataset, "vgae", epochs=epochs, device=device, deterministic=deterministic,
                baselines=False,
            ).embeddings()
            for _ in range(2)
        ]  # fmt: skip
        name = "deterministic" if deterministic else "default"
        numbers[f"{name}, equal bits"] = bool((states[0] == states[1]).all())
    return numbers


def workers(device: str, small: bool, folder: Path) -> Numbers:
    """Train with one worker, and with two on two devices (NCCL), or on a CPU (gloo)."""
    counts = [1]
    if not small and (device == "cpu" or torch.cuda.device_count() > 1):
        counts.append(2)
    dataset, epochs = ("karate", 2) if small else ("pubmed", 20)
    numbers: Numbers = {"devices": torch.cuda.device_count()}
    for count in counts:
        out = folder / f"workers-{count}"
        command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
        command += ["--nproc-per-node", str(count), "-m", "graphvae_cli", "fit", "--out", str(out)]
        command += ["--dataset", dataset, "--model", "gae", "--loss", "sampled", "--overwrite"]
        command += ["--epochs", str(epochs), "--device", device, "--no-baselines", "--quiet"]
        done = subprocess.run(command, capture_output=True, text=True, env=_environment())
        if done.returncode:
            raise RuntimeError(done.stderr[-2_000:])
        metrics = json.loads((out / "metrics.json").read_text())
        numbers[f"{count} workers, ms a step"] = round(1e3 * metrics["seconds"]["step_median"], 3)
        numbers[f"{count} workers, test AUC"] = round(metrics["test"]["auc"], 4)
    return numbers


def image_steps(device: str, small: bool, folder: Path) -> Numbers:
    """Time image models beside a VAE in plain PyTorch: milliseconds a step of 100 images."""
    import image_vae

    dataset, steps = ("digits", 2) if small else ("mnist", 300)
    settings: Numbers = {"steps": steps, "epoch_steps": steps, "batch_size": 100, "scored": 100}
    presets = ["vae"] if small else ["vae", "iwae", "pixel-vae"]
    numbers: Numbers = {"dataset": dataset}
    for name in presets:
        result = image_vae.fit(dataset, name, device=device, **settings)
        numbers[f"{name}, ms"] = round(1e3 * result.metrics["seconds"]["step_median"], 3)
    shape = result.experiment.feed("test").some(1).shape[1:]
    step = _plain_vae(shape.numel(), device)
    numbers["plain PyTorch, ms"] = round(1e3 * _median(step, device, 3 if small else 100), 3)
    return numbers


def ddi(device: str, small: bool, folder: Path) -> Numbers:
    """Reproduce ogbl-ddi for as long as is left; a reduced run of the same preset if small."""
    words = ["reproduce", "ddi", "--out", str(folder / "ddi"), "--device", device]
    if small:
        words = ["fit", "--dataset", "karate", "--model", "optimized-gae", "--epochs", "2"]
        words += ["--out", str(folder / "ddi"), "--overwrite", "--quiet", "--no-baselines"]
    command = [sys.executable, "-m", "graphvae_cli", *words]
    done = subprocess.run(command, capture_output=True, text=True, env=_environment())
    if done.returncode:
        raise RuntimeError(done.stderr[-2_000:])
    return {"printed": done.stdout[-2_000:].strip()}


STEPS: dict[str, Step] = {
    "tests": tests,
    "training step": training_step,
    "exact loss": exact_loss,
    "determinism": determinism,
    "workers": workers,
    "image steps": image_steps,
    "ddi": ddi,
}
"""The steps, the most important first."""


def _median(once: Callable[[], object], device: str, rounds: int) -> float:
    """Return the median seconds of a call, after one that warms up."""
    wait = torch.cuda.synchronize if device == "cuda" else lambda: None
    seconds = []
    for _ in range(rounds + 1):
        wait()
        start = time.perf_counter()
        once()
        wait()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds[1:])


def _plain_vae(pixels: int, device: str) -> Callable[[], None]:
    """Return the step of a VAE of the same widths, as one would write it."""
    from torch import nn
    from torch.nn.functional import binary_cross_entropy_with_logits as cross_entropy

    def network(inputs: int, outputs: int) -> nn.Sequential:
        hidden = [nn.Linear(inputs, 200), nn.Tanh(), nn.Linear(200, 200), nn.Tanh()]
        return nn.Sequential(*hidden, nn.Linear(200, outputs))

    encoder, decoder = network(pixels, 100).to(device), network(50, pixels).to(device)
    optimizer = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()])
    grey = torch.rand(100, pixels, device=device)

    def step() -> None:
        x = torch.bernoulli(grey)
        mean, log_var = encoder(x).chunk(2, 1)
        z = mean + (0.5 * log_var).exp() * torch.randn_like(mean)
        kl = 0.5 * (mean.square() + log_var.exp() - 1 - log_var).sum()
        loss = (cross_entropy(decoder(z), x, reduction="sum") + kl) / len(x)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    return step


def _environment() -> dict[str, str]:
    roots = os.pathsep.join(str(ROOT / part) for part in ("", "cli", "data"))
    return {**os.environ, "PYTHONPATH": roots}


def run_all(minutes: float, folder: Path, device: str, small: bool) -> Numbers:
    """Run the steps that have no result yet, write the results after each, and return them."""
    folder.mkdir(parents=True, exist_ok=True)
    path, end = folder / "gpu.json", time.monotonic() + 60 * minutes
    results: Numbers = json.loads(path.read_text()) if path.is_file() else {}
    results = {**results, "machine": machine(device), "small": small}
    steps = results.setdefault("steps", {})
    for name in STEPS:
        if "numbers" in steps.get(name, {}):
            continue
        left = end - time.monotonic()
        if left < 1:
            steps[name] = {"error": "not reached"}
        else:
            print(f"{name}: {left:.0f} s left", file=sys.stderr, flush=True)
            steps[name] = one_step(name, folder, device, small, left)
        path.write_text(json.dumps(results, indent=2) + "\n")
        (folder / "gpu.md").write_text(table(results))
    return results


def one_step(name: str, folder: Path, device: str, small: bool, left: float) -> Numbers:
    """Run a step as a process, for at most `left` seconds."""
    command = [sys.executable, __file__, "--step", name, "--out", str(folder), "--device", device]
    start = time.monotonic()
    process = subprocess.Popen(
        [*command, *(["--small"] if small else [])],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=_environment(),
        start_new_session=True,
    )
    try:
        printed, errors = process.communicate(timeout=left)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)  # the processes that the step has started too
        process.communicate()
        return {"error": f"stopped after {left:.0f} s"}
    seconds = round(time.monotonic() - start, 1)
    if process.returncode:
        return {"error": errors.strip()[-500:], "seconds": seconds}
    return {"numbers": json.loads(printed.splitlines()[-1]), "seconds": seconds}


def machine(device: str) -> Numbers:
    """Describe the machine."""
    name = torch.cuda.get_device_name() if device == "cuda" else platform.machine()
    return {
        "device": name,
        "torch": torch.__version__,
        "cuda": torch.version.cuda,
        "python": platform.python_version(),
    }


def table(results: Numbers) -> str:
    """Return the results as a Markdown table."""
    about = ", ".join(f"{key} {value}" for key, value in results["machine"].items())
    lines = [f"Measured with `python tests/benchmarks/gpu.py` ({about}).", ""]
    lines += ["| step | what | value |", "|---|---|---|"]
    for name, result in results["steps"].items():
        for key, value in result.get("numbers", {"error": result.get("error", "")}).items():
            text = " ".join(str(value).split()).replace("|", "\\|")
            lines.append(f"| {name} | {key} | {text} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Run all steps, or with --step one of them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=9)
    parser.add_argument("--out", type=Path, default=Path("gpu"))
    parser.add_argument("--device", choices=["auto", "cpu", "cuda"], default="auto")
    parser.add_argument("--small", action="store_true", help="the reduced form")
    parser.add_argument("--step", choices=list(STEPS), help=argparse.SUPPRESS)
    options = parser.parse_args()
    device = options.device
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    small = options.small or device == "cpu"
    if options.step:
        print(json.dumps(STEPS[options.step](device, small, options.out)))
        return
    results = run_all(options.minutes, options.out, device, small)
    print(table(results))
    if any("error" in step for step in results["steps"].values()):
        raise SystemExit(1)


if __name__ == "__main__":
    sys.path[:0] = [str(ROOT / part) for part in ("", "cli", "data")]
    main()
