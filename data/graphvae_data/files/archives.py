"""Archives of many files: a .zip, unpacked for as long as it is read."""

import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from graphvae_data.core.errors import InputError
from graphvae_data.files.files import require_regular
from graphvae_data.files.packed import MAX_RATIO, MIN_LIMIT


@contextmanager
def unzipped(path: Path) -> Iterator[Path]:
    """Give the folder of the files of a .zip within the block; errors name the .zip.

    If all files lie in one folder of the archive, it is that folder.

    Raises:
        InputError: no whole .zip, or one that expands to an excessive size.
    """
    with tempfile.TemporaryDirectory(prefix="graphvae-") as name:
        folder = Path(name).resolve()
        _unpack(path, folder)
        inside = [each for each in folder.iterdir() if each.name != "__MACOSX"]
        top = inside[0] if len(inside) == 1 and inside[0].is_dir() else folder
        try:
            yield top
        except InputError as error:
            raise InputError(str(error).replace(str(top), str(path))) from None


def _unpack(path: Path, folder: Path) -> None:
    try:
        require_regular(path)
        with zipfile.ZipFile(path) as archive:
            size = sum(member.file_size for member in archive.infolist())
            if size > max(MIN_LIMIT, MAX_RATIO * path.stat().st_size):
                raise InputError(f"{path}: would grow to {size:,} bytes; unpack it yourself")
            archive.extractall(folder)
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError) as error:
        raise InputError(f"{path}: expected a whole zip file, got {error}") from None
