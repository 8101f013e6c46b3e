"""`image_vae.fit` and `resume`: train, score and save a model of images."""

from __future__ import annotations

import time
from collections.abc import Sequence
from inspect import signature
from pathlib import Path
from typing import Any, Unpack

from tqdm import tqdm

from graphvae_data.core.errors import InputError, TrainingError
from graphvae_data.core.layers import Layer, keyword_layer, named_by
from graphvae_data.images.image_data import ImageData, Irregular
from graphvae_data.runs import devices
from graphvae_data.runs.options import FitOptions
from graphvae_data.runs.recorder import Recorder, load_checkpoint, save_checkpoint
from graphvae_data.runs.run_folder import (
    RunFolder,
    check_place,
    clear_temporary,
    read_json,
    truncate_history,
    write_json,
)
from image_vae.results.result import FitResult, load_run, open_experiment, read_records
from image_vae.results.run_files import KIND, clear_failure, create_folder, record_failure
from image_vae.runs.configure import configure, file_and_model, with_run
from image_vae.runs.defaults import run_notes
from image_vae.runs.fit_settings import ImageFitSettings
from image_vae.runs.source import Images, Source
from image_vae.specs.recipe import CATALOGUE, ImageConfig, ImageRecipe
from image_vae.training.experiment import Experiment, prepare
from image_vae.training.records import EpochRecord


def fit(
    images: Images,
    model: str | ImageRecipe | None = None,
    *,
    labels: Any = None,
    out: str | Path | None = None,
    overwrite: bool = False,
    size: tuple[int, int] | None = None,
    irregular: Irregular = "stop",
    config: str | Path | None = None,
    options: FitOptions = FitOptions(),
    **settings: Unpack[ImageFitSettings],
) -> FitResult:
    """Train a variational auto-encoder on images and score it.

    Args:
        images: the name of a dataset (listed by `graphvae datasets`); `module:function` that
            returns images, or images and labels; the path of a folder of images, an .npz or an
            .npy; or an array or tensor, uint8 or floats in [0, 1], of shape
            [image, height, width], [image, channel, height, width] or [image, height, width,
            channel]; or arrays by name with a split of their own: `x_train`, `y_train`, `x_test`,
            … (Keras), `train_images`, `train_labels`, `val_images`, … (MedMNIST).
        model: the name of a preset, such as `vae`, `iwae` or `vamp-vae`, or a recipe; by
            default that of `config`, else `vae`.
        labels: integers [image], if `images` is an array or tensor.
        out: the run folder to write; None keeps the run in memory.
        overwrite: replace an existing run folder.
        size: height and width to which the images of a folder are scaled.
        irregular: what becomes of a folder's images that are transparent, of 16 bits or unreadable:
            an error (`stop`), conversion (`convert`), or nothing (`skip`); they are counted.
        config: a run's `config.json`, or settings in TOML; keyword arguments take precedence.
        options: progress bars, checkpoints.
        **settings: any setting, such as `latent=(2,)`, `epochs=10` or `prior_components=20`. A part
            is a name, a part (`prior=Vamp(components=20)`), a class, or `module:Class`; `encoder`
            may also be a module that maps images [batch, channel, height, width] to features
            [batch, width]; a copy of it is trained.

    Raises:
        InputError: an invalid setting, dataset, device or folder; nothing is written.
        TrainingError: the loss became NaN or infinite; the folder keeps the best weights.

    >>> result = fit("digits", epochs=1, hidden=(32,), latent=(4,))
    >>> result.embeddings("test").shape
    (180, 4)
    """
    layers, preset = file_and_model(config, model)
    layers.append(keyword_layer(CATALOGUE, settings, signature(fit).parameters))
    return fit_layers(
        images,
        preset,
        layers,
        labels=labels,
        out=out,
        overwrite=overwrite,
        size=size,
        irregular=irregular,
        options=options,
    )


def fit_layers(
    images: Images,
    model: str | ImageRecipe,
    layers: Sequence[Layer],
    *,
    labels: Any = None,
    out: str | Path | None = None,
    overwrite: bool = False,
    size: tuple[int, int] | None = None,
    irregular: Irregular = "stop",
    options: FitOptions = FitOptions(),
) -> FitResult:
    """Implement `fit`, with the user's settings as layers: a file, then options."""
    if out is not None:
        check_place(Path(out), overwrite=overwrite)
    start = time.perf_counter()
    source = Source.of(images, labels, size, irregular)
    config, data = configured(source, model, layers, options)
    with devices.threads(config.run.threads), named_by(layers[-1].words):
        experiment = prepare(config, data)
        for note in (*data.notes, *run_notes(experiment)):
            options.announce(note)
        folder = None
        if out is not None:
            own = not source.named
            folder = create_folder(Path(out), experiment, overwrite=overwrite, own=own)
        return _run(experiment, folder, options, load_seconds=time.perf_counter() - start)


