"""A trace computes its terms when they are asked for."""

import pytest
import torch

from image_vae.parts.trace import Deferred


def test_a_value_is_computed_once_and_only_if_it_is_asked_for() -> None:
    asked = []

    def compute(name: str) -> torch.Tensor:
        asked.append(name)
        return torch.ones(2)

    values = Deferred(["a", "b"], compute)
    assert list(values) == ["a", "b"]
    assert len(values) == 2
    assert "b" in values
    assert "c" not in values
    assert not asked
    assert values["a"] is values["a"]
    assert asked == ["a"]
    with pytest.raises(KeyError, match="c"):
        values["c"]


@pytest.mark.parametrize("recorded", [True, False])
def test_a_gradient_is_recorded_as_when_it_was_made(recorded: bool) -> None:
    weight = torch.ones(2, requires_grad=True)
    with torch.set_grad_enabled(recorded):
        values = Deferred(["a"], lambda name: 2 * weight)
    with torch.set_grad_enabled(not recorded):
        assert values["a"].requires_grad is recorded
