"""`graphvae.fit`: train, score and save a model; `graphvae.resume`: continue a run."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from inspect import signature
from pathlib import Path
from typing import Any, Unpack

from graphvae.runs.refit import refit
from graphvae.runs.result import GraphFitResult, load_run, open_experiment
from graphvae.runs.run_files import NO_PARTS, create_folder
from graphvae.setup.configure import configure, file_and_model
from graphvae.setup.experiment import GraphExperiment, check_direction, prepare
from graphvae.setup.fit_settings import FitSettings
from graphvae.setup.inputs import (
    READING,
    GraphInput,
    input_name,
    is_directed,
    open_input,
    with_reading,
)
from graphvae.specs.recipe import CATALOGUE, GraphRecipe
from graphvae.splits.edge_split import EdgeSplit
from graphvae.training.plan import Plan, plan_run
from graphvae.training.sizing import Sized, for_size
from graphvae_data.machine import devices
from graphvae_data.machine.workers import current
from graphvae_data.runs.checkpoint import check_files
from graphvae_data.runs.driver import (
    About,
    check_extensible,
    check_same,
    finish,
    owned,
    restore,
    train,
)
from graphvae_data.runs.options import FitOptions
from graphvae_data.runs.run_folder import Claim, RunFolder, claimed
from graphvae_data.settings.layers import Layer, keyword_layer, named_by, overridden
from graphvae_data.settings.setting_errors import Words


def fit(
    graph: Any,
    model: str | GraphRecipe | None = None,
    *,
    out: str | Path | None = None,
    overwrite: bool = False,
    split: EdgeSplit | str | Path | None = None,
    config: str | Path | None = None,
    options: FitOptions = FitOptions(),
    **settings: Unpack[FitSettings],
) -> GraphFitResult:
    """Train a graph auto-encoder on a graph and score it on held-out edges.

    Args:
        graph: the name of a dataset (`graphvae datasets` lists them), the path of a graph file, or
            a PyG `Data`, NetworkX graph, adjacency, edge array or DataFrame.
        model: the name of a preset, such as `gae`, or a recipe; None means the model named in
            `config`, else `vgae`, or `st-vgae` for a directed graph (a file: with `directed=True`).
        out: a run folder to write; None keeps the run in memory (its `save` writes it).
        overwrite: replace an existing run folder.
        split: a split, or the path of a split file; None makes one from the seed.
        config: a run's `config.json`, or settings in TOML; keyword arguments override it.
        options: progress bars, checkpoints.
        **settings: any setting, such as `epochs=100`, `features=False` or `prior_components=20`.
            A part is a name, a part (`prior=Vamp(components=20)`), a class, or `module:Class`. For
            `encoder` it may also be a PyG module, or any other with `forward(x, edge_index)`; a
            copy is trained. Reading options of a user-supplied graph: `source="Follower"`,
            `header=False` and every other option in the section Graph of the command, and
            `features` and `labels` as a path, a DataFrame or an array. `GraphFitResult.reading`
            describes what was read; a `ReadingWarning` reports dropped and merged edges.

    Raises:
        InputError: a setting, split, device or folder that cannot be used; nothing is written.
        TrainingError: the loss became NaN or infinite; the folder keeps the best weights.
        WorkerLost: another worker ended. With `torch.distributed` initialised, several workers
            train together, and only worker 0 writes and scores.

    >>> result = fit("karate", model="gae", epochs=5, baselines=False)
    >>> result.embeddings().shape
    (34, 16)
    """
    graph, others = with_reading(graph, settings)
    layers, preset = file_and_model(config, model, directed=is_directed(graph))
    layers.append(keyword_layer(CATALOGUE, others, (*signature(fit).parameters, *READING)))
    return fit_layers(
        graph, preset, layers, out=out, overwrite=overwrite, split=split, options=options
    )


def fit_layers(
    graph: Any,
    model: str | GraphRecipe,
    layers: Sequence[Layer],
    *,
    out: str | Path | Claim | None = None,
    overwrite: bool = False,
    split: EdgeSplit | str | Path | None = None,
    options: FitOptions = FitOptions(),
) -> GraphFitResult:
    """Implement `fit`, with the user's settings as layers: a file, then options."""
    if out is not None and current().leads:
        where = out if isinstance(out, Claim) else Path(out)
        with claimed(where, overwrite=overwrite) as claim:
            return _fit_claimed(graph, model, layers, claim, split=split, options=options)
    return _fit_claimed(graph, model, layers, None, split=split, options=options)


