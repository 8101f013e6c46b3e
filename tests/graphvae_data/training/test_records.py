"""History records: every loss under its own name, written and read."""

import json
from dataclasses import replace

import pytest

from graphvae_data.core.errors import InputError
from graphvae_data.training.records import EpochRecord

RECORD = EpochRecord(
    epoch=2,
    step=30,
    loss=110.0,
    parts={"recon": 80.0, "kl": 9.0, "total_correlation": 1.5},
    validation={"loss": 120.0, "recon": 90.0, "kl": 8.0, "total_correlation": 1.25},
    lr=1e-3,
    step_seconds=0.01,
)
LINE = {
    "epoch": 2, "step": 30, "loss": 110.0, "recon": 80.0, "kl": 9.0, "total_correlation": 1.5,
    "val_loss": 120.0, "val_recon": 90.0, "val_kl": 8.0, "val_total_correlation": 1.25,
    "lr": 1e-3, "step_seconds": 0.01,
}  # fmt: skip


def test_a_record_is_a_flat_line_and_comes_back_from_it() -> None:
    assert RECORD.to_dict() == LINE
    assert EpochRecord.from_dict(json.loads(json.dumps(LINE))) == RECORD


def test_a_line_with_two_parts_alone_is_read_too() -> None:
    """As every recipe wrote it before there were others."""
    line = {name: value for name, value in LINE.items() if "correlation" not in name}
    found = EpochRecord.from_dict(line)
    assert (found.parts, found.validation) == (
        {"recon": 80.0, "kl": 9.0},
        {"loss": 120.0, "recon": 90.0, "kl": 8.0},
    )


def test_a_users_terms_are_read_back() -> None:
    record = replace(RECORD, parts={"recon": 1.0, "off_diagonal": 2.0}, validation={"recon": 3.0})
    assert EpochRecord.from_dict(record.to_dict()) == record


@pytest.mark.parametrize("line", [{**LINE, "gain": "1.0"}, {"epoch": 1}, {**LINE, "lr": None}])
def test_a_line_of_something_else_is_refused(line: dict[str, float]) -> None:
    with pytest.raises(TypeError):
        EpochRecord.from_dict(line)


@pytest.mark.parametrize("name", ["loss", "epoch", "val_kl"])
def test_a_term_with_the_name_of_a_field_is_refused(name: str) -> None:
    with pytest.raises(InputError, match=rf"^loss terms: expected names other .*, got '{name}'"):
        replace(RECORD, parts={name: 1.0})
