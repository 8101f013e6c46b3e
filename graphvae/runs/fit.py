"""`graphvae.fit`: train, score and save a model; `graphvae.resume`: continue a run."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from inspect import signature
from pathlib import Path
from typing import Any, Unpack

from tqdm import tqdm

from graphvae.runs.configure import configure, file_and_model
from graphvae.runs.experiment import Experiment, check_direction, prepare
from graphvae.runs.fit_settings import FitSettings
from graphvae.runs.inputs import READING, GraphInput, input_name, open_input, with_reading
from graphvae.runs.result import FitResult, load_run, open_experiment, read_records
from graphvae.runs.run_files import create_folder
from graphvae.specs.recipe import CATALOGUE, GraphRecipe
from graphvae.splits.edge_split import EdgeSplit
from graphvae.training.plan import Plan, plan_run
from graphvae.training.records import EpochRecord
from graphvae.training.sizing import Sized, for_size
from graphvae_data.core.errors import TrainingError, WorkerLost
from graphvae_data.core.layers import Layer, keyword_layer, named_by, overridden
from graphvae_data.core.setting_errors import Words
from graphvae_data.runs import devices
from graphvae_data.runs.options import FitOptions
from graphvae_data.runs.recorder import Recorder, load_checkpoint
from graphvae_data.runs.run_folder import (
    RunFolder,
    check_place,
    clear_temporary,
    truncate_history,
)
from graphvae_data.runs.workers import Workers, current


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
) -> FitResult:
    """Train a graph auto-encoder on a graph and score it on held-out edges.

    Args:
        graph: the name of a dataset (`graphvae datasets` lists them), the path of a graph file, or
            a PyG `Data`, NetworkX graph, adjacency, edge array or DataFrame.
        model: the name of a preset, such as `gae`, or a recipe; None takes the one that `config`
            names, else `vgae`.
        out: a run folder to write; None keeps the run in memory (`FitResult.save` writes it later).
        overwrite: replace a run folder that is there already.
        split: a split, or the path of a split file; None makes one from the seed.
        config: a run's `config.json`, or settings in TOML; keyword arguments override it.
        options: progress bars, checkpoints.
        **settings: any setting, such as `epochs=100`, `features=False` or `prior_components=20`.
            A part is a name, a part (`prior=Vamp(components=20)`), a class, or `module:Class`. For
            `encoder` it may also be a PyG module, or any other with `forward(x, edge_index)`; a
            copy is trained. How a graph of your own is read: `source="Follower"`,
            `header=False` and every other option of the command's section Graph, and `features`
            and `labels` as a path, a DataFrame or an array. `FitResult.reading` says what was
            read; where edges were dropped or merged, a `ReadingWarning` does too.

    Raises:
        InputError: a setting, split, device or folder that cannot be used; nothing is written.
        TrainingError: the loss became NaN or infinite; the folder keeps the best weights.
        WorkerLost: another worker ended. With `torch.distributed` set up, several workers train
            together, and only worker 0 writes and scores.

    >>> result = fit("karate", model="gae", epochs=5, baselines=False)
    >>> result.embeddings().shape
    (34, 16)
    """
    layers, preset = file_and_model(config, model)
    graph, others = with_reading(graph, settings)
    layers.append(keyword_layer(CATALOGUE, others, (*signature(fit).parameters, *READING)))
    return fit_layers(
        graph, preset, layers, out=out, overwrite=overwrite, split=split, options=options
    )


def fit_layers(
    graph: Any,
    model: str | GraphRecipe,
    layers: Sequence[Layer],
    *,
    out: str | Path | None = None,
    overwrite: bool = False,
    split: EdgeSplit | str | Path | None = None,
    options: FitOptions = FitOptions(),
) -> FitResult:
    """Implement `fit`, with the user's settings as layers: a file, then options."""
    leads = current().leads
    if out is not None and leads:
        check_place(Path(out), overwrite=overwrite)
    start = time.perf_counter()
    experiment = ready(graph, model, layers, split=split, options=options)
    with devices.threads(experiment.config.run.threads):
        folder = None
        if out is not None and leads:
            folder = create_folder(Path(out), experiment, overwrite=overwrite)
        return _run(experiment, folder, options, load_seconds=time.perf_counter() - start)


