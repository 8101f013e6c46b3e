"""Files of `torch.save`: a PyG `Data` or a dict of tensors, unpickled safely."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from graphvae_data.core.errors import InputError
from graphvae_data.files.packed import read_bytes
from graphvae_data.files.textfiles import one_line
from graphvae_data.files.unpickle import load_torch
from graphvae_data.graphs.edges import Edges
from graphvae_data.graphs.read_options import ReadOptions
from graphvae_data.readers.pyg import edges_of_data

if TYPE_CHECKING:
    from torch_geometric.data import Data

_KEYS = (
    "edge_index",
    "num_nodes",
    "x",
    "y",
    "edge_weight",
    "edge_time",
    "node_names",
    "class_names",
    "directed",
)
"""Keys that are read from a dict; others are ignored."""


def read_pt(path: Path, options: ReadOptions) -> Edges:
    """Read a `Data`, or a dict of tensors with `edge_index`, saved by `torch.save`."""
    from torch_geometric.data import Data
    from torch_geometric.data.data import DataEdgeAttr, DataTensorAttr
    from torch_geometric.data.storage import GlobalStorage

    file_bytes = read_bytes(path)
    try:
        content = load_torch(file_bytes, [Data, DataEdgeAttr, DataTensorAttr, GlobalStorage])
    except Exception as error:  # torch may raise anything on a damaged file
        reason = one_line(_first_sentence(error))
        raise InputError(
            f"{path}: expected a PyTorch Geometric Data or a dict of tensors, without other "
            f"pickled objects, got {reason}"
        ) from None
    if isinstance(content, dict):
        content = _from_dict(content, path)
    if not isinstance(content, Data):
        raise InputError(
            f"{path}: expected a PyTorch Geometric Data or a dict of tensors, "
            f"got {type(content).__name__}"
        )
    try:
        return edges_of_data(content, str(path), options)
    except InputError:
        raise
    except Exception as error:  # unexpected stores or tensors may raise anything
        raise InputError(
            f"{path}: expected a PyTorch Geometric Data of plain tensors, got "
            f"{one_line(_first_sentence(error))}"
        ) from None


def _from_dict(content: dict[Any, Any], path: Path) -> "Data":
    if not all(isinstance(key, str) for key in content) or "edge_index" not in content:
        keys = ", ".join(map(str, content)) or "nothing"
        raise InputError(f"{path}: expected a dict of tensors with edge_index, got {keys}")
    from torch_geometric.data import Data

    data = Data()
    for key in _KEYS:
        if content.get(key) is not None:
            data[key] = content[key]
    return data


def _first_sentence(error: Exception) -> str:
    text = str(error)
    marker = "WeightsUnpickler error:"
    if marker in text:
        text = text.split(marker, 1)[1].strip().split("\n")[0]
        return text.split("Please use")[0].strip().removesuffix(".")
    return f"{type(error).__name__}: {text}"
