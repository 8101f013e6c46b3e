"""Packed files: .gz, .bz2, .xz, and a .zip that holds one file."""

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
"""Endings of packed files."""
MOST_GROWTH, ALWAYS = 200, 100_000_000
"""A packed file may grow to so many times its size, and to so many bytes in any case."""
_KINDS = {".gz": "gzip", ".bz2": "bzip2", ".xz": "xz", ".zip": "zip"}


def read_bytes(path: Path) -> bytes:
    """Return the whole of a file, unpacked if its name ends in one of `PACKED`."""
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
        ending = path.suffix.lower()
        if ending in PACKED and not (isinstance(error, OSError) and error.errno):
            raise InputError(
                f"{path}: expected a whole {_KINDS[ending]} file, got {str(error) or 'damage'}"
            ) from None
        reason = error.strerror if isinstance(error, OSError) else None
        raise InputError(f"cannot read {path}: {reason or error}") from None


def inner_name(path: Path) -> str:
    """Return the name of a file without the ending of its packing; a .zip's is that of its member.

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
    ending = path.suffix.lower()
    if ending == ".zip":
        with (
            zipfile.ZipFile(BytesIO(content)) as archive,
            archive.open(_member(path, archive)) as stream,
        ):
            return _bounded(path, stream, len(content))
    opened: Any = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}.get(ending)
    if opened is None:
        return content
    with BytesIO(content) as packed, opened(packed) as stream:
        return _bounded(path, stream, len(content))


def _bounded(path: Path, stream: Any, packed: int) -> bytes:
    """Read a stream to its end, unless it is far larger than texts are that pack so small."""
    most = max(MOST_GROWTH * packed, ALWAYS)
    content: bytes = stream.read(most + 1)
    if len(content) > most:
        raise InputError(
            f"{path}: expected at most {most / 1e6:,.0f} MB in {packed / 1e6:,.1f} MB packed, got "
            "more; unpack it yourself if that is meant"
        )
    return content


def _member(path: Path, archive: zipfile.ZipFile) -> str:
    """Return the one file of an archive; what macOS adds does not count."""
    names = [n for n in archive.namelist() if not n.endswith("/") and "__MACOSX" not in n]
    if len(names) != 1:
        raise InputError(
            f"{path}: expected an archive of one file, got {', '.join(names[:5]) or 'none'}; "
            "unpack it and name the file"
        )
    return names[0]
