"""`graphvae fit`: train a model on a graph and score it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
import cloup

from graphvae.specs.presets import PRESETS
from graphvae.specs.recipe import CATALOGUE, FitConfig
from graphvae_cli.common import options
from graphvae_cli.common.out_folder import RUNS, claimed_out
from graphvae_cli.common.setting_options import (
    ModelCommand,
    SettingOptions,
    config_option,
    set_option,
)
from graphvae_cli.graph import graph_options as graphs
from graphvae_cli.graph import tables
from graphvae_cli.graph.evaluate import print_better_heuristic
from graphvae_data.core.errors import InputError

FIRST = ("latent", "hidden", "dropout", "epochs", "lr", "loss")
"""The most common settings, listed first in the help."""


def config_of(model: str | None) -> FitConfig:
    """Return the settings that help shows as defaults: those of a model, or of the default one."""
    recipe = PRESETS[model if model in PRESETS else "vgae"].recipe
    return FitConfig(dataset="", **dict(recipe))


OPTIONS = SettingOptions(CATALOGUE, config_of, FIRST, leave_out=("features",))
model_option = cloup.option(
    "--model",
    type=graphs.MODEL,
    help=f"The model: {', '.join(PRESETS)}. The default is the one in --config, else vgae, or "
    "st-vgae for a directed graph.",
)
split_edges_option = cloup.option(
    "--split-edges",
    type=options.FILE,
    nargs=3,
    metavar="TRAIN VAL TEST",
    help="Three edge files instead of --graph, which define the split.",
)
features_option = cloup.option(
    "--features",
    is_flag=False,
    flag_value="",
    metavar="[FILE]",
    help="Node features of --graph: .csv, .tsv, .parquet by node id, .npy, .npz by order. Without "
    "FILE: use those of the graph (the default).",
)
no_features_option = cloup.option("--no-features", is_flag=True, help="Do not use node features.")
split_option = cloup.option(
    "--split",
    type=options.FILE,
    help="A split file from `graphvae split`; by default the split is made from the seed.",
)
repeats_option = cloup.option(
    "--repeats",
    type=click.IntRange(min=1),
    default=1,
    help="Number of runs, with the seeds seed, seed + 1, ….",
)
dry_run_option = cloup.option(
    "--dry-run",
    is_flag=True,
    help="Print the plan of the run and its expected memory, without training.",
)
graph_options = (options.dataset_option, graphs.graph_option, model_option)
"""Options that select the graph and the model."""
first_options = (*OPTIONS.first(), options.out_option)
"""The most common settings, and the run folder."""


def with_setting_sections(command: Any) -> Any:
    """Add the sections of the graph and of the settings that are not listed first; a decorator."""
    sections = {
        "Graph": (
            *options.reading_options, split_edges_option, features_option, no_features_option
        ),
        **{title: OPTIONS.section(title) for title in ("Model", "Objective", "Training")},
        "Split and evaluation": (split_option, *OPTIONS.section("Split and evaluation")),
    }  # fmt: skip
    for title, members in reversed(sections.items()):
        command = cloup.option_group(title, *members)(command)
    return command


@cloup.command("fit", cls=ModelCommand)
@cloup.option_group("Start here", *graph_options, repeats_option, *first_options)
@with_setting_sections
@cloup.option_group(
    "Run",
    *OPTIONS.section("Run"),
    config_option,
    set_option,
    options.overwrite_option,
    options.resume_option,
    options.checkpoint_option,
    options.keep_option,
    options.track_option,
    dry_run_option,
    options.json_option,
    options.quiet_option,
)
@click.pass_context
def command(context: click.Context, /, **kwargs: Any) -> None:
    """Train a graph auto-encoder on a graph and score it on held-out edges.

    The run folder (runs/DATASET-MODEL-1, -2, … or --out) holds settings, split, weights, scores,
    embeddings, the most likely missing links and plots. Defaults depend on --model: add it to
    --help to see its defaults.
    """
    fit_options = options.fit_options(kwargs)
    if kwargs["resume"]:
        options.check_resume(context)
        _resume(kwargs["out"], fit_options, kwargs)
    else:
        _start(kwargs, fit_options)


def _resume(out: Path, fit_options: Any, kwargs: dict[str, Any]) -> None:
    from graphvae.runs.fit import resume

    if (out / "summary.json").is_file():
        if kwargs["epochs"] is not None:
            raise InputError(
                "epochs: with --resume it requires a single run, but --out holds repeats"
            )
        from graphvae.runs.repeats import resume_repeats

        _show_repeats(resume_repeats(out, options=fit_options), out, kwargs)
    else:
        _show_run(resume(out, epochs=kwargs["epochs"], options=fit_options), kwargs)


def _start(kwargs: dict[str, Any], fit_options: Any) -> None:
    if kwargs["overwrite"] and kwargs["out"] is None:
        raise InputError("overwrite: expected --out RUN too, the run to replace")
    check_graph(kwargs)
    if kwargs["dry_run"]:
        from graphvae.runs.fit import plan_layers

        graph = graph_of(kwargs)
        model, layers = _model_and_layers(graph, kwargs)
        plan = plan_layers(graph, model, layers, options=fit_options)
        _show_reading(graph, kwargs)
        _show_plan(plan, kwargs)
        return
    if kwargs["out"] is not None:  # locked before anything is read
        with claimed_out(kwargs["out"], "", overwrite=kwargs["overwrite"]) as claim:
            graph = graph_of(kwargs)
            model, layers = _model_and_layers(graph, kwargs)
            _fit(graph, model, layers, _fit_kwargs(claim, fit_options, kwargs), kwargs)
        return
    graph = graph_of(kwargs)
    model, layers = _model_and_layers(graph, kwargs)
    with claimed_out(None, f"{name_of(kwargs)}-{model}", overwrite=False) as claim:
        _fit(graph, model, layers, _fit_kwargs(claim, fit_options, kwargs), kwargs)


def _model_and_layers(graph: Any, kwargs: dict[str, Any]) -> tuple[Any, list[Any]]:
    """Return the model, which the direction of the graph may decide, and the user's settings."""
    from graphvae.setup.configure import file_and_model
    from graphvae.setup.inputs import is_directed

    directed = is_directed(graph)
    layers, model = file_and_model(kwargs["config"], kwargs["model"], directed=directed)
    return model, [*layers, OPTIONS.layer(settings_of(kwargs), kwargs["sets"])]