def ready(
    graph: Any,
    model: str | GraphRecipe,
    layers: Sequence[Layer],
    *,
    split: EdgeSplit | str | Path | None = None,
    options: FitOptions = FitOptions(),
) -> Experiment:
    """Return the untrained experiment of a `fit`; settings are checked before the graph is read.

    Raises:
        InputError: a setting, split or device that cannot be used.
    """
    loaded = EdgeSplit.load(Path(split)) if isinstance(split, str | Path) else split
    sized, source = _configured(graph, model, layers, options)
    for note in sized.notes:
        options.announce(note)
    with devices.threads(sized.config.run.threads), named_by(_words(layers)):
        edges = source.split(sized.config) if loaded is None else loaded
        return prepare(sized.config, source.graph, edges, workers=current())


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
    layers, preset = file_and_model(config, model)
    graph, others = with_reading(graph, settings)
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
    source = current().one_first(lambda: open_input(graph, progress=options.progress))
    check_direction(config, source.graph)
    num_nodes, num_edges = source.graph.num_nodes, source.graph.num_edges
    if config.run.threads is None:
        count = devices.choose_threads(num_nodes, sharers=current().local_count)
        config = overridden(config, [Layer({"run": {"threads": count}})], CATALOGUE)
    sized = for_size(config, layers, num_nodes, num_edges)
    return replace(sized, notes=(*notes, *sized.notes)), source


def resume(path: str | Path, *, options: FitOptions = FitOptions(), **parts: object) -> FitResult:
    """Continue a run from its last checkpoint; a finished run is loaded.

    On a CPU with the same thread count, the result has the same bits as that of an uninterrupted
    run.

    Args:
        path: the run folder.
        options: progress bars, checkpoints.
        **parts: parts that cannot be imported, by slot, such as `encoder=module`.

    Raises:
        InputError: not a run folder, or one with a damaged file.
    """
    folder = RunFolder.open(Path(path), "config.json", "split.npz")
    if folder.metrics.is_file():
        return load_run(path, parts=parts)
    start = time.perf_counter()
    workers = current()
    experiment = workers.one_first(lambda: open_experiment(folder, parts=parts, workers=workers))
    with devices.threads(experiment.config.run.threads):
        load_checkpoint(folder, experiment.trainer)
        read_records(folder)  # raises if damaged, before truncating it
        workers.meet()  # wait until all workers have read the folder
        if workers.leads:
            clear_temporary(folder.path)
            truncate_history(folder.history, experiment.trainer.epoch)
        written = folder if workers.leads else None
        return _run(experiment, written, options, load_seconds=time.perf_counter() - start)


def _run(
    experiment: Experiment, folder: RunFolder | None, options: FitOptions, *, load_seconds: float
) -> FitResult:
    """Train, then, on worker 0, score and write the outcome."""
    with devices.deterministic(experiment.config.training.deterministic):
        marks = [time.perf_counter()]
        history = _train(experiment, folder, options)
        if not experiment.trainer.workers.leads:
            return FitResult(experiment, {}, history, None)
        marks.append(time.perf_counter())
        evaluation = experiment.evaluate()
        marks.append(time.perf_counter())
    seconds = {
        "load": load_seconds,
        "train": marks[1] - marks[0],
        "evaluate": marks[2] - marks[1],
        "step_median": sorted(r.step_seconds for r in history)[len(history) // 2],
    }
    metrics = {
        **evaluation.to_dict(),
        "best_epoch": experiment.trainer.best.epoch,
        "epochs": experiment.trainer.epoch,
        "split": experiment.split.fingerprint,
        "seconds": seconds,
    }
    result = FitResult(experiment, metrics, history, None if folder is None else folder.path)
    if folder is not None:
        result.write_outcome(folder)
    return result


def _train(
    experiment: Experiment, folder: RunFolder | None, options: FitOptions
) -> tuple[EpochRecord, ...]:
    """Train to the end, keeping history and checkpoints in the folder if there is one."""
    trainer = experiment.trainer
    history = list(read_records(folder)) if folder is not None else []
    recorder = Recorder(folder, trainer, options.checkpoint_seconds)
    with recorder, _bar(experiment, options) as bar:

        def on_epoch(record: EpochRecord) -> None:
            history.append(record)
            bar.update()
            recorder.append(record.to_dict())

        def on_step() -> None:
            if recorder.due:
                for record in trainer.settle():  # history first, then the checkpoint
                    on_epoch(record)
                recorder.save()

        try:
            trainer.run(on_epoch, on_step)
        except TrainingError as error:
            raise recorder.keep_best(error) from error
        except WorkerLost as error:
            raise _with_advice(error, folder, trainer.workers) from error
    return tuple(history)


def _with_advice(error: WorkerLost, folder: RunFolder | None, workers: Workers) -> WorkerLost:
    """Add how to continue the run; only worker 0 knows its folder."""
    if folder is None and workers.leads:
        return error
    path = "RUN" if folder is None else folder.path
    return WorkerLost(f"{error}; continue with `torchrun … graphvae fit --out {path} --resume`")


def _bar(experiment: Experiment, options: FitOptions) -> Any:
    """Return the progress bar over epochs; silent if stderr is not a terminal."""
    return tqdm(
        total=experiment.config.training.epochs,
        initial=experiment.trainer.epoch,
        desc=experiment.config.model,
        unit="epoch",
        leave=False,
        disable=None if options.progress else True,
    )
