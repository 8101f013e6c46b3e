"""`graphvae image` with attributes: sample --given, embed --from, describe, hierarchy."""

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest

SMALL = ("--encoder", "mlp", "--decoder", "mirror", "--hidden", 16, "--latent", 3)


@pytest.fixture(scope="module")
def run(invoke: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of two epochs."""
    folder = tmp_path_factory.mktemp("telbo") / "run"
    arguments = ("--dataset", "digits", "--model", "telbo", *SMALL, "--epochs", 2)
    result = invoke("image", "fit", *arguments, "--out", folder)
    assert result.exit_code == 0, result.output
    assert "accuracy of attributes predicted from test images: class 0." in result.stdout
    return folder


def read(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


def test_images_of_given_attributes(invoke: Any, run: Path, tmp_path: Path) -> None:
    result = invoke("image", "sample", run, "--given", "class=3", "-n", 5, "-o", tmp_path / "a.npy")
    assert result.exit_code == 0, result.output
    assert np.load(tmp_path / "a.npy").shape == (5, 1, 8, 8)
    drawn = invoke("image", "sample", run, "--given", "class=3", "-o", tmp_path / "a.png")
    assert drawn.exit_code == 0
    refused = invoke("image", "sample", run, "--given", "clas=3")
    assert refused.exit_code == 2
    assert "did you mean class?" in refused.stderr


def test_codes_of_attributes(invoke: Any, run: Path, tmp_path: Path) -> None:
    out = tmp_path / "codes.csv"
    result = invoke("image", "embed", run, "--from", "attributes", "--part", "test", "-o", out)
    assert result.exit_code == 0, result.output
    rows = read(out)
    by_class: dict[str, set[str]] = {}
    for row in rows:
        by_class.setdefault(row["label"], set()).add(row["z0"])
    assert len(rows) == 180
    assert all(len(codes) == 1 for codes in by_class.values())


def test_attributes_are_described(invoke: Any, run: Path, tmp_path: Path) -> None:
    result = invoke("image", "describe", run, "-o", tmp_path / "d.csv")
    assert result.exit_code == 0, result.output
    rows = read(tmp_path / "d.csv")
    assert (len(rows), set(rows[0])) == (180, {"image", "class", "p(class)"})
    assert invoke("image", "describe", run, "-o", tmp_path / "d.txt").exit_code == 2


def test_a_hierarchy_is_drawn(invoke: Any, run: Path, tmp_path: Path) -> None:
    out = tmp_path / "h.png"
    result = invoke("image", "hierarchy", run, "--given", "class=3", "-o", out)
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("2 concepts in ")
    assert out.is_file()
    assert invoke("image", "hierarchy", run, "-o", out).exit_code == 2


def test_a_model_of_images_alone_is_refused(invoke: Any, digits_run: Path) -> None:
    result = invoke("image", "sample", digits_run, "--given", "class=3")
    assert result.exit_code == 2
    assert "observes no attributes" in result.stderr
