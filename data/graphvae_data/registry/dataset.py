"""What the registry says of a dataset; imports neither torch nor numpy."""

from dataclasses import dataclass, field
from importlib.resources import files as package_files

from graphvae_data.registry.sources import BuiltIn, Source


@dataclass(frozen=True)
class GraphFacts:
    """What a graph must be after loading; None is not checked."""

    nodes: int
    """Number of nodes."""
    edges: int
    """Number of undirected edges, without loops and duplicates."""
    features: int | None = None
    """Features per node; None for a graph without."""
    nonzeros: int | None = None
    """Non-zero feature values over all nodes."""
    classes: int | None = None
    """Number of label values; None for a graph without labels."""
    isolated: int | None = None
    """Nodes that no edge touches."""
    fingerprint: str | None = None
    """`Graph.fingerprint`: node order and edges, exactly."""


@dataclass(frozen=True)
class ImageFacts:
    """What images must be after loading; a fingerprint of None is not checked."""

    train: int
    """Images to train on."""
    val: int
    """Images to validate on."""
    test: int
    """Images to test on."""
    shape: tuple[int, int, int]
    """Channels, height and width of an image."""
    classes: int | None = None
    """Number of label values; None without labels."""
    factors: tuple[int, ...] | None = None
    """How many values each factor takes; None where they are unknown."""
    fingerprint: str | None = None
    """The sha256 of images, labels and factors, as `content_fingerprint` gives it."""


@dataclass(frozen=True)
class Dataset:
    """What is said of any dataset, whatever its kind."""

    name: str
    """The name typed to ask for it."""
    title: str
    """A few words for a listing."""
    description: str
    """A sentence or two: what nodes, edges, features and labels are, or what the pictures show."""
    sources: tuple[Source, ...]
    """Where it comes from, tried in this order."""
    licence: str
    """Under what terms it is spread."""
    citation: str
    """Who to credit, in one line."""

    @property
    def built_in(self) -> bool:
        """Whether it needs no download."""
        return bool(self.sources) and all(isinstance(s, BuiltIn) for s in self.sources)


@dataclass(frozen=True)
class GraphDataset(Dataset):
    """A graph of the registry."""

    facts: GraphFacts = field(kw_only=True)
    """Checked each time the graph is loaded."""
    names_table: str | None = field(kw_only=True, default=None)
    """File of this package with a node name a line, in node order."""
    class_names: tuple[str, ...] | None = field(kw_only=True, default=None)
    """What the labels 0, 1, … stand for, where known."""

    def node_names(self) -> tuple[str, ...] | None:
        """Read the table of node names; None where the nodes are only numbered."""
        if self.names_table is None:
            return None
        table = package_files("graphvae_data").joinpath(self.names_table)
        return tuple(table.read_text(encoding="utf-8").split())


@dataclass(frozen=True)
class ImageDataset(Dataset):
    """A dataset of pictures of the registry."""

    facts: ImageFacts = field(kw_only=True)
    """Checked each time it is loaded; also the sizes of its parts."""
    test_last: bool = field(kw_only=True, default=False)
    """Whether it has a test set of its own, which its reader puts last."""
    val_last: bool = field(kw_only=True, default=False)
    """Whether the last of the other pictures are for validation by custom."""
    class_names: tuple[str, ...] | None = field(kw_only=True, default=None)
    """What the labels 0, 1, … stand for, where the files do not tell."""
