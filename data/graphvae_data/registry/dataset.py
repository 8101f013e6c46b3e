"""What the registry says of a dataset; light, imports neither torch nor numpy."""

from dataclasses import dataclass, field
from importlib.resources import files as package_files

from graphvae_data.registry.facts import Facts
from graphvae_data.registry.sources import BuiltIn, Source


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

    facts: Facts = field(kw_only=True)
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
