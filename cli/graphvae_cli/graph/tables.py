"""Results as text tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from graphvae.metrics import (
    Metric,
    find_metric,
    headline_metrics,
    interval_methods,
    metric_label,
    recommendation_metrics,
)
from graphvae.specs.evaluation import SEEN
from graphvae_cli.common.tables import Row, aligned
from graphvae_data.runs.published import PublishedTable


def run_table(metrics: Mapping[str, Any]) -> str:
    """Lay out the scores of one run."""
    rows = [_header("edges")]
    rows.append(_part(f"validation (best epoch {metrics['best_epoch']})", metrics["val"]))
    rows.append(_part("test", metrics["test"]))
    rows += [_part(f"  {SEEN[name]}", part) for name, part in metrics["strata"].items()]
    rows += _baseline_rows(metrics["baselines"])
    rows += _special_rows(metrics)
    parts = (metrics["val"], metrics["test"], *metrics["strata"].values())
    return f"{aligned(rows)}\n{_intervals_note(parts, headline_metrics())} over this split's edges"


def _intervals_note(parts: Sequence[Mapping[str, Any]], metrics: Sequence[Metric]) -> str:
    return f"[low, high]: 95 % intervals, {interval_methods(parts, metrics)}"


def _header(last: str) -> Row:
    return ("", *(metric.title for metric in headline_metrics()), last)


def _row(label: str, text: str = "") -> Row:
    """Return a row with a single value."""
    return (label, text, *("" for _ in headline_metrics()))


MEMORY_LETTERS = """\
  N nodes, E edges, T for training, P held-out pairs, S stored feature values, D feature columns,
  W weights, h and o widths of the hidden and last layer, d of the code, B edges and k negatives
  of a step, C components of the prior, K draws of the bound"""
"""The letters of the formulas of `graphvae.training.memory_plan`."""


def plan_table(plan: Any) -> str:
    """Lay out the plan of a run, and its memory by component."""
    batch = "all training edges" if plan.batch_size is None else f"{plan.batch_size:,} edges"
    rows: list[Row] = [
        ("graph", f"{plan.nodes:,} nodes, {plan.edges:,} edges, {plan.features:,} features"),
        ("model", f"{plan.model}, {plan.parameters:,} weights"),
        ("loss", f"{plan.loss}, {plan.pairs_per_epoch:,} pairs per epoch"),
        (
            "steps",
            f"{plan.steps_per_epoch:,} per epoch, of {batch} each; at most {plan.epochs:,} epochs",
        ),
        ("device", f"{plan.device}, {plan.threads} threads"),
        ("memory", f"{plan.peak_mb:,.0f} MB expected at the peak, while {plan.peak_phase}"),
    ]
    parts: list[Row] = [("  part", "when", "bytes", "MB")]
    parts += [
        (f"  {term.name}", term.phase, term.formula, f"{term.bytes / 1e6:,.1f}")
        for term in plan.memory
    ]
    return "\n".join([aligned(rows), aligned(parts), MEMORY_LETTERS, *plan.notes])


WEIGHTS = {
    "val": "validation edges",
    "test": "test edges",
    "mean weight": "test edges, predicted by the mean",
}
"""Labels of the rows with errors of predicted weights."""


def _label_rows(scores: Mapping[str, Any]) -> list[Row]:
    """Return the accuracy of node labels, beside its baselines on the same labels."""
    which = "public split" if scores["public"] else f"{scores['train']:,} known"
    beside = {"features": "features only", "probe": "probe of the embedding"}
    others = [f"{title} {scores[name]:.3f}" for name, title in beside.items() if name in scores]
    text = f"{scores['accuracy']:.3f} ({', '.join(others)})"
    return [_row(f"accuracy of {scores['test']:,} node labels, {which}", text)]


def _special_rows(metrics: Mapping[str, Any]) -> list[Row]:
    """Return rows for bipartite graphs, predicted weights, directed graphs and benchmarks."""
    rows: list[Row] = [
        _row(f"test {metric.title}", f"{metrics['test'][metric.key]:.4f}")
        for metric in recommendation_metrics()
        if metric.key in metrics["test"]
    ]
    for label, errors in metrics.get("weights", {}).items():
        text = f"RMSE {errors['rmse']:.4f}, MAE {errors['mae']:.4f}"
        rows.append(_row(f"weights of {WEIGHTS[label]}", text))
    if "node_labels" in metrics:
        rows += _label_rows(metrics["node_labels"])
    if "direction" in metrics:
        text = f"{metrics['direction']:.3f} (chance 0.5)"
        rows.append(_row("one-way test edges scored above their reverse", text))
    if "benchmark" in metrics:
        benchmark = metrics["benchmark"]
        text = f"val {benchmark['val']:.4f}, test {benchmark['test']:.4f}"
        rows.append(_selecting_row(benchmark, text))
    return rows


def _selecting_row(benchmark: Mapping[str, Any], text: str) -> Row:
    """Return the row of the metric that selected the epoch."""
    kind = benchmark.get("negatives")
    against = f", {kind} negatives" if kind else ""
    return _row(f"{metric_label(benchmark['metric'])} (selects the epoch{against})", text)


def _part(label: str, part: Mapping[str, Any]) -> Row:
    scores = (_rounded_interval(part, metric.key) for metric in headline_metrics())
    return (label, *scores, f"{part['positives']:,}")


def _rounded_interval(part: Mapping[str, Any], name: str) -> str:
    low, high = part[f"{name}_interval"]
    return f"{part[name]:.3f} [{low:.3f}, {high:.3f}]"


def _baseline_rows(baselines: Mapping[str, Any]) -> list[Row]:
    if not baselines:
        return []
    rows = [
        (f"  {name}", *(_plain(row[metric.key]) for metric in headline_metrics()), "")
        for name, row in baselines.items()
    ]
    note = [] if "Katz" in baselines else [_row("  Katz", "skipped: too slow")]
    return [_row("baselines, same test edges"), *rows, *note]


def _plain(score: float | Mapping[str, Any]) -> str:
    return f"{score:.3f}" if isinstance(score, float) else _mean(score)


def _mean(score: Mapping[str, Any]) -> str:
    low, high = score["interval"]
    return f"{score['mean']:.3f} ± {(high - low) / 2:.3f}"


def repeats_table(summary: Mapping[str, Any]) -> str:
    """Lay out means over repeats, intervals by Student's t."""
    rows = [_header("")]
    parts = {"validation": summary["val"], "test": summary["test"]}
    parts |= {f"  {SEEN[name]}": part for name, part in summary["strata"].items()}
    rows += [
        (label, *(_mean(part[metric.key]) for metric in headline_metrics()), "")
        for label, part in parts.items()
    ]
    rows += _baseline_rows(summary["baselines"])
    if "benchmark" in summary:
        benchmark = summary["benchmark"]
        text = f"val {_mean(benchmark['val'])}, test {_mean(benchmark['test'])}"
        rows.append(_selecting_row(benchmark, text))
    over = f"{summary['repeats']} repeats"
    if summary.get("splits") == 1:
        over += " on one split, so it covers seeds but not splits"
    return f"{aligned(rows)}\n± 95 % interval of the mean over {over}"


