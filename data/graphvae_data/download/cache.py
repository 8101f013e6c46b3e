"""Where raw files are kept, and whether a copy is the right one.

Layout of the cache: `raw/<folder>/<file>`, `wheels/<file>`, and `made/<folder>/<file>` for what is
derived from raw files once. A raw file is used only if it has the sha256 that the registry names,
checked each time. Where the registry names none, any file that is not empty is used, and the
dataset's facts decide after reading.
"""

import hashlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from graphvae_data.core.errors import FetchError
from graphvae_data.files.files import sha256_of, write_atomic
from graphvae_data.registry.sources import File

_EMPTY = hashlib.sha256(b"").hexdigest()


def cache_home() -> Path:
    """The folder downloads are kept in: `GRAPHVAE_HOME`, else the platform's cache folder."""
    chosen = os.environ.get("GRAPHVAE_HOME")
    if chosen:
        return Path(chosen).expanduser()
    import pooch

    return Path(pooch.os_cache("graphvae"))


def mirror_home() -> Path | None:
    """The folder of raw files named by `GRAPHVAE_MIRROR`; None where it is not set."""
    chosen = os.environ.get("GRAPHVAE_MIRROR")
    return Path(chosen).expanduser() if chosen else None


def raw_folder(folder: str) -> Path:
    """The cache's folder for the raw files of the sources with this `folder`."""
    return cache_home() / "raw" / folder


def is_right(path: Path, file: File) -> bool:
    """Whether `path` holds exactly the file the registry names."""
    found = sha256_of(path)
    return found not in (None, _EMPTY) if file.sha256 is None else found == file.sha256


def right_files(folder: Path, files: Sequence[File]) -> dict[str, Path] | None:
    """The paths of `files` in `folder` by name, if every one is there and right."""
    paths = {file.name: folder / file.name for file in files}
    return paths if all(is_right(paths[file.name], file) for file in files) else None


class WrongFileError(FetchError):
    """The bytes came, and are not the ones the registry names."""


def keep(target: Path, file: File, origin: str, bring: Callable[[Path], None]) -> None:
    """Let `bring` write the file to a temporary name, and rename it to `target` if it is right.

    A wrong file is brought once more; then a `FetchError` names both digests. A wrong file never
    takes the name of a right one.
    """

    def bring_checked(temporary: Path) -> None:
        bring(temporary)
        _require_right(temporary, file, origin)

    try:
        write_atomic(target, bring_checked)
    except WrongFileError:
        write_atomic(target, bring_checked)


def _require_right(path: Path, file: File, origin: str) -> None:
    if not is_right(path, file):
        expected = "a file with content" if file.sha256 is None else f"sha256 {file.sha256}"
        raise WrongFileError(
            f"wrong file {file.name} from {origin}: expected {expected}, "
            f"found {sha256_of(path)}; try again later, or set GRAPHVAE_MIRROR to a folder of good "
            "copies"
        )


def first_bad(folder: Path, files: Sequence[File]) -> str:
    """Say which file of `folder` is missing or wrong, for a message."""
    for file in files:
        found = sha256_of(folder / file.name)
        if found is None:
            return f"{folder / file.name} is missing"
        if not is_right(folder / file.name, file):
            expected = "a file with content" if file.sha256 is None else file.sha256
            return f"{folder / file.name} has sha256 {found}, expected {expected}"
    return f"{folder} is complete"


def derived_file(
    folder: str, file: File, size: int, origin: str, bring: Callable[[Path], None]
) -> Path:
    """Return the path of a file of `size` bytes that is derived from raw files and cached.

    `bring` writes it where it is missing or cut short. Its digest is checked when it is written;
    later its size alone, so that opening it reads none of it.

    Raises:
        FetchError: what was written is not what the registry names.
    """
    target = cache_home() / "made" / folder / file.name
    if not target.is_file() or target.stat().st_size != size:
        keep(target, file, origin, bring)
    return target
