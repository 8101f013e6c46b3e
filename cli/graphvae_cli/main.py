"""The command group, and error handling: one line on stderr and an exit status.

Command modules import click and names only; the library is imported when a command runs, which
keeps `--help` fast.
"""

from __future__ import annotations

import atexit
import gc
import os
import sys
import warnings
from collections.abc import Callable
from contextlib import suppress
from io import TextIOWrapper, UnsupportedOperation
from typing import Any

import click

from graphvae_cli.common import job
from graphvae_cli.common.lazy import LazyGroup
from graphvae_data.core.errors import InputError, TrainingError, WorkerLost, printable

COMMANDS = {
    "fit": (
        "graphvae_cli.graph.fit",
        "Train a graph auto-encoder on a graph and score it on held-out edges.",
    ),
    "evaluate": (
        "graphvae_cli.graph.evaluate",
        "Score the run in folder RUN again, from its saved weights and its split.",
    ),
    "sweep": (
        "graphvae_cli.graph.sweep",
        "Train a model at several values of one setting, each with several seeds.",
    ),
    "tune": (
        "graphvae_cli.tuning.graphs",
        "Search the settings of one or several models by validation.",
    ),
    "embed": (
        "graphvae_cli.graph.embed",
        "Export the embedding of every node of the run in folder RUN, with the node names.",
    ),
    "export": (
        "graphvae_cli.graph.export",
        "Write a run, a dataset or --graph FILE as Parquet tables: nodes, edges, negatives.",
    ),
    "predict": (
        "graphvae_cli.graph.predict",
        "List the most likely missing links of run RUN.",
    ),
    "neighbors": (
        "graphvae_cli.graph.neighbors",
        "List the nearest nodes of a node in the embedding of run RUN.",
    ),
    "explain": (
        "graphvae_cli.graph.explain",
        "Show which edges and features contribute to the logit of the pair U, V in run RUN.",
    ),
    "report": (
        "graphvae_cli.graph.report",
        "Write a report of run RUN as a single HTML page.",
    ),
    "audit": (
        "graphvae_cli.graph.audit",
        "Check the run, repeats or split file RUN|SPLIT for leaks and errors.",
    ),
    "compare": (
        "graphvae_cli.graph.compare",
        "Compare the runs, or folders of repeats, RUN RUN … over the splits they share.",
    ),
    "split": (
        "graphvae_cli.graph.split",
        "Write the split of a graph to FILE (.npz); without a graph, inspect FILE.",
    ),
    "datasets": (
        "graphvae_cli.datasets",
        "List the graph and image datasets that `--dataset` accepts.",
    ),
    "reproduce": (
        "graphvae_cli.reproduce.graphs",
        "Reproduce the table of a paper and print it with the published one.",
    ),
    "image": ("graphvae_cli.image", "Variational auto-encoders on images."),
}
"""Module and first help sentence of each command."""

GC_THRESHOLDS = (600_000, 50, 1_000)
"""Thresholds of the cyclic garbage collector; Python's defaults suit smaller programs."""

BAD_INPUT = 2
FAILURE = 1


class OneLineErrors(LazyGroup):
    """A group whose errors are printed as one line, without usage text or traceback."""

    def main(self, *args: Any, standalone_mode: bool = True, **kwargs: Any) -> Any:
        """Run the command; in stand-alone mode exit with its status."""
        run: Any = super().main
        if not standalone_mode:
            return run(*args, standalone_mode=False, **kwargs)

        def run_command(explain: job.Explain = str) -> int:
            return status_of(lambda: run(*args, standalone_mode=False, **kwargs), explain)

        sys.exit(status_of(lambda: job.work(run_command)) if job.is_worker() else run_command())


def status_of(run: Callable[[], Any], explain: job.Explain = str) -> int:
    """Run a command, print an error as one line, and return the exit status."""
    if isinstance(sys.stdout, TextIOWrapper):  # escape characters that the terminal lacks
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        result = run()
        sys.stdout.flush()
        return result if isinstance(result, int) else 0
    except click.ClickException as error:
        return _print_error(error.format_message(), error.exit_code)
    except InputError as error:
        return _print_error(str(error), BAD_INPUT)
    except (click.Abort, KeyboardInterrupt):
        return _print_error("interrupted; continue a run with `fit --resume`", 130)
    except BrokenPipeError:  # the reader, such as `head`, closed the pipe
        _drop_stdout()
        return FAILURE
    except OSError as error:
        _drop_stdout()  # it may be stdout that cannot be written
        return _print_error(str(error), FAILURE)
    except TrainingError as error:
        return _print_error(str(error), FAILURE)
    except WorkerLost as error:
        return _print_error(explain(error), FAILURE)
    except (MemoryError, RuntimeError) as error:
        if not _out_of_memory(error):
            raise
        return _print_error(f"out of memory; try smaller sizes ({error})", BAD_INPUT)


def _out_of_memory(error: Exception) -> bool:
    """Check by name, as torch may not be imported and has no type for CPU memory."""
    by_type = type(error).__name__ in ("MemoryError", "OutOfMemoryError")
    return by_type or "can't allocate memory" in str(error)


def _drop_stdout() -> None:
    """Discard buffered output, which would raise an error at exit."""
    with suppress(UnsupportedOperation):  # stdout is not a file in tests
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _print_error(message: str, status: int) -> int:
    click.echo(f"Error: {printable(' '.join(message.split()))}", err=True)
    return status


def _show_version(context: click.Context, option: click.Parameter, value: bool) -> None:
    """Print the version of the installed package; a source tree has none."""
    if not value:
        return
    from importlib.metadata import PackageNotFoundError, version

    try:
        click.echo(f"graphvae {version('graphvae')}")
    except PackageNotFoundError:
        click.echo("graphvae, not installed")
    context.exit()


@click.group(
    cls=OneLineErrors,
    modules=COMMANDS,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "show_default": True},
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_version,
    help="Show the version and exit.",
)
@click.pass_context
def main(context: click.Context) -> None:
    """Link prediction and node embedding with graph auto-encoders; image auto-encoders.

    Start with `graphvae fit --dataset cora`, or `graphvae image fit --dataset mnist`.
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help())
    elif context.invoked_subcommand != "image":
        job.check_fit(context)


def process() -> None:
    """Entry point of the process that the shell starts.

    Imports create about a million objects, none of them garbage, which Python's cyclic collector
    would scan repeatedly, so its thresholds are raised. malloc keeps freed memory for the next
    training step. At exit Python would spend half a second on tearing down modules, which is
    skipped.
    """
    from graphvae_data.machine.malloc import keep_freed

    gc.set_threshold(*GC_THRESHOLDS)
    keep_freed()
    warnings.formatwarning = lambda message, *where, **rest: f"Warning: {message}\n"
    status: list[int] = []
    atexit.register(_leave, status)  # registered first, so it runs after all other exit handlers
    try:
        main(prog_name="graphvae")
    except SystemExit as end:
        status += [end.code] if isinstance(end.code, int) else []
        raise


def _leave(status: list[int]) -> None:
    """End the process at once if it has an exit status."""
    if status:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status[0])
