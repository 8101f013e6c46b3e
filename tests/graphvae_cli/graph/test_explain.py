"""`graphvae explain`: the table, the picture, JSON, errors."""

import json

from graphvae.runs.result import load


def test_json_is_what_the_library_returns(invoke, karate_run):
    result = invoke("explain", karate_run.folder, 0, 9, "-k", 3, "--json")
    assert (result.exit_code, result.stderr) == (0, "")
    expected = load(karate_run.folder).explain(0, 9, 3).to_dict()
    assert json.loads(result.stdout) == json.loads(json.dumps(expected))


def test_the_table_has_the_edges_and_what_their_numbers_mean(invoke, karate_run, here):
    result = invoke("explain", karate_run.folder, 0, 9, "-k", 2, "--out", "link.png")
    explanation = load(karate_run.folder).explain(0, 9, 2)
    first, _, header, *rows, other, meaning = result.stdout.splitlines()
    assert first == f"0 – 9: logit {explanation.logit:.4f}"
    assert header.split() == ["edge", "contribution"]
    assert [row.split()[-1] for row in rows] == [f"{e.value:+.4f}" for e in explanation.edges]
    assert other.split()[-1] == f"{explanation.other_edges:+.4f}"
    assert meaning.startswith("gradient: ")
    assert (here / "link.png").read_bytes().startswith(b"\x89PNG")


def test_bad_input_is_refused(refused, karate_run):
    assert "nobody" in refused("explain", karate_run.folder, 0, "nobody")
    assert "extension .png, got 'a.pdf'" in refused(
        "explain", karate_run.folder, 0, 9, "--out", "a.pdf"
    )
    assert "expected" in refused("explain", karate_run.folder, 0, 9, "-k", 0)
