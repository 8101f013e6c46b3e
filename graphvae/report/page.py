"""The report of a run: a single self-contained HTML file.

The page shows the content of the run folder; only the graph statistics and the audit are computed.
It has no scripts, and its content security policy blocks all external requests.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from string import Template
from tempfile import TemporaryDirectory

import numpy as np
from jaxtyping import Bool

from graphvae.audit import audit_run
from graphvae.prediction.neighbors import joined_to
from graphvae.report import scores as page_scores
from graphvae.report.embedding_map import NAMED_NODES, named_map
from graphvae.report.html import Html, facts, markup, picture, section, table, tag
from graphvae.report.rerun import reproduce
from graphvae.runs.projection import Projection, check_projection
from graphvae.runs.result import GraphFitResult, load_run
from graphvae.specs.presets import PRESETS
from graphvae.specs.recipe import CATALOGUE
from graphvae_data.core.errors import InputError
from graphvae_data.graphs.graphs import graph_facts
from graphvae_data.registry.graphs import GRAPHS
from graphvae_data.runs.run_folder import RunFolder, read_json, write_atomic

LINKS = 20
"""Number of predicted links shown."""
COMMON_NAMES = 3
"""Number of common neighbours named for each link."""
MARKS = {
    True: ("passed", "✓ passed"),
    False: ("failed", "✗ failed"),
    None: ("open", "– does not apply"),
}


def write_report(
    run: str | Path,
    out: str | Path | None = None,
    *,
    device: str = "auto",
    projection: Projection = "pca",
    **parts: object,
) -> Path:
    """Write the report of a finished run, by default to `report.html` in its folder.

    Args:
        run: the run folder.
        out: another path.
        device: the device.
        projection: how the embedding is drawn, `pca`, `tsne` or `umap`.
        **parts: parts that cannot be imported, by slot, such as `encoder=module`.

    Raises:
        InputError: not a finished run, an extension other than .html, or a path that cannot be
            written.
    """
    path = Path(run) / "report.html" if out is None else Path(out)
    if path.suffix.lower() not in (".html", ".htm"):
        raise InputError(f"out: expected a path with the extension .html, got {str(path)!r}")
    page = report_html(load_run(run, device=device, parts=parts), projection)
    content = page.encode("utf-8", "xmlcharrefreplace")  # names may contain lone surrogates

    def write(target: Path) -> None:
        target.write_bytes(content)

    write_atomic(path, write)
    return path


def report_html(result: GraphFitResult, projection: Projection = "pca") -> str:
    """Return the page of a run with a folder."""
    check_projection(projection)
    assert result.folder is not None, "a report needs a run folder"
    config, folder = result.config, RunFolder(result.folder)
    environment = read_json(folder.environment)
    title = f"{config.model.upper()} on {config.dataset}"
    parts = [
        page_scores.scores(result),
        page_scores.strata(result.metrics),
        page_scores.baselines(result),
        page_scores.top_lists(result),
        *pictures(folder.path, title),
        embedding(result, folder.path, title, projection),
        links(result, folder.path),
        section("Data", data_facts(result)),
        audit(folder.path),
        reproduce(result, environment),
        section("Settings", settings(result)),
    ]
    head = [
        tag("h1", title),
        tag("p", _about(config.model), class_="lead"),
        page_scores.headline(result.metrics),
    ]
    footer = tag(
        "footer", f"graphvae report of {folder.path.name}, fit started {environment['started']}"
    )
    body = tag("main", *head, *parts, footer)
    template = files("graphvae.report").joinpath("page.html").read_text(encoding="utf-8")
    return Template(template).substitute(title=markup(title), body=body)


def settings(result: GraphFitResult) -> Html:
    """Return every setting of the run."""
    rows = CATALOGUE.values(result.config)
    if result.graph.features is None:
        rows = {**rows, "features": "none"}
    return facts((name.replace("_", " "), _value_text(value)) for name, value in rows.items())


def data_facts(result: GraphFitResult) -> Html:
    """Return statistics of the graph and its split."""
    graph, split, name = result.graph, result.split, result.config.dataset
    statistics = graph_facts(graph)
    parts = (split.train, split.val, split.test)
    rows: list[tuple[str, object]] = [
        ("nodes", f"{statistics.nodes:,}"),
        ("edges", f"{statistics.edges:,}, {'directed' if graph.directed else 'undirected'}"),
        ("weights", _value_text(graph.weights is not None)),
        (
            "features",
            "none" if statistics.features is None else f"{statistics.features:,} per node",
        ),
        ("classes", _classes(result, statistics.classes)),
        ("isolated nodes", f"{statistics.isolated:,}"),
        ("train / val / test", " / ".join(f"{part.size(1):,}" for part in parts)),
        ("negatives", f"{split.val_negatives.size(1):,} / {split.test_negatives.size(1):,}"),
        ("graph fingerprint", tag("code", split.graph)),
        ("split fingerprint", tag("code", split.fingerprint)),
    ]
    if name in GRAPHS:
        dataset = GRAPHS[name]
        rows += [("title", dataset.title), ("licence", dataset.licence), ("cite", dataset.citation)]
    return facts(rows)


def pictures(folder: Path, title: str) -> list[Html]:
    """Return the plots of the run, embedded in the page."""
    shown = {
        "Learning curves": ("curves.png", "training objective and validation scores by epoch"),
        "ROC and precision-recall": ("roc_pr.png", "ROC and precision-recall on the test edges"),
    }
    return [
        section(name, picture(folder / file, f"{title}: {about}."))
        for name, (file, about) in shown.items()
    ]


def embedding(result: GraphFitResult, folder: Path, title: str, projection: Projection) -> Html:
    """Return the map of the embedding: with names for a small graph, else as a picture."""
    if result.split.num_nodes <= NAMED_NODES:
        return named_map(result, projection)
    if projection == "pca":
        about = f"{title}: embedding projected to its first two principal axes."
        return section("Embedding map", picture(folder / "embedding.png", about))
    from graphvae.runs.plots import Caption, draw_embedding  # imports matplotlib

    caption = Caption.of(result.config.dataset, result.config.model)
    labels = None if result.graph.labels is None else result.graph.labels.numpy()
    with TemporaryDirectory() as temporary:
        path = Path(temporary) / "embedding.png"
        drawn = draw_embedding(path, caption, result.embeddings(), labels, projection)
        about = f"{title}: embedding projected to {drawn.about}."
        return section("Embedding map", picture(path, about))


def links(result: GraphFitResult, folder: Path) -> Html:
    """Return the most likely missing links listed by the run."""
    path = folder / "links.csv"
    if not path.is_file():
        text = (
            f"Not computed for a graph of {result.split.num_nodes:,} nodes; use graphvae predict."
        )
        return section("Most likely missing links", tag("p", text))
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    common = NamedNeighbours(result)
    shown = [
        (
            number,
            row["source"],
            row["target"],
            f"{float(row['score']):.4f}",
            _probability(row),
            common.text(row["source"], row["target"]),
        )
        for number, row in enumerate(rows[:LINKS], 1)
    ]
    text = f"The first {len(shown)} of {len(rows)} pairs that are not edges of the graph, with "
    text += "messages over all known edges. links.csv has all of them."
    header = ["", "source", "target", "score", "probability", "common neighbours"]
    return section(
        "Most likely missing links",
        table(header, shown, "names ranks"),
        *(tag("p", note, class_="note") for note in (*result.ranking.notes, text)),
    )


class NamedNeighbours:
    """Names of the common neighbours of two nodes, over all known edges in either direction."""

    def __init__(self, result: GraphFitResult) -> None:
        self.names, self.edges = result.node_names, result.graph.edges
        self.index = {name: number for number, name in enumerate(self.names)}

    def text(self, source: str, target: str) -> str:
        """Return their number, and the first names."""
        both = self._joined(source) & self._joined(target)
        names = [self.names[node] for node in both.nonzero()[0][:COMMON_NAMES]]
        more = ["…"] if both.sum() > COMMON_NAMES else []
        return ": ".join([str(both.sum()), *filter(None, [", ".join(names + more)])])

    def _joined(self, name: str) -> Bool[np.ndarray, " node"]:
        return joined_to(self.edges, self.index[name], len(self.names))


def _probability(row: Mapping[str, str]) -> str:
    return f"{float(row['probability']):.3f}" if row.get("probability") else "–"


def audit(folder: Path) -> Html:
    """Return the outcome of every check of the audit, which rebuilds the model from the folder."""
    checks = audit_run(folder).checks
    rows = []
    for check in checks:
        kind, text = MARKS[check.passed]
        rows.append((check.name, tag("span", text, class_=kind), check.detail))
    failed = sum(check.passed is False for check in checks)
    text = f"{failed} of {len(rows)} checks failed." if failed else "No check failed."
    return section("Audit", tag("p", text), table(["check", "outcome", "detail"], rows, "names"))


def _about(model: str) -> str:
    """Return the description and reference of a preset."""
    if model not in PRESETS:
        return "a user-supplied recipe"
    return f"{PRESETS[model].title}; {PRESETS[model].paper}"


def _classes(result: GraphFitResult, count: int | None) -> str:
    if count is None:
        return "none"
    name = result.config.dataset
    known = (GRAPHS[name].class_names if name in GRAPHS else None) or ()
    return ": ".join([f"{count:,}", *filter(None, [", ".join(known).replace("_", " ")])])


def _value_text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "–" if value is None else str(value)
