"""Command options generated from a catalogue of settings, and the values set with them.

A setting is declared once, in a `Settings` class; its option, with type, help text and default, is
generated here. `--config FILE` and `--set PATH=VALUE` can change every setting, also those of
user-supplied parts. This module imports neither the graph nor the image library.
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

from graphvae_data.core.errors import InputError, nearest
from graphvae_data.settings.flat import Catalogue, Flat
from graphvae_data.settings.layers import Layer
from graphvae_data.settings.setting_errors import Path as SettingPath
from graphvae_data.settings.setting_errors import choices, plain_type
from graphvae_data.settings.settings import Part, Settings

Decorator = Callable[[Any], Any]
MODEL = "graphvae.model"
"""Key in `Context.meta` of the model whose defaults the help shows."""
DATA_OPTIONS = ("--dataset", "--graph", "--images")
"""Options that select data, which an error for a word without an option names."""


class Integers(click.ParamType):  # type: ignore[type-arg]
    """Comma-separated integers, such as 100,50."""

    name = "numbers"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, ...]:
        """Split at commas."""
        if isinstance(value, tuple):
            return value
        parts = [part.strip() for part in str(value).split(",")]
        if not all(re.fullmatch(r"\d+", part) for part in parts):
            self.fail(
                f"expected comma-separated integers, such as 100,50, got {value!r}", param, ctx
            )
        return tuple(map(int, parts))


class ModelCommand(cloup.Command):
    """A command whose help shows the defaults of the model given by `--model`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read --model first, because `--help` may precede it.

        Raises:
            click.UsageError: a word belongs to no option, such as a file without `--graph`.
        """
        for word, following in pairwise([*args, ""]):
            if word == "--model" or word.startswith("--model="):
                ctx.meta[MODEL] = word.partition("=")[2] or following
        ctx.allow_extra_args = True  # checked here, for an error that names the options of data
        rest = super().parse_args(ctx, args)
        if rest and not ctx.resilient_parsing:
            known = {name for param in self.get_params(ctx) for name in param.opts}
            options = " or ".join(option for option in DATA_OPTIONS if option in known)
            raise click.UsageError(f"unexpected argument {rest[0]!r}; select data with {options}")
        return rest


class SettingOption(cloup.Option):
    """The option of a setting; None if not passed, because the default depends on the model.

    Args:
        flat: the setting.
        settings: returns the settings of a model by its name; None is the default model.
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
        """Add the default of the model, or those of other parts if the model lacks the setting."""
        extra = super().get_help_extra(ctx)
        default = self._default(self.settings(ctx.meta.get(MODEL)))
        if default:
            extra["default"] = default
        return extra

    def _default(self, settings: Settings) -> str:
        group, *setting = self.flat.path
        value = getattr(settings, group)
        if not setting:
            return value.kind() if isinstance(value, Part) else self._text(value)
        if hasattr(value, setting[0]):
            return self._text(getattr(value, setting[0]))
        texts = {part: self._text(field.default) for part, field in self.flat.fields.items()}
        return ", ".join(f"{part}: {default}" for part, default in texts.items() if default)

    def _text(self, value: Any) -> str:
        """Format a value as on the command line; None and an empty tuple are empty."""
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
        settings: returns the settings of a model by its name; of the default model for None and
            for unknown names.
        first: flat names of the settings that help lists first; see `first`.
        leave_out: flat names of the settings for which the command defines its own options.
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
        """Return the options that help lists first."""
        return [self._option(self.catalogue.flats[name]) for name in self.names]

    def section(self, title: str) -> list[Decorator]:
        """Return the remaining options of a section, in the order of declaration."""
        return [
            self._option(flat)
            for name, flat in self.catalogue.flats.items()
            if flat.section == title and name not in (*self.names, *self.left_out)
        ]

    def layer(self, values: Mapping[str, Any], sets: Sequence[str]) -> Layer:
        """Return the values of the options and of `--set` as one layer.

        Args:
            values: the parameters of the command; those that are not settings are ignored.
            sets: the values of `--set`.

        Raises:
            InputError: a malformed `--set`, or two values for one setting.
        """
        changes: dict[str, Any] = {}
        origins = dict[SettingPath, str]()
        for name, flat in self.catalogue.flats.items():
            if values.get(name) is not None:
                origins[flat.path] = self.catalogue.option_name(flat.path)
                self.catalogue.put(changes, flat.path, values[name])
        for text in sets:
            path, value = self._set(text)
            option = f"--set {'.'.join(path)}"
            if path in origins:
                raise InputError(f"{option}: also set by {origins[path]}; leave one out")
            origins[path] = option
            self.catalogue.put(changes, path, value)
        return Layer(changes, lambda path: origins.get(path) or self.catalogue.option_name(path))

    def _set(self, text: str) -> tuple[SettingPath, Any]:
        name, equals, value = text.partition("=")
        name = name.strip().replace("-", "_")
        path = tuple(name.split("."))
        if not equals or not all(path):
            raise InputError(
                f"--set: expected PATH=VALUE, such as training.epochs=20, got {text!r}"
            )
        if len(path) == 1:
            if name not in self.catalogue.flats:
                hint = nearest(name, self.catalogue.flats)
                raise InputError(f"--set {name}: no such setting{hint}")
            path = self.catalogue.flats[name].path
        groups = {flat.path[0] for flat in self.catalogue.flats.values()}
        if path[0] not in groups:
            raise InputError(f"--set {path[0]}: no such setting{nearest(path[0], groups)}")
        path = path[:-1] if path[1:] == ("kind",) else path
        flat = next((f for f in self.catalogue.flats.values() if f.path == path), None)
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
            return cloup.option(flag, type=Integers(), metavar="N[,N…]", **attributes)
        return cloup.option(flag, type=_click_type(kind), **attributes)


def _click_type(kind: Any) -> Any:
    """Return the click type of a setting; its bounds are checked with the settings."""
    if typing.get_origin(kind) is Literal:
        return click.Choice(typing.get_args(kind))
    return {int: click.INT, float: click.FLOAT}.get(kind, click.STRING)


def _value(text: str, flat: Flat | None) -> Any:
    """Parse the value of `--set`: null is None; settings that are not text are read as JSON."""
    if text == "null":
        return None
    if flat is not None and flat.family is None:
        kind = plain_type(flat.field)
        if kind is str or choices(flat.field):
            return text
        if typing.get_origin(kind) is tuple and not text.startswith("["):
            return Integers()(text)
    try:
        return json.loads(text)
    except (json.JSONDecodeError, RecursionError):
        return text


config_option = cloup.option(
    "--config",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Settings from a file: the config.json of a run, or a TOML file. Options override it.",
)
set_option = cloup.option(
    "--set",
    "sets",
    multiple=True,
    metavar="PATH=VALUE",
    help="Any setting by its name or path, such as training.epochs=20; null for none.",
)