def _fit_claimed(
    graph: Any,
    model: str | GraphRecipe,
    layers: Sequence[Layer],
    claim: Claim | None,
    *,
    split: EdgeSplit | str | Path | None,
    options: FitOptions,
) -> GraphFitResult:
    """Fit, and write the folder claimed by this process, if any."""
    start = time.perf_counter()
    experiment = ready(graph, model, layers, split=split, options=options)
    with devices.computing(experiment.config.run.threads):
        folder = None if claim is None else create_folder(claim, experiment)
        return _run(experiment, folder, options, load_seconds=time.perf_counter() - start)


def ready(
    graph: Any,
    model: str | GraphRecipe,
    layers: Sequence[Layer],
    *,
    split: EdgeSplit | str | Path | None = None,
    options: FitOptions = FitOptions(),
) -> GraphExperiment:
    """Return the untrained experiment of a `fit`; settings are checked before the graph is read.

    Raises:
        InputError: a setting, split or device that cannot be used.
    """
    loaded = EdgeSplit.load(Path(split)) if isinstance(split, str | Path) else split
    sized, source = _configured(graph, model, layers, options)
    for note in sized.notes:
        options.announce(note)
    with devices.computing(sized.config.run.threads), named_by(_words(layers)):
        edges = source.split(sized.config) if loaded is None else loaded
        experiment = prepare(sized.config, source.graph, edges, workers=current())
        _announce_selection(experiment, options)
    return experiment


def _announce_selection(experiment: GraphExperiment, options: FitOptions) -> None:
    """Choose the negatives that select the epoch before anything is written."""
    selection = experiment.trainer.validator.selection
    if selection is not None:
        settings = experiment.config.split
        kind = f"{settings.select_negatives} negatives"
        options.announce(f"the epoch is selected by {settings.select}, {kind}: {selection.note}")


def plan(
    graph: Any,
    model: str | GraphRecipe | None = None,
    *,
    config: str | Path | None = None,
    options: FitOptions = FitOptions(),
    **settings: Unpack[FitSettings],
) -> Plan:
    """Return the plan of a `fit`, with its memory; nothing is trained or written.

    Arguments and errors are those of `fit`.

    >>> plan("karate", model="gae").steps_per_epoch
    1
    """
    graph, others = with_reading(graph, settings)
    layers, preset = file_and_model(config, model, directed=is_directed(graph))
    layers.append(keyword_layer(CATALOGUE, others, (*signature(plan).parameters, *READING)))
    return plan_layers(graph, preset, layers, options=options)


def plan_layers(
    graph: Any,
    model: str | GraphRecipe,
    layers: Sequence[Layer],
    *,
    options: FitOptions = FitOptions(),
) -> Plan:
    """Implement `plan`, with the user's settings as layers."""
    sized, source = _configured(graph, model, layers, options)
    with named_by(_words(layers)):
        return plan_run(sized, source.graph)


def _words(layers: Sequence[Layer]) -> Words:
    """Return the wording of setting names for the user: options or Python arguments."""
    return layers[-1].words if layers else CATALOGUE.python_name


def _configured(
    graph: Any, model: str | GraphRecipe, layers: Sequence[Layer], options: FitOptions
) -> tuple[Sized, GraphInput]:
    """Resolve and check the settings of a run, before the graph is read."""
    config, notes = configure(input_name(graph), model, layers)
    device = str(devices.resolve_device(config.run.device, gpu=current().gpu))
    config = overridden(config, [Layer({"run": {"device": device}})], CATALOGUE)
    source = current().local_leader_first(lambda: open_input(graph, progress=options.progress))
    check_direction(config, source.graph)
    num_nodes, num_edges = source.graph.num_nodes, source.graph.num_edges
    if config.run.threads is None:
        count = devices.choose_threads(num_nodes, workers=current().local_count)
        config = overridden(config, [Layer({"run": {"threads": count}})], CATALOGUE)
    sized = for_size(config, layers, num_nodes, num_edges)
    return replace(sized, notes=(*notes, *sized.notes)), source


