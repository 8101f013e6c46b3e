"""The result of a comparison, as tables in several forms and as a plot."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from graphvae.comparison.paired import Difference
from graphvae.comparison.table_forms import aligned, as_csv, as_latex, as_markdown
from graphvae.metrics import Metric, find_metric, metric_label
from graphvae.specs.evaluation import NEGATIVES
from graphvae_data.core.errors import InputError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Basis = Literal["splits", "seeds", "edges"]
BASES = {
    "splits": "mean ± standard deviation over {n} shared splits; differences paired by split, "
    "95 % t-interval",
    "seeds": "mean ± standard deviation over {n} seeds on one shared split; differences paired by "
    "run, 95 % t-interval; they do not cover other splits",
    "edges": "one shared split: ± standard deviation and 95 % interval by the bootstrap over its "
    "test edges, the same resamples for every model; they do not cover other splits or seeds",
}
ABOUT = ("metric", "model", "n", "basis", "mean", "sd", "reference")
CSV_HEADER = (*ABOUT, "difference", "low", "high", "p", "p_wilcoxon")


def compared_metric(key: str) -> tuple[Metric, str | None]:
    """Return a metric and the kind of its negatives, None for those of the split.

    >>> metric, negatives = compared_metric("mrr-heart")
    >>> metric.key, negatives
    ('mrr', 'heart')
    """
    name, _, kind = key.rpartition("-")
    return (find_metric(name), kind) if kind in NEGATIVES else (find_metric(key), None)


def _label(key: str) -> str:
    metric, negatives = compared_metric(key)
    return metric_label(metric.key) + (f", {negatives} negatives" if negatives else "")


@dataclass(frozen=True)
class ComparisonRow:
    """One model by one metric."""

    metric: str
    """Key of the metric, such as `auc`; `mrr-heart` is the MRR against HeaRT's negatives."""
    model: str
    """Label of the model."""
    mean: float
    """Mean over the shared splits."""
    std: float
    """Standard deviation over the splits (n − 1); on one split, over resampled test edges."""
    values: tuple[float, ...]
    """The scores, in the order of the shared splits."""
    difference: Difference | None
    """This model minus the reference; None for the reference itself."""

    def to_dict(self) -> dict[str, Any]:
        """Return plain values."""
        difference = None if self.difference is None else self.difference.to_dict()
        return {**vars(self), "values": list(self.values), "difference": difference}


@dataclass(frozen=True)
class Comparison:
    """Models compared over the splits that they share."""

    basis: Basis
    """The unit of pairing: `splits`, `seeds` on one split, or the `edges` of one split."""
    splits: tuple[str, ...]
    """Fingerprints of the shared splits, one per pair of runs."""
    reference: str
    """The reference model of the differences."""
    rows: tuple[ComparisonRow, ...]
    """One row per metric and model."""
    notes: tuple[str, ...] = ()
    """Remarks on rows that are not fully comparable."""

    @property
    def metrics(self) -> tuple[str, ...]:
        """Keys of the metrics, in order."""
        return tuple(dict.fromkeys(row.metric for row in self.rows))

    def to_text(self) -> str:
        """Return an aligned table with a description."""
        return "\n".join([aligned(self._cells()), *self._remarks()])

    def to_markdown(self) -> str:
        """Return a pipe table with a description."""
        return "\n\n".join([as_markdown(self._cells()), *self._remarks()])

    def to_latex(self) -> str:
        """Return a booktabs `tabular`, with the description as comments."""
        remarks = (f"% {remark}" for remark in self._remarks())
        return "\n".join([*remarks, as_latex(self._cells())])

    def to_csv(self) -> str:
        """Return all numbers in full precision, one row per metric and model."""
        return as_csv([CSV_HEADER, *map(self._numbers, self.rows)])

    def to_dict(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "basis": self.basis,
            "splits": list(self.splits),
            "reference": self.reference,
            "rows": [row.to_dict() for row in self.rows],
            "notes": list(self.notes),
        }

    def _cells(self) -> list[list[str]]:
        test = "bootstrap" if self.basis == "edges" else "t"
        columns: dict[str, Callable[[ComparisonRow], str]] = {
            "metric": lambda row: _label(row.metric),
            "model": lambda row: row.model,
            "score": lambda row: f"{row.mean:.4f} ± {row.std:.4f}",
            f"difference to {self.reference}": lambda row: _difference(row.difference),
            f"p ({test})": lambda row: _p(None if row.difference is None else row.difference.p),
        }
        if any(_wilcoxon(row) is not None for row in self.rows):
            columns["p (Wilcoxon)"] = lambda row: _p(_wilcoxon(row))
        body = [[cell(row) for cell in columns.values()] for row in self.rows]
        return [list(columns), *body]

    def _remarks(self) -> list[str]:
        several = sum(row.difference is not None for row in self.rows) > 1
        correction = ["p-values are not corrected for multiple comparisons"] if several else []
        return [BASES[self.basis].format(n=len(self.splits)), *correction, *self.notes]

    def _numbers(self, row: ComparisonRow) -> list[str]:
        d, n = row.difference, str(len(self.splits))
        ends = (None,) * 4 if d is None else (d.mean, d.interval.low, d.interval.high, d.p)
        about = [row.metric, row.model, n, self.basis, repr(row.mean), repr(row.std)]
        numbers = (*ends, _wilcoxon(row))
        return [*about, self.reference, *("" if x is None else repr(x) for x in numbers)]


