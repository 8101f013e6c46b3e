"""
An honest comparison of two models
==================================

Is a second model better, or was it lucky with the split? Both are trained on the same splits, and
the differences are paired.
"""

from typing import Any

from graphvae import compare, fit_repeats

settings: dict[str, Any] = {"features": False, "epochs": 40, "baselines": False}

# %%
# The same seeds give the same splits.

fit_repeats("les-miserables", "gae", repeats=4, out="repeats-gae", **settings)
fit_repeats("les-miserables", "vgae", repeats=4, out="repeats-vgae", **settings)

# %%
# The table has the mean of each model, and the difference with its 95 % interval. If the interval
# contains 0, the runs do not show that one model is better. More repeats make it narrower.

comparison = compare(["repeats-gae", "repeats-vgae"])
print(comparison.to_text())

# %%
# Runs without a common split are not compared:

try:
    fit_repeats("les-miserables", "gae", repeats=2, seed=50, out="other-seeds", **settings)
    compare(["repeats-gae", "other-seeds"])
except ValueError as error:
    print(error)
