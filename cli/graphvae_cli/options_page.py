"""The page `docs/options.md`: every option of every command, from the commands themselves.

`make generated` writes it; a test asserts that it is current.
"""

from __future__ import annotations

from collections.abc import Iterator

import click
import cloup

HEAD = """# Options

Every command and option, generated from the commands themselves. A setting of a run is also a
keyword of `graphvae.fit` or `image_vae.fit` (with `_` for `-`), and an entry of a `--config` file.
Defaults are those of `fit --model vgae` and of `image fit --model vae`; those of another model are
in `graphvae fit --model NAME --help`.
"""


def page() -> str:
    """Return the page in Markdown."""
    from graphvae_cli.main import main

    context = click.Context(main, info_name="graphvae", **main.context_settings)
    return "\n".join([HEAD, *_commands(main, context)])


def _commands(command: click.Command, context: click.Context) -> Iterator[str]:
    if not isinstance(command, click.Group):
        yield from _command(command, context)
        return
    for name in command.list_commands(context):
        child = command.get_command(context, name)
        assert child is not None
        yield from _commands(child, child.context_class(child, info_name=name, parent=context))


def _command(command: click.Command, context: click.Context) -> Iterator[str]:
    """Describe one command: its usage, its sections and their options."""
    arguments = [p.make_metavar(context) for p in command.params if isinstance(p, click.Argument)]
    yield f"## `{' '.join([context.command_path.split(' [')[0], *arguments])}`\n"
    yield (command.help or "").strip().split("\n\n")[0].replace("\n", " ") + "\n"
    for title, options in _sections(command):
        records = [record for option in options if (record := option.get_help_record(context))]
        if not records:
            continue
        if title:
            yield f"**{title}**\n"
        yield from (f"- `{flags}`: {' '.join(text.split())}" for flags, text in records)
        yield ""


def _sections(command: click.Command) -> list[tuple[str, list[click.Option]]]:
    """Return the options in the sections of the command's help."""
    groups = getattr(command, "option_groups", [])
    sections = [
        (group.title, list(group.options))
        for group in groups
        if isinstance(group, cloup.OptionGroup)
    ]
    grouped = {id(option) for _, options in sections for option in options}
    rest = [p for p in command.params if isinstance(p, click.Option) and id(p) not in grouped]
    return [*sections, ("", rest)]


if __name__ == "__main__":
    click.echo(page())
