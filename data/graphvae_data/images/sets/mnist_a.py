"""MNIST with attributes: digits that are scaled, turned and put in a corner (Vedantam et al. 2017).

Each MNIST digit is drawn several times. An attribute is drawn uniformly; then, on a canvas of side
S = 64: the scale is N(0.9, 0.1) for big and N(0.6, 0.1) for small, within [0.4, 1]; the angle is
N(∓45°, 10°) or 0, within ±90°; each coordinate of the centre is 12 or 52 pixels plus N(0, 4), such
that the digit lies on the canvas. The digit is turned (bicubic, on an expanded canvas), shrunk
(bicubic), pasted, and made black and white once, each pixel with its grey value as probability.
Source: "Generative Models of Visually Grounded Imagination", appendix A.

On the small canvas of side 32 digits of half the size could not be told apart: there they are
shrunk by 0.7 instead, distances in proportion to the canvas, and made black and white by a cut.

Turning and shrinking is Pillow's, so that another version may give other pixels: the version is
part of the file's name, and its digest is checked for the version that it is known of.
"""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import PIL
from jaxtyping import Bool, Int, UInt8
from PIL import Image
from scipy.special import ndtr, ndtri

from graphvae_data.download.cache import derived_file
from graphvae_data.files.files import sha256_of
from graphvae_data.images.attributes import AttributeTable
from graphvae_data.images.image_data import RawImages
from graphvae_data.images.image_store import PackedStore
from graphvae_data.images.sets.raw_files import read_mnist
from graphvae_data.registry.digests import MNIST_A_BITS, MNIST_A_PILLOW
from graphvae_data.registry.sources import File

NAMES = ("digit", "scale", "orientation", "location")
"""The attributes."""
VALUES = (
    tuple(map(str, range(10))),
    ("big", "small"),
    ("clockwise", "upright", "counter-clockwise"),
    ("top-left", "top-right", "bottom-left", "bottom-right"),
)
"""The values of each attribute: 240 combinations."""
CUT = 0.35
"""The grey value from which a pixel of the small canvas is white; at 0.5 thin strokes vanish."""
_SIDE, _HEADER, _TOGETHER = 64, 128, 2_000
_TABLE, _PICTURE, _SPLIT = 0, 1, 2
"""Names of the random streams: attributes, pictures, splits."""


@dataclass(frozen=True)
class Canvas:
    """A form of the dataset."""

    name: str
    """Its name in the registry."""
    side: int
    """Height and width of a picture, in pixels."""
    replicas: int
    """How many times each digit is drawn."""
    unit: float = 1.0
    """The size of a digit of scale 1, in sizes of MNIST's."""
    drawn: bool = True
    """Whether black and white is drawn with the grey value as probability; else cut at `CUT`."""


FULL = Canvas("mnist-a", 64, 10)
SMALL = Canvas("mnist-a-small", 32, 3, unit=0.7, drawn=False)


def read_full(files: Mapping[str, Path], progress: bool) -> RawImages:
    """Return 700,000 pictures of 64×64, split at random within each replica."""
    return _read(FULL, files, progress)


def read_small(files: Mapping[str, Path], progress: bool) -> RawImages:
    """Return 210,000 pictures of 32×32, split at random within each replica."""
    return _read(SMALL, files, progress)


def read_full_unseen(files: Mapping[str, Path], progress: bool) -> RawImages:
    """Return the pictures of `read_full`, split by their combination of attributes."""
    return _split_by_combination(read_full(files, progress))


def read_small_unseen(files: Mapping[str, Path], progress: bool) -> RawImages:
    """Return the pictures of `read_small`, split by their combination of attributes."""
    return _split_by_combination(read_small(files, progress))


def _read(canvas: Canvas, files: Mapping[str, Path], progress: bool) -> RawImages:
    mnist = read_mnist(files, progress)
    assert mnist.labels is not None
    digits = mnist.store.take(np.arange(len(mnist.store)))[:, 0]
    table = attribute_table(np.tile(mnist.labels, canvas.replicas))
    path = _bits(canvas, digits, table, progress)
    known = _known(canvas)
    bits = np.load(path, mmap_mode="r", allow_pickle=False)
    store = PackedStore(bits, (1, canvas.side, canvas.side), known or sha256_of(path) or "")
    note = (
        f"{canvas.name}: each MNIST digit is drawn {canvas.replicas} times, so that replicas of a "
        "test digit are among the training images, as in the paper; made with Pillow "
        f"{PIL.__version__}, sha256 {store.sha256[:12]}"
        + ("" if known else f" (the pixels known to this release are of Pillow {MNIST_A_PILLOW})")
    )
    parts = split_within_replicas(len(digits), canvas.replicas)
    return RawImages(store, table.of_row[:, 0], parts=parts, notes=(note,), attributes=table)


def attribute_table(digits: Int[np.ndarray, " row"]) -> AttributeTable:
    """Draw the attributes of pictures of these digits."""
    random = np.random.default_rng([_TABLE, len(digits)])
    drawn = [random.integers(len(values), size=len(digits)) for values in VALUES[1:]]
    return AttributeTable(NAMES, VALUES, np.stack([digits, *drawn], axis=1).astype(np.int64))


