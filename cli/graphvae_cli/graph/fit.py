"""`graphvae fit`: train a model on a graph and score it."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any, get_args

import click

from graphvae.specs.presets import PRESETS, Loss, SplitBy
from graphvae_cli.common import options
from graphvae_cli.graph import graph_options as graphs
from graphvae_cli.graph import tables
from graphvae_cli.graph.step_options import OWN, STEPS, step_options
from graphvae_cli.graph.variational_options import VARIATIONAL, variational_options
from graphvae_data.core.errors import InputError

SETTINGS = {
    "loss", "hidden", "latent", "dropout", "epochs", "lr", "patience", "val_fraction",
    "test_fraction", "split", "split_by", "val_edges", "select", "seed", "baselines", "device",
    "threads", *STEPS, *VARIATIONAL,
}  # fmt: skip
"""Parameters that `fit` takes under the same name."""


@click.command("fit")
@options.dataset_option
@graphs.graph_option
@click.option(
    "--split-edges",
    type=options.FILE,
    nargs=3,
    metavar="TRAIN VAL TEST",
    help="Three edge files instead of --graph: the split is theirs.",
    show_default=False,
)
@options.stacked(*options.reading_options)
@click.option(
    "--model", type=options.MODEL, default="vgae", help=f"The model: {', '.join(PRESETS)}."
)
@click.option(
    "--loss",
    type=click.Choice(get_args(Loss)),
    help="paper: weighted, all pairs; elbo: the true bound; sampled: as many non-edges as edges. "
    "The model's own if not given, but sampled instead of paper above 50,000 nodes.",
    show_default=False,
)
@click.option(
    "--features",
    is_flag=False,
    flag_value="",
    metavar="[FILE]",
    help="Node features of --graph: .csv, .tsv, .parquet by node id, .npy, .npz by order. "
    "Without FILE: use those that the graph has (the default).",
    show_default=False,
)
@click.option("--no-features", is_flag=True, help="The model sees no features.")
@click.option("--hidden", type=int, help="Width of the first layer." + OWN, show_default=False)
@click.option("--latent", type=int, help="Width of the embedding." + OWN, show_default=False)
@click.option(
    "--dropout", type=float, help="Share of inputs dropped in training." + OWN, show_default=False
)
@click.option("--epochs", type=int, help="Epochs, at most." + OWN, show_default=False)
@click.option("--lr", type=float, help="Adam's step size." + OWN, show_default=False)
@options.stacked(*step_options)
@options.stacked(*variational_options)
@click.option(
    "--patience",
    type=int,
    help="Stop after this many epochs without a better validation score; never if not given.",
    show_default=False,
)
@options.val_option
@options.test_option
@click.option(
    "--split",
    type=options.FILE,
    help="A split file from `graphvae split`; made from the seed if not given.",
    show_default=False,
)
@click.option(
    "--split-by",
    type=click.Choice(get_args(SplitBy)),
    default="random",
    help="time: train on the past, test on the future; needs --time-col.",
)
@click.option(
    "--val-edges",
    is_flag=True,
    help="Let messages pass over validation edges too when the test edges are scored.",
)
@click.option(
    "--select",
    metavar="auc+ap|mrr|hits@K",
    help="What validation chooses the epoch by; auc+ap, or a benchmark's own metric.",
    show_default=False,
)
@options.seed_option
@click.option(
    "--repeats",
    type=click.IntRange(min=1),
    default=1,
    help="Runs, with the seeds seed, seed + 1, ….",
)
@click.option(
    "--baselines/--no-baselines",
    default=True,
    help="Score heuristics and a features-only MLP beside the model.",
)
@options.device_option
@options.threads_option
@options.out_option
@options.overwrite_option
@options.resume_option
@options.checkpoint_option
@click.option(
    "--dry-run",
    is_flag=True,
    help="Read the graph, print the plan and the memory it would take, and train nothing.",
)
@options.json_option
@options.quiet_option
@click.pass_context
def command(context: click.Context, /, **given: Any) -> None:
    """Train a graph auto-encoder on a graph and score it honestly.

    The run folder (runs/DATASET-MODEL-1, -2, … or --out) holds settings, split, weights, scores,
    embeddings, the most likely missing links and pictures.
    """
    from graphvae_data.runs.options import FitOptions

    around = FitOptions(
        progress=not given["quiet"],
        checkpoint_seconds=given["checkpoint_every"],
        announce=partial(_announce, given),
    )
    if given["resume"]:
        options.check_resume(context)
        _continue(given["out"], around, given)
    else:
        _begin(given, around)


def _announce(given: dict[str, Any], line: str) -> None:
    """Say on stderr what the graph's size decided; the plan of --dry-run says it by itself."""
    if not given["quiet"]:
        click.echo(line, err=True)


def _continue(out: Path, around: Any, given: dict[str, Any]) -> None:
    from graphvae.runs.fit import resume

    if (out / "summary.json").is_file():
        from graphvae.runs.repeats import resume_repeats

        _show_repeats(resume_repeats(out, options=around), out, given)
    else:
        _show_run(resume(out, options=around), given)