def resume(
    path: str | Path,
    *,
    epochs: int | None = None,
    options: FitOptions = FitOptions(),
    **parts: object,
) -> GraphFitResult:
    """Continue a run from its last checkpoint; a finished run is loaded, or trained further.

    On a CPU with the same thread count, the result has the same bits as that of an uninterrupted
    run, or of a run that started with the new `epochs`, unless a setting such as a learning rate
    schedule depends on their number.

    Args:
        path: the run folder.
        epochs: a new maximum number of epochs. A finished run must have kept its checkpoint.
        options: progress bars, checkpoints.
        **parts: parts that cannot be imported, by slot, such as `encoder=module`.

    Raises:
        InputError: not a run folder, one with a damaged file, or a run that cannot be trained
            further.
    """
    return resume_run(path, epochs=epochs, options=options, parts=parts)


def resume_run(
    path: str | Path,
    *,
    epochs: int | None = None,
    options: FitOptions = FitOptions(),
    parts: Mapping[str, object] = NO_PARTS,
) -> GraphFitResult:
    """Implement `resume`, with the parts as a mapping."""
    folder = RunFolder.open(Path(path), "config.json", "split.npz")
    if folder.metrics.is_file() and epochs is None:
        return load_run(path, parts=parts)
    written = folder if current().leads else None
    with owned(written):
        if folder.metrics.is_file() and epochs is None:  # finished by another process meanwhile
            return load_run(path, parts=parts)
        return _resume_owned(folder, written, epochs=epochs, options=options, parts=parts)


def _resume_owned(
    folder: RunFolder,
    written: RunFolder | None,
    *,
    epochs: int | None,
    options: FitOptions,
    parts: Mapping[str, object],
) -> GraphFitResult:
    """Continue a run whose folder this process has locked; `written` is None on other workers."""
    check_extensible(folder)
    check_files(folder)
    start = time.perf_counter()
    workers = current()
    experiment = workers.local_leader_first(
        lambda: open_experiment(folder, parts=parts, workers=workers, epochs=epochs)
    )
    with devices.computing(experiment.config.run.threads):
        restore(folder, experiment.trainer, experiment.config.to_dict())
        return _run(experiment, written, options, load_seconds=time.perf_counter() - start)


def fit_or_resume(
    graph: Any,
    model: str | GraphRecipe,
    layers: Sequence[Layer],
    *,
    out: Path,
    split: EdgeSplit | str | Path | None = None,
    options: FitOptions = FitOptions(),
) -> GraphFitResult:
    """Start a run, continue it if it was interrupted, or load it if it is finished.

    Raises:
        InputError: the folder has other content, such as a run with other settings.
    """
    if not out.exists():
        return fit_layers(graph, model, layers, out=out, split=split, options=options)
    folder = RunFolder.open(out, "config.json")
    sized, _ = _configured(graph, model, layers, options)
    check_same(folder, sized.config.to_dict())
    return resume(out, options=options)


def _run(
    experiment: GraphExperiment,
    folder: RunFolder | None,
    options: FitOptions,
    *,
    load_seconds: float,
) -> GraphFitResult:
    """Train, then score and write the outcome on worker 0."""
    trainer = experiment.trainer
    config = experiment.config
    about = About(config.model, experiment.split.fingerprint, load_seconds, config.to_dict())
    with devices.deterministic(experiment.config.training.deterministic):
        outcome = train(trainer, lambda: experiment.evaluate().to_dict(), folder, options, about)
        is_refit = experiment.config.split.refit and outcome.metrics  # only worker 0 has metrics
        model = refit(experiment) if is_refit else None
    path = None if folder is None else folder.path
    result = GraphFitResult(experiment, outcome.metrics, outcome.history, path, model)
    if folder is not None:
        finish(folder, trainer, outcome.metrics, options, lambda: result.write_pictures(folder))
    return result