def split_within_replicas(count: int, replicas: int) -> Int[np.ndarray, " row"]:
    """Return the part of each picture: of each replica 85 % train, 5 % validate, 10 % test."""
    random = np.random.default_rng([_SPLIT, count, replicas])
    train, val = round(0.85 * count), round(0.05 * count)
    parts = np.repeat([0, 1, 2], [train, val, count - train - val])
    return np.concatenate([random.permutation(parts) for _ in range(replicas)])


def _split_by_combination(raw: RawImages) -> RawImages:
    """Split by the 240 combinations of attributes: 204 train, 12 validate, 24 test."""
    assert raw.attributes is not None
    sizes = [len(values) for values in VALUES]
    combination = np.ravel_multi_index(raw.attributes.of_row.T, sizes)
    parts = np.random.default_rng([_SPLIT]).permutation(np.repeat([0, 1, 2], [204, 12, 24]))
    return replace(raw, parts=parts[combination])


def _known(canvas: Canvas) -> str | None:
    """Return the digest of the pictures, if it is known for this version of Pillow."""
    known = MNIST_A_BITS[canvas.name] if PIL.__version__ == MNIST_A_PILLOW else None
    return known or None


def _bits(
    canvas: Canvas, digits: UInt8[np.ndarray, "digit 28 28"], table: AttributeTable, progress: bool
) -> Path:
    """Return the file of the pictures, eight pixels a byte, which is made on first use."""
    count, width = len(table.of_row), canvas.side**2 // 8

    def make(target: Path) -> None:
        from tqdm import tqdm

        silent = None if progress else True  # None: silent where stderr is no terminal
        with (
            target.open("wb") as out,
            tqdm(
                total=count,
                desc=f"{canvas.name}, drawing once",
                unit="picture",
                file=sys.stderr,
                disable=silent,
            ) as bar,
        ):
            header = {"descr": "|u1", "fortran_order": False, "shape": (count, width)}
            np.lib.format.write_array_header_1_0(out, header)
            for piece in draw_all(digits, table.of_row, canvas):
                out.write(np.packbits(piece.reshape(len(piece), -1), axis=1).tobytes())
                bar.update(len(piece))

    file = File(f"{canvas.name}-pillow-{PIL.__version__}.npy", _known(canvas))
    return derived_file("mnist-a", file, _HEADER + count * width, "MNIST", make)


def draw_all(
    digits: UInt8[np.ndarray, "digit 28 28"],
    attributes: Int[np.ndarray, "row 4"],
    canvas: Canvas,
) -> Iterator[Bool[np.ndarray, "some side side"]]:
    """Yield the pictures in pieces; row r shows digit r modulo the number of digits."""
    for start in range(0, len(attributes), _TOGETHER):
        random = np.random.default_rng([_PICTURE, canvas.side, start])
        rows = range(start, min(start + _TOGETHER, len(attributes)))
        yield np.stack([draw(digits[r % len(digits)], attributes[r], canvas, random) for r in rows])


def draw(
    digit: UInt8[np.ndarray, "28 28"],
    attributes: Int[np.ndarray, " 4"],
    canvas: Canvas,
    random: np.random.Generator,
) -> Bool[np.ndarray, "side side"]:
    """Draw one picture of a digit, black and white.

    Args:
        digit: the digit, in grey.
        attributes: the indices of its values, in the order of `NAMES`; its own digit is ignored.
        canvas: the form of the dataset.
        random: draws scale, angle, place and pixels.
    """
    _, scale, orientation, location = attributes.tolist()
    side = canvas.side
    size = _redrawn(random, (0.9, 0.6)[scale], 0.1, 0.4, 1.0) * canvas.unit
    mean = (-45.0, 0.0, 45.0)[orientation]
    angle = _redrawn(random, mean, 10.0, -90.0, 90.0) if mean else 0.0
    turned = Image.fromarray(digit).rotate(angle, Image.Resampling.BICUBIC, expand=True)
    width, height = (max(1, int(length * size)) for length in turned.size)
    small = np.asarray(turned.resize((width, height), Image.Resampling.BICUBIC))
    left = _start(random, location % 2, width, side)
    top = _start(random, location // 2, height, side)
    grey = np.zeros((side, side), np.float64)
    grey[top : top + height, left : left + width] = small / 255.0
    return random.random((side, side)) < grey if canvas.drawn else grey >= CUT


def _redrawn(
    random: np.random.Generator, mean: float, deviation: float, low: float, high: float
) -> float:
    """Draw from a normal distribution until the number lies within the limits."""
    while not low <= (number := random.normal(mean, deviation)) <= high:
        pass
    return float(number)


def _start(random: np.random.Generator, far: int, length: int, side: int) -> int:
    """Draw where a digit begins, from the centre's normal distribution truncated to the canvas."""
    mean, deviation = ((52.0 if far else 12.0) * side / _SIDE, 4.0 * side / _SIDE)
    first = length // 2 + 1
    low, high = (ndtr((edge - mean) / deviation) for edge in (first, side - length + first + 1))
    drawn = mean + deviation * float(ndtri(low + (high - low) * random.random()))
    return int(np.clip(int(drawn) - first, 0, side - length))