def _fit_kwargs(claim: Any, fit_options: Any, kwargs: dict[str, Any]) -> dict[str, Any]:
    return {"out": claim, "split": kwargs["split"], "options": fit_options}


def _fit(
    graph: Any, model: Any, layers: list[Any], fit_kwargs: dict[str, Any], kwargs: dict[str, Any]
) -> None:
    """Fit once or repeatedly, and print the result."""
    if kwargs["repeats"] == 1:
        from graphvae.runs.fit import fit_layers

        result = fit_layers(graph, model, layers, **fit_kwargs)
        _show_reading(graph, kwargs)
        _show_run(result, kwargs)
    else:
        from graphvae.runs.repeats import fit_repeats_layers  # scipy.stats is slow to import

        summary = fit_repeats_layers(graph, model, layers, repeats=kwargs["repeats"], **fit_kwargs)
        _show_reading(graph, kwargs)
        claim = fit_kwargs["out"]
        out = kwargs["out"] or (RUNS / claim.path.name if claim else RUNS)
        _show_repeats(summary, out, kwargs)


def settings_of(kwargs: dict[str, Any]) -> dict[str, Any]:
    """Return the user's settings; --no-features is the setting `features`."""
    features = {"features": False} if kwargs["no_features"] else {}
    return {name: kwargs[name] for name in CATALOGUE.flats if name != "features"} | features


def _show_plan(plan: Any, kwargs: dict[str, Any]) -> None:
    click.echo(
        json.dumps(plan.to_dict(), indent=2) if kwargs["as_json"] else tables.plan_table(plan)
    )


def _show_reading(graph: Any, kwargs: dict[str, Any]) -> None:
    """Print a line on what was read, dropped and merged, unless --quiet."""
    if not kwargs["quiet"]:
        graphs.show_reading(graph)


