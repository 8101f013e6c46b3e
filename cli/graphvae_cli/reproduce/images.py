"""The commands of `graphvae reproduce` for papers on images."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

import click

from graphvae_cli.common import options
from graphvae_cli.common.tables import aligned
from graphvae_data.runs.published import PublishedTable
from image_vae.reproduce.imagination_table import QUICK_QUERIES
from image_vae.reproduce.published import (
    FULL_SAMPLES,
    QUICK_AGGREGATE,
    QUICK_CODES,
    QUICK_IMAGES,
)

NAMES = {
    "bound": "−ELBO",
    "nll": "−log p",
    "active_units": "active units",
    "active_units_1": "active units, lower",
    "active_units_2": "active units, upper",
    "mean_kl": "mean KL",
    "mutual_information": "mutual information",
    "marginal_kl": "marginal KL",
    "log_n": "log N",
    "higgins": "higgins",
    "factorvae": "factorvae",
    "mig": "mig",
    "mig_hist": "mig-hist",
    "dci": "dci",
    "accuracy": "accuracy",
    "weighted": "by weights",
    "classifier": "labels only",
    "plain": "without α′",
    "parameters": "parameters",
    "seconds": "s, training",
    "reconstruction": "R",
    "kl": "KL",
    **{f"correctness_{n}": f"correct, {n}" for n in (1, 2, 3, 4)},
    **{f"coverage_{n}": f"coverage, {n}" for n in (1, 2, 3)},
    "digit": "digit",
}
"""Column headers of the scores, in the order of the columns."""
LIKELIHOODS = ("nll", "code")
"""The measures with −log p."""
ACCURACIES = ("accuracy", "weighted", "classifier", "plain")
IMAGINED = tuple(name for name in NAMES if name.startswith(("correctness", "coverage", "digit")))
UNIT_SCORES = ("higgins", "factorvae", "mig", "mig_hist", "dci", *ACCURACIES, *IMAGINED)
"""Scores between 0 and 1; all others except counts are in nats."""


_weak_judge = click.option(
    "--weak-judge",
    is_flag=True,
    help="Measure even by a classifier with an accuracy below .95 on an attribute; its accuracies "
    "are printed in any case.",
)


def image_table_command(table: PublishedTable) -> click.Command:
    """Return the command that reproduces a table."""

    @click.command(
        table.name, help=f"{table.title}.\n\nFull protocol: {table.protocol}. {table.note}"
    )
    @click.option(
        "--row",
        "rows",
        type=options.Name("row", table.row_names),
        multiple=True,
        help=f"A row of the table: {', '.join(table.row_names)}; may be repeated.",
        show_default=False,
    )
    @click.option(
        "--quick",
        is_flag=True,
        help=f"A reduced protocol: {_quick(table)}{_rows(table)}.",
    )
    @click.option(
        "--out",
        type=options.FILE,
        help="Folder of the runs; finished runs in it are read, interrupted ones continued. "
        f"By default runs/{table.name}, or runs/{table.name}-quick with --quick.",
        show_default=False,
    )
    @options.stacked(*([_weak_judge] if table.measure == "imagination" else []))
    @options.seed_option
    @options.device_option
    @click.option("--threads", type=click.IntRange(min=1), default=1, help="CPU threads.")
    @options.json_option
    @options.quiet_option
    def run(as_json: bool, quiet: bool, **kwargs: Any) -> None:
        kwargs["out"] = kwargs["out"] or Path("runs") / (table.name + "-quick" * kwargs["quick"])
        cells = _cells(table, kwargs, progress=not quiet, verbose=not (as_json or quiet))
        if as_json:
            click.echo(json.dumps(cells, indent=2))
        else:
            click.echo(cells_table(cells))
            for line in (*paired_lines(table, cells), *comparator_lines(table)):
                click.echo(line)
            notes = dict.fromkeys(cell["note"] for cell in cells if cell.get("note"))
            click.echo("\n".join([_footnote(table, kwargs), *notes]))

    return run


def _quick(table: PublishedTable) -> str:
    """Describe the protocol of --quick."""
    if table.measure == "disentanglement":
        settings = table.quick
        return (
            f"{settings['steps']:,} steps of {settings['batch_size']} images, "
            f"lr {settings['lr']:g}, encoder {settings['encoder']} in every row, "
            f"metrics on {QUICK_CODES:,} images ({QUICK_AGGREGATE:,} for mig)"
        )
    if table.measure == "imagination":
        settings = table.quick
        return (
            f"digits on 32×32 pixels, {settings['steps']:,} steps at {settings['lr']:g} of "
            f"networks an eighth as wide, {QUICK_QUERIES} queries"
        )
    length = f"{table.quick['epochs']} epochs"
    if "steps" in table.quick:
        length = f"{table.quick['steps']:,} steps"
    where = "" if table.quick_dataset is None else f" on {table.quick_dataset}"
    scored = f", {table.quick_samples:,} samples, the first {QUICK_IMAGES} test images"
    return f"{length}{where}{scored if table.measure in LIKELIHOODS else ''}"


def _rows(table: PublishedTable) -> str:
    """Name the rows that --quick skips unless --row selects them."""
    skipped = [row.name for row in table.rows if not row.quick]
    if not skipped:
        return ""
    rows = f"all rows except {', '.join(skipped)}" if len(skipped) < 3 else "only some of the rows"
    return f"; without --row, {rows}"


def _cells(
    table: PublishedTable, kwargs: dict[str, Any], *, progress: bool, verbose: bool
) -> list[dict[str, Any]]:
    """Return the reproduced rows; print a line to stderr after each."""
    from graphvae_data.runs.options import FitOptions
    from image_vae.reproduce.reproduce import obtain

    cells = []
    for cell in obtain(table, options=FitOptions(progress=progress), **kwargs):
        cells.append(cell.to_dict())
        if verbose:
            click.echo(f"{cell.row.name}: done in {cell.seconds:.0f} s", err=True)
    return cells


def cells_table(cells: list[dict[str, Any]]) -> str:
    """Lay out published and obtained scores, two lines per row."""
    names = [
        name
        for name in NAMES
        if any(name in {*cell["obtained"], *cell["published"]} for cell in cells)
    ]
    by_step = any({"higgins", "digit"} & set(cell["obtained"]) for cell in cells)
    length = "steps" if by_step else "epochs"
    header = ["row", "model", "", length, "pixels", *(NAMES[name] for name in names)]
    rows = [header]
    for cell in cells:
        labels = [cell["name"], cell["model"]]
        rows.append([*labels, "published", "", "", *_scores(cell["published"], names)])
        protocol = [f"{cell[length]:,}", cell["binarize"]]
        scores = _scores(cell["obtained"], names, cell.get("spread"))
        rows.append(["", "", "obtained", *protocol, *scores])
        if cell.get("limits"):
            rows.append(["", "", "at most", "", "", *_scores(cell["limits"], names)])
    return aligned(rows)


def paired_lines(table: PublishedTable, cells: list[dict[str, Any]]) -> list[str]:
    """Describe the differences of −log p from the first row, paired by seed."""
    runs = {cell["name"]: cell.get("runs", ()) for cell in cells}
    if table.measure not in LIKELIHOODS or not cells or len(cells[0].get("runs", ())) < 2:
        return []
    first, *others = runs
    lines = list[str]()
    for name in others:
        # A row may have fewer seeds: the first ones.
        pairs = zip(runs[name], runs[first], strict=False)
        differences = [one["nll"] - other["nll"] for one, other in pairs]
        if not differences:
            continue
        if len(differences) == 1:
            lines.append(f"{name} − {first}: −log p {differences[0]:+.2f} nats, one seed")
            continue
        each = ", ".join(f"{value:+.2f}" for value in differences)
        lines.append(
            f"{name} − {first}: −log p {fmean(differences):+.2f} ± {stdev(differences):.2f} nats, "
            f"mean and standard deviation of the differences paired by seed: {each}"
        )
    return lines


def comparator_lines(table: PublishedTable) -> list[str]:
    """Lay out the published figures of other models, with their protocols."""
    lines = list[str]()
    for each in table.comparators:
        lines += ["", f"published only: {each.protocol}"]
        lines.append(aligned([list(figure) for figure in each.figures.items()]))
    return [*lines, ""] if lines else []


def _scores(
    scores: Mapping[str, float], names: list[str], spread: Mapping[str, float] | None = None
) -> list[str]:
    """Format scores with their spread; a missing one is a dash."""
    return [
        "–" if name not in scores
        else _score(name, scores[name])
        + (f" ± {_score(name, spread[name])}" if spread and name in spread else "")
        for name in names
    ]  # fmt: skip


def _score(name: str, value: float) -> str:
    """Format counts and seconds without decimals, nats with two, scores from 0 to 1 with three."""
    whole = name.startswith(("active", "parameters", "seconds"))
    digits = 0 if whole else 3 if name in UNIT_SCORES else 2
    return f"{value:,.{digits}f}"


def _footnote(table: PublishedTable, kwargs: Mapping[str, Any]) -> str:
    unit = "nats per image"
    if table.measure == "labels":
        runs = table.runs(quick=kwargs["quick"])
        unit = f"fractions of test images; mean ± 95 % interval over {runs} choices of labels"
        unit = unit if runs > 1 else "shares of the test images; a single draw of labels"
    if table.measure == "disentanglement":
        spread = f"mean ± standard deviation of {table.seeds} seeds"
        unit = f"scores between 0 and 1, R and KL in nats; {spread}"
    if table.measure == "imagination":
        unit = (
            "scores between 0 and 1; ± over resamples of 80 % of the queries; at most: ten perfect "
            "images"
        )
    cost = f"; cost: {table.cost}" if table.cost else ""
    full = f"full protocol: {table.protocol}{cost}"
    if not kwargs["quick"]:
        samples = f"{FULL_SAMPLES:,} samples; " if table.measure in LIKELIHOODS else ""
        return f"{unit}; {samples}{full}\n{table.note}\nruns in {kwargs['out']}".rstrip()
    return (
        f"{unit}; reduced protocol, not the published one: {_quick(table)}\n"
        f"{full}\n{table.note}\nruns in {kwargs['out']}"
    )
