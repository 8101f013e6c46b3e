"""Compressed files: .gz, .bz2, .xz, and .zip with one file."""

import bz2
import gzip
import lzma
import zipfile
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

from graphvae_data.core.errors import InputError
from graphvae_data.files.files import require_regular

PACKED = (".gz", ".bz2", ".xz", ".zip")
"""Suffixes of compressed files."""
MAX_RATIO, MIN_LIMIT = 200, 100_000_000
"""The limit of decompression: a multiple of the compressed size, or these bytes if more."""
_KINDS = {".gz": "gzip", ".bz2": "bzip2", ".xz": "xz", ".zip": "zip"}


def read_bytes(path: Path) -> bytes:
    """Return the content of a file, decompressed if its suffix is one of `PACKED`."""
    try:
        require_regular(path)
        return _unpacked(path, path.read_bytes())
    except FileNotFoundError:
        raise InputError(f"expected a file {path}, found none; check the path") from None
    except IsADirectoryError:
        raise InputError(f"expected a file, got the folder {path}; name a file in it") from None
    except InputError:
        raise
    except (EOFError, ValueError, lzma.LZMAError, zipfile.BadZipFile, zlib.error, OSError) as error:
        suffix = path.suffix.lower()
        if suffix in PACKED and not (isinstance(error, OSError) and error.errno):
            raise InputError(
                f"{path}: expected a complete {_KINDS[suffix]} file, got "
                f"{str(error) or 'a damaged one'}"
            ) from None
        reason = error.strerror if isinstance(error, OSError) else None
        raise InputError(f"cannot read {path}: {reason or error}") from None


def inner_name(path: Path) -> str:
    """Return the name of the uncompressed file; for a .zip, that of its member.

    >>> inner_name(Path("a/b.csv.gz")), inner_name(Path("b.gml"))
    ('b.csv', 'b.gml')
    """
    if path.suffix.lower() == ".zip" and path.is_file():
        try:
            with zipfile.ZipFile(path) as archive:
                return Path(_member(path, archive)).name
        except (zipfile.BadZipFile, OSError):
            return path.stem
    return path.stem if path.suffix.lower() in PACKED else path.name


def _unpacked(path: Path, content: bytes) -> bytes:
    suffix = path.suffix.lower()
    if suffix == ".zip":
        with (
            zipfile.ZipFile(BytesIO(content)) as archive,
            archive.open(_member(path, archive)) as stream,
        ):
            return _bounded(path, stream, len(content))
    opener: Any = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}.get(suffix)
    if opener is None:
        return content
    with BytesIO(content) as packed, opener(packed) as stream:
        return _bounded(path, stream, len(content))


def _bounded(path: Path, stream: Any, packed: int) -> bytes:
    """Read a stream, unless it is far larger than a text that compresses to this size."""
    limit = max(MAX_RATIO * packed, MIN_LIMIT)
    content: bytes = stream.read(limit + 1)
    if len(content) > limit:
        raise InputError(
            f"{path}: expected at most {limit / 1e6:,.0f} MB in {packed / 1e6:,.1f} MB compressed, "
            "got more; decompress it yourself if this is intended"
        )
    return content


def _member(path: Path, archive: zipfile.ZipFile) -> str:
    """Return the name of the only file in an archive; macOS metadata is ignored."""
    names = [n for n in archive.namelist() if not n.endswith("/") and "__MACOSX" not in n]
    if len(names) != 1:
        raise InputError(
            f"{path}: expected an archive of one file, got {', '.join(names[:5]) or 'none'}; "
            "extract it and pass the file"
        )
    return names[0]
