"""The numbers of a report: headline, scores with intervals, strata, baselines.

All of `metrics.json` is shown: a metric is any number in a part, and `NAME_interval` is its 95 %
interval.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from graphvae.comparison.heuristics import better_heuristic
from graphvae.comparison.top_lists import list_precision
from graphvae.metrics import interval_methods, metric_label, recorded_metrics
from graphvae.report.html import Html, join, section, table, tag
from graphvae.runs.result import GraphFitResult
from graphvae.specs.evaluation import SEEN

COUNTS = {"positives": "edges", "negatives": "non-edges"}
Part = Mapping[str, Any]


def scored(part: Part, key: str) -> Html:
    """Return a score, with its interval if it has one."""
    interval = part.get(f"{key}_interval")
    return join(
        [f"{part[key]:.3f}", "" if interval is None else tag("small", " ", _range(interval))]
    )


def headline(metrics: Part) -> Html:
    """Return the test scores and their interpretation."""
    test = metrics["test"]
    usual = dict.fromkeys(type(metric).usual().key for metric in recorded_metrics())
    keys = [key for key in usual if key in test]
    tiles = [_tile(metric_label(key), test[key], test.get(f"{key}_interval")) for key in keys]
    if "direction" in metrics:
        tiles.append(_tile("Direction", metrics["direction"], None))
    return join([tag("div", *tiles, class_="tiles"), *verdicts(metrics)])


def verdicts(metrics: Part) -> list[Html]:
    """Explain the AUC, compare it with the best baseline, and point out weak strata."""
    test = metrics["test"]
    low, high = test["auc_interval"]
    first = (
        f"An edge held out for testing scores above a non-edge {_percent(test['auc'])} of the time "
        f"(95 % interval {_percent(low)} to {_percent(high)}; {test['positives']:,} edges)."
    )
    paragraphs = [tag("p", first, class_="verdict")]
    if low <= 0.5:
        paragraphs.append(
            tag("p", "This is not significantly better than chance (50 %).", class_="warn")
        )
    baselines = {name: row["auc"] for name, row in metrics["baselines"].items() if "auc" in row}
    if baselines:
        paragraphs.append(
            _against(test, max(baselines, key=lambda name: baselines[name]), baselines)
        )
    unseen = metrics["strata"].get("unseen")
    if unseen and unseen["auc_interval"][1] < test["auc"]:
        text = (
            f"The model is weaker if an end of the edge has no training edge: AUC "
            f"{unseen['auc']:.3f} {_range(unseen['auc_interval'])} "
            f"on {unseen['positives']:,} edges."
        )
        paragraphs.append(tag("p", text, class_="warn"))
    return paragraphs


def _against(test: Part, best: str, baselines: Mapping[str, float]) -> Html:
    low, high = test["auc_interval"]
    value = baselines[best]
    if value < low:
        text = "the model's whole interval is higher."
    elif value <= high:
        text = "inside the model's interval, no significant difference."
    else:
        text = "better than the model."
    kind = {} if value < low else {"class_": "warn"}
    return tag("p", f"The best baseline, {best}, reaches AUC {value:.3f}: {text}", **kind)


def scores(result: GraphFitResult) -> Html:
    """Return the validation and test scores, and a plot of every AUC."""
    metrics = result.metrics
    chosen = f"validation (chose epoch {metrics['best_epoch']})"
    rows = {"test": metrics["test"], chosen: metrics["val"]}
    methods = interval_methods([*rows.values(), *metrics["strata"].values()], recorded_metrics())
    paragraphs = []
    if "direction" in metrics:
        share = _percent(metrics["direction"])
        paragraphs.append(
            tag("p", f"Of the one-way test edges, {share} score above their reverse.")
        )
    return section(
        "Scores",
        _plot(_plot_rows(metrics)),
        _scores_table(rows),
        *paragraphs,
        tag(
            "p",
            f"[low, high]: 95 % intervals ({methods}) over the edges of this split; they do not "
            "cover other splits or seeds. Validation chose the epoch, so its scores are "
            "optimistic.",
            class_="note",
        ),
    )


def strata(metrics: Part) -> Html:
    """Return the test scores by whether both ends have a training edge."""
    parts = {SEEN.get(name, name): part for name, part in metrics["strata"].items()}
    content = (
        _scores_table(parts) if parts else tag("p", "No stratum has both edges and non-edges.")
    )
    return section("Strata of the test edges", content)


def baselines(result: GraphFitResult) -> Html:
    """Return the scores of the baselines on the same edges, and a warning if one is better."""
    metrics = result.metrics
    rows = metrics["baselines"]
    if not rows:
        return section("Baselines", tag("p", "No baselines were scored (fit with --baselines)."))
    keys = [key for key in next(iter(rows.values())) if isinstance(metrics["test"].get(key), float)]
    shown = [("this model", *(f"{metrics['test'][key]:.3f}" for key in keys))]
    shown += [(name, *(f"{row[key]:.3f}" for key in keys)) for name, row in rows.items()]
    text = "Scored on the same test edges, from the same training edges."
    better = better_heuristic(result)
    paragraphs = [] if better is None else [tag("p", better.line, class_="warn")]
    return section(
        "Baselines", *paragraphs, table(["", *map(metric_label, keys)], shown), _note(text)
    )


def top_lists(result: GraphFitResult) -> Html:
    """Return the precision at the top of the list of all non-edges."""
    title, rows = "Top of the list", list_precision(result)
    if not rows:
        text = "Not computed for directed graphs, or if scoring all pairs takes long."
        return section(title, tag("p", text))
    keys = list(next(iter(rows.values())))
    shown = [(name, *(f"{row[key]:.3f}" for key in keys)) for name, row in rows.items()]
    text = "The share of test edges among the first pairs of all non-edges of the training graph; "
    text += "all rows use training edges only, and validation edges are excluded."
    return section(title, table(["", *map(metric_label, keys)], shown), _note(text))


def _note(text: str) -> Html:
    return tag("p", text, class_="note")


def _tile(name: str, value: float, interval: Sequence[float] | None) -> Html:
    subtitle = "test edges" if interval is None else _range(interval)
    return tag(
        "div",
        tag("span", f"Test {name}"),
        tag("b", f"{value:.3f}"),
        tag("span", subtitle),
        class_="tile",
    )


def _scores_table(parts: Mapping[str, Part]) -> Html:
    first = next(iter(parts.values()))
    keys = [key for key, value in first.items() if isinstance(value, int | float)]
    keys = [key for key in keys if key not in COUNTS]
    keys = [key for key in keys if all(key in part for part in parts.values())]
    header = ["", *map(metric_label, keys), *COUNTS.values()]
    rows = [
        (name, *(scored(part, key) for key in keys), *(f"{part[key]:,}" for key in COUNTS))
        for name, part in parts.items()
    ]
    return table(header, rows)


def _plot_rows(metrics: Part) -> list[tuple[str, Part, str]]:
    rows = [("test", metrics["test"], "model main")]
    rows += [(SEEN.get(name, name), part, "model") for name, part in metrics["strata"].items()]
    return rows + [(name, row, "") for name, row in metrics["baselines"].items() if "auc" in row]


def _plot(rows: Sequence[tuple[str, Part, str]]) -> Html:
    """Draw every AUC as a dot with its interval, on one scale that ends at 1."""
    lows = [row["auc_interval"][0] if "auc_interval" in row else row["auc"] for _, row, _ in rows]
    start = 0.5 if min(lows) >= 0.5 else 0.0
    lines = [_plot_row(label, row, kind, start) for label, row, kind in rows]
    ticks = [start + (1 - start) * step / 5 for step in range(6)]
    marks = [
        tag("span", f"{tick:.1f}", style=f"left:{20 * index}%") for index, tick in enumerate(ticks)
    ]
    scale = tag("div", *marks, class_="track")
    axis = tag("div", tag("div", "AUC"), scale, class_="row axis")
    return tag("div", *lines, axis, class_="plot")


def _plot_row(label: str, row: Part, kind: str, start: float) -> Html:
    def position(value: float) -> float:
        return 100 * (value - start) / (1 - start)

    marks = [tag("div", class_="dot", style=f"left:{position(row['auc']):.2f}%")]
    if "auc_interval" in row:
        low, high = map(position, row["auc_interval"])
        style = f"left:{low:.2f}%;width:{high - low:.2f}%"
        marks.insert(0, tag("div", class_="band", style=style))
    cells = [
        tag("div", label, class_="label"),
        tag("div", *marks, class_="track"),
        tag("div", f"{row['auc']:.3f}", class_="value"),
    ]
    return tag("div", *cells, class_=f"row {kind}".strip())


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _range(interval: Sequence[float]) -> str:
    return f"[{interval[0]:.3f}, {interval[1]:.3f}]"