def configured(
    source: Source, model: str | ImageRecipe, layers: Sequence[Layer], options: FitOptions
) -> tuple[ImageConfig, ImageData]:
    """Return the settings of a run on this machine, and its images; announce notes.

    Raises:
        InputError: invalid settings, an unavailable device, or images that cannot be read.
    """
    asked, _ = configure(source.name, model, layers)
    device = str(devices.resolve_device(asked.run.device))
    data = source.load(asked.data.split_seed, progress=options.progress)
    config, notes = configure(source.name, model, layers, source.facts(asked.data.split_seed))
    for note in notes:
        options.announce(note)
    return with_run(config, device=device), data


def resume(path: str | Path, *, options: FitOptions = FitOptions(), **parts: object) -> FitResult:
    """Continue a run from its last checkpoint; a finished run is loaded.

    On a CPU with the same number of threads, the result is bit-identical to an uninterrupted run.

    Args:
        path: the run folder.
        options: progress bars, checkpoints.
        **parts: parts that cannot be imported, as for `load`.

    Raises:
        InputError: not a run folder, or a damaged file.
    """
    folder = RunFolder.open(Path(path), "config.json", "split.json", kind=KIND)
    if folder.metrics.is_file():
        return load_run(path, parts=parts)
    start = time.perf_counter()
    experiment = open_experiment(folder, progress=options.progress, parts=parts)
    with devices.threads(experiment.config.run.threads):
        load_checkpoint(folder, experiment.trainer)
        read_records(folder)  # reject a damaged history before truncating it
        clear_temporary(folder.path)
        truncate_history(folder.history, experiment.trainer.epoch)
        clear_failure(folder)
        return _run(experiment, folder, options, load_seconds=time.perf_counter() - start)


def fit_or_resume(
    images: Images,
    model: str | ImageRecipe,
    layers: Sequence[Layer],
    *,
    out: Path,
    size: tuple[int, int] | None = None,
    irregular: Irregular = "stop",
    options: FitOptions = FitOptions(),
) -> FitResult:
    """Start a run, continue it if it was interrupted, or load it if it is finished.

    Raises:
        InputError: the folder has other content, such as a run with other settings.
    """
    if not out.exists():
        return fit_layers(
            images, model, layers, out=out, size=size, irregular=irregular, options=options
        )
    present = read_json(RunFolder.open(out, "config.json", kind=KIND).config)
    source = Source.of(images, None, size, irregular)
    config, _ = configured(source, model, layers, options)
    if present != config.to_dict():
        raise InputError(f"{out}: contains a run with other settings; choose another --out")
    return resume(out, options=options)


def _run(
    experiment: Experiment, folder: RunFolder | None, options: FitOptions, *, load_seconds: float
) -> FitResult:
    """Train, score, and save the result."""
    marks = [time.perf_counter()]
    history = _train(experiment, folder, options)
    marks.append(time.perf_counter())
    scores = experiment.evaluate()
    marks.append(time.perf_counter())
    trainer = experiment.trainer
    metrics = {
        **scores,
        "best_epoch": trainer.best.epoch,
        "selection": trainer.selection,
        "epochs": trainer.epoch,
        "steps": trainer.step,
        "split": experiment.data.split_fingerprint,
        "seconds": {
            "load": load_seconds,
            "train": marks[1] - marks[0],
            "evaluate": marks[2] - marks[1],
            "step_median": sorted(r.step_seconds for r in history)[len(history) // 2],
        },
    }
    result = FitResult(experiment, metrics, history, None if folder is None else folder.path)
    if folder is not None:
        save_checkpoint(folder, trainer)
        from image_vae.plots.pictures import draw_run  # slow to import

        draw_run(result, folder.path, options.announce)
        write_json(folder.metrics, metrics)
    return result


def _train(
    experiment: Experiment, folder: RunFolder | None, options: FitOptions
) -> tuple[EpochRecord, ...]:
    """Train to the end, with history and checkpoints in the folder if there is one."""
    trainer = experiment.trainer
    history = list(read_records(folder)) if folder is not None else []
    recorder = Recorder(folder, trainer, options.checkpoint_seconds)
    with recorder, _bar(experiment, options) as bar:

        def on_step() -> None:
            bar.update()
            if recorder.due:
                recorder.save()

        def on_epoch(record: EpochRecord) -> None:
            history.append(record)
            bar.set_postfix(loss=f"{record.loss:.2f}", val=f"{record.val_loss:.2f}")
            recorder.append(record.to_dict())

        try:
            trainer.run(on_epoch, on_step)
        except TrainingError as fault:
            kept = recorder.keep_best(fault)
            if folder is not None:
                record_failure(folder, str(fault), trainer.best.epoch)
            raise kept from fault
    return tuple(history)


def _bar(experiment: Experiment, options: FitOptions) -> Any:
    """Return the progress bar over steps; silent if stderr is not a terminal."""
    return tqdm(
        total=experiment.trainer.last_step,
        initial=experiment.trainer.step,
        desc=experiment.config.model,
        unit="step",
        leave=False,
        disable=None if options.progress else True,
    )
