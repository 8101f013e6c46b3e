"""Published tables as data: the figures of a paper, and the runs that reproduce them. Light."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphvae_data.core.errors import InputError

Figure = Mapping[str, float]
"""One published result: measure → value."""


@dataclass(frozen=True)
class Row:
    """One model of a table on one dataset, and what is published of it."""

    name: str
    """Its name in the table, and that of its folder."""
    dataset: str
    """The name of the data."""
    model: str
    """The name of a preset."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Settings other than the preset's, as keywords of `fit`."""
    figures: tuple[Figure | None, ...] = (None,)
    """One for each of the table's columns; None if nothing comparable is known."""
    quick: bool = False
    """Whether the quick form of the table has it by default, if the form has some rows only."""
    baseline: str | None = None
    """A baseline that is measured instead of the model, without training."""

    @property
    def published(self) -> Figure:
        """The figures of the first column; empty if there are none."""
        return self.figures[0] or {}

    @property
    def features(self) -> bool:
        """Whether the encoder of a graph has node features."""
        return bool(self.settings.get("features", True))


@dataclass(frozen=True)
class PublishedTable:
    """A table to reproduce."""

    name: str
    """The name of its command."""
    title: str
    """Its title."""
    measures: tuple[str, ...]
    """What is measured: names of test scores in `metrics.json`, or one kind of evaluation."""
    rows: tuple[Row, ...]
    """Its rows."""
    protocol: str
    """The protocol of the full form, and how it differs from the paper."""
    quick: Mapping[str, Any] = field(default_factory=dict)
    """Settings of a quick form, for a CPU in minutes; empty if there is none."""
    note: str = ""
    """Where the figures are from, and a caveat for comparisons."""
    columns: tuple[str, ...] = ("published",)
    """What each of a row's figures is."""
    datasets: tuple[str, ...] = ()
    """The default datasets."""
    quick_datasets: Mapping[str, str] = field(default_factory=dict)
    """Datasets that the quick form takes instead of others."""
    seeds: int = 1
    """Default number of runs per row, with consecutive seeds; the table has their mean."""
    quick_seeds: int | None = None
    """The same in the quick form; by default that of the full form."""
    over: str = "seeds"
    """What the runs of a row differ in."""
    tolerance: float | None = None
    """How near to one of its figures a mean must be, unless it is above them all; None: it must
    reach every one of them."""
    verdicts: tuple[str, str] = ("inside", "outside")
    """The words for a row that meets its figures, and for one that does not."""

    @property
    def measure(self) -> str:
        """The first measure."""
        return self.measures[0]

    @property
    def row_names(self) -> tuple[str, ...]:
        """The names of all rows."""
        return tuple(row.name for row in self.rows)

    @property
    def known_datasets(self) -> tuple[str, ...]:
        """Every dataset that a row has."""
        return tuple(dict.fromkeys(row.dataset for row in self.rows))

    @property
    def models(self) -> tuple[str, ...]:
        """Every model that a row has."""
        return tuple(dict.fromkeys(row.model for row in self.rows))

    def runs(self, *, quick: bool) -> int:
        """Return the default number of runs per row."""
        return self.quick_seeds if quick and self.quick_seeds is not None else self.seeds

    def select(self, datasets: Iterable[str], models: Iterable[str]) -> tuple[Row, ...]:
        """Return the rows of these datasets and models; `InputError` if there are none."""
        datasets, models = tuple(datasets), tuple(models)
        wanted = tuple(r for r in self.rows if r.dataset in datasets and r.model in models)
        if not wanted:
            raise InputError(
                f"{self.name}: no cell for datasets {list(datasets)}, models {list(models)}"
            )
        return wanted

    def meets(self, means: Figure, figures: Sequence[Figure | None]) -> bool | None:
        """Return whether the mean of every measure meets the figures; None if there are none.

        >>> table = PublishedTable("t", "A table", ("auc",), (), "none", tolerance=0.015)
        >>> table.meets({"auc": 0.90}, [{"auc": 0.91}]), table.meets({"auc": 0.89}, [{"auc": 0.91}])
        (True, False)
        """
        known = [figure for figure in figures if figure is not None]
        if not known:
            return None
        return all(
            self._near(means[name], [figure[name] for figure in known if name in figure])
            for name in self.measures
        )

    def _near(self, mean: float, values: Sequence[float]) -> bool:
        if mean >= max(values, default=mean):
            return True
        limit = -1.0 if self.tolerance is None else self.tolerance
        return any(abs(mean - value) <= limit for value in values)
