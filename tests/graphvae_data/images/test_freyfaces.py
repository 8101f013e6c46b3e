"""Frey faces are read from their pickle without executing it."""

import pickle
from pathlib import Path

import numpy as np
import pytest

from graphvae_data.core.errors import InputError
from graphvae_data.images.freyfaces import read_freyfaces
from graphvae_data.images.images import load_images


def test_neighbouring_frames_resemble_each_other(
    raw_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRAPHVAE_MIRROR", str(raw_data))
    data = load_images("freyfaces")
    frames = data.whole.images.array().astype(np.float64)
    assert frames.shape == (1965, 1, 28, 20)
    assert (data.whole.labels, data.factors) == (None, None)
    next_one = np.abs(np.diff(frames, axis=0)).mean()
    assert next_one < 0.5 * np.abs(frames[:-500] - frames[500:]).mean()
    wrong = frames.reshape(-1, 20, 28)
    below, wrong_below = (np.abs(np.diff(x, axis=-2)).mean() for x in (frames, wrong))
    assert below < 0.5 * wrong_below  # pixels one below the other are alike: rows are 20 wide


@pytest.mark.parametrize(
    "held",
    [[], [np.zeros((2, 560), np.uint8)] * 2, [np.zeros((2, 561), np.uint8)], [np.zeros((2, 560))]],
)
def test_another_list_is_refused(held: list[np.ndarray], tmp_path: Path) -> None:
    path = tmp_path / "freyfaces.pkl"
    content = pickle.dumps(held, protocol=2)
    path.write_bytes(content.replace(b"numpy._core.multiarray", b"numpy.core.multiarray"))
    with pytest.raises(InputError, match=r"freyfaces\.pkl"):
        read_freyfaces({path.name: path}, False)
