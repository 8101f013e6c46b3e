"""`graphvae audit`: a line per check, exit status 1 on a fault, 2 on bad input."""

import json

import pytest

pytestmark = pytest.mark.usefixtures("blank_graph_pictures")


@pytest.mark.slow
def test_a_clean_run_passes(invoke, karate_run):
    result = invoke("audit", karate_run.folder)
    assert (result.exit_code, result.stderr) == (0, "")
    *checks, verdict = result.stdout.splitlines()
    assert {line.split()[0] for line in checks} == {"pass"}
    assert len(checks) == 16
    assert verdict == f"run {karate_run.folder}: 16 checks passed, 0 not applicable"


def test_an_error_is_named_and_the_exit_status_is_one(invoke, own_run):
    metrics = json.loads((own_run / "metrics.json").read_text())
    metrics["test"]["mrr"] += 0.25
    (own_run / "metrics.json").write_text(json.dumps(metrics))
    result = invoke("audit", own_run)
    assert (result.exit_code, result.stderr) == (1, "")
    (line,) = (line for line in result.stdout.splitlines() if line.startswith("FAIL"))
    assert "metrics recomputed" in line
    assert "test.mrr" in line
    assert result.stdout.splitlines()[-1].endswith("1 of 16 checks FAILED: metrics recomputed")


def test_the_json_holds_every_check(invoke, karate_run):
    result = invoke("audit", karate_run.folder, "--json")
    output = json.loads(result.stdout)
    assert (result.exit_code, output["passed"], len(output["checks"])) == (0, True, 16)
    assert all(check.keys() == {"name", "passed", "detail"} for check in output["checks"])


def test_a_split_file_is_compared_with_its_dataset(invoke, karate_run, here):
    file = karate_run.folder / "split.npz"
    alone = invoke("audit", file)
    assert alone.exit_code == 0
    assert "needs the graph (--dataset NAME)" in alone.stdout
    assert alone.stdout.endswith("9 checks passed, 1 not applicable\n")
    assert invoke("audit", file, "--dataset", "karate").stdout.endswith(
        "10 checks passed, 0 not applicable\n"
    )
    other = invoke("audit", file, "--dataset", "les-miserables")
    assert other.exit_code == 1
    assert other.stdout.endswith("1 of 10 checks FAILED: fingerprint\n")


@pytest.mark.slow
def test_repeats_are_audited_run_by_run(invoke, here):
    arguments = ("--repeats", 2, "--epochs", 3, "--no-baselines", "--quiet", "--out", "r")
    invoke("fit", "--dataset", "karate", *arguments)
    result = invoke("audit", "r")
    assert result.exit_code == 0
    assert [line.split()[1] for line in result.stdout.splitlines()[:2]] == ["000:", "001:"]


def test_what_cannot_be_audited_is_refused(refused, karate_run, own_run, here):
    assert "no such file" in refused("audit", "nowhere")
    assert "found no config.json" in refused("audit", here)
    assert "has its own graph" in refused("audit", karate_run.folder, "--dataset", "karate")
    assert "no dataset is called" in refused("audit", karate_run.folder, "--dataset", "coar")
    (here / "notes.txt").write_text("not a split")
    assert "is not a split file" in refused("audit", "notes.txt")
    (own_run / "metrics.json").unlink()
    assert "not finished" in refused("audit", own_run)
