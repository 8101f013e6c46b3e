"""A derived file is written once, and kept only if its digest is right."""

import hashlib
from pathlib import Path

import pytest

from graphvae_data.core.errors import FetchError
from graphvae_data.download.cache import derived_file
from graphvae_data.registry.sources import File

CONTENT = b"something made"
WANTED = File("thing.npy", hashlib.sha256(CONTENT).hexdigest())


def test_it_is_made_once_and_again_when_cut_short(empty_home: Path) -> None:
    times = []

    def bring(target: Path) -> None:
        times.append(target)
        target.write_bytes(CONTENT)

    path = derived_file("folder", WANTED, len(CONTENT), "here", bring)
    assert path == empty_home / "made" / "folder" / "thing.npy"
    assert derived_file("folder", WANTED, len(CONTENT), "here", bring) == path
    assert len(times) == 1
    path.write_bytes(CONTENT[:5])
    derived_file("folder", WANTED, len(CONTENT), "here", bring)
    assert (len(times), path.read_bytes()) == (2, CONTENT)


def test_a_wrong_one_is_not_kept(empty_home: Path) -> None:
    with pytest.raises(FetchError, match=rf"wrong file thing.npy from here.*{WANTED.sha256}"):
        derived_file(
            "folder", WANTED, 3, "here", lambda target: target.write_bytes(b"bad") and None
        )
    assert [path for path in empty_home.rglob("*") if path.is_file()] == []
