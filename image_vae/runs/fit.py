"""`image_vae.fit` and `resume`: train, score and save a model of images."""

from __future__ import annotations

import time
from collections.abc import Sequence
from inspect import signature
from pathlib import Path
from typing import Any, Unpack

from graphvae_data.core.errors import TrainingError
from graphvae_data.images.image_data import ImageData, Irregular
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
from graphvae_data.settings.layers import Layer, keyword_layer, named_by
from image_vae.results.result import ImageFitResult, load_run, open_experiment
from image_vae.results.run_files import KIND, clear_failure, create_folder, record_failure
from image_vae.runs.configure import configure, file_and_model, with_run
from image_vae.runs.defaults import run_notes
from image_vae.runs.fit_settings import ImageFitSettings
from image_vae.runs.source import Images, Source
from image_vae.specs.recipe import CATALOGUE, ImageConfig, ImageRecipe
from image_vae.training.experiment import ImageExperiment, prepare


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
) -> ImageFitResult:
    """Train a variational auto-encoder on images and score it.

    Args:
        images: the name of a dataset (listed by `graphvae datasets`); `module:function` that
            returns images, or images and labels; the path of a folder of images, an .npz or an
            .npy; or an array or tensor, uint8 or floats in [0, 1], of shape
            [image, height, width], [image, channel, height, width] or [image, height, width,
            channel]; or arrays by name with their own split: `x_train`, `y_train`, `x_test`, …
            (Keras), `train_images`, `train_labels`, `val_images`, … (MedMNIST).
        model: the name of a preset, such as `vae`, `iwae` or `vamp-vae`, or a recipe; by
            default that of `config`, else `vae`.
        labels: integers [image], if `images` is an array or tensor.
        out: the run folder to write; None keeps the run in memory.
        overwrite: replace an existing run folder.
        size: height and width to which the images of a folder are scaled.
        irregular: handling of transparent, 16-bit or unreadable images in a folder: raise an error
            (`stop`), convert them (`convert`) or leave them out (`skip`); they are counted.
        config: a run's `config.json`, or settings in TOML; keyword arguments take precedence.
        options: progress bars, checkpoints.
        **settings: any setting, such as `latent=(2,)`, `epochs=10` or `prior_components=20`. A part
            is given by name, object (`prior=Vamp(components=20)`), class or `module:Class`;
            `encoder` may also be a module that maps images [batch, channel, height, width] to
            features [batch, width]; a copy of it is trained.

    Raises:
        InputError: an invalid setting, dataset, device or folder; nothing is written.
        TrainingError: the loss became NaN or infinite; the folder keeps the best weights.
        WorkerLost: another worker ended. With `torch.distributed` initialised, the workers share
            each batch, and only worker 0 writes and scores.

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
    out: str | Path | Claim | None = None,
    overwrite: bool = False,
    size: tuple[int, int] | None = None,
    irregular: Irregular = "stop",
    options: FitOptions = FitOptions(),
) -> ImageFitResult:
    """Implement `fit`, with the user's settings as layers: a file, then options."""
    source = Source.of(images, labels, size, irregular)
    if out is None or not current().leads:
        return _fit_claimed(source, model, layers, None, options)
    target = out if isinstance(out, Claim) else Path(out)
    with claimed(target, overwrite=overwrite) as claim:
        return _fit_claimed(source, model, layers, claim, options)


def _fit_claimed(
    source: Source,
    model: str | ImageRecipe,
    layers: Sequence[Layer],
    claim: Claim | None,
    options: FitOptions,
) -> ImageFitResult:
    """Fit, and write to the claimed folder, if any."""
    start = time.perf_counter()
    config, data = configured(source, model, layers, options)
    with devices.computing(config.run.threads), named_by(layers[-1].words):
        experiment = prepare(config, data, current())
        for note in (*data.notes, *run_notes(experiment)):
            options.announce(note)
        folder = None
        if claim is not None:
            folder = create_folder(claim, experiment, own=not source.named)
        return _run(experiment, folder, options, load_seconds=time.perf_counter() - start)


