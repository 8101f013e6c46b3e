"""Adam and its variants, without the import of PyTorch's compiler.

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


LEAST_NORM = 1e-7
"""Added to the norm of a gradient, so that one of zeros stays zero."""


class PlainNormalisedAdam(PlainAdam):
    """Adam whose gradients are divided by their L2 norm first, each tensor by its own.

    Source: the optimiser of Tomczak & Welling 2017, "VAE with a VampPrior", as in their code.

    >>> weight = torch.nn.Parameter(torch.zeros(2))
    >>> optimizer = PlainNormalisedAdam([weight], lr=0.5)
    >>> (1000 * weight @ torch.tensor([3.0, 4.0])).backward()
    >>> optimizer.step()
    >>> weight.grad.round(decimals=3)
    tensor([0.6000, 0.8000])
    """

    @torch.no_grad()
    def step(self, closure: Any = None) -> Any:
        """Divide each gradient, in place, and take a step of Adam."""
        weights = [weight for group in self.param_groups for weight in group["params"]]
        gradients = [weight.grad for weight in weights if weight.grad is not None]
        norms = torch._foreach_norm(gradients)
        torch._foreach_add_(norms, LEAST_NORM)
        torch._foreach_div_(gradients, norms)
        return super().step(closure)
