"""Find on a CPU where a program would wait for its device: where it synchronises with it."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from typing import Any

import torch
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

VALUES = {"_local_scalar_dense", "equal", "is_nonzero"}
"""Operations that return a Python value."""
SHAPES = {"nonzero", "masked_select", "_unique2", "unique_dim", "unique_consecutive", "bincount"}
"""Operations whose output shape depends on values on the device."""
FROM_HOST = {"lift_fresh"}
"""Operations that copy Python values to the device."""
METHODS = {"item", "tolist", "numpy", "cpu", "__array__", "__bool__", "__int__", "__float__"}
"""Tensor methods that copy values to the host; some run no operation on a CPU."""
PACKAGES = {"graphvae", "graphvae_data", "image_vae", "torch_geometric"}


class Waits:
    """A context manager that records each function in which the host would wait for a device.

    `places` holds the innermost function of ours or of PyTorch Geometric at each wait.
    """

    def __init__(self) -> None:
        self.places: set[str] = set()
        self._modes = ExitStack()

    def __enter__(self) -> Waits:
        self._modes.enter_context(_Operations(self))
        self._modes.enter_context(_Methods(self))
        return self

    def __exit__(self, *given: object) -> None:
        self._modes.close()

    def note(self) -> None:
        """Record the function that is running."""
        frame = sys._getframe(1)
        while frame.f_back is not None:
            module = str(frame.f_globals.get("__name__"))
            if module.split(".")[0] in PACKAGES:
                self.places.add(f"{module}.{frame.f_code.co_qualname}")
                return
            frame = frame.f_back
        self.places.add("elsewhere")


class _Operations(TorchDispatchMode):
    """Intercepts every operation, those of a backward pass too."""

    def __init__(self, waits: Waits) -> None:
        super().__init__()
        self.waits = waits

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if waiting(func.overloadpacket.__name__, args, kwargs or {}):
            self.waits.note()
        return func(*args, **(kwargs or {}))


class _Methods(TorchFunctionMode):
    """Intercepts the tensor methods that are called from Python."""

    def __init__(self, waits: Waits) -> None:
        super().__init__()
        self.waits = waits

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if getattr(func, "__name__", "") in METHODS:
            self.waits.note()
        return func(*args, **(kwargs or {}))


def waiting(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Return whether an operation would make the host wait if its tensors were on a device."""
    if name in ("index", "index_put", "index_put_"):
        return any(index is not None and index.dtype == torch.bool for index in args[1])
    if name == "repeat_interleave":
        return kwargs.get("output_size") is None
    return name in VALUES | SHAPES | FROM_HOST
