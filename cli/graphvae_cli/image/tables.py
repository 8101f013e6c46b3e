"""Scores of image models as text tables."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from graphvae_cli.common.tables import Row, aligned

BINARIZED = {
    "dynamic": "dynamic binarisation",
    "fixed": "fixed binarisation",
    "threshold": "binarised at one half",
    "none": "not binarised",
}
"""Descriptions of the kinds of binarisation."""


MEASURES = {
    "probability": "",
    "density": "of a density of pixels in [0, 1]: ELBO and R may have either sign and are not "
    "comparable with those of a probability; bits/dim are undefined",
    "cross-entropy": "grey pixels under a Bernoulli likelihood: a cross-entropy, which is not "
    "comparable with a log-probability; bits/dim are undefined",
}
"""Notes on scores, by the measure that the likelihood defines."""
ACCURACIES = {
    "label_accuracy": "label accuracy",
    "label_accuracy_weighted": "by importance weights",
}
"""Titles of the accuracies of a label."""
UNUSED = 0.1
"""A code with a KL below this, in nats, is reported as collapsed."""
UNFINISHED_SCHEDULE = (
    "the schedule of the penalty is longer than the run: the weights are the newest, not selected "
    "by validation, and the scores are not comparable with those of a finished schedule"
)


def headline(result: Any) -> str:
    """Return the model and the images of a run in one line."""
    config, data = result.config, result.experiment.data
    sizes = " / ".join(f"{len(part):,}" for part in (data.train, data.val, data.test))
    shape = "×".join(map(str, data.shape))
    return (
        f"{config.model} on {config.dataset}, {config.likelihood.kind()} likelihood, "
        f"{BINARIZED[config.binarize]}: {sizes} images of "
        f"{shape} (seed {config.run.seed}, {data.split_fingerprint[:12]})"
    )


def fit_table(metrics: Mapping[str, Any]) -> str:
    """Lay out the bound on validation and test images; for InfoGAN, that on the information."""
    if "adversarial" in metrics:
        return _information_table(metrics["adversarial"])
    accuracies = [name for name in ACCURACIES if name in metrics["test"]]
    label = bool(accuracies)
    weighted = metrics["test"].get("weighted")
    header = ("", "ELBO", *_weighted_title(weighted), "reconstruction", "KL", "active units")
    rows: list[Row] = [(*header, "bits/dim", *(ACCURACIES[name] for name in accuracies))]
    newest = metrics.get("selection") == "newest"
    selection = f"{'newest' if newest else 'best'} epoch {metrics['best_epoch']}"
    for name, part in ((f"validation ({selection})", metrics["val"]), ("test", metrics["test"])):
        kl = _by_layer(part["kl"], "{:.2f}")
        units = _by_layer(part["active_units"], "{}")
        bound = [f"{part['weighted']['value']:.2f}"] if weighted else []
        scores = (f"{part['elbo']:.2f}", *bound, f"{part['reconstruction']:.2f}", kl, units)
        last = [_rounded(part[name]) for name in accuracies]
        rows.append((name, *scores, _rounded(part["bits_per_dim"]), *last))
    scope = " of the image alone" if label else ""
    note = f"nats per image; the ELBO{scope} has KL weight 1, whatever the training objective"
    lines = [aligned(rows), note]
    lines += _unused(metrics["test"]["kl"])
    lines += _attributes(metrics["test"].get("attribute_accuracy", {}))
    lines.append(MEASURES[metrics["test"].get("measure", "probability")])
    lines.append(UNFINISHED_SCHEDULE if newest else "")
    return "\n".join(filter(None, lines))


def _unused(kl: Mapping[str, float | None]) -> list[str]:
    """Return a note for each code that carries almost no information about the image."""
    return [
        f"the posterior of {name} has collapsed: its KL is {value:.2f} nats, so the code carries "
        "almost no information about the image"
        for name, value in kl.items()
        if value is not None and value < UNUSED
    ]


def _attributes(accuracy: Mapping[str, float | None]) -> list[str]:
    """Return a line with the accuracy of each attribute, if the model observes any."""
    if not accuracy:
        return []
    each = ", ".join(f"{name} {_rounded(share)}" for name, share in accuracy.items())
    return [f"accuracy of attributes predicted from test images: {each}"]


def _weighted_title(weighted: Mapping[str, Any] | None) -> list[str]:
    return [] if weighted is None else [f"L_{weighted['samples']}"]


def _rounded(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _information_table(scores: Mapping[str, Any]) -> str:
    rows: list[Row] = [
        ("", "L_I", "H(c)", "−log D"),
        (
            f"{scores['drawn']:,} generated images",
            f"{scores['information']:.3f}",
            f"{scores['code_entropy']:.3f}",
            f"{scores['generator_loss']:.3f}",
        ),
    ]
    return (
        aligned(rows) + "\nnats; L_I is a lower bound on the information of an image about its code"
    )


def _by_layer(values: Mapping[str, Any], template: str) -> str:
    """Format one number per code, with the names of the codes if there are several."""
    texts = {
        name: "–" if value is None else template.format(value) for name, value in values.items()
    }
    if len(values) == 1:
        return next(iter(texts.values()))
    return ", ".join(f"{name} {text}" for name, text in texts.items())


def scores_table(scores: Mapping[str, Any]) -> str:
    """Lay out the scores of `image evaluate`, one per line, with the data they were measured on."""
    rows = [*_bound_rows(scores), *_likelihood_rows(scores), *_surgery_rows(scores)]
    rows += [(name, "–", why) for name, why in scores.get("skipped", {}).items()]
    return aligned(rows)


def _bound_rows(scores: Mapping[str, Any]) -> list[Row]:
    on = f"{scores.get('images', 0):,} {scores['part']} images"
    measure = _measure(scores)
    lines = {
        "elbo": ("ELBO", "{:.3f}", f"nats{measure}, KL weight 1; {on}"),
        "reconstruction": ("reconstruction", "{:.3f}", f"nats{measure}, −log p(x | z); {on}"),
        "bits_per_dim": ("bits/dim", "{:.4f}", f"of −ELBO; {on}"),
        "squared_error": ("squared error", "{:.4f}", f"of the expected image, summed; {on}"),
    }
    rows: list[Row] = [
        (name, template.format(scores[key]), note)
        for key, (name, template, note) in lines.items()
        if scores.get(key) is not None
    ]
    if "kl" in scores:
        rows.insert(2, ("KL", _by_layer(scores["kl"], "{:.3f}"), f"nats; {on}"))
    if "weighted" in scores:
        k = scores["weighted"]["samples"]
        note = f"nats{measure}, importance-weighted bound of {k} samples; {on}"
        rows.insert(1, (f"L_{k}", f"{scores['weighted']['value']:.3f}", note))
    if "active_units" in scores:
        units = _by_layer(scores["active_units"], "{}")
        rows.append(("active units", units, f"variance of the mean above 0.01; {on}"))
    return rows


def _measure(scores: Mapping[str, Any]) -> str:
    """Return the measure of the likelihood, such as " of a density"; empty for a probability."""
    measure = scores.get("measure", "probability")
    return "" if measure == "probability" else f" of a {measure}"


def _likelihood_rows(scores: Mapping[str, Any]) -> list[Row]:
    if "nll" not in scores:
        return []
    value = f"{scores['nll']:.3f} ± {_rounded(scores['standard_error'])}"
    on = f"{scores['nll_images']:,} {scores['part']} images"
    samples = f"{scores['samples']:,} importance samples"
    note = f"nats{_measure(scores)}, standard error over images; {samples}; {on}"
    return [("−log p(x)", value, note)]


def _surgery_rows(scores: Mapping[str, Any]) -> list[Row]:
    if "surgery" not in scores:
        return []
    surgery = scores["surgery"]
    return [
        (
            "surgery: mean KL",
            f"{surgery['mean_kl']:.3f}",
            f"nats; topmost code, {round(math.exp(surgery['log_n'])):,} training images",
        ),
        (
            "  mutual information",
            f"{surgery['mutual_information']:.3f}",
            f"of code and image; at most log N = {surgery['log_n']:.3f}",
        ),
        ("  marginal KL", f"{surgery['marginal_kl']:.3f}", "of the average posterior to the prior"),
    ]