def _wilcoxon(row: ComparisonRow) -> float | None:
    return None if row.difference is None else row.difference.p_wilcoxon


def _difference(difference: Difference | None) -> str:
    if difference is None:
        return "–"
    low, high = difference.interval.low, difference.interval.high
    return f"{difference.mean:+.4f} [{low:+.4f}, {high:+.4f}]"


def _p(value: float | None) -> str:
    if value is None:
        return "–"
    return "<0.001" if value < 0.001 else f"{value:.3f}"


def draw_differences(path: Path, comparison: Comparison) -> None:
    """Draw one panel per metric: each model's difference to the reference, its 95 % interval, and
    the differences by split; intervals that exclude zero are coloured.

    Raises:
        InputError: an extension other than .png, or a path that cannot be written.
    """
    if path.suffix.lower() != ".png":
        raise InputError(f"plot: expected a path with the extension .png, got {str(path)!r}")
    from graphvae_data.files.figures import figure

    metrics = comparison.metrics
    models = len(comparison.rows) // len(metrics) - 1
    units = {"splits": "shared splits", "seeds": "seeds on one split", "edges": "split"}
    over = f"{len(comparison.splits)} {units[comparison.basis]}"
    with figure(path, max(6.4, 1.6 + 3.6 * len(metrics)), 1.5 + 0.45 * models) as drawing:
        panels = drawing.subplots(1, len(metrics), squeeze=False, sharey=True)[0]
        for axes, metric in zip(panels, metrics, strict=True):
            rows = [r for r in comparison.rows if r.metric == metric and r.difference is not None]
            _panel(axes, metric, rows)
        drawing.suptitle(
            f"Test score minus that of {comparison.reference}, {over}; 95 % intervals", fontsize=11
        )


def _panel(axes: Axes, metric: str, rows: list[ComparisonRow]) -> None:
    import numpy as np

    from graphvae_data.files.figures import BLUE, GREY, ORANGE

    for height, row in enumerate(rows):
        d = row.difference
        assert d is not None
        significant = d.interval.low > 0 or d.interval.high < 0
        if len(d.values) > 1:
            spread = height + np.linspace(-0.12, 0.12, len(d.values))
            axes.scatter(d.values, spread, s=9, color=GREY, alpha=0.6, lw=0, zorder=1)
        errors = [[d.mean - d.interval.low], [d.interval.high - d.mean]]
        colour = (
            (BLUE if compared_metric(metric)[0].gain(d.mean) > 0 else ORANGE)
            if significant
            else "black"
        )
        axes.errorbar(
            d.mean, height, xerr=np.maximum(errors, 0), fmt="o", ms=5, capsize=4, color=colour
        )
    axes.axvline(0, color=GREY, lw=1, ls="--", zorder=0)
    axes.set_yticks(range(len(rows)), [row.model for row in rows])
    axes.set(xlabel=f"difference in test {_label(metric)}", ylim=(len(rows) - 0.5, -0.5))
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="x", alpha=0.25, lw=0.6)
    axes.locator_params(axis="x", nbins=5)
