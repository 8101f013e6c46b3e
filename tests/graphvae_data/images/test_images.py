"""Image datasets by name: the right images, in the right parts."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from graphvae_data.core.errors import FetchError, InputError
from graphvae_data.download.fetch import obtain
from graphvae_data.images import images
from graphvae_data.images.images import image_facts, load_images
from graphvae_data.registry.images import IMAGES
from graphvae_data.registry.sources import MirrorSource


@pytest.mark.slow
def test_mnist_is_split_by_custom(shared_home: Path) -> None:
    data = load_images("mnist", seed=5)
    assert data.train.rows.tolist() == list(range(50_000))
    assert data.val.rows.tolist() == list(range(50_000, 60_000))
    assert data.test.rows.tolist() == list(range(60_000, 70_000))
    assert data.train.labels[:5].tolist() == [5, 0, 4, 1, 9]
    assert data.test.labels[:5].tolist() == [7, 2, 1, 0, 4]
    both = data.together("train", "val")
    assert np.bincount(both.labels)[:3].tolist() == [5923, 6742, 5958]
    assert abs(both.images.array().mean() / 255 - 0.1307) < 1e-4
    assert data.split_fingerprint == load_images("mnist").split_fingerprint


def test_parts_hold_what_the_whole_holds_at_their_rows() -> None:
    data = load_images("sprites-toy", seed=2)
    for part in (data.train, data.val, data.test):
        index = np.arange(len(part))[::-1]
        assert np.array_equal(part.images.take(index), data.whole.images.take(part.rows[index]))
        assert np.array_equal(part.factors, data.whole.factors[part.rows])
        assert np.array_equal(part.labels, data.whole.labels[part.rows])
    assert data.together("train", "val", "test").rows.tolist() == list(range(432))


def test_the_seed_changes_the_split_and_not_the_content() -> None:
    one, other = load_images("digits", seed=0), load_images("digits", seed=1)
    assert one.fingerprint == other.fingerprint == IMAGES["digits"].facts.fingerprint
    assert one.split_fingerprint != other.split_fingerprint


def test_a_digit_more_or_less_changes_the_fingerprint(tmp_path: Path) -> None:
    pictures = np.zeros((9, 4, 4), np.uint8)
    prints = set()
    for change in range(3):
        altered = pictures.copy()
        altered[change, 0, 0] = min(change, 1)
        np.savez(tmp_path / "own.npz", images=altered)
        prints.add(load_images(tmp_path / "own.npz").fingerprint)
    np.savez(tmp_path / "own.npz", images=pictures, labels=np.zeros(9, int))
    assert len(prints | {load_images(tmp_path / "own.npz").fingerprint}) == 4


@pytest.mark.parametrize("fact", ["classes", "shape", "fingerprint", "factors"])
def test_other_pictures_than_expected_are_refused(
    fact: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = IMAGES["sprites-toy"]
    wrong = {"classes": 4, "shape": (1, 2, 2), "fingerprint": "0" * 64, "factors": None}[fact]
    other = replace(entry, facts=replace(entry.facts, **{fact: wrong}))
    monkeypatch.setitem(IMAGES, "sprites-toy", other)
    with pytest.raises(
        FetchError, match=f"sprites-toy differs from its registry entry: expected {fact}"
    ):
        load_images("sprites-toy")


def test_facts_are_counted() -> None:
    assert image_facts(load_images("sprites-toy")) == IMAGES["sprites-toy"].facts


def test_names_come_before_paths_and_unknown_ones_are_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "digits").mkdir()
    assert load_images("digits").shape == (1, 8, 8)
    for given, message in (
        ("./digits", "expected images"),
        ("dsprite", r"unknown images 'dsprite' \(did you mean dsprites\?\)"),
        ("none/here", "found none; check the path"),
        ("none.npz", "found none; check the path"),
    ):
        with pytest.raises(InputError, match=message):
            load_images(given)
    (tmp_path / "own.gif").write_bytes(b"")
    with pytest.raises(InputError, match=r"ending in \.npz or \.npy, got own\.gif"):
        load_images("own.gif")
    with pytest.raises(InputError, match="expected no size for digits"):
        load_images("digits", size=(4, 4))


def test_a_source_that_only_a_mirror_holds_is_not_downloaded(
    empty_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRAPHVAE_MIRROR", str(tmp_path / "none"))
    omniglot = IMAGES["omniglot"]
    (source,) = (source for source in omniglot.sources if isinstance(source, MirrorSource))
    message = r"no omniglot/omni\S+ in a mirror.*built-in images: digits, sprites-toy$"
    with pytest.raises(FetchError, match=message):
        obtain(replace(omniglot, sources=(source,)))


def test_reading_needs_no_torch() -> None:
    """The readers are NumPy's alone; torch would cost a second of each start."""

    root = Path(images.__file__).parents[1]
    code = (
        f"import sys; sys.path.insert(0, {str(root)!r}); from graphvae_data.images.images import "
        "load_images; load_images('sprites-toy'); print('torch' in sys.modules)"
    )
    process = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert process.stdout.strip() == "False"
