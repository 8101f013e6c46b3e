"""Scores of image models as text tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphvae_cli.common.tables import Row, aligned

BINARIZED = {
    "dynamic": "dynamic binarisation",
    "fixed": "fixed binarisation",
    "threshold": "binarised at one half",
    "none": "not binarised",
}
"""Binarisation in words."""


def headline(result: Any) -> str:
    """Return the model and the images of a run in one line."""
    config, data = result.config, result.experiment.data
    sizes = " / ".join(f"{len(part):,}" for part in (data.train, data.val, data.test))
    shape = "×".join(map(str, data.shape))
    return (
        f"{config.model} on {config.dataset}, {BINARIZED[config.binarize]}: {sizes} images of "
        f"{shape} (seed {config.run.seed}, {data.split_fingerprint[:12]})"
    )


def fit_table(metrics: Mapping[str, Any]) -> str:
    """Return the bound on validation and test images; for an InfoGAN, that on its information."""
    if "adversarial" in metrics:
        return _information_table(metrics["adversarial"])
    label = "label_accuracy" in metrics["test"]
    header = ("", "ELBO", "reconstruction", "KL", "active units", "bits/dim")
    rows: list[Row] = [(*header, "label accuracy") if label else header]
    for name, part in (
        (f"validation (chose epoch {metrics['best_epoch']})", metrics["val"]),
        ("test", metrics["test"]),
    ):
        kl = _by_layer(part["kl"], "{:.2f}")
        units = _by_layer(part["active_units"], "{}")
        scores = (f"{part['elbo']:.2f}", f"{part['reconstruction']:.2f}")
        row = (name, *scores, kl, units, f"{part['bits_per_dim']:.3f}")
        rows.append((*row, _share(part["label_accuracy"])) if label else row)
    what = "of the image alone, at weight 1" if label else "at weight 1"
    return aligned(rows) + f"\nnats per image; the ELBO is {what}, whatever was minimised"


def _share(value: float | None) -> str:
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


def _by_layer(values: Mapping[str, Any], form: str) -> str:
    """Return one number a code, with the code's name if there are several."""
    if len(values) == 1:
        return form.format(*values.values())
    return ", ".join(f"{name} {form.format(value)}" for name, value in values.items())


def scores_table(scores: Mapping[str, Any]) -> str:
    """Return the scores of `image evaluate`, a line each, with the data they were measured on."""
    rows = [*_bound_rows(scores), *_likelihood_rows(scores), *_surgery_rows(scores)]
    return aligned(rows)


def _bound_rows(scores: Mapping[str, Any]) -> list[Row]:
    on = f"{scores.get('images', 0):,} {scores['part']} images"
    lines = {
        "elbo": ("ELBO", "{:.3f}", f"nats, at weight 1; {on}"),
        "reconstruction": ("reconstruction", "{:.3f}", f"nats, −log p(x | z); {on}"),
        "bits_per_dim": ("bits/dim", "{:.4f}", f"of −ELBO; {on}"),
        "squared_error": ("squared error", "{:.4f}", f"of the expected image, summed; {on}"),
    }
    rows: list[Row] = [
        (name, form.format(scores[key]), note)
        for key, (name, form, note) in lines.items()
        if key in scores
    ]
    if "kl" in scores:
        rows.insert(2, ("KL", _by_layer(scores["kl"], "{:.3f}"), f"nats; {on}"))
    if "active_units" in scores:
        units = _by_layer(scores["active_units"], "{}")
        rows.append(("active units", units, f"variance of the mean above 0.01; {on}"))
    return rows


def _likelihood_rows(scores: Mapping[str, Any]) -> list[Row]:
    if "nll" not in scores:
        return []
    value = f"{scores['nll']:.3f} ± {scores['standard_error']:.3f}"
    on = f"{scores['nll_images']:,} {scores['part']} images"
    note = f"nats, standard error over images; {scores['samples']:,} importance samples; {on}"
    return [("−log p(x)", value, note)]


def _surgery_rows(scores: Mapping[str, Any]) -> list[Row]:
    if "surgery" not in scores:
        return []
    surgery = scores["surgery"]
    return [
        (
            "surgery: mean KL",
            f"{surgery['mean_kl']:.3f}",
            "nats; topmost code, all training images",
        ),
        (
            "  mutual information",
            f"{surgery['mutual_information']:.3f}",
            f"of code and image; at most log N = {surgery['log_n']:.3f}",
        ),
        ("  marginal KL", f"{surgery['marginal_kl']:.3f}", "of all codes to the prior"),
    ]
