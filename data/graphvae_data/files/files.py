"""Atomic writing of files: written under a temporary name, then renamed.

The temporary name is unique to the process and keeps the suffix, because many writers choose their
format by it. If a process is killed at any moment, either the old or the new file exists.
"""

import errno
import hashlib
import json
import math
import os
import re
import secrets
import shutil
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from graphvae_data.core.errors import InputError

LEFTOVER = re.compile(r"\..+\.\d+-[0-9a-f]{8}(\.\w+)?")
"""Pattern of the names from `temporary_sibling`."""


def temporary_sibling(path: Path) -> Path:
    """Return a hidden path next to `path`, unique to this process, with the same suffix."""
    token = f"{os.getpid()}-{secrets.token_hex(4)}"
    return path.with_name(f".{path.stem}.{token}{path.suffix}")


def clear_temporary(folder: Path) -> None:
    """Remove temporary files left in a folder by killed processes."""
    for path in folder.iterdir():
        if LEFTOVER.fullmatch(path.name):
            path.unlink(missing_ok=True)


def write_atomic(path: Path, writer: Callable[[Path], None], *, durable: bool = False) -> None:
    """Call `writer` with a temporary path, then rename the file to `path`; create missing folders.

    On any error `path` is unchanged and the temporary file is removed.

    Args:
        path: the file to write.
        writer: writes the content to the path that it receives.
        durable: flush the content to disk before renaming, so that a power loss leaves the old or
            the new file; `sync(path.parent)` makes the renaming durable too.

    Raises:
        InputError: `path` cannot be written.
    """
    put_in_place(stage(path, writer), path, durable=durable)


def stage(path: Path, writer: Callable[[Path], None]) -> Path:
    """Do the first half of `write_atomic`: return the temporary file, for `put_in_place`."""
    temporary = temporary_sibling(path)
    with _removed_on_error(temporary, path):
        path.parent.mkdir(parents=True, exist_ok=True)
        writer(temporary)
    return temporary


def put_in_place(temporary: Path, path: Path, *, durable: bool = False) -> None:
    """Do the second half of `write_atomic`: rename the temporary file to `path`."""
    with _removed_on_error(temporary, path):
        if durable:
            sync(temporary)
        temporary.replace(path)


@contextmanager
def _removed_on_error(temporary: Path, path: Path) -> Iterator[None]:
    """Remove the temporary file on any error; an `OSError` becomes an `InputError` about `path`."""
    try:
        yield
    except BaseException as error:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise InputError(unwritable(path, error)) from error
        raise


def sync(path: Path) -> None:
    """Flush a file, or the entries of a folder, to disk."""
    try:
        handle = os.open(path, os.O_RDONLY)
    except PermissionError:  # Windows cannot open folders
        return
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # not supported by the file system
            raise
    finally:
        os.close(handle)


def sha256_of(path: Path) -> str | None:
    """Return the hex digest of a file; None if it cannot be read."""
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return None


def require_regular(path: Path) -> None:
    """Raise `InputError` for a pipe or a device, whose content may be endless."""
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):  # reported when the file is opened
        return
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise InputError(
            f"expected a file, got the pipe or device {path}; copy its content into a file"
        )


def unwritable(path: Path, error: OSError) -> str:
    """Return a one-line message saying why `path` cannot be written."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        disk = _mount_point(path)
        free = ""
        with suppress(OSError):
            free = f", {shutil.disk_usage(disk).free / 1e6:.1f} MB free"
        return (
            f"cannot write {path}: {error.strerror or error} (the disk at {disk}{free}); free some "
            "space, or choose another disk"
        )
    reason = error.strerror or str(error)
    return f"cannot write {path}: {reason}; expected a writable path, try another one"


def _mount_point(path: Path) -> Path:
    """Return the mount point of the file system of `path`."""
    return next(
        (folder for folder in Path(os.path.abspath(path)).parents if folder.is_mount()), path
    )


def json_bytes(obj: object) -> bytes:
    """Return the bytes that `write_json` writes."""
    text = json.dumps(plain(obj), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    return text.encode(errors="backslashreplace")


def write_json(path: Path, obj: object, *, durable: bool = False) -> None:
    """Write `obj` as indented JSON, atomically.

    Paths become strings, enum members their values, dataclasses objects, arrays and tensors lists
    or numbers. NaN and infinity become null, as JSON lacks them.
    """
    content = json_bytes(obj)

    def write(temporary: Path) -> None:
        temporary.write_bytes(content)

    write_atomic(path, write, durable=durable)


def read_json(path: Path) -> Any:
    """Read a JSON file.

    Raises:
        InputError: missing or damaged; the message names the file and its folder.
    """
    where = f"{path.name} in {path.parent}"
    require_regular(path)
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"expected a file {where}, found none; check the folder") from None
    except OSError as error:
        raise InputError(f"cannot read {where}: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"{where} is damaged: expected JSON, got {error}; restore the file or run again"
        ) from error


def plain(obj: object) -> object:
    """Convert settings and results to JSON values (see `write_json`)."""
    if obj is None or isinstance(obj, str | bool | int):
        return obj.value if isinstance(obj, Enum) else obj
    if isinstance(obj, float):
        return float(obj) if math.isfinite(obj) else None
    if isinstance(obj, Mapping):
        return {str(plain(key)): plain(value) for key, value in obj.items()}
    if isinstance(obj, list | tuple):
        return [plain(value) for value in obj]
    if isinstance(obj, set | frozenset):
        return sorted(plain(value) for value in obj)  # type: ignore[type-var]
    return _plain_object(obj)


def _plain_object(obj: object) -> object:
    if isinstance(obj, Enum):
        return plain(obj.value)
    if isinstance(obj, os.PathLike):
        return os.fspath(obj)
    if is_dataclass(obj) and not isinstance(obj, type):
        return plain(asdict(obj))
    for method in ("tolist", "item"):
        if hasattr(obj, method):
            return plain(getattr(obj, method)())
    raise TypeError(f"expected a value that JSON can represent, got {type(obj).__name__}: {obj!r}")
