"""Notes on a run before its first step: incomplete schedules, too few steps per epoch."""

from __future__ import annotations

from image_vae.models.labelled import infers_label
from image_vae.training.experiment import ImageExperiment

LISTED = 5
"""Maximum number of values that a note names."""
FEW = 3
"""Steps per epoch below which a batch size gets a note."""


def run_notes(experiment: ImageExperiment) -> list[str]:
    """Return a note for each setting that the user should know about."""
    return [
        *_schedule(experiment),
        *_batches(experiment),
        *_labels(experiment),
        *_attributes(experiment),
    ]


def _attributes(experiment: ImageExperiment) -> list[str]:
    """Return a note if no training image has some value of an attribute."""
    feed = experiment.feed("train")
    unseen = [] if feed.attributes is None else feed.attributes.unseen(feed.part.rows)
    if not unseen:
        return []
    listed = ", ".join(unseen[:LISTED]) + (", …" if len(unseen) > LISTED else "")
    return [f"attributes: no training image has {listed}, so the model does not learn it"]


def _labels(experiment: ImageExperiment) -> list[str]:
    """Return a note on the number of labels and their uses, if the label is a latent variable."""
    labels, count = experiment.labels(), len(experiment.feed("train"))
    if labels is None or not infers_label(experiment.model):
        return []
    settings = experiment.config.labels
    hint = "" if settings.labels_per_class else "; labels_per_class hides all but a few"
    known = f"{labels['known']:,} of {count:,} training images have a label"
    drawn = f" (seed {settings.label_seed}, {str(labels['digest'])[:12]})"
    selection = (
        "; the epoch is chosen by the accuracy on validation labels"
        if experiment.feed("val").labelled
        else ""
    )
    return [f"labels: {known}{drawn}{hint}{selection}"]


def _schedule(experiment: ImageExperiment) -> list[str]:
    """Return a note if the objective still changes when the run ends."""
    trainer = experiment.trainer
    settled, last = trainer.game.settled, trainer.total
    if last > settled or experiment.config.bound.adversarial:
        return []
    return [
        f"penalty: the schedule of the {experiment.config.penalty.kind()} penalty takes "
        f"{settled:,} steps and the run ends after {last:,}, {last / settled:.2g} of it; the "
        "newest weights are kept, not the best by validation, and the scores are not comparable "
        "with those of a finished schedule; train longer or shorten it (a warmup below 1 is a "
        "share of the run)"
    ]


def _batches(experiment: ImageExperiment) -> list[str]:
    """Return a note if the batch size leaves few steps per epoch."""
    trainer, training = experiment.trainer, experiment.config.training
    per_epoch = -(-len(trainer.train) // training.batch_size)
    if per_epoch >= FEW or training.epochs * per_epoch >= 1_000:
        return []
    steps = "1 step" if per_epoch == 1 else f"{per_epoch} steps"
    return [
        f"batch_size: {training.batch_size:,} of {len(trainer.train):,} training images make "
        f"{steps} an epoch, {trainer.total:,} in all; choose smaller batches or more epochs"
    ]
