"""The documentation names every command and every option, and no option that does not exist."""

import re
from pathlib import Path

import click
import pytest

from graphvae_cli.options_page import page
from tests.fenced_blocks import blocks, commands
from tests.graphvae_cli.commands import COMMANDS

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    ROOT / "README.md",
    ROOT / "image_vae" / "RECIPES.md",
    *(path for path in (ROOT / "docs").rglob("*.md") if path.parent.name != "generated"),
]
OPTIONS_PAGE = ROOT / "docs" / "options.md"
"""The page that is generated from the commands."""


def named(option: str, text: str) -> bool:
    """Whether the text names the option itself, not only a longer one that starts like it."""
    return re.search(rf"(?<![\w-]){re.escape(option)}(?![\w-])", text) is not None


def undocumented(text: str) -> list[str]:
    """Options, as `command --option`, of which the text names no spelling."""
    return [
        f"{' '.join(path)} {parameter.opts[0]}"
        for path, command in COMMANDS.items()
        for parameter in command.params
        if isinstance(parameter, click.Option)
        and not any(named(word, text) for word in (*parameter.opts, *parameter.secondary_opts))
    ]


def test_the_documentation_names_every_option() -> None:
    missing = undocumented("\n".join(page.read_text(encoding="utf-8") for page in PAGES))
    assert not missing, f"{len(missing)} options are not in the documentation: {', '.join(missing)}"


def test_the_page_of_options_is_current() -> None:
    """If not: `make generated`."""
    assert OPTIONS_PAGE.read_text(encoding="utf-8") == f"{page()}\n"


def test_an_option_that_is_not_named_is_found() -> None:
    missing = undocumented("graphvae fit --epochs-more 3, --latent")
    assert "fit --epochs" in missing
    assert "fit --latent" not in missing


def test_a_page_beside_the_generated_one_names_every_command() -> None:
    pages = [page for page in PAGES if page != OPTIONS_PAGE]
    text = "\n".join(page.read_text(encoding="utf-8") for page in pages)
    commands = [
        " ".join(path) for path, command in COMMANDS.items() if not isinstance(command, click.Group)
    ]
    assert [path for path in commands if f"graphvae {path}" not in text] == []


WRITTEN = [
    pytest.param(words, id=" ".join(words))
    for path in PAGES
    if path != OPTIONS_PAGE
    for language, block in blocks(path.read_text(encoding="utf-8"))
    if not language
    for words in commands(block)
]


def unknown_options(words: list[str]) -> list[str]:
    """The options of a typed command that this command does not have."""
    path = max((p for p in COMMANDS if tuple(words[: len(p)]) == p), key=len)
    parameters = COMMANDS[path].params
    known = {word for each in parameters for word in (*each.opts, *each.secondary_opts)}
    typed = [word for word in words if re.match(r"--?[a-z]", word)]
    return [word for word in typed if word.split("=")[0] not in known | {"--help", "-h"}]


@pytest.mark.parametrize("words", WRITTEN)
def test_a_command_in_the_documentation_has_its_options(words: list[str]) -> None:
    assert unknown_options(words) == []


def test_an_option_of_another_command_is_found() -> None:
    words = ["image", "fit", "--latent", "2", "--top-k", "3"]
    assert unknown_options(words) == ["--top-k"]
