"""Adam and Adamax without the import of PyTorch's compiler.

PyTorch wraps the methods of its optimisers so that `torch.compile` skips them. On the first call
the wrappers import the compiler (`torch._dynamo`, with sympy and more: 0.9 s, 100 MB), even if
nothing is compiled. Here the methods are unwrapped, with the same arithmetic.
"""

from __future__ import annotations

from inspect import unwrap
from typing import Any

import torch


class _Unwrapped(torch.optim.Optimizer):
    """The unwrapped methods that all optimisers share."""

    add_param_group: Any = unwrap(torch.optim.Optimizer.add_param_group)
    zero_grad: Any = unwrap(torch.optim.Optimizer.zero_grad)
    state_dict: Any = unwrap(torch.optim.Optimizer.state_dict)
    load_state_dict: Any = unwrap(torch.optim.Optimizer.load_state_dict)


class PlainAdam(_Unwrapped, torch.optim.Adam):
    """`torch.optim.Adam` with unwrapped methods.

    >>> weight = torch.nn.Parameter(torch.ones(1))
    >>> optimizer = PlainAdam([weight], lr=0.5)
    >>> weight.sum().backward()
    >>> optimizer.step()
    >>> round(weight.item(), 3)
    0.5
    """

    step: Any = torch.no_grad()(unwrap(torch.optim.Adam.step))


class PlainAdamax(_Unwrapped, torch.optim.Adamax):
    """`torch.optim.Adamax` with unwrapped methods."""

    step: Any = torch.no_grad()(unwrap(torch.optim.Adamax.step))
