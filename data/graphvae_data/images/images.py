"""Load images by dataset name or from a user's files.

A dataset of the registry is downloaded on first use, checked against its entry, and split as the
entry says. A folder of images, an .npz or an .npy is split by its names (`train`, `val`, `test`),
or else by hash: a tenth for validation and a tenth for testing.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib import import_module
from os import PathLike
from pathlib import Path

from graphvae_data.core.errors import FetchError, InputError
from graphvae_data.download.cache import cache_home
from graphvae_data.download.fetch import obtain
from graphvae_data.files.archives import unzipped
from graphvae_data.images.arrays import SUFFIXES, read_arrays
from graphvae_data.images.image_data import ImageData, ImagePart, Irregular, RawImages, assemble
from graphvae_data.images.splits import SplitRule, own_rows, split_rows, tenths
from graphvae_data.registry.dataset import ImageDataset, ImageFacts
from graphvae_data.registry.images import IMAGES, image_dataset

__all__ = ["ImageData", "ImagePart", "image_facts", "load_images"]

Reader = Callable[[Mapping[str, Path], bool], RawImages]


def load_images(
    name_or_path: str | PathLike[str],
    *,
    size: tuple[int, int] | None = None,
    irregular: Irregular = "stop",
    seed: int = 0,
    progress: bool = False,
) -> ImageData:
    """Load images of the registry by name, or a user's images by path.

    Args:
        name_or_path: a name of the registry takes precedence over a file of the same name (write
            `./mnist` for the file).
        size: the height and width to which images of a folder are resized.
        irregular: how to handle transparent, 16-bit and unreadable images of a folder (see
            `read_folder`).
        seed: of the split by hash.
        progress: whether to show progress bars on stderr.

    Raises:
        InputError: an unknown name, or unusable files.
        FetchError: a dataset cannot be downloaded, or differs from its registry entry.

    >>> data = load_images("digits")
    >>> data.train.images.shape, data.test.labels.shape
    ((1437, 1, 8, 8), (180,))
    """
    if isinstance(name_or_path, str) and name_or_path in IMAGES:
        _check_no_size(name_or_path, size)
        return _load_named(IMAGES[name_or_path], seed, progress)
    path = Path(name_or_path)
    if not path.exists() and len(path.parts) == 1 and not path.suffix:
        image_dataset(str(name_or_path))  # raises: neither a name nor a path
    return own_images(path.resolve().stem, read_own(path, size, irregular), seed=seed)


def own_images(name: str, raw: RawImages, *, seed: int = 0) -> ImageData:
    """Split a user's images by their parts, or by hash: a tenth each for validation and test.

    Args:
        name: the name of the dataset.
        raw: the images, from `raw_images` or `read_own`.
        seed: of the split.

    Raises:
        InputError: too few images.
    """
    if raw.parts is not None:
        return assemble(name, raw, own_rows(raw.parts, seed))
    count = len(raw.store)
    return assemble(name, raw, split_rows(count, tenths(count), seed))


def image_facts(data: ImageData) -> ImageFacts:
    """Compute the properties of images that the registry records."""
    labels = data.whole.labels
    return ImageFacts(
        train=len(data.train),
        val=len(data.val),
        test=len(data.test),
        shape=data.shape,
        classes=None if labels is None else len(set(labels.tolist())),
        factors=None if data.factors is None else data.factors.sizes,
        fingerprint=data.fingerprint,
    )


def _load_named(dataset: ImageDataset, seed: int, progress: bool) -> ImageData:
    obtained = obtain(dataset, progress=progress)
    raw = _reader(obtained.source.reader)(obtained.files, progress)
    if dataset.class_names is not None:
        raw = replace(raw, class_names=dataset.class_names)
    facts = dataset.facts
    if len(raw.store) != facts.train + facts.val + facts.test:
        raise FetchError(f"{_unexpected(dataset)}: got {len(raw.store):,} images in total")
    rule = SplitRule(facts.val, facts.test, dataset.test_last, dataset.val_last)
    rows = (
        split_rows(len(raw.store), rule, seed) if raw.parts is None else own_rows(raw.parts, seed)
    )
    data = assemble(dataset.name, raw, rows)
    _check_facts(dataset, image_facts(data))
    return data


def read_own(
    path: Path,
    size: tuple[int, int] | None = None,
    irregular: Irregular = "stop",
    *,
    attributes: bool = True,
) -> RawImages:
    """Read a user's images from a folder, a .zip of one, an .npz or an .npy.

    `attributes` tells whether to read the file of attributes of a folder.

    Raises:
        InputError: unusable files, or an option that is for folders only.
    """
    if path.is_dir():
        from graphvae_data.images.attribute_files import read_folder_with_attributes

        return read_folder_with_attributes(path, size, irregular, attributes=attributes)
    if path.suffix.lower() == ".zip" and path.is_file():
        with unzipped(path) as folder:
            return read_own(folder, size, irregular, attributes=attributes)
    _check_no_size(str(path), size)
    if irregular != "stop":
        raise InputError(f"irregular: expected a folder of images, got {path}")
    return read_arrays(_own_file(path))


def _own_file(path: Path) -> Path:
    if not path.exists():
        raise InputError(f"expected a folder or a file {path}, found none; check the path")
    if path.suffix.lower() not in SUFFIXES:
        raise InputError(
            "expected a folder of images, a .zip of one, or a file ending in "
            f"{' or '.join(SUFFIXES)}, got {path}"
        )
    return path


def _check_no_size(name: str, size: tuple[int, int] | None) -> None:
    if size is not None:
        raise InputError(f"expected no size for {name}, got {size}; it is for a folder of images")


def _check_facts(dataset: ImageDataset, facts: ImageFacts) -> None:
    for fact, expected in vars(dataset.facts).items():
        value = getattr(facts, fact)
        if value != expected and not (fact == "fingerprint" and expected is None):
            raise FetchError(
                f"{_unexpected(dataset)}: expected {fact} {expected}, got {value}; "
                f"{_remedy(dataset)}"
            )


def _unexpected(dataset: ImageDataset) -> str:
    return f"dataset {dataset.name} differs from its registry entry"


def _remedy(dataset: ImageDataset) -> str:
    if dataset.built_in:
        return "install the version of scikit-learn tested with this release"
    return f"remove {cache_home()} and try again"


def _reader(path: str) -> Reader:
    module, function = path.split(":")
    reader: Reader = getattr(import_module(module), function)
    return reader
