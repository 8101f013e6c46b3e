"""Where a program would wait for its device, found out on a CPU, where nothing does."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from typing import Any

import torch
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

VALUES = {"_local_scalar_dense", "equal", "is_nonzero"}
"""Operations whose result is a value of the host."""
SHAPES = {"nonzero", "masked_select", "_unique2", "unique_dim", "unique_consecutive", "bincount"}
"""Operations the shape of whose result only the device knows."""
FROM_HOST = {"lift_fresh"}
"""A tensor made of numbers of the host, which a device has to be given."""
METHODS = {"item", "tolist", "numpy", "cpu", "__array__", "__bool__", "__int__", "__float__"}
"""Ways to the host, some of which run no operation on a CPU."""
PACKAGES = {"graphvae", "graphvae_data", "image_vae", "torch_geometric"}


class Waits:
    """Notes, as a context manager, each place that would make the host wait for a device.

    A place is the function nearest to the wait, of ours or of PyTorch Geometric's.
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
        """Add the place that is running."""
        frame = sys._getframe(1)
        while frame.f_back is not None:
            module = str(frame.f_globals.get("__name__"))
            if module.split(".")[0] in PACKAGES:
                self.places.add(f"{module}.{frame.f_code.co_qualname}")
                return
            frame = frame.f_back
        self.places.add("elsewhere")


class _Operations(TorchDispatchMode):
    """Sees every operation, those of a backward pass too."""

    def __init__(self, waits: Waits) -> None:
        super().__init__()
        self.waits = waits

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if waiting(func.overloadpacket.__name__, args, kwargs or {}):
            self.waits.note()
        return func(*args, **(kwargs or {}))


class _Methods(TorchFunctionMode):
    """Sees the methods of tensors that are called from Python."""

    def __init__(self, waits: Waits) -> None:
        super().__init__()
        self.waits = waits

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if getattr(func, "__name__", "") in METHODS:
            self.waits.note()
        return func(*args, **(kwargs or {}))


def waiting(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Return whether an operation makes the host wait, were its tensors on a device."""
    if name in ("index", "index_put", "index_put_"):
        return any(index is not None and index.dtype == torch.bool for index in args[1])
    if name == "repeat_interleave":
        return kwargs.get("output_size") is None
    return name in VALUES | SHAPES | FROM_HOST