def check_graph(kwargs: dict[str, Any]) -> None:
    """Raise `InputError` unless exactly one graph is selected, with consistent options."""
    sources = [name for name in ("dataset", "graph", "split_edges") if kwargs[name]]
    if len(sources) != 1:
        got = " and ".join(f"--{name.replace('_', '-')}" for name in sources) or "none of them"
        raise InputError(
            "graph: expected --graph FILE, --split-edges TRAIN VAL TEST or --dataset NAME "
            f"(of {', '.join(options.DATASET.names)}), got {got}"
        )
    if kwargs["features"] is not None and kwargs["no_features"]:
        raise InputError("features: expected --features or --no-features, got both")
    if kwargs["dataset"]:
        graphs.refuse_reading(kwargs, "a dataset needs no reading options")


def graph_of(kwargs: dict[str, Any]) -> Any:
    """Return the name of a dataset, or the graph read from files."""
    check_graph(kwargs)
    return kwargs["dataset"] or graphs.read_files(kwargs)


def name_of(kwargs: dict[str, Any]) -> str:
    """Return the stem of the default run folder."""
    if kwargs["dataset"]:
        return str(kwargs["dataset"]).split(":")[-1]
    path: Path = kwargs["graph"] or kwargs["split_edges"][0]
    return path.name.split(".")[0] or "graph"


def _show_run(result: Any, kwargs: dict[str, Any]) -> None:
    if not result.metrics:  # workers other than 0 have none
        return
    if kwargs["as_json"]:
        click.echo(json.dumps(dict(result.metrics), indent=2))
    elif not kwargs["quiet"]:
        click.echo(_headline(result) + "\n\n" + tables.run_table(result.metrics))
        print_better_heuristic(result)
        click.echo()
        click.echo(_timing(result.metrics))
        click.echo(_next_steps(result.folder))


def _show_repeats(summary: dict[str, Any], out: Path, kwargs: dict[str, Any]) -> None:
    if not summary:  # as above
        return
    if kwargs["as_json"]:
        click.echo(json.dumps(summary, indent=2))
    elif not kwargs["quiet"]:
        from graphvae.runs.result import load

        first = load(out / "000", device="cpu")
        click.echo(_headline(first, summary["repeats"]) + "\n\n" + tables.repeats_table(summary))
        click.echo(f"\nruns      {out}/000 …, means in {out}/summary.json")


def _headline(result: Any, repeats: int = 1) -> str:
    """Name the model, the graph and the split of a run, or of the first of several."""
    config, split = result.config, result.split
    sizes = [part.size(1) for part in (split.train, split.val, split.test)]
    parts = " / ".join(f"{size:,}" for size in sizes)
    features = "with features" if result.experiment.messages.features is not None else "no features"
    kinds = {"random": "split", "temporal": "split by time", "given": "user-supplied split"}
    kind = kinds.get(split.made, "official split")
    if config.split.val_edges:
        kind = f"messages over validation edges too at test time; {kind}"
    which = f"seed {config.run.seed}, {split.fingerprint[:12]}"
    if repeats > 1:
        which = f"seeds {config.run.seed} to {config.run.seed + repeats - 1}"
    return (
        f"{config.model.upper()} on {config.dataset}, {features}: {split.num_nodes:,} nodes, "
        f"{sum(sizes):,} edges, {kind} {parts} ({which})"
    )


def _timing(metrics: Any) -> str:
    seconds = metrics["seconds"]
    return (
        f"time      {metrics['epochs']} epochs in {seconds['train']:.1f} s "
        f"({1000 * seconds['step_median']:.1f} ms a step), evaluation {seconds['evaluate']:.1f} s"
    )


def _next_steps(path: Path) -> str:
    folder = options.shell_path(path)
    files = [name for name in ("embeddings.csv", "links.csv") if (path / name).is_file()]
    return (
        f"folder    {folder}  ({', '.join(files)}, pictures, metrics.json)\n"
        f"next      graphvae predict {folder} --top-k 20\n"
        f"          graphvae embed {folder} --out z.parquet\n"
        f"          graphvae evaluate {folder}"
    )
