"""Schedules: a weight as a function of the training step.

Steps are counted from 0. A schedule has no state to restore. `settled` is the first step from which
the value is constant: losses before and after it are not comparable.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class LinearSchedule:
    """A straight line from `start` to `end` over `steps` steps, then `end`.

    With `steps=0` it is constant, `end`. Used for the warm-up of the KL weight from 0 to 1 (Bowman
    et al. 2016, Sønderby et al. 2016) and the capacity C of Burgess et al. 2018.

    >>> warm_up = LinearSchedule(0.0, 1.0, steps=4)
    >>> [warm_up(step) for step in (0, 1, 4, 9)]
    [0.0, 0.25, 1.0, 1.0]
    """

    start: float
    """The value at step 0."""
    end: float
    """The value from step `steps` on."""
    steps: int
    """Steps from `start` to `end`."""

    def __call__(self, step: int) -> float:
        """Return the value at a step."""
        if step >= self.steps:
            return self.end
        return self.start + (self.end - self.start) * step / self.steps

    @property
    def settled(self) -> int:
        """The first step with the final value."""
        return 0 if self.start == self.end else self.steps


def constant(value: float) -> LinearSchedule:
    """Return a constant schedule.

    >>> constant(4.0)(1_000)
    4.0
    """
    return LinearSchedule(value, value, 0)


def warm_up(end: float, steps: int) -> LinearSchedule:
    """Return the schedule that rises from 0 to `end` over `steps` steps; constant if `steps=0`.

    >>> warm_up(2.0, steps=4)(1), warm_up(2.0, steps=0)(0)
    (0.5, 2.0)
    """
    return LinearSchedule(0.0, end, steps) if steps else constant(end)
