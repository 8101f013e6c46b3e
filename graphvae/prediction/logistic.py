"""Logistic regression with weighted examples, by Newton's method."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

STEPS = 50
TOLERANCE = 1e-8
"""Stop when a step lowers the loss by less than this share."""

BLOCK = 8192
"""Examples at once."""

Matrix = Float[np.ndarray, "example _"]
Vector = Float[np.ndarray, " example"]
Coefficients = Float[np.ndarray, " coefficient"]


def fit_logistic(
    x: Matrix,
    y: Vector,
    weights: Vector,
    *,
    ridge: float = 1.0,
    start: Coefficients | None = None,
) -> Coefficients:
    """Return the coefficients of log-odds x · a + b, those of x first and b last.

    They minimise Σ w_i (log(1 + e^{s_i}) − y_i s_i) + ½ ridge |a σ|², σ the standard deviations of
    the columns: the penalty does not depend on their units, and b has none.

    Args:
        x: features.
        y: 1 for a positive, 0 for a negative; values between are shares of positives.
        weights: number of examples that each row stands for.
        ridge: the weight of the penalty.
        start: the coefficients of a similar fit, from which the search starts.

    >>> x = np.array([[0.0], [1.0]])
    >>> a, b = fit_logistic(x, np.array([0.25, 0.5]), np.array([4.0, 4.0]), ridge=0.0)
    >>> round(float(a), 3), round(float(b), 3)
    (1.099, -1.099)
    """
    mean, spread = x.mean(0), x.std(0)
    spread = np.where(spread > 0, spread, 1.0)
    columns = np.column_stack([(x - mean) / spread, np.ones(len(x))])
    penalty = np.append(np.full(x.shape[1], ridge), 0.0)
    if start is None:
        share = np.clip((weights * y).sum() / weights.sum(), 1e-12, 1 - 1e-12)
        solution = np.append(np.zeros(x.shape[1]), np.log(share / (1 - share)))
    else:
        solution = np.append(start[:-1] * spread, start[-1] + start[:-1] @ mean)
    now = _expand(columns, y, weights, penalty, solution)
    for _ in range(STEPS):
        step, length = np.linalg.lstsq(now.curvature, now.gradient, rcond=None)[0], 1.0
        new = _expand(columns, y, weights, penalty, solution - step)
        while not new.loss <= now.loss and length > TOLERANCE:
            length /= 2
            new = _expand(columns, y, weights, penalty, solution - length * step)
        if not new.loss <= now.loss:
            break
        solution, before, now = solution - length * step, now.loss, new
        if before - now.loss <= TOLERANCE * abs(before):
            break
    slopes = solution[:-1] / spread
    return np.append(slopes, solution[-1] - slopes @ mean)


class _Expansion(NamedTuple):
    """The loss around a solution, to second order."""

    loss: float
    gradient: Coefficients
    curvature: Float[np.ndarray, "coefficient coefficient"]


def _expand(
    columns: Matrix, y: Vector, weights: Vector, penalty: Coefficients, solution: Coefficients
) -> _Expansion:
    """Expand the loss in one pass over blocks that stay in the processor's cache."""
    loss = 0.5 * float(penalty @ solution**2)
    gradient, curvature = penalty * solution, np.diag(penalty)
    for start in range(0, len(y), BLOCK):
        block = slice(start, start + BLOCK)
        c, w = columns[block], weights[block]
        s = c @ solution
        small = np.exp(-np.abs(s))
        p = np.where(s > 0, 1.0, small) / (1 + small)
        loss += float(w @ (np.maximum(s, 0) + np.log1p(small) - y[block] * s))
        gradient = gradient + (w * (p - y[block])) @ c
        curvature = curvature + (c.T * (w * p * (1 - p))) @ c
    return _Expansion(loss, gradient, curvature)
