"""`graphvae neighbors`: the table, the JSON, errors."""

import json

import pytest

from graphvae.runs.result import load


@pytest.mark.parametrize("by", ["cosine", "dot", "euclidean", "decoder"])
def test_json_is_what_the_library_returns(invoke, karate_run, by):
    result = invoke("neighbors", karate_run.folder, "--node", 33, "-k", 4, "--by", by, "--json")
    assert (result.exit_code, result.stderr) == (0, "")
    expected = [near.to_dict() for near in load(karate_run.folder).neighbors("33", 4, by=by)]
    assert json.loads(result.stdout) == expected


def test_the_table_marks_known_neighbours(invoke, karate_run):
    result = invoke("neighbors", karate_run.folder, "--node", 0)
    header, *lines, message = result.stdout.splitlines()
    assert message.startswith("messages: over all 78 known edges")
    assert header.split() == ["node", "cosine", "edge"]
    output = load(karate_run.folder).neighbors("0")
    expected = [[n.node, f"{n.score:.6f}", *(["known"] if n.known else [])] for n in output]
    assert [line.split() for line in lines] == expected
    assert len(lines) == 10


def test_the_column_of_distances_is_labelled(invoke, karate_run):
    shown = invoke("neighbors", karate_run.folder, "--node", 0, "--by", "euclidean").stdout
    assert shown.split()[:2] == ["node", "distance"]


def test_errors_are_one_line(refused, own_run):
    assert "did you mean 33?" in refused("neighbors", own_run, "--node", "333")
    assert "top-k" in refused("neighbors", own_run, "--node", "3", "-k", 0)
    assert "cosine" in refused("neighbors", own_run, "--node", "3", "--by", "taste")
    assert "--node" in refused("neighbors", own_run)
