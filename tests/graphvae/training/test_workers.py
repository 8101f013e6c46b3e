"""Several workers compute the same as one process: single terms and whole runs."""

import itertools
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from graphvae.losses.all_pairs import ROWS, all_pairs_softplus
from graphvae.losses.objective import GraphObjective, stacked
from graphvae.nn.decoders import InnerProduct
from graphvae.specs.losses import Loss, LossInputs
from graphvae_data.machine.workers import ALONE, Workers, current
from image_vae.parts.distributions.posteriors import DiagonalGaussian
from image_vae.parts.distributions.priors import StandardNormal
from image_vae.parts.penalties import FreeBitsKl, PenaltyTerm, WeightedKl
from tests.graphvae.training.distributed_worker import CASES, train

WORKER = Path(__file__).with_name("distributed_worker.py")
ROOT = WORKER.parents[3]


@pytest.mark.parametrize("count", [1, 2, 3, 7])
@pytest.mark.parametrize("length", [0, 1, 2, 6, 100])
def test_the_parts_of_a_list_are_the_list(count: int, length: int) -> None:
    parts = [list(range(length))[Workers(rank, count).part(length)] for rank in range(count)]
    assert list(itertools.chain(*parts)) == list(range(length))
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


def terms(
    loss: str, workers: Workers, num_edges: int, penalty: PenaltyTerm
) -> tuple[Tensor, Tensor]:
    """A step's value and gradient as one worker computes them."""
    generator = torch.Generator().manual_seed(1)
    mean, log_std = torch.randn(2, 20, 4, generator=generator, dtype=torch.float64).unbind()
    mean, log_std = mean.requires_grad_(), (0.1 * log_std).requires_grad_()
    edges = torch.combinations(torch.arange(20)).T[:, ::7][:, :num_edges]
    settings = {"negative_ratio": 2} if loss == "sampled" else {}
    part = Loss.find(loss)(**settings).build(LossInputs(edges, 20, False, workers))
    prior = StandardNormal(4).double()(lambda inputs: DiagonalGaussian(inputs, inputs))
    objective = GraphObjective(part, penalty)
    found = objective(DiagonalGaussian(mean, log_std), InnerProduct(), generator, prior=prior)
    found.total.backward()
    parts = stacked(found)
    return parts, torch.stack([mean.grad, log_std.grad])


@pytest.mark.parametrize("penalty", [WeightedKl(), FreeBitsKl(0.3)], ids=["kl", "free-bits"])
@pytest.mark.parametrize("loss", ["paper", "elbo", "sampled"])
@pytest.mark.parametrize(("count", "num_edges"), [(2, 20), (3, 20), (3, 1)])
def test_the_terms_of_all_workers_sum_to_those_of_one(
    penalty: PenaltyTerm, loss: str, count: int, num_edges: int
) -> None:
    whole = terms(loss, ALONE, num_edges, penalty)
    parts = [terms(loss, Workers(rank, count), num_edges, penalty) for rank in range(count)]
    for number in range(2):
        total = torch.stack([part[number] for part in parts]).sum(0)
        torch.testing.assert_close(total, whole[number])
        assert all(not torch.allclose(part[number], whole[number]) for part in parts)


def test_the_row_blocks_of_all_workers_are_all_pairs() -> None:
    generator = torch.Generator().manual_seed(0)
    z = torch.randn(3 * ROWS + 5, 3, generator=generator, dtype=torch.float64)

    def summed(workers: list[Workers]) -> tuple[Tensor, Tensor]:
        leaf = z.clone().requires_grad_()
        total = torch.stack([all_pairs_softplus(leaf, one) for one in workers]).sum()
        total.backward()
        return total.detach(), leaf.grad

    for found, expected in zip(
        summed([Workers(0, 2), Workers(1, 2)]), summed([ALONE]), strict=True
    ):
        torch.testing.assert_close(found, expected)


def test_a_process_of_its_own_is_alone() -> None:
    assert current() == ALONE
    assert ALONE.broadcast([1 / 3, 2.0]) == [1 / 3, 2.0]
    ALONE.meet()


@pytest.fixture(scope="module")
def together(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every case, trained by two workers."""
    folder = tmp_path_factory.mktemp("together")
    roots = os.pathsep.join(str(ROOT / part) for part in ("", "cli", "data"))
    environment = {**os.environ, "PYTHONPATH": roots, "OMP_NUM_THREADS": "1"}
    commands = [[sys.executable, str(WORKER), str(rank), "2", str(folder)] for rank in range(2)]
    processes = [
        subprocess.Popen(command, stderr=subprocess.PIPE, env=environment, encoding="utf-8")
        for command in commands
    ]
    for process in processes:
        _, stderr = process.communicate(timeout=120)
        assert (process.returncode, stderr) == (0, "")
    return folder


def read(path: Path) -> Any:
    return json.loads(path.read_text())


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_two_workers_lose_as_one_does(together: Path, case: str) -> None:
    found, alone = read(together / "histories.json")[case], train(case).history
    assert len(found) == len(alone)
    for record, expected in zip(found, alone, strict=True):
        for name in ("loss", "recon", "kl"):
            wanted = expected.to_dict()[name]
            assert record[name] == pytest.approx(wanted, rel=1e-5, abs=1e-8)
        assert record["val_auc"] == pytest.approx(expected.validation["auc"], abs=1e-5)


@pytest.mark.slow
def test_workers_end_with_the_same_bits(together: Path) -> None:
    one, two = (read(together / f"about-{rank}.json")["weights"] for rank in range(2))
    assert one == two


@pytest.mark.slow
def test_worker_0_alone_scores(together: Path) -> None:
    scored = [read(together / f"about-{rank}.json")["scored"] for rank in range(2)]
    assert scored == [list(CASES), []]
