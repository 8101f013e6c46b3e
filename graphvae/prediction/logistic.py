"""Logistic regression with weighted examples, by Newton's method."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

STEPS = 50
TOLERANCE = 1e-8
"""Stop when a step lowers the loss by less than this share."""

Matrix = Float[np.ndarray, "example _"]
Vector = Float[np.ndarray, " example"]
Coefficients = Float[np.ndarray, " coefficient"]


def fit_logistic(x: Matrix, y: Vector, weights: Vector, *, ridge: float = 1.0) -> Coefficients:
    """Return the coefficients of log-odds x · a + b, those of x first and b last.

    They minimise Σ w_i (log(1 + e^{s_i}) − y_i s_i) + ½ ridge |a σ|², σ the standard deviations of
    the columns: the penalty does not depend on their units, and b has none.

    Args:
        x: features.
        y: 1 for a positive, 0 for a negative; values between are shares of positives.
        weights: number of examples that each row stands for.
        ridge: the weight of the penalty.

    >>> x = np.array([[0.0], [1.0]])
    >>> a, b = fit_logistic(x, np.array([0.25, 0.5]), np.array([4.0, 4.0]), ridge=0.0)
    >>> round(float(a), 3), round(float(b), 3)
    (1.099, -1.099)
    """
    mean, spread = x.mean(0), x.std(0)
    spread = np.where(spread > 0, spread, 1.0)
    columns = np.column_stack([(x - mean) / spread, np.ones(len(x))])
    penalty = np.append(np.full(x.shape[1], ridge), 0.0)
    share = np.clip((weights * y).sum() / weights.sum(), 1e-12, 1 - 1e-12)
    solution = np.append(np.zeros(x.shape[1]), np.log(share / (1 - share)))
    loss = _loss(columns, y, weights, penalty, solution)
    for _ in range(STEPS):
        p = _sigmoid(columns @ solution)
        gradient = columns.T @ (weights * (p - y)) + penalty * solution
        curvature = (columns.T * (weights * p * (1 - p))) @ columns + np.diag(penalty)
        step = np.linalg.lstsq(curvature, gradient, rcond=None)[0]
        length, new_loss = 1.0, _loss(columns, y, weights, penalty, solution - step)
        while not new_loss <= loss and length > TOLERANCE:
            length /= 2
            new_loss = _loss(columns, y, weights, penalty, solution - length * step)
        if not new_loss <= loss:
            break
        solution, previous, loss = solution - length * step, loss, new_loss
        if previous - loss <= TOLERANCE * abs(previous):
            break
    slopes = solution[:-1] / spread
    return np.append(slopes, solution[-1] - slopes @ mean)


def _sigmoid(s: Vector) -> Vector:
    return np.asarray(0.5 * (1 + np.tanh(s / 2)))


def _loss(
    columns: Matrix, y: Vector, weights: Vector, penalty: Coefficients, solution: Coefficients
) -> float:
    s = columns @ solution
    return float(
        (weights * (np.logaddexp(0, s) - y * s)).sum() + 0.5 * (penalty * solution**2).sum()
    )
