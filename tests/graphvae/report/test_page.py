"""The report: correct numbers, no outside resources, names of any kind, code that runs."""

import json
import re
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch_geometric.nn import SAGEConv

import graphvae
from graphvae.report.html import tag
from graphvae.report.page import report_html, write_report
from graphvae.report.rerun import python_code
from graphvae.report.scores import verdicts
from graphvae.runs import plots
from graphvae.runs.result import GraphFitResult
from graphvae_data.core.errors import InputError
from graphvae_data.graphs.graph import Graph
from tests.graphvae.report.html_reader import Reader

pytestmark = pytest.mark.usefixtures("drawn_pictures")

DRAW_EMBEDDING = plots.draw_embedding
HOSTILE = [
    "<script>document.title='owned'</script>",
    '<img src=x onerror="document.title=1">',
    "a & b \"c\" 'd'",
    "$title ${body} {0} %s",
    "</td></table><h1>out",
    "x" * 400,
    "Éponine ‮ 山",
]


@dataclass(frozen=True)
class FakeCheck:
    name: str
    passed: bool | None
    detail: str


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> GraphFitResult:
    folder = tmp_path_factory.mktemp("report") / "run"
    return graphvae.fit("karate", epochs=15, val_fraction=0.1, out=folder)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> GraphFitResult:
    ring = [[node, (node + step) % 30] for node in range(30) for step in (1, 3)]
    names = HOSTILE + [f"node {number}" for number in range(30 - len(HOSTILE))]
    data = Graph.from_edges(torch.tensor(ring).T, 30, name="<i>mine</i>", node_names=names)
    folder = tmp_path_factory.mktemp("hostile") / "a <b> & c"
    return graphvae.fit(data, "gae", epochs=2, val_fraction=0.1, out=folder)


def section_of(page: str, title: str) -> str:
    """The text of the part under a heading, cells apart."""
    parts = re.findall(r"<section id=\"[^\"]*\"><h2>(.*?)</h2>(.*?)</section>", page, re.S)
    (found,) = [content for heading, content in parts if heading == title]
    return " ".join(Reader(found.replace("<", " <")).text.split())


def test_the_page_has_every_section(run: GraphFitResult) -> None:
    titles = re.findall("<h2>(.*?)</h2>", report_html(run))
    assert titles == [
        "Scores",
        "Strata of the test edges",
        "Baselines",
        "Top of the list",
        "Learning curves",
        "ROC and precision-recall",
        "Embedding map",
        "Most likely missing links",
        "Data",
        "Audit",
        "How to reproduce",
        "Settings",
    ]


def test_every_number_is_that_of_the_run(run: GraphFitResult) -> None:
    page, metrics = report_html(run), run.metrics
    tiles = re.findall(r'<div class="tile"><span>(.*?)</span><b>(.*?)</b>', page)
    names = {"Test AUC": "auc", "Test AP": "ap", "Test MRR": "mrr"}
    assert tiles == [(name, f"{metrics['test'][key]:.3f}") for name, key in names.items()]
    scores = section_of(page, "Scores")
    for part in (metrics["test"], metrics["val"]):
        for name in ("auc", "ap"):
            low, high = part[f"{name}_interval"]
            assert f"{part[name]:.3f} [{low:.3f}, {high:.3f}]" in scores
    for name, row in metrics["baselines"].items():
        expected = f"{name} {row['auc']:.3f} {row['ap']:.3f}"
        assert expected in section_of(page, "Baselines")
    for part in metrics["strata"].values():
        assert f"{part['auc']:.3f} [" in section_of(page, "Strata of the test edges")


def test_settings_facts_and_links_are_those_of_the_run(run: GraphFitResult) -> None:
    page = report_html(run)
    assert "clip grad – ema 0.0 patience – epochs 15 lr 0.01" in section_of(page, "Settings")
    assert "features none" in section_of(page, "Settings")
    facts = section_of(page, "Data")
    assert "nodes 34 edges 78, undirected weights no features none classes 2" in facts
    assert run.split.graph in facts
    assert run.split.fingerprint in facts
    links = section_of(page, "Most likely missing links")
    known = {tuple(sorted(edge)) for edge in run.graph.edges.T.tolist()}
    for number, link in enumerate(run.predict(20), 1):
        u, v = int(link.source), int(link.target)
        near = [{b for a, b in (*known, *((y, x) for x, y in known)) if a == end} for end in (u, v)]
        common = len(near[0] & near[1])
        assert f"{number} {link.source} {link.target} {link.score:.4f} – {common}" in links


