"""`image_vae.runs.fit.fit`: from images to a trained, scored, saved model; and its continuation."""

from __future__ import annotations

import time
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import Any

from tqdm import tqdm

from graphvae_data.core.errors import InputError, TrainingError
from graphvae_data.images.images import load_images
from graphvae_data.registry.images import IMAGES
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
from image_vae.results.result import FitResult, load, open_experiment, read_records
from image_vae.results.run_files import KIND, create_folder
from image_vae.specs.config import ImageConfig
from image_vae.training.experiment import Experiment, prepare
from image_vae.training.records import EpochRecord


def fit(
    images: str | PathLike[str],
    model: str = "vae",
    *,
    out: str | Path | None = None,
    overwrite: bool = False,
    size: tuple[int, int] | None = None,
    device: str = "auto",
    threads: int = 1,
    options: FitOptions = FitOptions(),
    **settings: Any,
) -> FitResult:
    """Train a variational auto-encoder on images and score it.

    Args:
        images: the name of a dataset (`graphvae datasets` lists them), or the path of a folder of
            pictures, an .npz or an .npy of one's own.
        model: the name of a recipe, such as `vae`, `iwae` or `vamp-vae`.
        out: a run folder to write; None keeps the run in memory.
        overwrite: replace a run folder that is there already.
        size: height and width that a folder's pictures are brought to.
        device: `auto`, `cpu`, `cuda`, `cuda:n` or `mps`.
        threads: CPU threads; on small images one is fastest, or nearly.
        options: progress bars, checkpoints.
        **settings: any other field of `ImageConfig`, such as `latent=(2,)` or `epochs=10`.

    Raises:
        InputError: a setting, dataset, device or folder that cannot be used; nothing is written.
        TrainingError: the loss became NaN or infinite; the folder keeps the best weights.

    >>> result = fit("digits", epochs=1, hidden=(32,), latent=(4,))
    >>> result.embeddings("test").shape
    (180, 4)
    """
    if out is not None:
        check_place(Path(out), overwrite=overwrite)
    start = time.perf_counter()
    config = ImageConfig(
        dataset=str(images),
        model=model,
        device=str(devices.resolve_device(device)),
        threads=threads,
        **settings,
    )
    own = not (isinstance(images, str) and images in IMAGES)
    data = load_images(images, size=size, seed=config.seed, progress=options.progress)
    config = replace(config, dataset=data.name)
    with devices.threads(config.threads):
        experiment = prepare(config, data)
        folder = None
        if out is not None:
            folder = create_folder(Path(out), experiment, overwrite=overwrite, own=own)
        return _run(experiment, folder, options, load_seconds=time.perf_counter() - start)


def resume(path: str | Path, *, options: FitOptions = FitOptions()) -> FitResult:
    """Continue a run where its last checkpoint stands; a finished run is simply loaded.

    On a CPU with the same thread count, the result has the same bits as an unbroken run.

    Raises:
        InputError: not a run folder, or one with a damaged file.
    """
    folder = RunFolder.open(Path(path), "config.json", "split.json", kind=KIND)
    if folder.metrics.is_file():
        return load(path)
    start = time.perf_counter()
    experiment = open_experiment(folder, progress=options.progress)
    with devices.threads(experiment.config.threads):
        load_checkpoint(folder, experiment.trainer)
        read_records(folder)  # refuse a damaged history before cutting it
        clear_temporary(folder.path)
        truncate_history(folder.history, experiment.trainer.epoch)
        return _run(experiment, folder, options, load_seconds=time.perf_counter() - start)


def fit_or_resume(
    images: str | PathLike[str],
    model: str,
    *,
    out: Path,
    options: FitOptions = FitOptions(),
    **given: Any,
) -> FitResult:
    """Begin a run, continue it where it was interrupted, or load it where it is finished.

    Raises:
        InputError: the folder holds something else, such as a run of other settings.
    """
    if not out.exists():
        return fit(images, model, out=out, options=options, **given)
    begun = read_json(RunFolder.open(out, "config.json", kind=KIND).config)
    settings = {name: value for name, value in given.items() if name != "size"}
    settings["device"] = str(devices.resolve_device(settings.get("device", "auto")))
    name = images
    if not (isinstance(images, str) and images in IMAGES):
        seed = settings.get("seed", 0)
        name = load_images(images, size=given.get("size"), seed=seed).name
    if ImageConfig.from_dict(begun) != ImageConfig(dataset=str(name), model=model, **settings):
        raise InputError(f"{out}: holds a run of other settings; choose another --out")
    return resume(out, options=options)


def _run(
    experiment: Experiment, folder: RunFolder | None, options: FitOptions, *, load_seconds: float
) -> FitResult:
    """Train, score, and write the outcome."""
    marks = [time.perf_counter()]
    history = _train(experiment, folder, options)
    marks.append(time.perf_counter())
    scores = experiment.evaluate()
    marks.append(time.perf_counter())
    trainer = experiment.trainer
    metrics = {
        **scores,
        "best_epoch": trainer.best.epoch,
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
        from image_vae.plots.pictures import draw_run  # matplotlib takes a while to import

        draw_run(result, folder.path)
        write_json(folder.metrics, metrics)
    return result


def _train(
    experiment: Experiment, folder: RunFolder | None, options: FitOptions
) -> tuple[EpochRecord, ...]:
    """Train to the end, keeping history and checkpoints in the folder if there is one."""
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
            raise recorder.keep_best(fault) from fault
    return tuple(history)


def _bar(experiment: Experiment, options: FitOptions) -> Any:
    """Return the progress bar over steps; silent where stderr is no terminal."""
    return tqdm(
        total=experiment.trainer.last_step,
        initial=experiment.trainer.step,
        desc=experiment.config.model,
        unit="step",
        leave=False,
        disable=None if options.progress else True,
    )
