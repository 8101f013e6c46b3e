"""Reproducing a table: rows are run once, read again, and not mixed with other settings."""

from dataclasses import replace
from pathlib import Path

import pytest

from graphvae_data.core.errors import InputError
from graphvae_data.runs.published import PublishedTable, Row
from graphvae_data.runs.run_folder import read_json
from image_vae.reproduce import codes as reproduce_codes
from image_vae.reproduce.codes import FILE
from image_vae.reproduce.reproduce import obtain
from image_vae.runs.fit import fit

TINY = {"hidden": (8,), "latent": (2,), "epochs": 2}
LIKELIHOOD = PublishedTable(
    "tiny",
    "A table of two rows",
    ("nll",),
    (
        Row("one", "digits", "vae", TINY, ({"nll": 20.0, "active_units": 2.0},), quick=True),
        Row(
            "two",
            "digits",
            "iwae-2",
            {**TINY, "latent": (3, 2), "hidden_between": (4,)},
            ({"nll": 20.0},),
        ),
    ),
    "two epochs",
    {"epochs": 1},
)
SURGERY = PublishedTable(
    "cut",
    "A divergence",
    ("surgery",),
    (Row("one", "digits", "vae", TINY, ({"mean_kl": 1.0},)),),
    "two",
)


@pytest.mark.slow
def test_a_quick_row_is_scored_and_then_read(tmp_path: Path) -> None:
    first, again = (list(obtain(LIKELIHOOD, quick=True, out=tmp_path)) for _ in range(2))
    assert [cell.row.name for cell in first] == ["one"]
    assert first[0].epochs == 1
    assert 10 < first[0].obtained["nll"] < 60
    assert first[0].obtained["active_units"] in (0, 1, 2)
    assert first == again
    with pytest.raises(InputError, match="other settings"):
        list(obtain(LIKELIHOOD, quick=True, out=tmp_path, seed=1))


@pytest.mark.slow
def test_seeds_are_kept_and_the_quick_form_may_have_other_data(tmp_path: Path) -> None:
    table = replace(
        LIKELIHOOD,
        measures=("code",),
        rows=(replace(LIKELIHOOD.rows[0], dataset="mnist", quick_settings={"latent": (3,)}),),
        seeds=2,
        quick_dataset="digits",
        quick_samples=7,
    )
    (cell,) = obtain(table, quick=True, out=tmp_path)
    assert (cell.row.dataset, cell.row.published) == ("digits", {})
    assert read_json(tmp_path / "one" / "001" / "config.json")["latents"]["latent"] == [3]
    assert set(cell.obtained) == {"bound", "nll", "kl", "active_units"}
    assert len(cell.runs) == 2
    assert cell.obtained["nll"] == pytest.approx(sum(run["nll"] for run in cell.runs) / 2)
    assert cell.spread is not None
    assert cell.to_dict()["runs"] == cell.runs


@pytest.mark.slow
def test_two_layers_have_active_units_each(tmp_path: Path) -> None:
    (cell,) = obtain(LIKELIHOOD, rows=["two"], quick=True, out=tmp_path)
    assert set(cell.obtained) == {"nll", "active_units_1", "active_units_2"}
    assert cell.to_dict()["published"] == {"nll": 20.0}


@pytest.mark.slow
def test_the_parts_of_a_divergence_add_up(tmp_path: Path) -> None:
    (cell,) = obtain(SURGERY, out=tmp_path)
    found = cell.obtained
    total = found["mutual_information"] + found["marginal_kl"]
    assert total == pytest.approx(found["mean_kl"], abs=1e-6)
    assert found["mutual_information"] <= found["log_n"] + 0.1


SPRITES = PublishedTable(
    "sprites",
    "Factors",
    ("disentanglement",),
    (
        Row(
            "untrained", "sprites-toy", "beta-vae", TINY, ({"higgins": 0.4},), baseline="untrained"
        ),
        Row("pca", "sprites-toy", "beta-vae", TINY, baseline="pca"),
        Row("beta-vae", "sprites-toy", "beta-vae", {**TINY, "scored": 20}, ({"mig": 0.5},)),
    ),
    "two epochs",
    seeds=2,
)


@pytest.mark.slow
def test_disentanglement_is_measured_over_seeds_and_then_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    untrained, pca, trained = cells = list(obtain(SPRITES, out=tmp_path))
    assert (untrained.steps, untrained.spread, pca.spread) == (0, None, None)
    assert "mig" in untrained.obtained
    assert "mig" not in pca.obtained
    always = {"higgins", "factorvae", "mig", "mig_hist", "reconstruction", "kl"}
    assert always <= set(trained.obtained) <= {*always, "dci"}
    seeds = [read_json(tmp_path / "beta-vae" / each / FILE)["scores"] for each in ("000", "001")]
    one, other = (each["mig_hist"] for each in seeds)
    assert trained.obtained["mig_hist"] == pytest.approx((one + other) / 2)
    assert trained.spread is not None
    assert trained.spread["mig_hist"] == pytest.approx(abs(one - other) / 2**0.5)
    monkeypatch.setattr(reproduce_codes, "disentanglement", None)
    assert list(obtain(SPRITES, out=tmp_path)) == cells
    with pytest.raises(InputError, match="scores of other settings"):
        list(obtain(SPRITES, out=tmp_path, quick=True, rows=["pca"]))


def test_fewer_images_are_scored_where_so_many_are_asked_for(tmp_path: Path) -> None:
    result = fit("sprites-toy", **TINY, scored=20)
    assert [result.metrics[part]["images"] for part in ("val", "test")] == [20, 20]
    rows = result.experiment.feed("test").part.rows
    whole = result.experiment.data.test.rows
    assert (rows[0], rows[-1]) == (whole[0], whole[-1])
