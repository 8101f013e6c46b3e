"""Loading .pt files allows named types for the moment, and keeps the caller's own list."""

from io import BytesIO

import numpy as np
import pytest
import torch
from torch_geometric.data import Data

from graphvae_data.files.safeload import load_safely


def saved(value: object) -> bytes:
    stream = BytesIO()
    torch.save(value, stream)
    return stream.getvalue()


class Stranger:
    """A type that nobody has allowed."""


def test_types_that_are_not_named_are_refused() -> None:
    content = saved(Stranger())
    with pytest.raises(Exception, match="Stranger"):
        load_safely(content, [])
    assert isinstance(load_safely(content, [Stranger]), Stranger)
    with pytest.raises(Exception, match="Stranger"):
        load_safely(content, [])


def test_what_others_allowed_stays_allowed() -> None:
    torch.serialization.add_safe_globals([Data])
    before = set(torch.serialization.get_safe_globals())
    load_safely(saved({"x": torch.eye(2)}), [Data, np.ndarray])
    assert set(torch.serialization.get_safe_globals()) == before
