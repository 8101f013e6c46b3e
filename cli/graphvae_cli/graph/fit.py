"""`graphvae fit`: train a model on a graph and score it."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import click
import cloup

from graphvae.specs.presets import PRESETS
from graphvae.specs.recipe import CATALOGUE, FitConfig
from graphvae_cli.common import options
from graphvae_cli.common.setting_options import (
    ModelCommand,
    SettingOptions,
    config_option,
    set_option,
)
from graphvae_cli.graph import graph_options as graphs
from graphvae_cli.graph import tables
from graphvae_data.core.errors import InputError

FIRST = ("latent", "hidden", "dropout", "epochs", "lr", "loss")
"""Settings that everybody needs; help lists them before all others."""


def config_of(model: str | None) -> FitConfig:
    """Return the settings that help shows as defaults: those of a model, or of the default one."""
    recipe = PRESETS[model if model in PRESETS else "vgae"].recipe
    return FitConfig(dataset="", **dict(recipe))


OPTIONS = SettingOptions(CATALOGUE, config_of, FIRST, leave_out=("features",))
model_option = cloup.option(
    "--model",
    type=graphs.MODEL,
    help=f"The model: {', '.join(PRESETS)}. vgae if neither this nor --config names one.",
)
split_edges_option = cloup.option(
    "--split-edges",
    type=options.FILE,
    nargs=3,
    metavar="TRAIN VAL TEST",
    help="Three edge files instead of --graph: the split is theirs.",
)
features_option = cloup.option(
    "--features",
    is_flag=False,
    flag_value="",
    metavar="[FILE]",
    help="Node features of --graph: .csv, .tsv, .parquet by node id, .npy, .npz by order. Without "
    "FILE: use those that the graph has (the default).",
)
no_features_option = cloup.option("--no-features", is_flag=True, help="The model sees no features.")
split_option = cloup.option(
    "--split",
    type=options.FILE,
    help="A split file from `graphvae split`; made from the seed if not given.",
)
repeats_option = cloup.option(
    "--repeats",
    type=click.IntRange(min=1),
    default=1,
    help="Runs, with the seeds seed, seed + 1, ….",
)
dry_run_option = cloup.option(
    "--dry-run",
    is_flag=True,
    help="Read the graph, print the plan and the memory it would take, and train nothing.",
)


@cloup.command("fit", cls=ModelCommand)
@cloup.option_group(
    "Start here",
    options.dataset_option,
    graphs.graph_option,
    model_option,
    *OPTIONS.first(),
    repeats_option,
    options.out_option,
)
@cloup.option_group(
    "Graph", *options.reading_options, split_edges_option, features_option, no_features_option
)
@cloup.option_group("Model", *OPTIONS.section("Model"))
@cloup.option_group("Objective", *OPTIONS.section("Objective"))
@cloup.option_group("Training", *OPTIONS.section("Training"))
@cloup.option_group("Split and evaluation", split_option, *OPTIONS.section("Split and evaluation"))
@cloup.option_group(
    "Run",
    *OPTIONS.section("Run"),
    config_option,
    set_option,
    options.overwrite_option,
    options.resume_option,
    options.checkpoint_option,
    dry_run_option,
    options.json_option,
    options.quiet_option,
)
@click.pass_context
def command(context: click.Context, /, **given: Any) -> None:
    """Train a graph auto-encoder on a graph and score it honestly.

    The run folder (runs/DATASET-MODEL-1, -2, … or --out) holds settings, split, weights, scores,
    embeddings, the most likely missing links and pictures. Defaults are those of --model: give
    another one beside --help to see its own.
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
    if given["overwrite"] and given["out"] is None:
        raise InputError("overwrite: expected --out RUN beside it, the run to replace")
    graph = _graph(given)

    from graphvae.runs.configure import file_and_model
    from graphvae.runs.fit import fit_layers, plan_layers
    from graphvae_data.runs.run_folder import next_free

    layers, model = file_and_model(given["config"], given["model"])
    layers = [*layers, OPTIONS.layer(_settings(given), given["sets"])]
    if given["dry_run"]:
        plan = plan_layers(graph, model, layers, options=around)
        _show_reading(graph, given)
        _show_plan(plan, given)
        return
    out = given["out"] or next_free(Path("runs"), f"{_name(given)}-{model}")
    whole = {
        "out": out,
        "overwrite": given["overwrite"],
        "split": given["split"],
        "options": around,
    }
    if given["repeats"] == 1:
        result = fit_layers(graph, model, layers, **whole)
        _show_reading(graph, given)
        _show_run(result, given)
    else:
        from graphvae.runs.repeats import fit_repeats_layers  # scipy.stats is slow to import

        summary = fit_repeats_layers(graph, model, layers, repeats=given["repeats"], **whole)
        _show_reading(graph, given)
        _show_repeats(summary, out, given)


def _settings(given: dict[str, Any]) -> dict[str, Any]:
    """Return the settings that were given; --no-features is the setting `features`."""
    features = {"features": False} if given["no_features"] else {}
    return {name: given[name] for name in CATALOGUE.flats if name != "features"} | features


def _show_plan(plan: Any, given: dict[str, Any]) -> None:
    click.echo(
        json.dumps(plan.to_dict(), indent=2) if given["as_json"] else tables.plan_table(plan)
    )


def _show_reading(graph: Any, given: dict[str, Any]) -> None:
    """Say in one line what was read, dropped and merged."""
    if not given["quiet"]:
        graphs.show_reading(graph)


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
        return str(given["dataset"]).split(":")[-1]
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
    if config.split.val_edges:
        how = f"messages over validation edges too at test time; {how}"
    return (
        f"{config.model.upper()} on {config.dataset}, {features}: {split.num_nodes:,} nodes, "
        f"{sum(sizes):,} edges, {how} {parts} (seed {config.run.seed}, {split.fingerprint[:12]})"
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
        f"          graphvae embed {folder} --out z.parquet\n"
        f"          graphvae evaluate {folder}"
    )