@pytest.mark.slow
def test_the_page_asks_for_nothing_outside_itself(
    run: GraphFitResult, hostile: GraphFitResult
) -> None:
    for result in (run, hostile):
        page = report_html(result)
        read = Reader(page)
        asking = {"src", "href", "srcset", "data", "action", "poster", "background", "xlink:href"}
        found = [value for name, value in read.attributes if name in asking]
        assert len(found) == 2
        assert all(str(value).startswith("data:image/png;base64,") for value in found)
        assert not {"script", "link", "iframe", "object", "embed", "base"} & set(read.elements)
        assert not any(name.startswith("on") for name, _ in read.attributes)
        assert "url(" not in page
        assert "@import" not in page
        assert "default-src 'none'; img-src data:" in page


@pytest.mark.slow
def test_names_of_any_kind_stay_names(hostile: GraphFitResult) -> None:
    page = report_html(hostile)
    read = Reader(page)
    assert read.elements.count("h1") == 1
    assert read.elements.count("img") == 2
    assert read.elements.count("circle") == 30
    assert "i" not in read.elements
    assert read.text.count("GAE on <i>mine</i>") >= 2  # the heading, and the title of the page
    shown = {name for link in hostile.predict(20) for name in (link.source, link.target)}
    links = section_of(page, "Most likely missing links")
    assert all(" ".join(name.split()) in links for name in shown & set(HOSTILE))
    assert shown & set(HOSTILE)


@pytest.mark.slow
def test_it_is_written_into_the_run_or_where_told(run: GraphFitResult, tmp_path: Path) -> None:
    assert run.folder is not None
    folder = Path(shutil.copytree(run.folder, tmp_path / "run"))
    assert write_report(folder) == folder / "report.html"
    other = write_report(folder, tmp_path / "new" / "page.htm")
    assert other.read_bytes() == (folder / "report.html").read_bytes()
    assert graphvae.load(folder).metrics == run.metrics  # still a run
    with pytest.raises(InputError, match=r"the extension \.html, got"):
        write_report(folder, tmp_path / "page.pdf")
    with pytest.raises(InputError, match="expected a run folder"):
        write_report(tmp_path)


@pytest.mark.slow
def test_half_a_surrogate_pair_in_a_name_is_written(run: GraphFitResult, tmp_path: Path) -> None:
    assert run.folder is not None
    folder = Path(shutil.copytree(run.folder, tmp_path / "run"))
    environment = json.loads((folder / "environment.json").read_text())
    environment["command"] = ["graphvae", "fit", "--graph", "\udce9.csv"]
    (folder / "environment.json").write_text(json.dumps(environment))
    page = write_report(folder).read_text(encoding="utf-8")
    assert "&#56553;.csv" in page


@pytest.mark.slow
def test_the_map_names_every_node(run: GraphFitResult, hostile: GraphFitResult) -> None:
    for result in (run, hostile):
        text = Reader(report_html(result)).text
        assert all(" ".join(name.split()) in " ".join(text.split()) for name in result.node_names)
    titles = re.findall(r"<circle [^>]*><title>(.*?)</title>", report_html(run))
    assert run.graph.labels is not None
    labels = run.graph.labels.tolist()
    assert titles == [f"{node} (class {label})" for node, label in enumerate(labels)]


@pytest.mark.slow
def test_the_map_may_be_a_t_sne(run: GraphFitResult) -> None:
    page = report_html(run, "tsne")
    assert "by t-SNE (perplexity 11)" in section_of(page, "Embedding map")
    assert page.count("<circle") == 34


