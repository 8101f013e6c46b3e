"""Entries of the registry; imports neither torch nor numpy."""

from dataclasses import dataclass, field

from graphvae_data.registry.sources import BuiltIn, Source


@dataclass(frozen=True)
class GraphFacts:
    """Expected properties of a graph, checked after loading; None is not checked."""

    nodes: int
    """Number of nodes."""
    edges: int
    """Number of undirected edges, without self-loops and duplicates."""
    features: int | None = None
    """Features per node; None without features."""
    nonzeros: int | None = None
    """Non-zero feature values over all nodes."""
    classes: int | None = None
    """Number of classes; None without labels."""
    isolated: int | None = None
    """Number of isolated nodes."""
    fingerprint: str | None = None
    """`Graph.fingerprint`, of node order and edges."""


@dataclass(frozen=True)
class ImageFacts:
    """Expected properties of images, checked after loading, except a fingerprint of None."""

    train: int
    """Number of training images."""
    val: int
    """Number of validation images."""
    test: int
    """Number of test images."""
    shape: tuple[int, int, int]
    """Channels, height and width of an image."""
    classes: int | None = None
    """Number of classes; None without labels."""
    factors: tuple[int, ...] | None = None
    """Number of values of each factor; None if unknown."""
    fingerprint: str | None = None
    """SHA-256 of images, labels and factors, by `content_fingerprint`."""


@dataclass(frozen=True)
class Dataset:
    """Metadata of a dataset of any kind."""

    name: str
    """Its name in commands and functions."""
    title: str
    """A short title for listings."""
    description: str
    """One or two sentences on its nodes, edges, features and labels, or on its images."""
    sources: tuple[Source, ...]
    """Its sources, tried in this order."""
    licence: str
    """Its licence, and that of the source."""
    citation: str
    """The publication to cite, in one line."""

    @property
    def built_in(self) -> bool:
        """Whether it needs no download."""
        return bool(self.sources) and all(isinstance(s, BuiltIn) for s in self.sources)


@dataclass(frozen=True)
class GraphDataset(Dataset):
    """A graph of the registry."""

    facts: GraphFacts = field(kw_only=True)
    """Expected properties, checked at each loading."""
    names_table: str | None = field(kw_only=True, default=None)
    """A file of this package with one node name per line, in node order."""
    class_names: tuple[str, ...] | None = field(kw_only=True, default=None)
    """Names of the classes 0, 1, …, if known."""

    def node_names(self) -> tuple[str, ...] | None:
        """Read the table of node names; None if nodes are only numbered."""
        if self.names_table is None:
            return None
        from importlib.resources import files  # a tenth of the time of `--help`

        table = files("graphvae_data").joinpath(self.names_table)
        return tuple(table.read_text(encoding="utf-8").split())


@dataclass(frozen=True)
class ImageDataset(Dataset):
    """An image dataset of the registry."""

    facts: ImageFacts = field(kw_only=True)
    """Expected properties, checked at each loading; these include the sizes of the split."""
    test_last: bool = field(kw_only=True, default=False)
    """Whether it has an official test set, which its reader puts last."""
    val_last: bool = field(kw_only=True, default=False)
    """Whether the last training images are conventionally used for validation."""
    class_names: tuple[str, ...] | None = field(kw_only=True, default=None)
    """Names of the classes 0, 1, …, if the files lack them."""
