"""Options shared by several commands, and their types."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from graphvae.specs.evaluation import MESSAGES, Messages
from graphvae_data.core.errors import InputError, nearest
from graphvae_data.core.imports import names_import
from graphvae_data.graphs.read_options import ReadOptions
from graphvae_data.registry.graphs import GRAPHS
from graphvae_data.registry.images import IMAGES
from graphvae_data.registry.ogb import OGB
from graphvae_data.runs.options import FitOptions
from graphvae_data.settings.setting_errors import choices, plain_type
from graphvae_data.tracking.trackers import TRACKERS, tracker

Decorated = TypeVar("Decorated", bound=Callable[..., Any])
FILE = click.Path(path_type=Path)


class Name(click.ParamType):  # type: ignore[type-arg]
    """One of a set of names; the error for an unknown name suggests similar ones.

    Args:
        what: the kind of thing that is named, such as `dataset`.
        names: the known names.
        elsewhere: names that another command accepts, and that command.
        importable: whether `module:function` is accepted too.
        files: the option that takes a file or folder instead of a name.
    """

    name = "name"

    def __init__(
        self,
        what: str,
        names: Iterable[str],
        elsewhere: tuple[Iterable[str], str] = ((), ""),
        *,
        importable: bool = False,
        files: str = "",
    ) -> None:
        self.what, self.importable, self.files = what, importable, files
        self.names = list(names)
        others, self.command = elsewhere
        self.others = set(others)

    def get_metavar(self, param: click.Parameter, ctx: click.Context | None = None) -> str:
        """Return the kind of name; the help text lists the names."""
        return self.what.upper()

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the name if it is known."""
        if self.importable and names_import(value):
            return str(value)
        if value in self.others:
            self.fail(f"{value} is a {self.what} for `{self.command}`", param, ctx)
        if value not in self.names:
            hint, known = nearest(str(value), self.names), ", ".join(self.names)
            if self.files and Path(str(value)).exists():
                hint = f"; for a file or folder use {self.files}"
            self.fail(f"no {self.what} is called {value!r}{hint}; known: {known}", param, ctx)
        return str(value)


DATASET = Name(
    "dataset",
    [*GRAPHS, *OGB],
    elsewhere=(IMAGES, "graphvae image fit"),
    importable=True,
    files="--graph",
)
ANY_DATASET = Name("dataset", [*GRAPHS, *OGB, *IMAGES])

RESUME_OPTIONS = {
    "out", "resume", "epochs", "as_json", "quiet", "checkpoint_every", "keep_checkpoint",
    "overwrite", "track",
}  # fmt: skip
"""Parameters allowed with --resume: those that do not affect results, and epochs."""

run_argument = click.argument("run", type=FILE)

messages_option = click.option(
    "--messages",
    type=click.Choice(list(MESSAGES)),
    default="all",
    help=f"Edges that messages pass over: {'; '.join(f'{k}: {v}' for k, v in MESSAGES.items())}.",
)
json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print the result as JSON on stdout."
)
quiet_option = click.option("--quiet", "-q", is_flag=True, help="Hide progress bars and tables.")
out_option = click.option("--out", "-o", type=FILE, help="The folder to write.", show_default=False)
overwrite_option = click.option(
    "--overwrite", is_flag=True, help="Replace the run folder given by --out."
)
resume_option = click.option(
    "--resume",
    is_flag=True,
    help="Continue the run in --out with its own settings; with --epochs N, train it to N epochs.",
)
checkpoint_option = click.option(
    "--checkpoint-every",
    type=click.FloatRange(min=0),
    default=10.0,
    metavar="SECONDS",
    help="Minimum time between checkpoints.",
)
keep_option = click.option(
    "--keep-checkpoint",
    is_flag=True,
    help="Keep resume.pt when the run ends, so that --resume --epochs N can continue training.",
)
track_option = click.option(
    "--track",
    multiple=True,
    type=click.Choice(list(TRACKERS)),
    help="Also log the run to a tracker, which the extra of its name installs; may be repeated. "
    "TensorBoard's files are written to the run folder.",
)
seed_option = click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    help="Seed of the split, the weights and the noise.",
)
device_option = click.option(
    "--device", default="auto", metavar="auto|cpu|cuda[:n]|mps", help="Device for computations."
)
threads_option = click.option(
    "--threads",
    type=click.IntRange(min=1),
    help="CPU threads; by default chosen by the size of the graph.",
    show_default=False,
)
val_option = click.option(
    "--val-fraction", type=float, default=0.05, help="Fraction of the edges for validation."
)
test_option = click.option(
    "--test-fraction", type=float, default=0.1, help="Fraction of the edges for testing."
)


