"""`torch.load` that runs no code: tensors, plain values and the named types only."""

import warnings
from collections.abc import Sequence
from io import BytesIO
from typing import Any

import torch


def load_safely(content: bytes, allowed: Sequence[Any]) -> Any:
    """Unpickle what `torch.save` wrote, on the CPU; the types `allowed` may be named in it too.

    Types that somebody else has allowed stay allowed afterwards: PyTorch's own context manager
    would forget them.
    """
    held = set(torch.serialization.get_safe_globals())
    ours = [kind for kind in allowed if kind not in held]
    with torch.serialization.safe_globals(ours), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return torch.load(BytesIO(content), map_location="cpu", weights_only=True)
