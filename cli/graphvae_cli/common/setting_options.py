"""Options made from a catalogue of settings, and what a user set with them.

A setting is declared once, in a `Settings` class: its option, with type, help text and default, is
made here. `--config FILE` and `--set PATH=VALUE` reach every setting, those of user-supplied parts
too. Light: neither the graph nor the image library is imported.
"""

from __future__ import annotations

import json
import re
import typing
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import click
import cloup

from graphvae_data.core.errors import InputError
from graphvae_data.settings.flat import Catalogue, Flat
from graphvae_data.settings.layers import Layer
from graphvae_data.settings.setting_errors import Path as SettingPath
from graphvae_data.settings.setting_errors import choices, plain_type
from graphvae_data.settings.settings import Part, Settings

Decorator = Callable[[Any], Any]
MODEL = "graphvae.model"
"""Where a context keeps the model whose defaults its help shows."""


class Wholes(click.ParamType):  # type: ignore[type-arg]
    """Whole numbers with commas between them, such as 100,50."""

    name = "numbers"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, ...]:
        """Split at commas."""
        if isinstance(value, tuple):
            return value
        parts = [part.strip() for part in str(value).split(",")]
        if not all(re.fullmatch(r"\d+", part) for part in parts):
            self.fail(f"expected whole numbers with commas between, got {value!r}", param, ctx)
        return tuple(map(int, parts))


class ModelCommand(cloup.Command):
    """A command with a `--model`, whose help shows the defaults of the model on its line."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Look for the model first, as `--help` may stand before it."""
        for word, following in pairwise([*args, ""]):
            if word == "--model" or word.startswith("--model="):
                ctx.meta[MODEL] = word.partition("=")[2] or following
        return super().parse_args(ctx, args)


class SettingOption(cloup.Option):
    """The option of a setting. Its default is the chosen model's, so it is None if not given.

    Args:
        flat: the setting.
        settings: from the name of a model, or None for the default one, to its settings.
    """

    def __init__(
        self,
        *declarations: Any,
        flat: Flat,
        settings: Callable[[str | None], Settings],
        **attributes: Any,
    ) -> None:
        super().__init__(*declarations, **attributes)
        self.flat, self.settings = flat, settings

    def get_help_extra(self, ctx: click.Context) -> Any:
        """Add the default: the model's, or those of the parts if its own lacks the setting."""
        extra = super().get_help_extra(ctx)
        shown = self._default(self.settings(ctx.meta.get(MODEL)))
        if shown:
            extra["default"] = shown
        return extra

    def _default(self, settings: Settings) -> str:
        group, *setting = self.flat.path
        value = getattr(settings, group)
        if not setting:
            return value.kind() if isinstance(value, Part) else self._spelt(value)
        if hasattr(value, setting[0]):
            return self._spelt(getattr(value, setting[0]))
        spelt = {part: self._spelt(field.default) for part, field in self.flat.fields.items()}
        return ", ".join(f"{part}: {default}" for part, default in spelt.items() if default)

    def _spelt(self, value: Any) -> str:
        """Return a value as the command line takes it; nothing for None and for an empty list."""
        if value is None:
            return ""
        if isinstance(value, bool):
            (word,) = self.opts if value else self.secondary_opts
            return word.removeprefix("--")
        return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


class SettingOptions:
    """The options of all settings of a catalogue.

    Args:
        catalogue: the settings.
        settings: from the name of a model to its settings; for None, or a name that is not known,
            those of the default model.
        first: flat names that a section of their own shows first: see `first`.
        leave_out: flat names that the command has options of its own for.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        settings: Callable[[str | None], Settings],
        first: Sequence[str] = (),
        leave_out: Sequence[str] = (),
    ) -> None:
        self.catalogue, self.settings, self.names = catalogue, settings, tuple(first)
        self.left_out = tuple(leave_out)

    def first(self) -> list[Decorator]:
        """Return the options that are shown first."""
        return [self._option(self.catalogue.flats[name]) for name in self.names]

    def section(self, title: str) -> list[Decorator]:
        """Return the other options of a section, in the order of the declarations."""
        return [
            self._option(flat)
            for name, flat in self.catalogue.flats.items()
            if flat.section == title and name not in (*self.names, *self.left_out)
        ]

    def layer(self, values: Mapping[str, Any], sets: Sequence[str]) -> Layer:
        """Return what options and `--set` set, as one layer.

        Args:
            values: the parameters of the command; those that are no settings are left out.
            sets: the values of `--set`.

        Raises:
            InputError: a `--set` of another form, or two values for one setting.
        """
        changes: dict[str, Any] = {}
        written = dict[SettingPath, str]()
        for name, flat in self.catalogue.flats.items():
            if values.get(name) is not None:
                written[flat.path] = self.catalogue.option_name(flat.path)
                self.catalogue.put(changes, flat.path, values[name])
        for text in sets:
            path, value = self._set(text)
            option = f"--set {'.'.join(path)}"
            if path in written:
                raise InputError(f"{option}: given beside {written[path]}; leave one out")
            written[path] = option
            self.catalogue.put(changes, path, value)
        return Layer(changes, lambda path: written.get(path) or self.catalogue.option_name(path))

    def _set(self, text: str) -> tuple[SettingPath, Any]:
        name, equals, value = text.partition("=")
        path = tuple(name.strip().replace("-", "_").split("."))
        if not equals or not all(path):
            raise InputError(
                f"--set: expected PATH=VALUE, such as training.epochs=20, got {text!r}"
            )
        path = path[:-1] if path[1:] == ("kind",) else path
        flat = next((each for each in self.catalogue.flats.values() if each.path == path), None)
        return path, _value(value, flat)

    def _option(self, flat: Flat) -> Decorator:
        flag = "--" + flat.name.replace("_", "-")
        attributes: dict[str, Any] = {
            "cls": SettingOption,
            "flat": flat,
            "settings": self.settings,
            "help": flat.help,
        }
        if flat.family is not None:
            names = ", ".join(self.catalogue.parts(flat.family))
            attributes["help"] = f"{flat.help} One of {names}; or MODULE:CLASS."
            return cloup.option(flag, metavar="NAME", **attributes)
        kind = plain_type(flat.field)
        if kind is bool:
            return cloup.option(f"{flag}/--no-{flag[2:]}", default=None, **attributes)
        if typing.get_origin(kind) is tuple:
            return cloup.option(flag, type=Wholes(), metavar="N[,N…]", **attributes)
        return cloup.option(flag, type=_click_type(kind), **attributes)


def _click_type(kind: Any) -> Any:
    """Return what reads a value: only its kind, as its bounds are checked with the settings."""
    if typing.get_origin(kind) is Literal:
        return click.Choice(typing.get_args(kind))
    return {int: click.INT, float: click.FLOAT}.get(kind, click.STRING)


def _value(text: str, flat: Flat | None) -> Any:
    """Read the value of `--set`: JSON, where the setting is no text; null for None."""
    if text == "null":
        return None
    if flat is not None and flat.family is None:
        kind = plain_type(flat.field)
        if kind is str or choices(flat.field):
            return text
        if typing.get_origin(kind) is tuple and not text.startswith("["):
            return Wholes()(text)
    try:
        return json.loads(text)
    except (json.JSONDecodeError, RecursionError):
        return text


config_option = cloup.option(
    "--config",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Settings from a file: the config.json of a run, or a TOML. Options win over it.",
)
set_option = cloup.option(
    "--set",
    "sets",
    multiple=True,
    metavar="PATH=VALUE",
    help="Any setting by its path, such as training.epochs=20; null for none.",
)
