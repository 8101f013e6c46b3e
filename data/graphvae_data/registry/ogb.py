"""OGB's link-prediction datasets: what they measure and how large they must be; light to import."""

from dataclasses import dataclass, field

from graphvae_data.core.errors import InputError, nearest
from graphvae_data.registry import citations
from graphvae_data.registry.dataset import Dataset

VERSION_FILE = "RELEASE_v1.txt"
"""The file by which `ogb` knows that a folder holds the current version."""


@dataclass(frozen=True)
class OgbFacts:
    """Sizes that a dataset must turn out to have."""

    nodes: int
    """Number of nodes."""
    train: int
    """Training edges."""
    val: int
    """Validation edges."""
    test: int
    """Test edges."""
    val_negatives: int
    """Validation negatives: in all, or for each edge where `negatives_per_positive` is not 0."""
    test_negatives: int
    """Test negatives, counted alike."""


@dataclass(frozen=True)
class OgbDataset(Dataset):
    """One of OGB's datasets, with its official split and metric."""

    metric: str = field(kw_only=True)
    """What its leaderboard reports."""
    split: str = field(kw_only=True)
    """OGB's name of the split: `target`, `time` or `throughput`."""
    facts: OgbFacts = field(kw_only=True)
    """Checked each time it is loaded."""
    url: str = field(kw_only=True)
    """Where its archive is."""
    archive_sha256: str | None = field(kw_only=True, default=None)
    """The digest of its archive, where it is known; a download is checked against it."""
    directed: bool = field(kw_only=True, default=False)
    """Whether edges have a direction."""
    negatives_per_positive: int = field(kw_only=True, default=0)
    """Negatives of each positive edge; 0 where all edges share one set."""

    @property
    def folder(self) -> str:
        """The name of its folder, as `ogb` has it."""
        return self.name.replace("-", "_")


_URL = "http://snap.stanford.edu/ogb/data/linkproppred"

_ENTRIES = (
    OgbDataset(
        name="ogbl-ddi",
        title="Drugs that interact",
        description="Drugs joined when taking both has an effect that neither has alone; no "
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
        title="Authors who work together",
        description="Authors joined by papers, with year and count; 128 averaged word vectors. "
        "Split by year. Repeated edges of the training graph are merged: weights add up, the "
        "earliest year stays.",
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
        title="Proteins that belong together",
        description="Proteins of 58 species joined by associations; the species as features. "
        "Split by the kind of experiment.",
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
        title="Papers that cite",
        description="Papers, each edge from one that cites to one cited; 128 averaged word "
        "vectors. Split by year; every edge is ranked among 1,000 of its own negatives.",
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
"""Every OGB dataset by name."""


def ogb_dataset(name: str) -> OgbDataset:
    """Look up a dataset; an unknown name is an `InputError` that offers the nearest one."""
    if name in OGB:
        return OGB[name]
    raise InputError(
        f"unknown OGB dataset {name!r}{nearest(name, OGB)}; expected one of {', '.join(OGB)}"
    )
