"""`graphvae compare`: tables on stdout or in a file, the plot, errors."""

import csv
import io
import json

import pytest

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def two(invoke, tmp_path_factory):
    """Repeats of two models over the same three splits."""
    folder = tmp_path_factory.mktemp("compare")
    for model in ("gae", "mlp"):
        options = ("--model", model, "--repeats", 3, "--epochs", 5, "--no-baselines", "--quiet")
        done = invoke("fit", "--dataset", "karate", *options, "--out", folder / model)
        assert done.exit_code == 0, done.stderr
    return folder / "gae", folder / "mlp"


def test_the_forms_agree(invoke, two):
    output = json.loads(invoke("compare", *two, "--format", "json").stdout)
    assert (output["basis"], output["reference"], len(output["rows"])) == ("splits", "gae", 4)
    summary = json.loads((two[1] / "summary.json").read_text())
    assert output["rows"][1]["values"] == summary["test"]["auc"]["values"]
    rows = list(csv.DictReader(io.StringIO(invoke("compare", *two, "--format", "csv").stdout)))
    assert [float(row["mean"]) for row in rows] == [row["mean"] for row in output["rows"]]
    shown = invoke("compare", *two)
    assert (shown.exit_code, shown.stderr) == (0, "")
    assert f"{output['rows'][1]['mean']:.4f} ±" in shown.stdout
    assert "| mlp |" in invoke("compare", *two, "--format", "markdown").stdout
    assert r"\bottomrule" in invoke("compare", *two, "--format", "latex").stdout


def test_table_and_plot_go_to_files(invoke, two, here):
    table = invoke("compare", *two, "--metric", "mrr", "--format", "markdown").stdout
    arguments = ("--metric", "mrr", "--format", "markdown", "-o", "t.md", "--plot", "p.png")
    done = invoke("compare", *two, *arguments)
    assert done.stdout == "2 rows in t.md\n"
    assert (here / "t.md").read_text() == table
    assert (here / "p.png").read_bytes().startswith(b"\x89PNG")
    assert sorted(path.name for path in here.iterdir()) == ["p.png", "t.md"]


def test_single_runs_on_one_split_are_compared_by_the_bootstrap(invoke, two):
    shown = invoke("compare", two[0] / "001", two[1] / "001", "--against", "best").stdout
    assert "p (bootstrap)" in shown
    assert "mlp/001" in shown


def test_what_cannot_be_compared_is_refused(refused, two, here):
    gae, mlp = two
    line = refused("compare", gae / "000", mlp / "001")
    for run in (gae / "000", mlp / "001"):
        assert json.loads((run / "metrics.json").read_text())["split"][:12] in line
    assert "two or more different runs" in refused("compare", gae)
    assert "found nothing" in refused("compare", gae, "nowhere")
    assert "got 'acu' (did you mean auc?)" in refused("compare", gae, mlp, "--metric", "acu")
    assert ".png" in refused("compare", gae, mlp, "--plot", "d.pdf")
    assert "RUN" in refused("compare")
