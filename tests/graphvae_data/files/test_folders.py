"""Folders are written atomically, and replace only folders of their own kind."""

from pathlib import Path

import pytest

from graphvae_data.core.errors import InputError
from graphvae_data.files.folders import Kind, build_folder, check_folder

KIND = Kind("a box", "name another folder", lambda path: (path / "box").is_file())


def fill(folder: Path) -> None:
    (folder / "box").write_text("full")


def test_a_folder_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def fail(folder: Path) -> None:
        fill(folder)
        raise OSError(28, "No space left on device")

    with pytest.raises(InputError, match="No space left on device"):
        build_folder(tmp_path / "a", KIND, fail, overwrite=False)
    assert list(tmp_path.iterdir()) == []


def test_an_old_folder_stays_when_its_successor_fails(tmp_path: Path) -> None:
    build_folder(tmp_path / "a", KIND, fill, overwrite=False)
    with pytest.raises(ZeroDivisionError):
        build_folder(
            tmp_path / "a", KIND, lambda folder: folder.joinpath(str(1 / 0)), overwrite=True
        )
    assert (tmp_path / "a" / "box").read_text() == "full"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_another_kind_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    build_folder(tmp_path / "a", KIND, fill, overwrite=True)  # it was empty
    (tmp_path / "a" / "box").rename(tmp_path / "a" / "other")
    for refuse in (
        lambda: check_folder(tmp_path / "a", KIND, overwrite=True),
        lambda: build_folder(tmp_path / "a", KIND, fill, overwrite=True),
    ):
        with pytest.raises(InputError, match="is not a box and will not be overwritten"):
            refuse()
    with pytest.raises(InputError, match="already exists; name another folder"):
        check_folder(tmp_path / "a", KIND, overwrite=False)
