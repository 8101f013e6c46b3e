"""Messages suggest a known name for a misspelt one, whatever was given."""

import pytest

from graphvae_data.core.errors import InputError, known_names, nearest


@pytest.mark.parametrize("word", [3, None, 1.5, ("cora",), ["cora"]])
def test_a_value_that_is_not_a_string_is_near_to_no_name(word: object) -> None:
    assert nearest(word, ["cora", "pubmed"]) == ""
    assert nearest("coar", [word, "cora"]) == " (did you mean cora?)"


@pytest.mark.wrong_types
def test_unknown_names_of_several_types_are_refused_in_one_line() -> None:
    with pytest.raises(InputError, match=r"metrics: expected some of auc, ap, got 3$"):
        known_names("metrics", ["acu", 3, None], ["auc", "ap"])
