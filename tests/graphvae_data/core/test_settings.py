"""Checks of settings: each names the option, what was expected and what was got."""

import math
from dataclasses import dataclass

import pytest

from graphvae_data.core.checks import (
    check_choice,
    check_kinds,
    check_known,
    check_number,
    check_positive,
    check_some,
    check_whole,
    option,
)
from graphvae_data.core.errors import InputError


@dataclass
class Options:
    name: "str"
    batch_size: "int | None" = None


KINDS = {"str": (str,), "int | None": (int, type(None))}


def test_an_option_is_spelt_as_on_the_command_line() -> None:
    assert option("prior_components") == "prior-components"


@pytest.mark.parametrize("values", [{}, {"name": "a"}, {"name": "a", "batch_size": None}])
def test_values_of_the_right_kind_pass(values: dict[str, object]) -> None:
    check_kinds(Options, values, KINDS)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"name": 3}, "name: expected str, got 3"),
        ({"name": "a", "batch_size": "9"}, "batch-size: expected int | None, got '9'"),
        ({"batch_size": 1.5}, "batch-size: expected int | None, got 1.5"),
    ],
)
def test_values_of_another_kind_are_refused(values: dict[str, object], message: str) -> None:
    with pytest.raises(InputError) as caught:
        check_kinds(Options, values, KINDS)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"name": "a", "nme": 1}, "config: unknown setting 'nme'; expected batch_size, name"),
        ({"batch_size": 1}, "config: no setting 'name'; expected batch_size, name"),
    ],
)
def test_unknown_and_missing_settings_are_refused(values: dict[str, object], message: str) -> None:
    with pytest.raises(InputError) as caught:
        check_known(Options, values, "name")
    assert str(caught.value) == message


@pytest.mark.parametrize("value", [0, -1, 1.0, True, "2", None, math.nan])
def test_only_whole_numbers_are_whole(value: object) -> None:
    with pytest.raises(InputError, match="batch-size: expected a whole number of at least 1, got"):
        check_whole("batch_size", value, 1)


def test_the_least_whole_number_passes() -> None:
    check_whole("k", 1, 1)
    check_whole("warmup", 0, 0)


@pytest.mark.parametrize("value", [0, 0.0, -1.0, math.nan, math.inf, True, False, "1"])
def test_only_finite_numbers_above_zero_are_positive(value: object) -> None:
    with pytest.raises(InputError, match="lr: expected a positive number, got"):
        check_positive("lr", value)


@pytest.mark.parametrize("value", [-1e-9, math.nan, math.inf, True, False, "0"])
def test_zero_passes_where_it_is_allowed_and_nothing_else_below(value: object) -> None:
    check_positive("beta", 0, or_zero=True)
    check_positive("beta", 0.5, or_zero=True)
    with pytest.raises(InputError, match="beta: expected a number of at least 0, got"):
        check_positive("beta", value, or_zero=True)


@pytest.mark.parametrize("value", [0.0, 1.0, 1.5, math.nan, True])
def test_a_number_lies_strictly_between_its_ends(value: object) -> None:
    check_number("share", 0.5, 0.0, 1.0, "a share")
    with pytest.raises(InputError, match="share: expected a share, got"):
        check_number("share", value, 0.0, 1.0, "a share")


def test_a_choice_is_one_of_its_list() -> None:
    check_choice("prior", "mog", ("normal", "mog"))
    with pytest.raises(InputError) as caught:
        check_choice("prior", "vamp", ("normal", "mog"))
    assert str(caught.value) == "prior: expected one of normal, mog, got 'vamp'"


def test_some_names_come_back_once_and_an_unknown_one_is_told_with_the_nearest() -> None:
    assert check_some("metrics", ["nll", "elbo", "nll"], ("elbo", "nll", "surgery")) == {
        "elbo",
        "nll",
    }
    with pytest.raises(InputError, match=r"metrics: expected some of elbo, nll, got 'nl' \(did"):
        check_some("metrics", ["elbo", "nl"], ("elbo", "nll"))
