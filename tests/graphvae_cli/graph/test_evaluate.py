"""`graphvae evaluate`: the same figures again from weights and split."""

import json


def test_a_run_scores_the_same_again(invoke, karate_run):
    result = invoke("evaluate", karate_run.folder, "--json", "--device", "cpu")
    assert (result.exit_code, result.stderr) == (0, "")
    scores, metrics = json.loads(result.stdout), json.loads(karate_run.printed)
    assert set(scores) >= {"val", "test", "strata", "baselines"}
    assert scores == {name: metrics[name] for name in scores}


def test_a_person_sees_the_table_of_fit(invoke, karate_run):
    shown = invoke("evaluate", karate_run.folder)
    again = invoke("fit", "--resume", "--out", karate_run.folder)
    assert (shown.exit_code, again.exit_code) == (0, 0)
    assert shown.stdout.strip() in again.stdout


def test_a_run_that_moved_scores_the_same(invoke, own_run, karate_run):
    moved = own_run.rename(own_run.parent / "mailed to someone")
    result = invoke("evaluate", moved, "--json")
    assert json.loads(result.stdout)["test"] == json.loads(karate_run.printed)["test"]
