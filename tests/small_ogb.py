"""Small datasets in the folder layout of OGB."""

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import torch

from graphvae_data.registry.ogb import OGB, OgbFacts

NODES, TRAIN, HELD, NEGATIVES = 20, 30, 6, 8


def csv(path: Path, rows: np.ndarray) -> None:
    lines = [",".join(map(str, row)) for row in np.atleast_2d(rows).tolist()]
    path.write_bytes(gzip.compress(("\n".join(lines) + "\n").encode()))


class Small:
    """Writes a small dataset in OGB's layout and keeps its arrays for comparison."""

    def __init__(self, root: Path, name: str, negatives: int = NEGATIVES) -> None:
        self.entry = OGB[name]
        self.shared_negatives = negatives
        self.folder = root / self.entry.folder
        chance = np.random.default_rng(5)
        pairs = np.array([(u, v) for u in range(NODES) for v in range(u)])
        self.edges = chance.permutation(pairs)[: TRAIN + 2 * HELD]
        self.features = chance.random((NODES, 3)).round(3)
        self.years = chance.integers(2000, 2020, len(self.edges))
        self.weights = chance.integers(1, 4, len(self.edges))
        for part in ("raw", "mapping", f"split/{self.entry.split}"):
            (self.folder / part).mkdir(parents=True)
        (self.folder / "RELEASE_v1.txt").write_text("released")
        self._write_raw(self.folder / "raw")
        self._write_split(self.folder / "split" / self.entry.split, chance)
        rows = "".join(f"{node},P{node * 7}\n" for node in range(NODES))
        table = self.folder / "mapping" / "nodeidx2thing.csv.gz"
        table.write_bytes(gzip.compress(f"node idx,thing id\n{rows}".encode()))

    @property
    def facts(self) -> OgbFacts:
        negatives = self.entry.negatives_per_positive or self.shared_negatives
        return OgbFacts(NODES, TRAIN, HELD, HELD, negatives, negatives)

    def _write_raw(self, raw: Path) -> None:
        csv(raw / "edge.csv.gz", self.edges[:TRAIN])
        csv(raw / "num-node-list.csv.gz", np.array([[NODES]]))
        csv(raw / "num-edge-list.csv.gz", np.array([[TRAIN]]))
        if self.entry.name != "ogbl-ddi":
            csv(raw / "node-feat.csv.gz", self.features)
        if self.entry.name == "ogbl-collab":
            csv(raw / "edge_weight.csv.gz", self.weights[:TRAIN, None])
            csv(raw / "edge_year.csv.gz", self.years[:TRAIN, None])
        if self.entry.name == "ogbl-citation2":
            csv(raw / "node_year.csv.gz", self.years[:NODES, None])

    def _write_split(self, split: Path, chance: np.random.Generator) -> None:
        bounds = {"train": (0, TRAIN), "valid": (TRAIN, TRAIN + HELD), "test": (TRAIN + HELD, None)}
        self.negatives: dict[str, np.ndarray] = {}
        for part, (first, last) in bounds.items():
            held: dict[str, Any] = {"edge": self.edges[first:last]}
            if self.entry.name == "ogbl-collab":
                held |= {"weight": self.weights[first:last], "year": self.years[first:last]}
            if self.entry.name == "ogbl-citation2":
                held = dict(zip(("source_node", "target_node"), held["edge"].T, strict=True))
            if part != "train":
                self.negatives[part] = self._negatives(held, chance)
            legacy = self.entry.name != "ogbl-ppa"
            torch.save(
                held,
                split / f"{part}.pt",
                pickle_protocol=2 if legacy else 4,
                _use_new_zipfile_serialization=not legacy,
            )

    def _negatives(self, held: dict[str, Any], chance: np.random.Generator) -> np.ndarray:
        count = self.entry.negatives_per_positive
        if count:
            held["target_node_neg"] = chance.integers(0, NODES, (HELD, count))
            return held["target_node_neg"]
        held["edge_neg"] = chance.integers(0, NODES, (self.shared_negatives, 2))
        return held["edge_neg"]
