"""The training of deep models, from parts outside the package: an optimiser and averaged weights.

The finished model has the averages of the weights, and a resumed run has the same bits.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import image_vae
from image_vae import Field, Optimizer
from tests.outside.runs import SETTINGS, check_run


class Momentum(Optimizer):
    """Stochastic gradient descent with Nesterov's momentum."""

    name = "momentum"
    momentum: float = Field(
        default=0.9, ge=0, lt=1, description="Share of the last step in the next."
    )

    def build(
        self, parameters: Iterable[nn.Parameter], lr: float, *, captured: bool = False
    ) -> torch.optim.Optimizer:
        """Return the optimiser of some parameters."""
        return torch.optim.SGD(parameters, lr, momentum=self.momentum, nesterov=True)


@pytest.mark.slow
def test_averages_of_the_weights_over_an_optimiser_of_ones_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings: dict[str, Any] = {
        "model": "vae",
        "optimizer": Momentum(momentum=0.8),
        "rates": "cosine",
        "lr": 3e-3,
        "clip_grad": 5.0,
        "ema": 0.9,
    }
    result = check_run(tmp_path, monkeypatch, **settings)
    trainer = result.experiment.trainer
    averages: dict[str, Tensor] = trainer.averages.state_dict()["averages"]
    assert trainer.best.epoch == 2
    for name, average in averages.items():
        assert torch.equal(result.experiment.model.state_dict()[name], average), name
    plain = image_vae.fit("digits", **SETTINGS, **{**settings, "ema": 0.0}).experiment.model
    assert not any(torch.equal(plain.state_dict()[name], averages[name]) for name in averages)
