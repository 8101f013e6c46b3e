"""Published tables: the figures of a paper, and the runs that reproduce them. Light to import."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from graphvae_data.core.errors import InputError

Figure = Mapping[str, float]
"""A published result: measure → value."""


@dataclass(frozen=True)
class Row:
    """One model on one dataset, with its published figures."""

    name: str
    """The name of the row, and of its folder."""
    dataset: str
    """The name of the dataset."""
    model: str
    """The name of a preset."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Settings other than the preset's, as keywords of `fit`."""
    figures: tuple[Figure | None, ...] = (None,)
    """One for each of the table's columns; None if no comparable figure is known."""
    quick: bool = False
    """Whether the quick version includes it by default, if it only has some rows."""
    baseline: str | None = None
    """A baseline without training that is measured instead of the model."""
    quick_settings: Mapping[str, Any] = field(default_factory=dict)
    """Settings of this row in the quick version, besides those of the table."""
    seeds: int | None = None
    """Number of runs; by default that of the table."""

    @property
    def published(self) -> Figure:
        """The figures of the first column; empty if there are none."""
        return self.figures[0] or {}

    @property
    def features(self) -> bool:
        """Whether the encoder of a graph uses node features."""
        return bool(self.settings.get("features", True))


@dataclass(frozen=True)
class Comparators:
    """Published figures of other models, which are not run."""

    protocol: str
    """The data, the unit and the protocol of the figures."""
    figures: Mapping[str, str]
    """Model → its figure as printed, such as `< 80.97`."""


@dataclass(frozen=True)
class PublishedTable:
    """A table to reproduce."""

    name: str
    """The name of its command."""
    title: str
    """Its title."""
    measures: tuple[str, ...]
    """The measures: names of test scores in `metrics.json`, or one kind of evaluation."""
    rows: tuple[Row, ...]
    """Its rows."""
    protocol: str
    """The protocol of the full version, and its differences from the paper."""
    quick: Mapping[str, Any] = field(default_factory=dict)
    """Settings of a quick version, minutes on a CPU; empty if there is none."""
    note: str = ""
    """The source of the figures, and a caveat for comparisons."""
    columns: tuple[str, ...] = ("published",)
    """Titles of the columns of figures."""
    datasets: tuple[str, ...] = ()
    """The default datasets."""
    quick_datasets: Mapping[str, str] = field(default_factory=dict)
    """Smaller datasets of the same kind, by the one each replaces in the quick version."""
    seeds: int = 1
    """Default number of runs per row, with consecutive seeds; the table shows their mean."""
    quick_seeds: int | None = None
    """The same for the quick version; by default that of the full version."""
    over: str = "seeds"
    """What differs between the runs of a row."""
    varied: tuple[str, ...] = ("seed",)
    """The seeds that differ between the runs of a row."""
    tolerance: float | None = None
    """Maximum distance of a mean from one of its figures, unless it is above all of them; None: it
    must be at least the largest."""
    comparators: tuple[Comparators, ...] = ()
    """Published figures of other models, printed with the table."""
    cost: str = ""
    """The cost of the full version."""
    quick_dataset: str | None = None
    """The dataset of every row of the quick version, without published figures; or None."""
    quick_samples: int = 1_000
    """Samples per image for a likelihood in the quick version."""
    verdicts: tuple[str, str] = ("inside", "outside")
    """The words for a row that meets its figures, and for one that does not."""

    def quick_row(self, row: Row) -> Row:
        """Return the quick form of a row."""
        settings = {**row.settings, **self.quick, **row.quick_settings}
        if self.quick_dataset is not None:
            return replace(row, dataset=self.quick_dataset, settings=settings, figures=(None,))
        return replace(
            row, dataset=self.quick_datasets.get(row.dataset, row.dataset), settings=settings
        )

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
        """The datasets of all rows."""
        return tuple(dict.fromkeys(row.dataset for row in self.rows))

    @property
    def models(self) -> tuple[str, ...]:
        """The models of all rows."""
        return tuple(dict.fromkeys(row.model for row in self.rows))

    def runs(self, *, quick: bool) -> int:
        """Return the default number of runs per row."""
        return self.quick_seeds if quick and self.quick_seeds is not None else self.seeds

    def select(self, datasets: Iterable[str], models: Iterable[str]) -> tuple[Row, ...]:
        """Return the rows of these datasets and models; `InputError` if there are none."""
        datasets, models = tuple(datasets), tuple(models)
        selected = tuple(r for r in self.rows if r.dataset in datasets and r.model in models)
        if not selected:
            raise InputError(
                f"{self.name}: no row for datasets {list(datasets)} and models {list(models)}"
            )
        return selected

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
