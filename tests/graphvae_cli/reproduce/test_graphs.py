"""`graphvae reproduce`: the list of tables, and a printed table."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from graphvae.reproduce.published import DDI, RANDOM_SPLITS, TABLES
from graphvae_data.registry.ogb import OGB
from tests.graphvae.configs import make_config
from tests.small_ogb import Small


def test_without_a_table_it_lists_them(invoke):
    result = invoke("reproduce")
    assert (result.exit_code, result.stderr) == (0, "")
    assert all(name in result.stdout for name in TABLES)


def finished(out: Path, dataset: str, model: str, auc: float) -> None:
    """Leave the summary of a cell that was obtained before."""
    score = {"mean": auc, "std": 0.01, "interval": [auc - 0.004, auc + 0.004], "values": [auc] * 2}
    settings = make_config(dataset, model, baselines=False)
    summary = {
        "repeats": 2,
        "fit": {"graph": dataset, "split": None, "settings": settings.to_dict()},
        "finished": True,
        "test": {"auc": score, "ap": score},
        **{part: {} for part in ("val", "strata", "baselines")},
    }
    folder = out / f"{dataset}-{model}-features"
    folder.mkdir(parents=True)
    (folder / "summary.json").write_text(json.dumps(summary))


def options(out: Path) -> list[object]:
    return ["--repeats", 2, "--device", "cpu", "--threads", 1, "--out", out]


def test_strong_prints_which_targets_are_reached(invoke, tmp_path):
    finished(tmp_path, "cora", "strong-gae", 0.965)
    finished(tmp_path, "citeseer", "strong-gae", 0.972)
    chosen = ["--dataset", "cora", "--dataset", "citeseer"]
    result = invoke("reproduce", "strong", *chosen, *options(tmp_path))
    assert result.exit_code == 0
    head, *rows = (line.split() for line in result.stdout.splitlines())
    assert head == ["dataset", "model", "features", "bar", "published", "obtained"]
    assert (rows[0][0], rows[0][-1]) == ("cora", "reached")
    assert (rows[1][0], rows[1][-1]) == ("citeseer", "missed")
    assert "0.960 / –" in result.stdout
    assert "0.965 ± 0.004 / 0.965 ± 0.004" in result.stdout
    assert RANDOM_SPLITS in result.stdout
    assert "over 2 splits" in result.stdout


def test_family_has_a_dash_and_no_verdict_where_nothing_is_published(invoke, tmp_path):
    finished(tmp_path, "cora", "sage", 0.884)
    finished(tmp_path, "cora", "gnae", 0.954)
    chosen = ["--dataset", "cora", "--model", "sage", "--model", "gnae"]
    result = invoke("reproduce", "family", *chosen, *options(tmp_path))
    rows = {line.split()[1]: line for line in result.stdout.splitlines()[1:3]}
    assert rows["sage"].split()[3] == "–"
    assert rows["sage"].endswith("0.884 ± 0.004")
    assert rows["gnae"].endswith("inside")
    again = invoke("reproduce", "family", *chosen, *options(tmp_path), "--json")
    cells = {cell["model"]: cell for cell in json.loads(again.stdout)}
    assert (cells["sage"]["published"], cells["sage"]["inside"]) == (None, None)
    assert cells["gnae"]["published"] == {"auc": 0.956}


@pytest.fixture
def small_ddi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A small graph in the place of ogbl-ddi, in its folders and with its metric."""
    created = Small(tmp_path / "ogb", "ogbl-ddi", negatives=120)
    monkeypatch.setenv("GRAPHVAE_OGB", str(tmp_path / "ogb"))
    monkeypatch.setitem(OGB, "ogbl-ddi", replace(OGB["ogbl-ddi"], facts=created.facts))


@pytest.mark.slow
@pytest.mark.usefixtures("small_ddi")
def test_ddi_is_over_seeds_on_one_split_and_its_quick_form_claims_nothing(invoke, tmp_path):
    arguments = ["--quick", "--model", "optimized-gae-ddi", "--device", "cpu", "--threads", 1]
    shown = invoke("reproduce", "ddi", *arguments, "--out", tmp_path / "runs")
    assert shown.exit_code == 0
    head, row, *foot = shown.stdout.splitlines()
    assert head.split() == ["dataset", "model", "features", "published", "obtained"]
    assert row.split()[:4] == ["ogbl-ddi", "optimized-gae-ddi", "no", "0.944"]
    assert not any(word in shown.stdout for word in DDI.verdicts)
    assert f"Hits@20; mean ± 95 % interval over 2 {DDI.over}" in foot[0]
    assert all(str(value) in foot[1].replace(",", "") for value in DDI.quick.values())
    again = invoke("reproduce", "ddi", *arguments, "--out", tmp_path / "runs", "--json")
    (cell,) = json.loads(again.stdout)
    assert (cell["quick"], cell["inside"]) == (dict(DDI.quick), None)
    folder = tmp_path / "runs" / "ogbl-ddi-optimized-gae-ddi-no-features"
    runs = [json.loads((folder / n / "metrics.json").read_text()) for n in ("000", "001")]
    assert runs[0]["split"] == runs[1]["split"]
    values = [run["benchmark"]["test"] for run in runs]
    assert cell["hits@20"]["mean"] == pytest.approx(sum(values) / 2)
    repeats = invoke("evaluate", folder).stdout
    assert "Hits@20 (selects the epoch)" in repeats
    assert "2 repeats on one split, so it covers seeds but not splits" in repeats


@pytest.mark.parametrize("table", TABLES.values(), ids=list(TABLES))
def test_the_documentation_and_the_help_name_every_table(invoke, pytestconfig, table):
    docs = pytestconfig.rootpath / "docs"
    pages = [page for page in docs.rglob("*.md") if page.name != "options.md"]
    assert any(f"graphvae reproduce {table.name}" in page.read_text() for page in pages)
    words = invoke("reproduce", table.name, "--help").stdout.split()
    assert " ".join(table.protocol.split()) in " ".join(words)
