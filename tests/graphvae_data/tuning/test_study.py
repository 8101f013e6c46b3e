"""The study: trials of several processes, trials of a process that is gone, seeds."""

from pathlib import Path
from typing import Any

import pytest

from graphvae_data.core.errors import InputError
from graphvae_data.settings.search import Choices, Search
from graphvae_data.tuning.study import Pruned, Study, opened, stored

pytest.importorskip("optuna")
LR = Search(1e-3, 0.1, log=True)


def run(study: Study, most: int) -> list[float]:
    """Run trials to the end and return their values."""
    values = []
    while (trial := study.take(most)) is not None:
        values.append(trial.suggest("lr", LR, 0.01))
        study.tell(trial, -abs(values[-1] - 0.03))
    return values


@pytest.mark.slow
def test_an_interrupted_study_goes_on_as_an_uninterrupted_one(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    with opened(tmp_path / "a", maximize=True, seed=3) as study:
        study.begin([{"lr": 0.01}])
        whole = run(study, 14)
    assert whole[0] == 0.01
    assert len(set(whole)) == 14
    with opened(tmp_path / "b", maximize=True, seed=3) as study:
        study.begin([{"lr": 0.01}])
        first = run(study, 5)
        lost = study.take(14)
        assert lost is not None
        value = lost.suggest("lr", LR, 0.01)
        lost.record(settings={"lr": value})  # and its process ends
    with opened(tmp_path / "b", maximize=True, seed=3) as study:
        study.begin([{"lr": 0.01}])
        rest = run(study, 14)
    assert rest[0] == value
    assert first + rest == whole


@pytest.mark.slow
@pytest.mark.parametrize("finished", [0, 2])
def test_a_trial_lost_between_two_values_is_chosen_anew(tmp_path: Path, finished: int) -> None:
    """The first trial is the one that was queued; the third is chosen by the sampler."""
    chosen = []
    for name in ("whole", "killed"):
        (tmp_path / name).mkdir()
        with opened(tmp_path / name, maximize=True, seed=3) as study:
            study.begin([{"lr": 0.01, "decay": 0.02}])
            run(study, finished)
            if name == "killed":
                lost = study.take(14)
                assert lost is not None
                lost.suggest("lr", LR, 0.01)  # and its process ends
        with opened(tmp_path / name, maximize=True, seed=3) as study:
            trial = study.take(14)
            assert trial is not None
            chosen.append([trial.suggest(key, LR, 0.01) for key in ("lr", "decay")])
            study.tell(trial, 0.0)
            assert len(study.trials()) == finished + 1
    assert chosen[0] == chosen[1]
    assert (chosen[0] == [0.01, 0.02]) == (finished == 0)


@pytest.mark.slow
def test_two_processes_draw_different_values(tmp_path: Path) -> None:
    with (
        opened(tmp_path, maximize=True, seed=0) as one,
        opened(tmp_path, maximize=True, seed=0) as other,
    ):
        values = []
        for _ in range(3):
            both = [study.take(6) for study in (one, other)]
            for study, trial in zip((one, other), both, strict=True):
                assert trial is not None
                values.append(trial.suggest("lr", LR, 0.01))
                study.tell(trial, values[-1])
        assert len(set(values)) == 6


@pytest.mark.slow
@pytest.mark.parametrize("content", [b"", b"SQLite format 3\0" + 2_000 * b"x", b"text\n"])
def test_a_damaged_study_is_one_line(tmp_path: Path, content: bytes) -> None:
    with opened(tmp_path, maximize=True, seed=0) as study:
        run(study, 1)
    whole = (tmp_path / "study.db").read_bytes()
    (tmp_path / "study.db").write_bytes(content or whole[:3000])
    with (
        pytest.raises(InputError, match=r"study\.db: cannot be used as a study \("),
        opened(tmp_path, maximize=True, seed=0) as study,
    ):
        run(study, 2)


@pytest.mark.slow
def test_nothing_is_known_to_matter_from_one_trial_or_equal_scores(tmp_path: Path) -> None:
    with opened(tmp_path, maximize=True, seed=0) as study:
        for score in (1.0, 1.0, 2.0):
            trial = study.take(3)
            assert trial is not None
            trial.suggest("lr", LR, 0.01)
            assert study.importances("", ["lr"]) == {}
            study.tell(trial, score)
        assert study.importances("", ["lr"]) == {"lr": 1.0}


@pytest.mark.slow
def test_a_trial_of_another_process_counts_while_it_runs(tmp_path: Path) -> None:
    with (
        opened(tmp_path, maximize=True, seed=0) as one,
        opened(tmp_path, maximize=True, seed=0) as other,
    ):
        mine = one.take(2)
        assert mine is not None
        assert len(run(other, 2)) == 1
        assert other.busy
        assert other.take(2) is None
        mine.suggest("lr", LR, 0.01)
        one.tell(mine, 1.0)
        assert not other.busy
        assert [trial.state for trial in other.trials()] == ["complete", "complete"]


@pytest.mark.slow
def test_a_trial_worse_than_others_is_pruned(tmp_path: Path) -> None:
    with opened(tmp_path, maximize=False, seed=0) as study:
        for _ in range(6):
            trial = study.take(10)
            assert trial is not None
            trial.report(1.0, 0.5)
            study.tell(trial, 1.0)
        trial = study.take(10)
        assert trial is not None
        trial.report(9.0, 0.05)  # too early
        with pytest.raises(Pruned, match="after 50% of the run"):
            trial.report(9.0, 0.5)
        trial.record(note="worse")
        study.tell(trial, None)
        last = study.trials()[-1]
        assert (last.state, last.score, last.note) == ("pruned", 9.0, "worse")


@pytest.mark.slow
def test_what_mattered_is_the_setting_that_decides(tmp_path: Path) -> None:
    with opened(tmp_path, maximize=True, seed=0) as study:
        assert study.importances("", ["lr"]) == {}
        while (trial := study.take(25)) is not None:
            lr = trial.suggest("lr", LR, 0.01)
            trial.suggest("width", Search(8, 64, step=8), 8)
            study.tell(trial, lr)
        shares = study.importances("", ["lr", "width"])
    assert shares["lr"] > 0.8
    assert sum(shares.values()) == pytest.approx(1)


@pytest.mark.parametrize(
    ("space", "value", "expected"),
    [
        (Search(8, 64, step=8), 16, 2),
        (Search(8, 64), 16, 16),
        (LR, 0.01, 0.01),
        (Choices(((10,), (20, 5))), (20, 5), "20x5"),
        (Choices((True, False)), True, "true"),
    ],
)
def test_values_are_stored_and_suggested(
    space: Any, value: Any, expected: Any, tmp_path: Path
) -> None:
    assert stored(space, value) == expected
    with opened(tmp_path, maximize=True, seed=0) as study:
        study.begin([{"x": expected}])
        trial = study.take(1)
        assert trial is not None
        assert trial.suggest("x", space, value) == value
