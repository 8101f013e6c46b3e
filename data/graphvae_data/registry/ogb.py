"""OGB's link-prediction datasets: metrics and expected sizes; light to import."""

from dataclasses import dataclass, field

from graphvae_data.core.errors import InputError, nearest
from graphvae_data.registry import citations
from graphvae_data.registry.dataset import Dataset

VERSION_FILE = "RELEASE_v1.txt"
"""The file that marks a folder as the current version for `ogb`."""


@dataclass(frozen=True)
class OgbFacts:
    """Expected sizes of a dataset."""

    nodes: int
    """Number of nodes."""
    train: int
    """Training edges."""
    val: int
    """Validation edges."""
    test: int
    """Test edges."""
    val_negatives: int
    """Validation negatives: in total, or per edge if `negatives_per_positive` is not 0."""
    test_negatives: int
    """Test negatives, likewise."""


@dataclass(frozen=True)
class OgbDataset(Dataset):
    """One of OGB's datasets, with its official split and metric."""

    metric: str = field(kw_only=True)
    """The metric of its leaderboard."""
    split: str = field(kw_only=True)
    """OGB's name of the split: `target`, `time` or `throughput`."""
    facts: OgbFacts = field(kw_only=True)
    """Expected sizes, checked at each loading."""
    url: str = field(kw_only=True)
    """URL of its archive."""
    archive_sha256: str | None = field(kw_only=True, default=None)
    """Digest of its archive, checked after download; None if unknown."""
    directed: bool = field(kw_only=True, default=False)
    """Whether edges have a direction."""
    negatives_per_positive: int = field(kw_only=True, default=0)
    """Negatives per positive edge; 0 if all edges share one set."""

    @property
    def folder(self) -> str:
        """Name of its folder, as in `ogb`."""
        return self.name.replace("-", "_")


_URL = "http://snap.stanford.edu/ogb/data/linkproppred"

_ENTRIES = (
    OgbDataset(
        name="ogbl-ddi",
        title="Drug interactions",
        description="Drugs joined if their joint effect differs from that of independent drugs; no "
        "features. Nodes are named by their DrugBank id. Split by the protein a drug targets.",
        sources=(),
        licence="CC0-1.0",
        citation=citations.OGB,
        metric="hits@20",
        split="target",
        facts=OgbFacts(4267, 1_067_911, 133_489, 133_489, 101_882, 95_599),
        url=f"{_URL}/ddi.zip",
    ),
    OgbDataset(
        name="ogbl-collab",
        title="Collaboration network",
        description="Authors joined by joint papers, with year and count; features are averaged "
        "word embeddings (128). Split by year. Repeated edges of the training graph are merged: "
        "weights are summed, the earliest year is kept.",
        sources=(),
        licence="ODC-BY",
        citation=citations.OGB,
        metric="hits@50",
        split="time",
        facts=OgbFacts(235_868, 1_179_052, 60_084, 46_329, 100_000, 100_000),
        url=f"{_URL}/collab.zip",
    ),
    OgbDataset(
        name="ogbl-ppa",
        title="Protein associations",
        description="Proteins of 58 species joined by biological associations; features are the "
        "one-hot species. Split by the throughput of the experiment.",
        sources=(),
        licence="CC0-1.0",
        citation=citations.OGB,
        metric="hits@100",
        split="throughput",
        facts=OgbFacts(576_289, 21_231_931, 6_062_562, 3_031_780, 3_000_000, 3_000_000),
        url=f"{_URL}/ppassoc.zip",
    ),
    OgbDataset(
        name="ogbl-citation2",
        title="Citation network",
        description="Papers, with edges from citing to cited ones; features are averaged word "
        "embeddings (128). Split by year; each edge is ranked among 1,000 negatives of its own.",
        sources=(),
        licence="ODC-BY",
        citation=citations.OGB,
        metric="mrr",
        split="time",
        facts=OgbFacts(2_927_963, 30_387_995, 86_596, 86_596, 1000, 1000),
        url=f"{_URL}/citation-v2.zip",
        directed=True,
        negatives_per_positive=1000,
    ),
)

OGB: dict[str, OgbDataset] = {entry.name: entry for entry in _ENTRIES}
"""The OGB datasets by name."""


def ogb_dataset(name: str) -> OgbDataset:
    """Return the entry of a dataset; `InputError` with a suggestion for an unknown name."""
    if name in OGB:
        return OGB[name]
    raise InputError(
        f"unknown OGB dataset {name!r}{nearest(name, OGB)}; expected one of {', '.join(OGB)}"
    )
