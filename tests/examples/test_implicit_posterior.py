"""The example of implicit posteriors prints bounds in the paper's order, and draws its picture."""

import re
import runpy
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "implicit_posterior.py"


@pytest.mark.slow
def test_the_bounds_are_in_order_and_the_picture_is_drawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    runpy.run_path(str(EXAMPLE), run_name="__main__")
    printed = capsys.readouterr().out
    log_p, elbo, *bounds = (float(value) for value in re.findall(r"= (-\d+\.\d+)", printed))
    low, implied_low, high, implied_high = bounds
    assert elbo < low < implied_low < implied_high
    assert low < high <= implied_high + 0.05
    assert implied_high == pytest.approx(log_p, abs=0.1)
    assert (tmp_path / "implicit_posterior.png").is_file()
