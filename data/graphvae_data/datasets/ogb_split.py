"""OGB's official split of a dataset."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Int
from numpy.typing import NDArray
from torch import Tensor

from graphvae_data.core.errors import InputError
from graphvae_data.datasets.ogb_quiet import load_split_part
from graphvae_data.registry.ogb import OgbDataset


@dataclass(frozen=True)
class OfficialSplit:
    """OGB's split, with edges as OGB lists them: undirected ones once, duplicates kept."""

    train: Int[Tensor, "2 train"]
    """Training edges."""
    val: Int[Tensor, "2 val"]
    """Validation edges."""
    test: Int[Tensor, "2 test"]
    """Test edges."""
    val_negatives: Int[Tensor, "2 val_negative"]
    """Negatives for the ranking of validation edges."""
    test_negatives: Int[Tensor, "2 test_negative"]
    """Negatives for the ranking of test edges."""
    negatives_per_positive: int
    """0: one set for all edges. k: those of edge i are columns i*k to (i+1)*k - 1."""
    directed: bool
    """Whether edges go from the first node to the second."""
    train_weight: Tensor | None = None
    """Weight of each training edge, if the dataset has weights; likewise below."""
    val_weight: Tensor | None = None
    """Weight of each validation edge."""
    test_weight: Tensor | None = None
    """Weight of each test edge."""
    train_year: Tensor | None = None
    """Year of each training edge, if the dataset has years; likewise below."""
    val_year: Tensor | None = None
    """Year of each validation edge."""
    test_year: Tensor | None = None
    """Year of each test edge."""


def read_split(folder: Path, dataset: OgbDataset, count: int) -> OfficialSplit:
    """Read the split of a graph with `count` nodes; `InputError` for a damaged file."""
    parts = {
        part: load_split_part(folder / f"{file}.pt")
        for part, file in (("train", "train"), ("val", "valid"), ("test", "test"))
    }
    edges = {part: _positives(arrays, folder, part, count) for part, arrays in parts.items()}
    negatives = {
        part: _negatives(parts[part], folder, part, count, dataset) for part in ("val", "test")
    }
    extras = {
        f"{part}_{key}": torch.from_numpy(arrays[key].reshape(-1))
        for part, arrays in parts.items()
        for key in ("weight", "year")
        if key in arrays
    }
    return OfficialSplit(
        **edges,
        val_negatives=negatives["val"],
        test_negatives=negatives["test"],
        negatives_per_positive=dataset.negatives_per_positive,
        directed=dataset.directed,
        **extras,
    )


def _positives(arrays: dict[str, NDArray[Any]], folder: Path, part: str, count: int) -> Tensor:
    if "source_node" in arrays:
        ends = np.stack([arrays["source_node"], arrays["target_node"]])
    else:
        ends = _array(arrays, "edge", folder, part).T
    return _ids(ends, folder, part, count)


def _negatives(
    arrays: dict[str, NDArray[Any]], folder: Path, part: str, count: int, dataset: OgbDataset
) -> Tensor:
    if not dataset.negatives_per_positive:
        return _ids(_array(arrays, "edge_neg", folder, part).T, folder, part, count)
    targets = _array(arrays, "target_node_neg", folder, part)
    expected = (len(arrays["source_node"]), dataset.negatives_per_positive)
    if targets.shape != expected:
        raise InputError(f"{folder}: expected {part} negatives {expected}, got {targets.shape}")
    sources = np.repeat(arrays["source_node"], targets.shape[1])
    return _ids(np.stack([sources, targets.reshape(-1)]), folder, part, count)


def _array(arrays: dict[str, NDArray[Any]], key: str, folder: Path, part: str) -> NDArray[Any]:
    if key not in arrays:
        raise InputError(f"{folder}: expected {key} in the {part} part, got {', '.join(arrays)}")
    return arrays[key]


def _ids(ends: NDArray[Any], folder: Path, part: str, count: int) -> Tensor:
    valid = ends.ndim == 2 and len(ends) == 2 and ends.dtype.kind == "i"
    if not valid or (ends.size and not 0 <= int(ends.min()) <= int(ends.max()) < count):
        raise InputError(f"{folder}: expected node ids from 0 to {count - 1} in the {part} part")
    return torch.from_numpy(np.ascontiguousarray(ends, dtype=np.int64))
