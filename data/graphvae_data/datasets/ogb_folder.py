"""Find the folder of an OGB dataset, or download it.

The folder `ogbl_ddi` is searched in `root` if given, else in `GRAPHVAE_OGB`, `GRAPHVAE_MIRROR` and
the cache's `ogb`. It is never written to. A download goes to a temporary folder, which is renamed
once complete.
"""

import os
import shutil
import tempfile
import zipfile
from pathlib import Path

from graphvae_data.core.errors import FetchError
from graphvae_data.download.cache import cache_home, mirror_home
from graphvae_data.files.files import sha256_of
from graphvae_data.files.textfiles import one_line
from graphvae_data.registry.ogb import VERSION_FILE, OgbDataset

MAX_RATIO, MAX_FILES = 200, 1_000
"""Limits of an archive: the ratio of decompression, and the number of files."""


def ogb_folder(dataset: OgbDataset, root: Path | None, *, progress: bool) -> Path:
    """Return the complete folder of the dataset; `FetchError` if it cannot be downloaded."""
    roots = [root] if root is not None else _roots()
    for parent in roots:
        folder = parent / dataset.folder
        if folder.is_dir():
            _check_complete(folder, dataset)
            return folder
    return _download(dataset, roots[-1] / dataset.folder, progress=progress)


def _roots() -> list[Path]:
    path = os.environ.get("GRAPHVAE_OGB")
    first = [Path(path).expanduser()] if path else []
    mirror = mirror_home()
    return [*first, *([mirror] if mirror else []), cache_home() / "ogb"]


def _check_complete(folder: Path, dataset: OgbDataset) -> None:
    """Raise an error for a missing file, as `ogb` would prompt or download."""
    parts = [f"split/{dataset.split}/{part}.pt" for part in ("train", "valid", "test")]
    for part in (VERSION_FILE, "raw/edge.csv.gz", *parts):
        if not (folder / part).is_file():
            raise FetchError(
                f"{dataset.name}: expected {folder / part}, found none; restore OGB's complete "
                f"folder, or remove {folder} to download it again"
            )


def _download(dataset: OgbDataset, folder: Path, *, progress: bool) -> Path:
    import pooch

    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".ogb-", dir=folder.parent) as name:
            archive = Path(name) / "archive.zip"
            download = pooch.HTTPDownloader(progressbar=progress, timeout=30)
            download(dataset.url, str(archive), None)
            if dataset.archive_sha256 not in (None, sha256_of(archive)):
                raise FetchError(
                    f"{dataset.url}: expected sha256 {dataset.archive_sha256}, got "
                    f"{sha256_of(archive)}; try again later"
                )
            _unpack(archive, Path(name) / "unpacked", folder, dataset)
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        if isinstance(error, FetchError):
            raise
        raise FetchError(
            f"{dataset.name} is not in {folder} and could not be downloaded from {dataset.url} "
            f"({one_line(type(error).__name__)}); connect to the network once, copy OGB's folder "
            f"there (raw, split, {VERSION_FILE}), or set GRAPHVAE_OGB to the folder that contains "
            f"{dataset.folder}"
        ) from None
    return folder


def _unpack(archive: Path, target: Path, folder: Path, dataset: OgbDataset) -> None:
    with zipfile.ZipFile(archive) as packed:
        unpacked = sum(member.file_size for member in packed.infolist())
        limit = MAX_RATIO * archive.stat().st_size
        if unpacked > limit or len(packed.infolist()) > MAX_FILES:
            raise FetchError(
                f"{dataset.url}: expected at most {MAX_FILES} files of {limit:,} bytes, got "
                f"{len(packed.infolist())} of {unpacked:,}"
            )
        packed.extractall(target)
    tops = [top for top in target.iterdir() if top.is_dir()]
    if len(tops) != 1:
        raise FetchError(f"{dataset.url}: expected an archive of one folder, got {len(tops)}")
    _check_complete(tops[0], dataset)
    shutil.move(tops[0], folder)
