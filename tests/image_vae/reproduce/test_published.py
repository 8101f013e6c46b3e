"""Published image tables: every row can be run, with the numbers of its paper."""

import pytest
import torch

from graphvae_data.registry.images import IMAGES
from graphvae_data.runs.published import PublishedTable, Row
from image_vae.models.build import build_model
from image_vae.reproduce.imagination_table import IMAGINATION
from image_vae.reproduce.published import TABLES
from image_vae.specs.decoders import Masked
from tests.image_vae.configs import image_config

ROWS = [(table, row) for table in TABLES.values() for row in table.rows]


@pytest.mark.parametrize(("table", "row"), ROWS, ids=lambda each: each.name)
def test_a_row_is_a_configuration_in_full_and_in_its_quick_form(
    table: PublishedTable, row: Row
) -> None:
    image_config(row.dataset, row.model, **row.settings)
    quick = table.quick_row(row)
    training = image_config(quick.dataset, quick.model, **quick.settings).training
    assert training.epochs <= 30
    assert training.epochs in (3, 20, 30) or training.steps is not None


@pytest.mark.parametrize("row", IMAGINATION.rows, ids=lambda row: row.name)
def test_quick_networks_of_imagined_concepts_fit_the_smaller_digits(row: Row) -> None:
    quick = IMAGINATION.quick_row(row)
    facts = IMAGES[quick.dataset].facts
    assert facts.shape == (1, 32, 32)
    assert quick.figures == row.figures
    config = image_config(quick.dataset, quick.model, **quick.settings)
    model = build_model(config, torch.rand(3, *facts.shape), torch.Generator(), attributes={"a": 2})
    assert sum(weight.numel() for weight in model.parameters()) > 0


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_names_are_unique_and_some_rows_are_quick(table: PublishedTable) -> None:
    assert len(set(table.row_names)) == len(table.rows)
    assert any(row.quick for row in table.rows)


def test_importance_weights_help_in_every_pair_of_burda_et_al() -> None:
    figures = {row.name: row.published["nll"] for row in TABLES["iwae2015"].rows}
    for name, nll in figures.items():
        if "-iwae-" in name:
            assert nll < figures[name.replace("iwae", "vae")]


def test_the_parts_of_the_surgery_add_up() -> None:
    for row in TABLES["surgery2016"].rows:
        parts = row.published["mutual_information"] + row.published["marginal_kl"]
        assert parts == pytest.approx(row.published["mean_kl"], abs=0.011)


def test_windows_of_the_vlae_rows_are_what_their_names_say() -> None:
    for row in TABLES["autoregressive"].rows:
        if row.model == "vlae":
            decoder = image_config("mnist-14", "vlae", **row.settings).decoder
            assert isinstance(decoder, Masked)
            side = decoder.layers * (decoder.kernel // 2)
            assert row.name == f"vlae-{side}"


def test_other_models_have_figures_with_a_protocol() -> None:
    known = [each for table in TABLES.values() for each in table.comparators]
    assert all("per image" in each.protocol or "per dim" in each.protocol for each in known)
    flows, pixels = TABLES["flows2018"].comparators, TABLES["autoregressive"].comparators
    assert flows[0].figures["VLAE"] == "79.03"
    assert [len(each.figures) for each in pixels] == [10, 14, 5]
