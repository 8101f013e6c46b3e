"""Comparisons: known answers over shared splits, errors for other runs, output formats."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.stats
from PIL import Image

import graphvae
from graphvae.comparison.compare import compare
from graphvae.comparison.paired import paired_bootstrap
from graphvae.comparison.result import CSV_HEADER, Comparison, draw_differences
from graphvae.comparison.table_forms import LATEX, as_csv, as_latex, as_markdown
from graphvae.evaluation.protocols import SharedNegatives
from graphvae.metrics import Auc
from graphvae_data.core.errors import InputError
from tests.graphvae.configs import make_config

A = [0.90, 0.91, 0.93, 0.90, 0.94, 0.92, 0.95]
B = [0.91, 0.93, 0.90, 0.95, 0.92, 0.94, 0.97]


def record(folder: Path, split: str, value: float, **settings: Any) -> Path:
    """Write what compare reads of a run: settings and scores."""
    folder.mkdir(parents=True)
    config = make_config(dataset="karate", **settings)
    (folder / "config.json").write_text(json.dumps(config.to_dict()))
    test = {"auc": value, "ap": value / 2, "mrr": value**2, "positives": 7}
    metrics = {"val": {}, "test": test, "strata": {}, "baselines": {}, "split": split * 64}
    metrics |= {"best_epoch": 1, "epochs": 1, "seconds": {}}
    (folder / "metrics.json").write_text(json.dumps(metrics))
    return folder


def repeats(folder: Path, values: list[float], splits: str = "abcdefghij", **settings: Any) -> Path:
    for number, value in enumerate(values):
        record(folder / f"{number:03d}", splits[number], value, **settings)
    summary: dict[str, Any] = {"repeats": len(values), "fit": {}, "finished": True}
    summary |= {"val": {}, "test": {}, "strata": {}, "baselines": {}}
    (folder / "summary.json").write_text(json.dumps(summary))
    return folder


def selected_by_hard_negatives(folder: Path, values: list[float]) -> Path:
    """Repeats whose epochs were selected by the MRR among HeaRT's negatives."""
    repeats(folder, values)
    for number, value in enumerate(values):
        path = folder / f"{number:03d}" / "metrics.json"
        benchmark = {"metric": "mrr", "val": 0.9, "test": value / 3, "negatives": "heart"}
        path.write_text(json.dumps(json.loads(path.read_text()) | {"benchmark": benchmark}))
    return folder


@pytest.fixture
def both(tmp_path: Path) -> Comparison:
    return compare([repeats(tmp_path / "my_a", A), repeats(tmp_path / "b|b", B)])


def test_shared_splits_give_scipys_paired_test(both: Comparison) -> None:
    assert (both.basis, len(both.splits), both.reference) == ("splits", 7, "my_a")
    first, second = both.rows[:2]
    assert first.difference is None
    assert (first.mean, first.std) == pytest.approx((np.mean(A), np.std(A, ddof=1)))
    known, found = scipy.stats.ttest_rel(B, A), second.difference
    assert found is not None
    assert found.p == pytest.approx(known.pvalue)
    assert found.interval.low == pytest.approx(known.confidence_interval().low)
    assert found.p_wilcoxon == pytest.approx(scipy.stats.wilcoxon(B, A).pvalue)


def test_the_metric_that_selected_all_runs_is_compared_too(tmp_path: Path) -> None:
    a = selected_by_hard_negatives(tmp_path / "a", A)
    b = selected_by_hard_negatives(tmp_path / "b", B)
    found = compare([a, b])
    assert found.metrics == ("auc", "ap", "mrr-heart")
    known = scipy.stats.ttest_rel(np.array(B) / 3, np.array(A) / 3)
    assert (difference := found.rows[-1].difference) is not None
    assert difference.p == pytest.approx(known.pvalue)
    assert "MRR, heart negatives" in found.to_text()
    draw_differences(tmp_path / "differences.png", found)
    assert compare([a, repeats(tmp_path / "c", B)]).metrics == ("auc", "ap")
    with pytest.raises(InputError, match="mrr-heart has negatives other than those of the split"):
        compare([a / "000", b / "000"], metrics=["mrr-heart"])