def configured(
    source: Source, model: str | ImageRecipe, layers: Sequence[Layer], options: FitOptions
) -> tuple[ImageConfig, ImageData]:
    """Return the settings of a run on this machine, and its images; announce notes.

    Raises:
        InputError: invalid settings, an unavailable device, or images that cannot be read.
    """
    requested, _ = configure(source.name, model, layers)
    device = str(devices.resolve_device(requested.run.device, gpu=current().gpu))
    seed = requested.data.split_seed
    data = current().local_leader_first(lambda: source.load(seed, progress=options.progress))
    config, notes = configure(source.name, model, layers, source.facts(seed))
    for note in notes:
        options.announce(note)
    return with_run(config, device=device), data


def resume(
    path: str | Path,
    *,
    epochs: int | None = None,
    options: FitOptions = FitOptions(),
    **parts: object,
) -> ImageFitResult:
    """Continue a run from its last checkpoint; a finished run is loaded, or trained further.

    On a CPU with the same number of threads, the result is bit-identical to an uninterrupted run.
    This holds for a new number of `epochs` too, unless a setting depends on it, such as a learning
    rate schedule.

    Args:
        path: the run folder.
        epochs: a new number of epochs, without a limit on steps. A finished run needs a saved
            checkpoint.
        options: progress bars, checkpoints.
        **parts: parts that cannot be imported, as for `load`.

    Raises:
        InputError: not a run folder, a damaged file, or a run that cannot be trained further.
    """
    folder = RunFolder.open(Path(path), "config.json", "split.json", kind=KIND)
    if folder.metrics.is_file() and epochs is None:
        return load_run(path, parts=parts)
    workers = current()
    written = folder if workers.leads else None
    with owned(written):
        if folder.metrics.is_file() and epochs is None:  # another process has just finished it
            return load_run(path, parts=parts)
        check_extensible(folder)
        check_files(folder)
        start = time.perf_counter()
        experiment = workers.local_leader_first(
            lambda: open_experiment(
                folder, progress=options.progress, parts=parts, epochs=epochs, workers=workers
            )
        )
        with devices.computing(experiment.config.run.threads):
            restore(folder, experiment.trainer, experiment.config.to_dict())
            if written is not None:
                clear_failure(written)
            return _run(experiment, written, options, load_seconds=time.perf_counter() - start)


def fit_or_resume(
    images: Images,
    model: str | ImageRecipe,
    layers: Sequence[Layer],
    *,
    out: Path,
    size: tuple[int, int] | None = None,
    irregular: Irregular = "stop",
    options: FitOptions = FitOptions(),
) -> ImageFitResult:
    """Start a run, continue it if it was interrupted, or load it if it is finished.

    Raises:
        InputError: the folder has other content or a run with other settings.
    """
    if not out.exists():
        return fit_layers(
            images, model, layers, out=out, size=size, irregular=irregular, options=options
        )
    folder = RunFolder.open(out, "config.json", kind=KIND)
    config, _ = configured(Source.of(images, None, size, irregular), model, layers, options)
    check_same(folder, config.to_dict())
    return resume(out, options=options)


def _run(
    experiment: ImageExperiment,
    folder: RunFolder | None,
    options: FitOptions,
    *,
    load_seconds: float,
) -> ImageFitResult:
    """Train, score, and save the result."""
    config = experiment.config
    about = About(config.model, experiment.data.split_fingerprint, load_seconds, config.to_dict())
    try:
        outcome = train(experiment.trainer, experiment.evaluate, folder, options, about)
    except TrainingError as error:
        if folder is not None:
            record_failure(folder, str(error.__cause__ or error), experiment.trainer.best.epoch)
        raise
    path = None if folder is None else folder.path
    metrics = {**outcome.metrics, "selection": experiment.trainer.selection}
    if not experiment.trainer.workers.leads:
        metrics = {}
    result = ImageFitResult(experiment, metrics, outcome.history, path)

    def draw() -> None:
        from image_vae.plots.ladders import draw_ladder  # slow to import
        from image_vae.plots.pictures import draw_run

        if path is not None:
            draw_run(result, path, options.announce)
            draw_ladder(result, path)

    if folder is not None:
        finish(folder, experiment.trainer, metrics, options, draw)
    return result