def evaluation_table(
    scores: Mapping[str, Mapping[str, Any]], metrics: Sequence[str | Metric]
) -> str:
    """Lay out a model and its baselines by the same metrics, then the model's strata."""
    columns = [find_metric(metric) for metric in metrics]
    model = next(iter(scores.values()))
    rows: list[Row] = [("", *(metric.title for metric in columns))]
    rows += [(name, *(_with_interval(row, m.key) for m in columns)) for name, row in scores.items()]
    for stratum, parts in model["strata"].items():
        for label, part in parts.items():
            name = f"  {stratum}: {label} ({part['positives']:,})"
            rows.append((name, *(_with_interval(part, m.key) for m in columns)))
    each = f", {model['per_positive']} per edge" if model["per_positive"] else ""
    edges = f"{model['part']} edges: {model['positives']:,}; negatives: {model['kind']}{each}"
    notes = [f"{edges}, {model['negatives']:,} in total", *filter(None, [model.get("note")])]
    if any(f"{metric.key}_interval" in model for metric in columns):
        notes.append(_intervals_note(list(scores.values()), columns))
    return "\n".join([aligned(rows), *notes])


def _with_interval(part: Mapping[str, Any], key: str) -> str:
    if key not in part:
        return "–"
    if f"{key}_interval" not in part:
        return f"{part[key]:.4f}"
    low, high = part[f"{key}_interval"]
    return f"{part[key]:.4f} [{low:.4f}, {high:.4f}]"


def list_table(rows: Mapping[str, Mapping[str, float]]) -> str:
    """Lay out precision@k of the ranked lists of links."""
    keys = list(next(iter(rows.values())))
    table: list[Row] = [("test edges among all non-edges", *map(metric_label, keys))]
    table += [(f"  {name}", *(f"{row[key]:.3f}" for key in keys)) for name, row in rows.items()]
    return aligned(table)


def probe_table(table: Mapping[str, Mapping[str, Any]]) -> str:
    """Lay out the probe scores of an embedding and its baselines."""
    header = ["", "columns"]
    first = next(iter(table.values()))
    for score in first.get("classification", ()):
        header += [f"accuracy, {score['train_fraction']:.0%} train", "macro-F1"]
    header += ["NMI", "ARI"] if "clustering" in first else []
    rows: list[Row] = [header]
    for name, row in table.items():
        cells = [name, f"{row['columns']:,}"]
        for score in row.get("classification", ()):
            cells += [_spread(score["accuracy"]), _spread(score["macro_f1"])]
        if "clustering" in row:
            cells += [f"{row['clustering'][key]:.3f}" for key in ("nmi", "ari")]
        rows.append(cells)
    return aligned(rows)


def _spread(score: Mapping[str, float]) -> str:
    return f"{score['mean']:.3f} ± {score['std']:.3f}"


def cells_table(table: PublishedTable, cells: Iterable[Mapping[str, Any]]) -> str:
    """Lay out a reproduced table: published and obtained scores, one row per cell."""
    header = ("dataset", "model", "features", *table.columns, "obtained", "")
    return aligned([header, *(_cell_row(table, cell) for cell in cells)])


def _cell_row(table: PublishedTable, cell: Mapping[str, Any]) -> Row:
    inside, outside = table.verdicts
    return (
        cell["dataset"],
        cell["model"],
        "yes" if cell["features"] else "no",
        *(_published(cell[column], table.measures) for column in table.columns),
        " / ".join(_mean(cell[name]) for name in table.measures),
        "" if cell["inside"] is None else inside if cell["inside"] else outside,
    )


def _published(scores: Mapping[str, float] | None, measures: Iterable[str]) -> str:
    """Format published scores; a missing one is a dash.

    >>> _published({"auc": 0.956}, ["auc", "ap"])
    '0.956 / –'
    """
    if scores is None:
        return "–"
    return " / ".join(f"{scores[name]:.3f}" if name in scores else "–" for name in measures)
