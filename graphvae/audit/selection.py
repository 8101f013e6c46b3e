"""Checks that validation selected the epoch, and that the saved weights are from that epoch.

Selection keeps the first epoch of the highest validation score. Weights selected in any other way
have another `best_epoch`, or do not reproduce the validation scores of that epoch in the history.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from graphvae.audit.audited_run import AuditedRun
from graphvae.audit.checks import Check
from graphvae.audit.hard_selection import hard_faults
from graphvae.audit.scores import TOLERANCE, Remeasured, agrees
from graphvae.evaluation.scorers import Scorer, score_together
from graphvae.metrics import AucAp, selection_metric
from graphvae.setup.experiment import selection_of
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
    settings = run.config.split
    by = settings.select
    if not settings.select_by_split:
        by = f"{by} ({settings.select_negatives} negatives)"
    clean = f"epoch {epoch} is the first of the highest {by} of {epochs}"
    return Check.of(NAME, faults, f"{clean}, and the weights have the scores of its line")


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
    """The history is complete and consistent, and the settings explain its length."""
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
    last, maximum = epochs[-1], run.config.training.epochs
    if last < maximum and not _out_of_patience(run, last):
        yield f"training stopped after {last} of {maximum} epochs, which no setting explains"


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
    numbers = [number for number in scores if isinstance(number, float | int)]
    if len(numbers) < 3 or not all(math.isfinite(number) for number in numbers):
        return False
    auc, ap, score = numbers
    if not config.split.select_by_split:
        return True
    metric = selection_metric(config.split.select)
    expected = None if config.predict_weight.present else metric.from_auc_ap(auc, ap)
    return expected is None or abs(score - metric.gain(expected)) <= TOLERANCE


def _epoch_faults(run: AuditedRun, best: EpochRecord) -> Iterator[str]:
    recorded = run.metrics["best_epoch"]
    if recorded != best.epoch:
        scores = [_score(r) for r in run.history if r.epoch == recorded]
        recorded_score = f"{scores[0]:.6f}" if scores else "no such line"
        yield (
            f"best_epoch is {recorded} ({recorded_score}), but validation is highest in epoch "
            f"{best.epoch} ({_score(best):.6f}): the epoch was not chosen by validation"
        )


def _weight_faults(run: AuditedRun) -> Iterator[str]:
    """The weights' validation scores are those of the recorded epoch's line."""
    line = next((r for r in run.history if r.epoch == run.metrics["best_epoch"]), None)
    if line is None:
        return  # already reported: the best epoch differs
    auc, ap, recorded = (line.validation.get(name) for name in ("auc", "ap", "score"))
    if auc is None or ap is None or recorded is None:
        return  # an epoch without validation, already reported
    split, scorer = run.split, run.scorer(run.split.train)
    scores = score_together(scorer, split.val, split.val_negatives)
    if not agrees({"auc": auc, "ap": ap}, scorer, split, "val"):
        auc_ap = AucAp().score(*scores)
        yield (
            f"the weights are not those of epoch {line.epoch}: from train edges alone their mean "
            f"validation AUC and AP is {auc_ap:.6f}, its line says "
            f"{(auc + ap) / 2:.6f}"
        )
    choose = selection_of(run.config, run.graph, split)
    if choose is not None:
        yield from hard_faults(run, choose(), scorer, recorded)
        return
    metric = selection_metric(run.config.split.select)
    if metric.from_auc_ap(auc, ap) is None and not run.config.predict_weight.present:

        def measure(scorer: Scorer) -> float:
            pairs = score_together(scorer, split.val, split.val_negatives)
            return metric.gain(metric.score(*pairs, split.per_positive))

        again = Remeasured(measure, scorer, split.val, split.val_negatives, split.num_nodes)
        if not again.agrees(recorded):
            yield (
                f"{metric.key} of the weights is {again.value:.6f}, epoch {line.epoch} says "
                f"{recorded:.6f}"
            )
