"""The abstraction hierarchy of a concept: all subsets of its given attributes.

The subsets form a lattice, from no given attribute at the top to all of them at the bottom; a
concept lies above its refinements. Source: Vedantam et al. 2017, figure 1; Young et al. 2014.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from jaxtyping import Float
from torch import Tensor

from graphvae_data.core.errors import InputError
from image_vae.imagination.imagine import Concept, columns_of, imagine
from image_vae.results.result import ImageFitResult

MOST = 5
"""Maximum number of attributes of a lattice, which has 2ⁿ nodes."""


@dataclass(frozen=True)
class Node:
    """A concept of the lattice, with images of it."""

    concept: dict[str, str]
    """The given attributes."""
    images: Float[Tensor, "image channel height width"]
    """Expected images, on the CPU."""

    @property
    def title(self) -> str:
        """The given values; `anything` if there are none."""
        return ", ".join(self.concept.values()) or "anything"


def subsets(concept: Concept) -> Iterator[list[dict[str, str]]]:
    """Yield the levels of the lattice: all concepts that give 0, 1, … of the attributes.

    >>> [len(level) for level in subsets({"digit": "3", "scale": "big"})]
    [1, 2, 1]
    """
    for count in range(len(concept) + 1):
        yield [{name: concept[name] for name in chosen} for chosen in combinations(concept, count)]


def lattice(
    result: ImageFitResult, concept: Concept, images: int = 4, *, seed: int | None = None
) -> list[list[Node]]:
    """Return the levels of a concept's lattice, from no given attribute to all.

    Args:
        result: a run of a model that observes attributes.
        concept: the values of some attributes.
        images: number of images per node.
        seed: seed of the samples; by default the run's.

    Raises:
        InputError: no attribute, or more than `MOST`; an unknown attribute or value.
    """
    columns_of(result)
    if not 1 <= len(concept) <= MOST:
        raise InputError(
            f"given: expected 1 to {MOST} attributes for a hierarchy, got {len(concept)}"
        )
    return [
        [Node(each, imagine(result, each, images, seed=seed)) for each in level]
        for level in subsets(concept)
    ]


def above(node: Node, other: Node) -> bool:
    """Return whether a concept lies directly above another, with one more open attribute."""
    return len(node.concept) + 1 == len(other.concept) and (
        node.concept.items() <= other.concept.items()
    )
