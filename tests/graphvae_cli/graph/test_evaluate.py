"""`graphvae evaluate`: the scores of the run again; other negatives, metrics, strata, probes."""

import json
import shutil
from pathlib import Path

import pytest

pytestmark = pytest.mark.usefixtures("blank_graph_pictures")


def test_a_run_is_rescored_identically(invoke, karate_run):
    result = invoke("evaluate", karate_run.folder, "--json", "--device", "cpu")
    assert (result.exit_code, result.stderr) == (0, "")
    scores, metrics = json.loads(result.stdout), json.loads(karate_run.printed)
    assert set(scores) >= {"val", "test", "strata", "baselines"}
    lists = scores.pop("lists")
    assert scores == {name: metrics[name] for name in scores}
    assert set(lists["common neighbours"]) == {"precision@20", "precision@100"}


def test_the_table_of_fit_is_printed(invoke, karate_run):
    shown = invoke("evaluate", karate_run.folder)
    again = invoke("fit", "--resume", "--out", karate_run.folder)
    assert (shown.exit_code, again.exit_code) == (0, 0)
    table, lists = shown.stdout.strip().split("\n\n")
    assert table in again.stdout
    header, model, order, *heuristics = lists.splitlines()
    assert header.split() == [
        "test",
        *["edges", "among", "all", "non-edges", "Precision@20", "Precision@100"],
    ]
    assert (model.split()[0], order.split()[:3]) == ("vgae", ["list", "of", "predict"])
    assert heuristics[0].startswith("  common neighbours")


def test_a_run_that_moved_scores_the_same(invoke, own_run, karate_run):
    moved = own_run.rename(own_run.parent / "mailed to someone")
    result = invoke("evaluate", moved, "--json")
    assert json.loads(result.stdout)["test"] == json.loads(karate_run.printed)["test"]


@pytest.mark.parametrize("negatives", ["uniform", "degree", "heart", "all"])
def test_a_model_and_its_baselines_are_scored_alike(invoke, karate_run, negatives):
    arguments = ["--negatives", negatives, "--metrics", "auc,mrr,hits@2"]
    arguments += ["--per-positive", 6] if negatives == "heart" else []
    result = invoke("evaluate", karate_run.folder, *arguments, "--bootstrap", 50, "--json")
    assert result.exit_code == 0, result.stderr
    reports = json.loads(result.stdout)
    assert next(iter(reports)) == "vgae"
    assert {"common neighbours", "Katz", "personalised PageRank"} <= set(reports)
    assert len({(r["kind"], r["positives"], r["negatives"]) for r in reports.values()}) == 1
    for report in reports.values():
        low, high = report["auc_interval"]
        assert 0 <= low <= report["auc"] <= high <= 1


def test_uniform_negatives_give_the_recorded_scores(invoke, karate_run):
    recorded = json.loads((karate_run.folder / "metrics.json").read_text())
    arguments = ("--metrics", "auc,ap,mrr", "--no-baselines", "--strata", "seen")
    reports = json.loads(invoke("evaluate", karate_run.folder, *arguments, "--json").stdout)
    assert list(reports) == ["vgae"]
    for name in ("auc", "ap", "mrr"):
        assert reports["vgae"][name] == pytest.approx(recorded["test"][name])


def test_a_person_sees_a_row_a_judged_and_a_row_a_stratum(invoke, karate_run):
    arguments = ("--negatives", "all", "--strata", "seen,degree", "--bootstrap", 0)
    lines = invoke("evaluate", karate_run.folder, *arguments).stdout.splitlines()
    assert lines[0].split() == ["AUC", "AP"]
    assert lines[1].startswith("vgae ")
    assert any(line.startswith("  seen: ") for line in lines)
    assert any(line.startswith("  degree: ") for line in lines)
    assert "negatives: all" in lines[-1]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["classification", "clustering"])
def test_probes_are_compared_with_a_spectral_embedding(invoke, karate_run, kind):
    printed = invoke("evaluate", karate_run.folder, "--probe", kind, "--json")
    assert printed.exit_code == 0, printed.stderr
    table = json.loads(printed.stdout)
    assert set(table) == {"embedding", "spectral"}
    assert all(kind in row for row in table.values())
    text = invoke("evaluate", karate_run.folder, "--probe", kind).stdout
    assert ("NMI" in text) == (kind == "clustering")


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("--metrics", "auk"), "auk"),
        (("--metrics", "hits@0"), "hits@0"),
        (("--metrics", ","), "names"),
        (("--metrics", "hits@100000"), "hits@"),
        (("--negatives", "hard"), "hard"),
        (("--strata", "colour"), "colour"),
        (("--negatives", "heart", "--metrics", "precision@3"), "precision@3"),
        (("--per-positive", 0), "per-positive"),
        (("--per-positive", 9), "per_positive: requires negatives heart"),
        (("--probe", "regression"), "regression"),
    ],
)
def test_what_cannot_be_scored_is_refused(refused, karate_run, arguments, named):
    assert named in refused("evaluate", karate_run.folder, *arguments)


EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "mean_rank.py"


@pytest.mark.parametrize("negatives", ["uniform", "heart", "all"])
def test_a_user_defined_metric_is_a_column_of_the_table(invoke, karate_run, here, negatives):
    shutil.copy(EXAMPLE, here / "mine.py")
    arguments = ("--metrics", "mine:MeanRank,mrr", "--negatives", negatives, "--bootstrap", 50)
    lines = invoke("evaluate", karate_run.folder, *arguments).stdout.splitlines()
    assert " ".join(lines[0].split()) == "Mean rank MRR"
    row = json.loads(invoke("evaluate", karate_run.folder, *arguments, "--json").stdout)["vgae"]
    low, high = row["mean-rank_interval"]
    assert 1 <= low <= high
    assert row["mean-rank"] >= 1
    assert (row["mean-rank"] > 1) == (row["mrr"] < 1)


@pytest.mark.slow
def test_a_metric_where_lower_is_better_can_select_the_epoch(invoke, here):
    shutil.copy(EXAMPLE, here / "mine_too.py")
    arguments = ("--dataset", "karate", "--epochs", 8, "--no-baselines", "--val-fraction", 0.2)
    select = ("--select", "mine_too:MeanRank")
    result = invoke("fit", *arguments, *select, "--out", here / "run", "--json")
    assert result.exit_code == 0, result.stderr
    metrics = json.loads(result.stdout)
    history = [json.loads(line) for line in (here / "run/history.jsonl").read_text().splitlines()]
    scores = [record["val_score"] for record in history]
    assert metrics["best_epoch"] == 1 + scores.index(max(scores))
    assert metrics["benchmark"]["metric"] == "mean-rank"
    assert metrics["benchmark"]["val"] == pytest.approx(-max(scores))
    audit = invoke("audit", here / "run")
    assert audit.exit_code == 0, audit.stdout
