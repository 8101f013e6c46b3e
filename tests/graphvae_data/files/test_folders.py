"""Folders are written atomically by one process, and replace only folders of their own kind."""

import subprocess
import sys
from pathlib import Path

import pytest

from graphvae_data.core.errors import InputError
from graphvae_data.files.folders import (
    HIDDEN,
    Kind,
    build_folder,
    check_folder,
    claim_folder,
    restore_replaced,
)
from graphvae_data.files.locks import FolderLock, InUse

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


def hidden(path: Path, state: str) -> Path:
    name = path.with_name(f".{path.name}.graphvae-{state}")
    assert HIDDEN.fullmatch(name.name)
    return name


def test_a_path_is_held_before_the_folder_is_there_and_after(tmp_path: Path) -> None:
    path = tmp_path / "a"
    with claim_folder(path, KIND, overwrite=False) as claim:
        assert not path.exists()
        with pytest.raises(InUse, match=r"a is in use by process [0-9]+; wait until it ends"):
            build_folder(path, KIND, fill, overwrite=False)
        claim.commit(fill)
        with pytest.raises(InUse, match="is in use by process"):
            build_folder(path, KIND, fill, overwrite=True)
        with pytest.raises(InputError, match="already exists"):
            build_folder(path, KIND, fill, overwrite=False)
    build_folder(path, KIND, fill, overwrite=True)
    assert [each.name for each in tmp_path.iterdir()] == ["a"]


def test_a_folder_that_appears_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    with claim_folder(tmp_path / "a", KIND, overwrite=False) as claim:
        (tmp_path / "a").mkdir()
        (tmp_path / "a" / "mine").write_text("mine")
        with pytest.raises(InputError, match=r"cannot write .*a: "):
            claim.commit(fill)
    assert (tmp_path / "a" / "mine").read_text() == "mine"
    assert [each.name for each in tmp_path.iterdir()] == ["a"]


def test_a_folder_of_held_folders_is_not_replaced(tmp_path: Path) -> None:
    build_folder(tmp_path / "a", KIND, fill, overwrite=False)
    (tmp_path / "a" / "000").mkdir()
    lock = FolderLock(tmp_path / "a" / "000")
    with pytest.raises(InUse):
        build_folder(tmp_path / "a", KIND, fill, overwrite=True)
    lock.release()
    build_folder(tmp_path / "a", KIND, fill, overwrite=True)
    assert not (tmp_path / "a" / "000").exists()


def test_what_dead_processes_left_is_cleared_and_what_they_replaced_put_back(
    tmp_path: Path,
) -> None:
    for name in ("a", "b"):
        hidden(tmp_path / name, "building").mkdir()
        (hidden(tmp_path / name, "building") / "half").mkdir()
        (hidden(tmp_path / name, "building") / "half" / "box").write_text("half")
    for name in ("old", "gone"):
        hidden(tmp_path / name, "replaced").mkdir()
        fill(hidden(tmp_path / name, "replaced"))
    restore_replaced(tmp_path / "gone")
    assert (tmp_path / "gone" / "box").is_file()
    held = FolderLock(hidden(tmp_path / "b", "building"))
    build_folder(tmp_path / "a", KIND, fill, overwrite=False)
    names = {each.name for each in tmp_path.iterdir()}
    assert names == {"a", "old", "gone", ".b.graphvae-building"}
    held.release()
    build_folder(tmp_path / "c", KIND, fill, overwrite=False)
    assert {each.name for each in tmp_path.iterdir()} == {"a", "c", "old", "gone"}
    assert [each.name for each in (tmp_path / "a").iterdir()] == ["box"]


def test_a_killed_process_frees_the_name(tmp_path: Path) -> None:
    code = (
        "import os; from pathlib import Path; from graphvae_data.files.folders import *; "
        "kind = Kind('a box', '', lambda path: True); "
        f"held = claim_folder(Path({str(tmp_path / 'a')!r}), kind, overwrite=False); "
        "held.__enter__(); os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    assert [each.name for each in tmp_path.iterdir()] == [".a.graphvae-building"]
    build_folder(tmp_path / "a", KIND, fill, overwrite=False)
    assert [each.name for each in tmp_path.iterdir()] == ["a"]


def test_a_link_to_itself_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to(tmp_path / "a")
    with pytest.raises(InputError, match="cannot write"):
        build_folder(tmp_path / "a", KIND, fill, overwrite=True)
