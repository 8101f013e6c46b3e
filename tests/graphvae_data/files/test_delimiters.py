"""The delimiter is the one that splits all rows alike."""

import pytest

from graphvae_data.files.delimiters import best_delimiter


@pytest.mark.parametrize(
    ("lines", "delimiter"),
    [
        (["a,b", "b,c"], ","),
        (["a;b;0,5", "b;c;1,5"], ";"),
        (["Smith, J;Doe, K", "Doe, K;Roe, L"], ";"),
        (["Oak St;Elm St", "Elm St;Ash St"], ";"),
        (["a b\tc d", "c d\te"], "\t"),
        (["1 2\t3", "2 3\t4"], " "),
        (["a|b c", "b c|d"], "|"),
        (["1::10::5", "2::11::3"], "::"),
        (["1, 2", "2, 3"], ","),
        (["a,b,x;y", "b,c,z;w"], ","),
        (['"Li, Bo","Öz, Ana"', '"Öz, Ana","Ek, Di"'], ","),
        (['"Ana Öz" "Bo Li"', '"Bo Li" "Cy Roe"'], " "),
        (["0 1 0,5", "1 2 0,7"], " "),
        (["one", "two"], " "),
    ],
)
def test_a_delimiter_splits_every_row_into_clean_fields(lines: list[str], delimiter: str) -> None:
    assert best_delimiter(lines) == delimiter