dataset_option = click.option(
    "--dataset",
    type=DATASET,
    help="A graph dataset (see `graphvae datasets`), or module:function that returns a graph.",
    show_default=False,
)


def _reading_option(name: str) -> Callable[[Any], Any]:
    """Return the option for a field of `ReadOptions`; None, the default, detects the value."""
    field, flag = ReadOptions.model_fields[name], ReadOptions.flag(name)
    kind = plain_type(field)
    attributes: dict[str, Any] = {"default": None, "help": field.description, "show_default": False}
    if "/" in flag:
        return click.option(flag, name, **attributes)
    if choices(field):
        return click.option(flag, name, type=click.Choice(choices(field)), **attributes)
    kinds = {float: click.FLOAT}
    metavar = ReadOptions.metavar(name)
    return click.option(
        flag, name, type=kinds.get(kind, click.STRING), metavar=metavar, **attributes
    )


reading_options = (
    *(_reading_option(name) for name in ReadOptions.model_fields),
    click.option(
        "--labels",
        type=FILE,
        help="Node labels: .csv, .tsv, .parquet by node id, .npy by order.",
        show_default=False,
    ),
)
"""Options for reading the file of --graph."""
READING = (*ReadOptions.model_fields, "labels")
"""Names of the parameters of `reading_options`."""


def stacked(*options: Callable[[Any], Any]) -> Callable[[Decorated], Decorated]:
    """Return a decorator that adds several options, in this order."""

    def decorate(function: Decorated) -> Decorated:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


def check_resume(context: click.Context) -> None:
    """Raise `InputError` if --resume is combined with an option that changes the run."""
    passed = [
        name
        for name in context.params
        if context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE
    ]
    conflicts = [name for name in passed if name not in RESUME_OPTIONS]
    if "out" not in passed or "overwrite" in passed:
        raise InputError("resume: expected --out RUN, the run to continue, and no --overwrite")
    if conflicts:
        flags = {str(param.name): param.opts[0] for param in context.command.params}
        raise InputError(f"resume: the run has its own settings; leave out {flags[conflicts[0]]}")


def shell_path(path: Path) -> str:
    """Return a path for a shell command: relative to the working directory, quoted if needed."""
    cwd = Path.cwd()
    return shlex.quote(str(path.relative_to(cwd) if path.is_relative_to(cwd) else path))


def messages_line(result: Any, messages: Messages) -> str:
    """Describe the edges that messages pass over and those that the weights were trained on."""
    split = result.split
    train, count = split.train.size(1), sum(p.size(1) for p in (split.train, split.val, split.test))
    if messages == "all":
        edges = "all of them (refit)" if result.refit else f"the {train:,} training edges"
        return f"messages: over all {count:,} known edges; weights: trained on {edges}"
    val = " and the validation edges" if result.config.split.val_edges else ""
    return f"messages: over the {train:,} training edges{val} only"


def fit_options(kwargs: Mapping[str, Any]) -> FitOptions:
    """Return the options of a run that do not affect its result, from the parameters of a command.

    Raises:
        InputError: a tracker whose library is not installed.
    """
    quiet = kwargs["quiet"]
    return FitOptions(
        progress=not quiet,
        checkpoint_seconds=kwargs["checkpoint_every"],
        keep_checkpoint=kwargs["keep_checkpoint"],
        announce=lambda line: None if quiet else click.echo(line, err=True),
        callbacks=tuple(map(tracker, kwargs["track"])),
    )
