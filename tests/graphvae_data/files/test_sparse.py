"""Indices and pointers of sparse matrices are checked before compiled code follows them."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import scipy.io
import scipy.sparse
import torch

from graphvae_data.core.errors import InputError
from graphvae_data.files.mat5 import check_mat5
from graphvae_data.files.sparse import check_sparse
from graphvae_data.readers.any_graph import read_graph_file

GOOD = scipy.sparse.csr_array(np.triu(np.ones((5, 5))))
BAD = [
    ("indices", 0, 5),
    ("indices", 3, -1),
    ("indices", 0, 2**40),
    ("indptr", 0, 1),
    ("indptr", 2, 2**30),
    ("indptr", 3, -7),
    ("indptr", 5, -1),
    ("indptr", 5, 16),
]


@pytest.mark.parametrize("form", ["csr", "csc", "bsr", "coo"])
def test_a_good_matrix_passes(form: str) -> None:
    check_sparse(GOOD.asformat(form))


@pytest.mark.parametrize(("part", "place", "value"), BAD)
@pytest.mark.parametrize("form", ["csr", "csc", "bsr"])
def test_a_matrix_that_points_outside_is_refused(
    part: str, place: int, value: int, form: str
) -> None:
    matrix = GOOD.asformat(form, copy=True)
    wrong = getattr(matrix, part).astype(np.int64)
    wrong[place] = value
    setattr(matrix, part, wrong)  # SciPy follows it unless it is checked
    with pytest.raises(ValueError, match=r"expected|pointers"):
        check_sparse(matrix)


@pytest.mark.parametrize(("part", "place", "value"), BAD)
@pytest.mark.parametrize("form", ["npz", "benchmark", "own"])
def test_archives_with_odd_indices_are_one_line(
    tmp_path: Path, part: str, place: int, value: int, form: str
) -> None:
    parts = {name: getattr(GOOD, name).astype(np.int64) for name in ("indices", "indptr")}
    parts[part][place] = value
    parts |= {"data": GOOD.data, "shape": np.array(GOOD.shape)}
    if form == "npz":
        np.savez(tmp_path / "g.npz", format=b"csr", **parts)
    elif form == "benchmark":
        np.savez(tmp_path / "g.npz", **{f"adj_{name}": each for name, each in parts.items()})
    else:
        x = {f"x_{name}": each for name, each in parts.items()}
        rest = {"num_nodes": 5, "pairs": np.array([[0], [1]]), "name": "g"}
        np.savez(tmp_path / "g.npz", node_names=np.array([*"abcde"]), **rest, **x)
    with pytest.raises(InputError, match=r"g\.npz") as error:
        read_graph_file(tmp_path / "g.npz")
    assert "\n" not in str(error.value)


def test_a_tensor_with_odd_indices_is_one_line(tmp_path: Path) -> None:
    with torch.sparse.check_sparse_tensor_invariants(False):
        x = torch.sparse_coo_tensor(torch.tensor([[0, 99], [0, 0]]), torch.ones(2), (3, 3))
        torch.save({"edge_index": torch.tensor([[0, 1], [1, 2]]), "x": x}, tmp_path / "g.pt")
    with pytest.raises(InputError, match=r"g\.pt: expected"):
        read_graph_file(tmp_path / "g.pt")


@pytest.fixture
def mat(tmp_path: Path) -> bytes:
    """A MATLAB file with every class of variable."""
    scipy.io.savemat(
        tmp_path / "g.mat",
        {
            "net": scipy.sparse.csc_array(GOOD),
            "dense": np.eye(3),
            "complex": np.eye(2) * 1j,
            "words": "abc",
            "empty": np.zeros((0, 3)),
            "flags": np.eye(2, dtype=bool),
            "cells": np.array([1, "x"], dtype=object),
            "Problem": {"A": scipy.sparse.csc_array(GOOD), "name": "x"},
        },
    )
    return (tmp_path / "g.mat").read_bytes()


def test_a_whole_matlab_file_passes(mat: bytes) -> None:
    check_mat5(mat)


@pytest.mark.slow
@pytest.mark.parametrize("step", [3, 7])
def test_a_damaged_matlab_file_never_crashes(mat: bytes, tmp_path: Path, step: int) -> None:
    """In a process of its own: SciPy's reader used to end it."""
    (tmp_path / "good.mat").write_bytes(mat)
    code = (
        "from pathlib import Path\n"
        "from graphvae_data.core.errors import InputError\n"
        "from graphvae_data.graphs.read_options import ReadOptions\n"
        "from graphvae_data.readers.formats.matrices import read_mat\n"
        f"folder = Path({str(tmp_path)!r})\n"
        "content = (folder / 'good.mat').read_bytes()\n"
        f"for place in range(128, len(content), {step}):\n"
        "    (folder / 'g.mat').write_bytes(content[:place] + b'\\xff' + content[place + 1:])\n"
        "    try:\n"
        "        read_mat(folder / 'g.mat', ReadOptions(mat_variable='net'))\n"
        "    except InputError as error:\n"
        "        assert '\\n' not in str(error)\n"
    )
    process = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert (process.returncode, process.stderr) == (0, "")
