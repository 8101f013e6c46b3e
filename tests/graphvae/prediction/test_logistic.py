"""Weighted logistic regression against scikit-learn, and its limits."""

import numpy as np
from sklearn.linear_model import LogisticRegression

from graphvae.prediction.logistic import fit_logistic


def test_the_coefficients_are_those_of_scikit_learn() -> None:
    generator = np.random.default_rng(0)
    x = generator.normal(size=(400, 3))
    x = (x - x.mean(0)) / x.std(0)  # one unit of the penalty a column on both sides
    y = (generator.random(400) < 1 / (1 + np.exp(-x @ [1.0, -2.0, 0.0] + 3))).astype(float)
    weights = np.where(y > 0, 1.0, 50.0)
    found = fit_logistic(x, y, weights)
    known = LogisticRegression(C=1.0, tol=1e-10, max_iter=1000).fit(x, y, sample_weight=weights)
    np.testing.assert_allclose(found[:-1], known.coef_[0], atol=1e-3)
    np.testing.assert_allclose(found[-1], known.intercept_[0], atol=1e-3)


def test_the_penalty_does_not_depend_on_the_unit() -> None:
    x, y = np.arange(8.0)[:, None], np.array([0, 0, 1, 0, 1, 0, 1, 1.0])
    plain, scaled = (fit_logistic(x * unit, y, np.ones(8)) for unit in (1.0, 1000.0))
    np.testing.assert_allclose(scaled, plain / [1000.0, 1.0], rtol=1e-6)


def test_separable_and_constant_columns_stay_finite() -> None:
    x = np.column_stack([np.arange(6.0), np.ones(6)])
    assert np.isfinite(fit_logistic(x, (np.arange(6) > 2).astype(float), np.full(6, 1e6))).all()


def test_a_start_elsewhere_has_the_same_end() -> None:
    generator = np.random.default_rng(1)
    x, weights = generator.normal(size=(200, 2)) * [1.0, 30.0] + [0.0, 5.0], np.ones(200)
    y = (generator.random(200) < 1 / (1 + np.exp(-x @ [1.0, 0.1]))).astype(float)
    plain = fit_logistic(x, y, weights)
    for start in (plain, plain + 0.5):
        np.testing.assert_allclose(fit_logistic(x, y, weights, start=start), plain, atol=1e-4)
