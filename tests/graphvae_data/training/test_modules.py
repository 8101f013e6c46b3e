"""The descriptions of users' modules."""

import pytest
from torch import nn

from graphvae_data.core.errors import InputError
from graphvae_data.training.modules import describe


def test_a_class_is_no_module() -> None:
    with pytest.raises(InputError, match="expected a PyTorch module, got <class"):
        describe(nn.Linear)