def test_runs_are_paired_by_split_not_by_number(tmp_path: Path) -> None:
    a = repeats(tmp_path / "a", A)
    b = repeats(tmp_path / "b", B[::-1], splits="gfedcba")
    row = compare([a, b]).rows[1]
    assert row.values == tuple(B)
    assert row.difference is not None
    assert row.difference.p == pytest.approx(scipy.stats.ttest_rel(B, A).pvalue)


def test_only_shared_splits_count_and_the_others_are_told(tmp_path: Path) -> None:
    found = compare([repeats(tmp_path / "a", A), repeats(tmp_path / "b", B[:4])])
    assert len(found.splits) == 4
    assert found.rows[0].mean == pytest.approx(np.mean(A[:4]))
    assert found.notes == ("3 runs of a omitted: their splits are not shared by all",)


def test_other_splits_are_refused_by_fingerprint(tmp_path: Path) -> None:
    a, b = repeats(tmp_path / "a", A[:2], "ab"), repeats(tmp_path / "b", B[:2], "cd")
    with pytest.raises(InputError, match="splits differ") as refusal:
        compare([a, b])
    for letter in "abcd":
        assert f"{letter * 12}…" in str(refusal.value)


def test_seeds_on_one_split_say_what_they_speak_of(tmp_path: Path) -> None:
    a, b = repeats(tmp_path / "a", A, "x" * 7), repeats(tmp_path / "b", B, "x" * 7)
    found = compare([a, b])
    assert found.basis == "seeds"
    assert "they do not cover other splits" in found.to_text()


def test_differences_can_be_taken_to_the_best(tmp_path: Path) -> None:
    paths = [repeats(tmp_path / name, v) for name, v in (("a", A), ("b", B), ("c", A))]
    found = compare(paths, metrics=["mrr", "auc"], against="best")
    assert found.reference == "b"
    assert [row.difference is None for row in found.rows] == [False, True, False] * 2
    assert "p-values are not corrected" in found.to_text()


@pytest.mark.wrong_types
def test_another_reference_is_refused(tmp_path: Path) -> None:
    paths = [repeats(tmp_path / name, v) for name, v in (("a", A), ("b", B))]
    with pytest.raises(InputError, match=r"against: expected one of first, best, got 'bset' \(did"):
        compare(paths, against="bset")  # type: ignore[arg-type]


def test_validation_edges_in_some_are_told(tmp_path: Path) -> None:
    a, b = repeats(tmp_path / "a", A), repeats(tmp_path / "b", B, val_edges=True)
    assert compare([a, b]).notes == ("messages pass over validation edges at test in b only",)
    assert not compare([b, repeats(tmp_path / "c", A, val_edges=True)]).notes


@pytest.mark.slow
def test_one_shared_split_is_compared_over_its_test_edges(tmp_path: Path) -> None:
    settings: dict[str, Any] = {"epochs": 20, "baselines": False}
    results = [
        graphvae.fit("les-miserables", model, out=tmp_path / model, **settings)
        for model in ("gae", "mlp")
    ]
    found = compare([tmp_path / "gae", tmp_path / "mlp"], metrics=["auc", "hits@10"])
    assert found.basis == "edges"
    gae, mlp = found.rows[:2]
    assert mlp.difference is not None
    assert mlp.difference.mean == pytest.approx(mlp.mean - gae.mean)
    scored = []
    for result in results:
        z, split = result.embeddings("train"), result.split
        logits = [(z[u] * z[v]).sum(1) for u, v in (split.test, split.test_negatives)]
        scored.append(SharedNegatives(*(part.astype(float) for part in logits)))
    assert Auc().score(scored[0].positive_scores, scored[0].negative_scores) == pytest.approx(
        gae.mean
    )
    known = paired_bootstrap(Auc(), scored[1], scored[0])
    assert mlp.difference.interval.low == pytest.approx(known.interval.low, abs=2e-3)


def test_what_cannot_be_compared_is_refused(tmp_path: Path) -> None:
    a = repeats(tmp_path / "a", A)
    for paths, words in (
        ([a], "two or more different runs"),
        (str(a), "two or more different runs, got 1"),
        ([a, a / "000" / ".."], "two or more different runs"),
        ([a, tmp_path / "nowhere"], "found nothing"),
    ):
        with pytest.raises(InputError, match=words):
            compare(paths)


