"""Modules of a user, as they are written in the settings of a run."""

from __future__ import annotations

import re

from torch import nn

from graphvae_data.core.errors import InputError


def describe(module: object) -> str:
    """Return a module's `repr` on one line, without addresses; `InputError` if not a module.

    >>> describe(nn.Sequential(nn.Linear(2, 1)))
    'Sequential( (0): Linear(in_features=2, out_features=1, bias=True) )'
    """
    if not isinstance(module, nn.Module):
        raise InputError(f"encoder: expected a PyTorch module, got {module!r}")
    return re.sub(r" at 0x[0-9a-f]+", "", " ".join(repr(module).split()))
