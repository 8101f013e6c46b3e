"""Where an OGB dataset's folder lies, and fetching it whole where it does not.

Looked for as `<root>/ogbl_ddi` under `root`, or else under `GRAPHVAE_OGB`, `GRAPHVAE_MIRROR` and
the cache's `ogb`. It is only read. A download goes to a temporary folder and is renamed when whole.
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

MOST_GROWTH, MOST_MEMBERS = 200, 1_000
"""An archive may hold so many times its size, in so many files."""


def ogb_folder(dataset: OgbDataset, root: Path | None, *, progress: bool) -> Path:
    """Return the complete folder of the dataset; `FetchError` if it cannot be downloaded."""
    places = [root] if root is not None else _places()
    for place in places:
        folder = place / dataset.folder
        if folder.is_dir():
            _check_complete(folder, dataset)
            return folder
    return _download(dataset, places[-1] / dataset.folder, progress=progress)


def _places() -> list[Path]:
    chosen = os.environ.get("GRAPHVAE_OGB")
    asked = [Path(chosen).expanduser()] if chosen else []
    mirror = mirror_home()
    return [*asked, *([mirror] if mirror else []), cache_home() / "ogb"]


def _check_complete(folder: Path, dataset: OgbDataset) -> None:
    """`ogb` would ask on the terminal, or download, where one of these is missing."""
    parts = [f"split/{dataset.split}/{part}.pt" for part in ("train", "valid", "test")]
    for part in (VERSION_FILE, "raw/edge.csv.gz", *parts):
        if not (folder / part).is_file():
            raise FetchError(
                f"{dataset.name}: expected {folder / part}, found none; restore OGB's folder "
                f"whole, or remove {folder} to fetch it again"
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
            f"{dataset.name} is not in {folder} and could not be fetched from {dataset.url} "
            f"({one_line(type(error).__name__)}); connect to the network once, or put OGB's folder "
            f"there (raw, split, {VERSION_FILE}), or set GRAPHVAE_OGB to the folder that holds "
            f"{dataset.folder}"
        ) from None
    return folder


def _unpack(archive: Path, target: Path, folder: Path, dataset: OgbDataset) -> None:
    with zipfile.ZipFile(archive) as packed:
        unpacked = sum(member.file_size for member in packed.infolist())
        most = MOST_GROWTH * archive.stat().st_size
        if unpacked > most or len(packed.infolist()) > MOST_MEMBERS:
            raise FetchError(
                f"{dataset.url}: expected at most {MOST_MEMBERS} files of {most:,} bytes, got "
                f"{len(packed.infolist())} of {unpacked:,}"
            )
        packed.extractall(target)
    tops = [top for top in target.iterdir() if top.is_dir()]
    if len(tops) != 1:
        raise FetchError(f"{dataset.url}: expected an archive of one folder, got {len(tops)}")
    _check_complete(tops[0], dataset)
    shutil.move(tops[0], folder)
