"""What is known of a dataset of pictures, to check it against after loading."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ImageFacts:
    """What pictures must turn out to be after loading; a fingerprint of None is not checked."""

    train: int
    """Pictures to train on."""
    val: int
    """Pictures to validate on."""
    test: int
    """Pictures to test on."""
    shape: tuple[int, int, int]
    """Channels, height and width of a picture."""
    classes: int | None = None
    """Number of label values; None without labels."""
    factors: tuple[int, ...] | None = None
    """How many values each factor takes; None where nobody knows them."""
    fingerprint: str | None = None
    """The sha256 of pictures, labels and factors, as `content_fingerprint` gives it."""
