"""Adam without the import of PyTorch's compiler."""

from __future__ import annotations

from inspect import unwrap
from typing import Any

import torch


class Adam(torch.optim.Adam):
    """`torch.optim.Adam` with unwrapped methods, which saves a second at start; same arithmetic.

    PyTorch wraps the methods of its optimisers so that `torch.compile` skips them. On the first
    call the wrappers import the compiler (`torch._dynamo`, with sympy and more: 0.9 s, 100 MB),
    even if nothing is compiled. Here the methods are unwrapped.

    >>> weight = torch.nn.Parameter(torch.ones(1))
    >>> optimizer = Adam([weight], lr=0.5)
    >>> weight.sum().backward()
    >>> optimizer.step()
    >>> round(weight.item(), 3)
    0.5
    """

    add_param_group: Any = unwrap(torch.optim.Optimizer.add_param_group)
    zero_grad: Any = unwrap(torch.optim.Optimizer.zero_grad)
    state_dict: Any = unwrap(torch.optim.Optimizer.state_dict)
    load_state_dict: Any = unwrap(torch.optim.Optimizer.load_state_dict)
    step: Any = torch.no_grad()(unwrap(torch.optim.Adam.step))
