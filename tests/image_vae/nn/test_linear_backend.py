"""The faster library is measured once on a machine, and then kept."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from graphvae_data.core.errors import InputError
from image_vae.nn import linear_backend
from image_vae.nn.linear_backend import fastest, measured, stored


@pytest.fixture(autouse=True)
def asked_anew() -> Iterator[None]:
    fastest.cache_clear()
    yield
    fastest.cache_clear()


def test_it_is_one_of_the_two() -> None:
    assert measured() in linear_backend.BACKENDS


def test_it_is_measured_once_on_a_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAPHVAE_HOME", str(tmp_path))
    monkeypatch.delenv("GRAPHVAE_LINEAR", raising=False)
    monkeypatch.setattr(linear_backend, "measured", lambda: "onednn")
    assert fastest() == "onednn"
    fastest.cache_clear()
    monkeypatch.setattr(linear_backend, "measured", lambda: "mkl")
    assert fastest() == "onednn"
    monkeypatch.setattr(linear_backend, "processor", lambda: "another processor")
    fastest.cache_clear()
    assert fastest() == "mkl"


def test_of_two_processes_the_first_decides(tmp_path: Path) -> None:
    path = tmp_path / "linear" / "key"

    def overtaken() -> linear_backend.Backend:
        assert stored(path, lambda: "mkl") == "mkl"
        return "onednn"

    assert stored(path, overtaken) == "mkl"
    assert [each.name for each in path.parent.iterdir()] == ["key"]


def test_where_nothing_can_be_stored_it_is_the_default(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    assert stored(tmp_path / "file" / "key", lambda: "onednn") == "mkl"


def test_the_user_may_choose(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAPHVAE_LINEAR", "onednn")
    assert fastest() == "onednn"
    fastest.cache_clear()
    monkeypatch.setenv("GRAPHVAE_LINEAR", "openblas")
    with pytest.raises(InputError, match="expected mkl or onednn, got 'openblas'"):
        fastest()
