"""The download cache and the checks of its files.

Layout: `raw/<folder>/<file>`, `wheels/<file>`, and `made/<folder>/<file>` for files derived from
raw ones. The sha256 of a raw file is checked against the registry at each use. If the registry has
no digest, any non-empty file is accepted, and the dataset's facts are checked after reading.
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
    """Return the cache folder: `GRAPHVAE_HOME`, else the platform's cache folder."""
    home = os.environ.get("GRAPHVAE_HOME")
    if home:
        return Path(home).expanduser()
    import pooch

    return Path(pooch.os_cache("graphvae"))


def mirror_home() -> Path | None:
    """Return the folder of raw files set by `GRAPHVAE_MIRROR`; None if unset."""
    mirror = os.environ.get("GRAPHVAE_MIRROR")
    return Path(mirror).expanduser() if mirror else None


def raw_folder(folder: str) -> Path:
    """Return the cache's folder for raw files of the sources with this `folder`."""
    return cache_home() / "raw" / folder


def is_valid(path: Path, file: File) -> bool:
    """Return whether the file at `path` has the digest in the registry."""
    digest = sha256_of(path)
    return digest not in (None, _EMPTY) if file.sha256 is None else digest == file.sha256


def valid_files(folder: Path, files: Sequence[File]) -> dict[str, Path] | None:
    """Return the paths of `files` in `folder` by name; None if one is missing or invalid."""
    paths = {file.name: folder / file.name for file in files}
    return paths if all(is_valid(paths[file.name], file) for file in files) else None


class WrongFileError(FetchError):
    """A downloaded file does not have the digest in the registry."""


def store(target: Path, file: File, origin: str, write: Callable[[Path], None]) -> None:
    """Call `write` with a temporary path, check the file and rename it to `target`.

    It is tried twice. An invalid file is never renamed to `target`.

    Raises:
        FetchError: an invalid file; the message gives both digests.
    """

    def write_checked(temporary: Path) -> None:
        write(temporary)
        _require_valid(temporary, file, origin)

    try:
        write_atomic(target, write_checked)
    except WrongFileError:
        write_atomic(target, write_checked)


def _require_valid(path: Path, file: File, origin: str) -> None:
    if not is_valid(path, file):
        expected = "a non-empty file" if file.sha256 is None else f"sha256 {file.sha256}"
        raise WrongFileError(
            f"wrong file {file.name} from {origin}: expected {expected}, "
            f"got {sha256_of(path)}; try again later, or set GRAPHVAE_MIRROR to a folder of valid "
            "copies"
        )


def first_invalid(folder: Path, files: Sequence[File]) -> str:
    """Describe the first missing or invalid file of `folder`, for a message."""
    for file in files:
        digest = sha256_of(folder / file.name)
        if digest is None:
            return f"{folder / file.name} is missing"
        if not is_valid(folder / file.name, file):
            expected = "a non-empty file" if file.sha256 is None else file.sha256
            return f"{folder / file.name} has sha256 {digest}, expected {expected}"
    return f"{folder} is complete"


def derived_file(
    folder: str, file: File, size: int, origin: str, write: Callable[[Path], None]
) -> Path:
    """Return the path of a cached file of `size` bytes that is derived from raw files.

    `write` creates it if it is missing or truncated. The digest is checked only then, and later the
    size, so that opening a large file is fast.

    Raises:
        FetchError: the written file does not have the digest in the registry.
    """
    target = cache_home() / "made" / folder / file.name
    if not target.is_file() or target.stat().st_size != size:
        store(target, file, origin, write)
    return target
