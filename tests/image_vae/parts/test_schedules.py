"""Schedules in closed form."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from image_vae.parts.schedules import LinearSchedule, constant

ends = st.floats(-100, 100)


@given(ends, ends, st.integers(1, 1000))
def test_a_line_goes_from_end_to_end_and_stays(start: float, end: float, steps: int) -> None:
    line = LinearSchedule(start, end, steps)
    assert line(0) == start
    assert line(steps) == line(steps + 1) == line(10**9) == end
    low, high = sorted((start, end))
    middle = line(steps // 2)
    assert low - 1e-9 <= middle <= high + 1e-9
    assert middle == pytest.approx(start + (end - start) * (steps // 2) / steps)


@given(ends, ends, st.integers(0, 100))
def test_it_is_settled_from_the_step_on_which_nothing_changes(
    start: float, end: float, steps: int
) -> None:
    line = LinearSchedule(start, end, steps)
    assert line(line.settled) == line(line.settled + 7) == end
    if line.settled:
        assert line(0) == start != end


def test_no_steps_are_a_constant() -> None:
    assert LinearSchedule(0.0, 3.0, 0)(0) == 3.0
    assert constant(3.0)(0) == constant(3.0)(10**6) == 3.0
    assert constant(3.0).settled == 0


def test_the_capacity_of_burgess_and_others() -> None:
    capacity = LinearSchedule(0.0, 25.0, 100_000)
    assert [capacity(step) for step in (0, 1_000, 50_000, 100_000)] == [0, 0.25, 12.5, 25]