def _begin(given: dict[str, Any], around: Any) -> None:
    from graphvae.runs.fit import fit, plan
    from graphvae_data.runs.run_folder import next_free

    if given["overwrite"] and given["out"] is None:
        raise InputError("overwrite: expected --out RUN beside it, the run to replace")
    graph = _graph(given)
    settings = {name: value for name, value in given.items() if name in SETTINGS}
    settings = {name: value for name, value in settings.items() if value is not None}
    settings["features"] = not given["no_features"]
    if given["dry_run"]:
        settings.pop("split", None)
        _show_plan(plan(graph, given["model"], options=around, **settings), given)
        return
    out = given["out"] or next_free(Path("runs"), f"{_name(given)}-{given['model']}")
    whole = {"out": out, "overwrite": given["overwrite"], "options": around, **settings}
    if given["repeats"] == 1:
        result = fit(graph, given["model"], **whole)
        _show_cleaning(graph, given)
        _show_run(result, given)
    else:
        from graphvae.runs.repeats import fit_repeats  # scipy.stats takes a while to import

        summary = fit_repeats(graph, given["model"], repeats=given["repeats"], **whole)
        _show_cleaning(graph, given)
        _show_repeats(summary, out, given)


def _show_plan(plan: Any, given: dict[str, Any]) -> None:
    click.echo(
        json.dumps(plan.to_dict(), indent=2) if given["as_json"] else tables.plan_table(plan)
    )


def _show_cleaning(graph: Any, given: dict[str, Any]) -> None:
    """Say in one line what was dropped and merged while reading."""
    line = getattr(graph, "cleaning", None)
    if line and not given["quiet"]:
        click.echo(line, err=True)


def _graph(given: dict[str, Any]) -> Any:
    """Return the name of a dataset, or the graph that the files hold."""
    ways = [name for name in ("dataset", "graph", "split_edges") if given[name]]
    if len(ways) != 1:
        got = " and ".join(f"--{way.replace('_', '-')}" for way in ways) or "none of them"
        raise InputError(
            "graph: expected --graph FILE, --split-edges TRAIN VAL TEST or --dataset NAME "
            f"(of {', '.join(options.DATASET.names)}), got {got}"
        )
    if given["features"] is not None and given["no_features"]:
        raise InputError("features: expected --features or --no-features, got both")
    if given["dataset"]:
        graphs.refuse_reading(given, "a dataset has its own form")
        return given["dataset"]
    return graphs.read_files(given)


def _name(given: dict[str, Any]) -> str:
    """Return the stem of the default run folder."""
    if given["dataset"]:
        return str(given["dataset"])
    path: Path = given["graph"] or given["split_edges"][0]
    return path.name.split(".")[0] or "graph"


def _show_run(result: Any, given: dict[str, Any]) -> None:
    if not result.metrics:  # a worker that others lead has none
        return
    if given["as_json"]:
        click.echo(json.dumps(dict(result.metrics), indent=2))
    elif not given["quiet"]:
        click.echo(_headline(result) + "\n\n" + tables.run_table(result.metrics) + "\n")
        click.echo(_timing(result.metrics))
        click.echo(_next_steps(result.folder))


def _show_repeats(summary: dict[str, Any], out: Path, given: dict[str, Any]) -> None:
    if not summary:  # as above
        return
    if given["as_json"]:
        click.echo(json.dumps(summary, indent=2))
    elif not given["quiet"]:
        click.echo(tables.repeats_table(summary))
        click.echo(f"\nruns      {out}/000 …, means in {out}/summary.json")


def _headline(result: Any) -> str:
    config, split = result.config, result.split
    sizes = [part.size(1) for part in (split.train, split.val, split.test)]
    parts = " / ".join(f"{size:,}" for size in sizes)
    features = "with features" if result.experiment.messages.features is not None else "no features"
    made = {"random": "split", "temporal": "split by time", "given": "given split"}
    how = made.get(split.made, "official split")
    if config.val_edges:
        how = f"messages over validation edges too at test time; {how}"
    return (
        f"{config.model.upper()} on {config.dataset}, {features}: {split.num_nodes:,} nodes, "
        f"{sum(sizes):,} edges, {how} {parts} (seed {config.seed}, {split.fingerprint[:12]})"
    )


def _timing(metrics: Any) -> str:
    seconds = metrics["seconds"]
    return (
        f"time      {metrics['epochs']} epochs in {seconds['train']:.1f} s "
        f"({1000 * seconds['step_median']:.1f} ms a step), evaluation {seconds['evaluate']:.1f} s"
    )


def _next_steps(path: Path) -> str:
    folder = options.typed(path)
    files = [name for name in ("embeddings.csv", "links.csv") if (path / name).is_file()]
    return (
        f"folder    {folder}  ({', '.join(files)}, pictures, metrics.json)\n"
        f"next      graphvae predict {folder} --top-k 20\n"
        f"          graphvae embed {folder} --output z.parquet\n"
        f"          graphvae evaluate {folder}"
    )