def test_a_metric_that_not_all_recorded_is_refused(tmp_path: Path) -> None:
    paths = [repeats(tmp_path / "a", A), repeats(tmp_path / "b", B)]
    with pytest.raises(InputError, match=r"\(auc, ap, mrr\), got 'acu' \(did you mean auc\?\)"):
        compare(paths, metrics=["acu"])
    with pytest.raises(InputError, match="positives"):
        compare(paths, metrics=["positives"])


def test_unfinished_runs_are_refused(tmp_path: Path) -> None:
    a, b = repeats(tmp_path / "a", A), repeats(tmp_path / "b", B)
    (b / "003" / "metrics.json").unlink()
    with pytest.raises(InputError, match="not finished"):
        compare([a, b])
    (b / "summary.json").write_text('{"repeats": 7, "fit": {}, "finished": false}')
    with pytest.raises(InputError, match="not finished"):
        compare([a, b])


# Forms.


def test_csv_reads_back_to_the_last_bit(both: Comparison) -> None:
    rows = list(csv.DictReader(io.StringIO(both.to_csv())))
    assert tuple(rows[0]) == CSV_HEADER
    assert len(rows) == len(both.rows) == 4
    for read, row in zip(rows, both.rows, strict=True):
        assert (read["metric"], read["model"]) == (row.metric, row.model)
        assert (float(read["mean"]), float(read["sd"])) == (row.mean, row.std)
        if row.difference is None:
            assert read["difference"] == read["p"] == ""
        else:
            assert float(read["low"]) == row.difference.interval.low
            assert float(read["p_wilcoxon"]) == row.difference.p_wilcoxon


def test_markdown_reads_back(both: Comparison) -> None:
    table = both.to_markdown().split("\n\n")[0].splitlines()
    cells = [[c.strip() for c in line.replace(r"\|", "¦").split("|")[1:-1]] for line in table]
    assert {len(line) for line in cells} == {6}
    assert [line[1] for line in cells[2:]] == ["my_a", "b¦b", "my_a", "b¦b"]
    assert cells[2][2] == f"{np.mean(A):.4f} ± {np.std(A, ddof=1):.4f}"


def test_latex_has_a_row_a_line_and_nothing_unescaped(both: Comparison) -> None:
    lines = both.to_latex().splitlines()
    assert all(line.startswith("%") for line in lines[: lines.index(r"\begin{tabular}{llllll}")])
    body = [line for line in lines if line.endswith(r"\\")]
    assert len(body) == 5
    assert {line.count(" & ") for line in body} == {5}
    assert r"AUC & my\_a & 0.9214 $\pm$" in body[1]


def test_text_says_what_its_numbers_are(both: Comparison) -> None:
    shown = both.to_text()
    assert "difference to my_a" in shown
    assert "over 7 shared splits; differences paired by split, 95 % t-interval" in shown


def test_awkward_cells_stay_one_cell() -> None:
    rows = [("a", "b"), ('x, "y"\nz', "".join(LATEX))]
    assert list(csv.reader(io.StringIO(as_csv(rows)))) == [list(row) for row in rows]
    assert as_markdown([("a",), ("p|q",)]).splitlines()[-1] == r"| p\|q |"
    (line,) = (li for li in as_latex([("a", "b"), ("1", "50% & more")]).splitlines() if "50" in li)
    assert line == r"1 & 50\% \& more \\"


def test_json_holds_every_number(both: Comparison) -> None:
    found = json.loads(json.dumps(both.to_dict()))
    assert found["rows"][1]["values"] == B
    assert found["rows"][1]["difference"]["values"] == pytest.approx(np.subtract(B, A))


@pytest.mark.usefixtures("drawn_pictures")
def test_the_picture_is_a_png_that_is_not_blank(both: Comparison, tmp_path: Path) -> None:
    draw_differences(tmp_path / "d.png", both)
    with Image.open(tmp_path / "d.png") as image:
        assert image.format == "PNG"
        assert len(image.convert("RGB").getcolors(100_000) or []) > 20
    with pytest.raises(InputError, match=r"\.png"):
        draw_differences(tmp_path / "d.pdf", both)
