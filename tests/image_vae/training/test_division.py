"""Two workers that divide each batch compute what one process computes, in double precision."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from graphvae_data.machine.workers import BatchGenerator, Workers, standard_normal
from graphvae_data.settings.setting_errors import SettingClash
from image_vae.training.division import check_divisible, shared
from tests.image_vae.configs import image_config
from tests.image_vae.training.divided_worker import CASES, STEPS, main

WORKER = Path(__file__).with_name("divided_worker.py")
ROOT = WORKER.parents[3]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every case, by this process and by two workers."""
    where = tmp_path_factory.mktemp("divided")
    roots = os.pathsep.join(str(ROOT / part) for part in ("", "cli", "data"))
    environment = {**os.environ, "PYTHONPATH": roots, "OMP_NUM_THREADS": "1"}
    processes = [
        subprocess.Popen(
            [sys.executable, str(WORKER), str(rank), str(where)],
            stderr=subprocess.PIPE,
            env=environment,
            encoding="utf-8",
        )
        for rank in range(2)
    ]
    precision = torch.get_default_dtype()
    try:
        main(where)
    finally:
        torch.set_default_dtype(precision)
    for process in processes:
        _, stderr = process.communicate(timeout=300)
        assert process.returncode == 0, stderr
    return where


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_two_workers_have_the_terms_gradients_and_moments_of_one(folder: Path, case: str) -> None:
    one, two = (torch.load(folder / f"{case}-{count}.pt", weights_only=True) for count in (1, 2))
    terms = [torch.tensor(each["terms"], dtype=torch.float64) for each in (one, two)]
    assert len(terms[0]) == STEPS
    torch.testing.assert_close(terms[1], terms[0], atol=1e-10, rtol=1e-10)
    for name, gradient in one["gradients"].items():
        if gradient is None:
            assert two["gradients"][name] is None
            continue
        assert gradient.dtype == torch.float64
        torch.testing.assert_close(two["gradients"][name], gradient, atol=1e-10, rtol=1e-10)
    for name, weight in one["weights"].items():
        torch.testing.assert_close(two["weights"][name], weight, atol=1e-9, rtol=1e-9)


def test_the_noise_of_an_example_does_not_depend_on_the_number_of_workers() -> None:
    def parts(count: int) -> torch.Tensor:
        rows = []
        for rank in range(count):
            generator = shared(torch.Generator().manual_seed(3))
            assert isinstance(generator, BatchGenerator)
            generator.size, generator.part = 5, Workers(rank, count).part(5)
            length = generator.part.stop - generator.part.start
            rows.append(standard_normal(torch.empty(2, length, 3), generator))
        return torch.cat(rows, 1)

    assert torch.equal(parts(3), parts(1))
    assert torch.equal(parts(1), torch.randn(2, 5, 3, generator=torch.Generator().manual_seed(3)))


@pytest.mark.parametrize(
    ("model", "settings", "name"),
    [
        ("free-bits-vae", {}, "free-bits"),
        ("infogan", {}, "adversarial"),
        ("iaf-vae", {}, "iaf"),
        ("vae", {"batches": "one-factor"}, "one-factor"),
    ],
)
def test_a_loss_that_is_no_mean_over_examples_is_not_divided(
    model: str, settings: dict[str, object], name: str
) -> None:
    with pytest.raises(SettingClash, match=f"{name} does not support several workers"):
        check_divisible(image_config("digits", model, **settings))
    check_divisible(image_config("digits", "nvae"))
