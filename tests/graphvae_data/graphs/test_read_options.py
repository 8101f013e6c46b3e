"""Options of reading: one declaration for the command and for Python."""

import pytest

from graphvae_data.core.errors import InputError
from graphvae_data.graphs.read_options import ReadOptions, python_words


def test_columns_are_names_or_numbers() -> None:
    assert ReadOptions(source=2, target="to").columns == {"source": "2", "target": "to"}


@pytest.mark.parametrize("wrong", [{"header": "yes"}, {"sorce": "a"}, {"relations": "all"}])
def test_wrong_options_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(InputError, match=next(iter(wrong))):
        ReadOptions(**wrong)


@pytest.mark.parametrize(
    ("command", "python"),
    [
        ("name them with --source-col and --target-col", "name them with source and target"),
        ("say --header or --no-header", "say header=True or header=False"),
        (
            "keep 3 with --min-weight 3, or --no-weights",
            "keep 3 with min_weight=3, or weights=False",
        ),
        ("take all with --relations merge (soon)", 'take all with relations="merge" (soon)'),
        ("as weights with --weight-col rating", 'as weights with weight="rating"'),
        ("such as --encoding latin-1", 'such as encoding="latin-1"'),
        ("leave out --directed, or", "leave out directed=True, or"),
    ],
)
def test_messages_name_the_options_as_python_does(command: str, python: str) -> None:
    assert python_words(command) == python


def test_every_option_has_a_flag_and_a_description() -> None:
    for name, field in ReadOptions.model_fields.items():
        assert ReadOptions.flag(name).startswith("--")
        assert field.description
