"""Checks that validation selected the epoch, and that the saved weights are from that epoch.

Selection keeps the first epoch of the highest validation score. Weights selected in any other way
have another `best_epoch`, or do not reproduce the validation scores of that epoch in the history.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from graphvae.audit.audited_run import AuditedRun
from graphvae.audit.checks import Check
from graphvae.audit.scores import TOLERANCE, agrees
from graphvae.metrics import AucAp, selection_metric
from graphvae.specs.recipe import FitConfig
from graphvae_data.training.records import EpochRecord

NAME = "selected by validation only"
TRIALS = "settings chosen among trials"


def check_selection(run: AuditedRun) -> Check:
    """The recorded epoch has the highest validation score, and the weights are that epoch's."""
    faults = [*_history_faults(run)]
    if not faults:
        best = _best(run.history)
        faults = [*_epoch_faults(run, best), *_weight_faults(run)]
    epoch, epochs = run.metrics["best_epoch"], len(run.history)
    clean = f"epoch {epoch} is the first of the highest {run.config.split.select} of {epochs}"
    return Check.of(NAME, faults, f"{clean}, and the weights score what its line says")


def check_trials(run: AuditedRun) -> Check:
    """Report the number of trials among which validation chose the settings."""
    trials, value = run.config.trials, run.metrics["val"]["auc"]
    return Check(
        TRIALS,
        True,
        f"the settings are the best of {trials:,} trials by validation: the validation scores "
        f"(AUC {value:.4f}) are those of the winner and too high; the test scores took no part",
    )


def _history_faults(run: AuditedRun) -> Iterator[str]:
    """The history is complete, consistent, and ended by a rule of the settings."""
    epochs = [record.epoch for record in run.history]
    if epochs != list(range(1, len(epochs) + 1)) or not epochs:
        yield f"history.jsonl does not hold the epochs 1, 2, …: {len(epochs)} lines"
        return
    if len(epochs) != run.metrics["epochs"]:
        yield f"metrics.json says {run.metrics['epochs']} epochs, history.jsonl has {len(epochs)}"
    wrong = [r.epoch for r in run.history if not _consistent(r, run.config)]
    if wrong:
        yield f"val_score of epoch {wrong[0]} is not that of its val_auc and val_ap"
        return
    last, most = epochs[-1], run.config.training.epochs
    if last < most and not _out_of_patience(run, last):
        yield f"training stopped after {last} of {most} epochs by no rule it was given"


def _out_of_patience(run: AuditedRun, last: int) -> bool:
    """Patience is checked in validated epochs only."""
    if run.config.training.patience is None or last % run.config.training.validate_every:
        return False
    return last - _best(run.history).epoch >= run.config.training.patience


def _best(history: Sequence[EpochRecord]) -> EpochRecord:
    """Return the first epoch of the highest validation score; -inf for one not validated."""
    scores = [_score(r) for r in history]
    return history[scores.index(max(scores))]


def _score(record: EpochRecord) -> float:
    score = record.validation.get("score")
    return -math.inf if score is None else score


def _consistent(record: EpochRecord, config: FitConfig) -> bool:
    """Validated epochs have consistent scores, all others have none."""
    scores = tuple(record.validation.get(name) for name in ("auc", "ap", "score"))
    last, every = config.training.epochs, config.training.validate_every
    if record.epoch % every and record.epoch != last:
        return scores == (None, None, None)
    numbers = [score for score in scores if isinstance(score, float | int)]
    if len(numbers) < 3 or not all(math.isfinite(number) for number in numbers):
        return False
    auc, ap, chosen = numbers
    metric = selection_metric(config.split.select)
    expected = None if config.predict_weight.present else metric.from_auc_ap(auc, ap)
    return expected is None or abs(chosen - metric.gain(expected)) <= TOLERANCE


def _epoch_faults(run: AuditedRun, best: EpochRecord) -> Iterator[str]:
    recorded = run.metrics["best_epoch"]
    if recorded != best.epoch:
        chosen = [_score(r) for r in run.history if r.epoch == recorded]
        against = f"{chosen[0]:.6f}" if chosen else "no such line"
        yield (
            f"best_epoch is {recorded} ({against}), but validation is highest in epoch "
            f"{best.epoch} ({_score(best):.6f}): the epoch was not chosen by validation"
        )


def _weight_faults(run: AuditedRun) -> Iterator[str]:
    """The weights' validation scores are those of the recorded epoch's line."""
    line = next((r for r in run.history if r.epoch == run.metrics["best_epoch"]), None)
    if line is None:
        return  # named already: the best epoch is another
    auc, ap, recorded = (line.validation.get(name) for name in ("auc", "ap", "score"))
    if auc is None or ap is None or recorded is None:
        return  # likewise
    split, scorer = run.split, run.scorer(run.split.train)
    scores = scorer(split.val), scorer(split.val_negatives)
    if not agrees({"auc": auc, "ap": ap}, scorer, split, "val"):
        auc_ap = AucAp().score(*scores)
        yield (
            f"the weights are not those of epoch {line.epoch}: from train edges alone their mean "
            f"validation AUC and AP is {auc_ap:.6f}, its line says "
            f"{(auc + ap) / 2:.6f}"
        )
    metric = selection_metric(run.config.split.select)
    if metric.from_auc_ap(auc, ap) is None and not run.config.predict_weight.present:
        score = metric.gain(metric.score(*scores, split.per_positive))
        if abs(score - recorded) > TOLERANCE:
            yield (
                f"{metric.key} of the weights is {score:.6f}, epoch {line.epoch} says "
                f"{recorded:.6f}"
            )