@pytest.mark.slow
def test_the_map_of_a_large_graph_is_drawn_anew(
    run: GraphFitResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graphvae.report.page.NAMED_NODES", 33)
    monkeypatch.setattr("graphvae.runs.plots.draw_embedding", DRAW_EMBEDDING)  # not a blank picture
    page = report_html(run, "tsne")
    assert "<circle" not in page
    about = re.findall(r'alt="([^"]*by t-SNE \(perplexity 11\)[^"]*)"', page)
    assert about == [
        "VGAE on karate: embedding projected to two dimensions by t-SNE (perplexity 11), where "
        "distances between groups mean little."
    ]


def test_a_large_graph_shows_the_picture_of_the_run(
    run: GraphFitResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graphvae.report.page.NAMED_NODES", 33)
    page = report_html(run)
    assert "<circle" not in page
    assert Reader(page).elements.count("img") == 3


@pytest.mark.slow
def test_a_missing_picture_or_list_is_told(run: GraphFitResult, tmp_path: Path) -> None:
    assert run.folder is not None
    folder = Path(shutil.copytree(run.folder, tmp_path / "run"))
    (folder / "curves.png").unlink()
    (folder / "links.csv").unlink()
    page = write_report(folder).read_text(encoding="utf-8")
    assert section_of(page, "Learning curves") == "curves.png is not in the run folder."
    assert "for a graph of 34 nodes" in section_of(page, "Most likely missing links")


def part(auc: float, low: float, high: float) -> dict[str, Any]:
    return {"auc": auc, "auc_interval": [low, high], "positives": 1234}


@pytest.mark.parametrize(
    ("baseline", "words", "warned"),
    [
        (0.7, "the model's whole interval is higher", False),
        (0.88, "inside the model's interval, no significant difference", True),
        (0.95, "better than the model", True),
    ],
)
def test_the_verdict_holds_the_model_against_its_best_baseline(
    baseline: float, words: str, warned: bool
) -> None:
    rows = {"worse": {"auc": 0.6, "ap": 0.6}, "best <one>": {"auc": baseline, "ap": 0.5}}
    metrics = {"test": part(0.9, 0.85, 0.92), "baselines": rows, "strata": {}}
    first, second = verdicts(metrics)
    assert first == tag(
        "p",
        "An edge held out for testing scores above a non-edge 90.0 % of the time "
        "(95 % interval 85.0 % to 92.0 %; 1,234 edges).",
        class_="verdict",
    )
    assert f"best &lt;one&gt;, reaches AUC {baseline:.3f}" in second
    assert words in Reader(second).text
    assert ('class="warn"' in second) == warned


@pytest.mark.slow
def test_direction_is_told_where_there_is_one(run: GraphFitResult) -> None:
    page = report_html(replace(run, metrics={**run.metrics, "direction": 0.8125}))
    assert "<span>Test Direction</span><b>0.812</b>" in page
    assert "one-way test edges, 81.2 % score above their reverse" in section_of(page, "Scores")
    assert "one-way" not in report_html(run)


@pytest.mark.parametrize(("low", "said"), [(0.5, True), (0.51, False)])
def test_the_verdict_tells_of_chance(low: float, said: bool) -> None:
    metrics = {"test": part(0.6, low, 0.7), "baselines": {}, "strata": {}}
    assert ("not significantly better than chance" in verdicts(metrics)[-1]) == said


@pytest.mark.parametrize(("high", "said"), [(0.7, True), (0.95, False)])
def test_the_verdict_tells_of_a_weak_stratum(high: float, said: bool) -> None:
    strata = {"unseen": part(0.6, 0.5, high)}
    metrics = {"test": part(0.9, 0.85, 0.92), "baselines": {}, "strata": strata}
    assert ("no training edge: AUC 0.600 [0.500, 0.700]" in verdicts(metrics)[-1]) == said


@pytest.mark.slow
def test_the_audit_stands_in_the_page(run: GraphFitResult, monkeypatch: pytest.MonkeyPatch) -> None:
    assert section_of(report_html(run), "Audit").startswith("No check failed.")
    checks = [
        FakeCheck("parts disjoint", True, "78 pairs"),
        FakeCheck("metrics", False, "test AUC 0.9 <> 0.8"),
        FakeCheck("repeats", None, "one run"),
    ]
    asked = []

    def audit_run(path: Path) -> SimpleNamespace:
        asked.append(path)
        return SimpleNamespace(checks=checks)

    monkeypatch.setattr("graphvae.report.page.audit_run", audit_run)
    assert section_of(report_html(run), "Audit") == (
        "1 of 3 checks failed. check outcome detail parts disjoint ✓ passed 78 pairs "
        "metrics ✗ failed test AUC 0.9 <> 0.8 repeats – does not apply one run"
    )
    assert asked == [run.folder]
    checks[1:2] = []
    assert section_of(report_html(run), "Audit").startswith("No check failed.")


@pytest.mark.slow
@pytest.mark.parametrize("which", ["run", "hostile"])
def test_the_code_shown_makes_the_run_again(
    which: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    result: GraphFitResult = request.getfixturevalue(which)
    assert result.folder is not None
    _, shown = re.findall("<pre>(.*?)</pre>", report_html(result), re.DOTALL)
    code = Reader(shown).text
    monkeypatch.chdir(result.folder)
    made: dict[str, Any] = {}
    exec(code, made)
    again = made["result"]
    assert again.split.fingerprint == result.split.fingerprint
    assert again.metrics["test"] == result.metrics["test"]
    assert again.metrics["baselines"] == result.metrics["baselines"]


@pytest.mark.slow
def test_a_run_with_a_module_of_ones_own_says_so(karate: Graph, tmp_path: Path) -> None:
    module = SAGEConv(34, 32)
    made = graphvae.fit(karate, epochs=2, encoder=module, baselines=False, out=tmp_path / "run")
    write_report(tmp_path / "run", encoder=module)
    page = write_report(tmp_path / "run").read_text(encoding="utf-8")
    assert "encoder SAGEConv(34, 32, aggr=mean)" in section_of(page, "Settings")
    assert "encoder=encoder" in python_code(made.config)
    assert "No baselines were scored" in section_of(page, "Baselines")
    assert section_of(page, "Audit").startswith("No check failed")
