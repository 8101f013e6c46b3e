"""The audit names every fault that is put into a finished run or a split, and passes clean ones."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import graphvae
from graphvae.audit import Audit, audit, audit_repeats, audit_run, audit_split
from graphvae.audit.scores import ROUNDING, agrees
from graphvae.graph.propagation import message_graph
from graphvae.metrics import Auc, AveragePrecision
from graphvae.runs.repeats import fit_repeats, resume_repeats
from graphvae.runs.result import GraphFitResult
from graphvae.setup.experiment import GraphExperiment, make_split
from graphvae.splits.edge_split import EdgeSplit
from graphvae.training.trainer import GraphTrainer
from graphvae_data.core.errors import InputError
from graphvae_data.graphs.graph import Graph
from graphvae_data.graphs.graphs import load_graph
from graphvae_data.runs.weights import save_weights
from graphvae_data.training.records import EpochRecord
from graphvae_data.training.weights import Best, copy_weights
from tests.graphvae.configs import make_config, make_experiment

NAME = "les-miserables"
DATA = load_graph(NAME)
SETTINGS: dict[str, Any] = {"epochs": 30, "baselines": False, "seed": 1}
MESSAGES, METRICS = "messages over allowed edges only", "metrics recomputed"
SELECTION, START = "selected by validation only", "determinism of the seed"
SPLIT = make_split(make_config(dataset=NAME, seed=1), DATA)


def named(found: Audit) -> dict[str, str]:
    """The failed checks and what they say."""
    return {check.name: check.detail for check in found.failures}


def said(found: Audit, name: str) -> tuple[bool | None, str]:
    (check,) = (check for check in found.checks if check.name == name)
    return check.passed, check.detail


def finish(experiment: GraphExperiment, folder: Path, best: Best | None = None) -> Path:
    """Train, score and write a run as `fit` does; `best` puts other weights in place."""
    history: list[EpochRecord] = []
    trainer = experiment.trainer
    trainer.run(history.append)
    trainer.best = best or trainer.best
    experiment.model.load_state_dict(trainer.best.weights)
    metrics = {
        **experiment.evaluate().to_dict(),
        "best_epoch": trainer.best.epoch,
        "epochs": trainer.epoch,
        "split": experiment.split.fingerprint,
        "seconds": {},
    }
    return GraphFitResult(experiment, metrics, tuple(history), None).save(folder)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clean run, not to be changed."""
    folder = tmp_path_factory.mktemp("audit") / "run"
    graphvae.fit(NAME, "gae", out=folder, epochs=30, seed=1)
    return folder


@pytest.fixture
def run(finished: Path, tmp_path: Path) -> Path:
    """A copy of it to put a fault into."""
    return Path(shutil.copytree(finished, tmp_path / "run"))


def edit(path: Path, change: Callable[[Any], object]) -> None:
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def edit_history(run: Path, epoch: int, **values: float) -> None:
    lines = [json.loads(line) for line in (run / "history.jsonl").read_text().splitlines()]
    lines[epoch - 1] |= values
    (run / "history.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))


# Clean ones.


@pytest.mark.slow
@pytest.mark.parametrize(
    "settings",
    [
        {"model": "vgae", "dropout": 0.3},
        {"model": "gae", "val_edges": True, "select": "hits@5"},
        {"model": "gae", "select": "mrr", "patience": 3, "epochs": 60},
        {"model": "gae", "patience": 5, "epochs": 60, "validate_every": 4},
        {"loss": "sampled", "batch_size": 100, "validate_every": 7},
        {"model": "vgae", "loss": "sampled", "epochs": 2},
        {"model": "mlp"},
        {"model": "structural-gae", "validate_every": 5},
        {"model": "gae", "select": "precision@5", "select_negatives": "all"},
        {"model": "gae", "select": "hits@5", "select_negatives": "degree"},
    ],
    ids=lambda settings: "-".join(map(str, settings.values())),
)
def test_a_clean_run_passes_every_check(tmp_path: Path, settings: dict[str, Any]) -> None:
    graphvae.fit(NAME, out=tmp_path / "run", **{**SETTINGS, **settings})
    found = audit_run(tmp_path / "run")
    assert found.passed, named(found)
    assert all(check.passed for check in found.checks)  # none was left out
    assert ("val edges" in said(found, MESSAGES)[1]) == ("val_edges" in settings)


@pytest.mark.slow
def test_a_clean_run_on_cora_states_its_numbers(tmp_path: Path) -> None:
    graphvae.fit("cora", out=tmp_path / "run", threads=1, **SETTINGS)
    found = audit(tmp_path / "run")
    assert found.passed, named(found)
    assert "4,488 / 263 / 527; negatives per positive: val 1, test 1" in said(found, "sizes")[1]
    assert "of 527 test edges" in said(found, "strata")[1]
    assert "5,278 edges" in said(found, "every edge in one part")[1]


@pytest.mark.slow
def test_a_graph_of_ones_own_travels_with_its_run(tmp_path: Path) -> None:
    graphvae.fit(replace(DATA, name="mine"), out=tmp_path / "run", **SETTINGS)
    assert audit_run(tmp_path / "run").passed


# Splits: faults that stand in the pairs.


def with_pairs(part: str, *pairs: torch.Tensor) -> EdgeSplit:
    """The split with pairs added to one part."""
    return replace(SPLIT, **{part: torch.cat([getattr(SPLIT, part), *pairs], 1)})


FAULTS = {
    "reversed edge in train": (with_pairs("train", SPLIT.test[:, :1].flip(0)), "no reversed pairs"),
    "reversed negative": (
        with_pairs("val_negatives", SPLIT.train[:, :1].flip(0)),
        "no reversed pairs",
    ),
    "test edge in train": (with_pairs("train", SPLIT.test[:, :2]), "disjoint parts"),
    "val edge in test": (with_pairs("test", SPLIT.val[:, :1]), "disjoint parts"),
    "duplicated pair": (with_pairs("train", SPLIT.train[:, :1]), "no duplicated pairs"),
    "duplicated test pair": (with_pairs("test", SPLIT.test[:, :1]), "no duplicated pairs"),
    "negative that is an edge": (
        with_pairs("test_negatives", SPLIT.train[:, 3:4]),
        "negatives are non-edges",
    ),
    "negative that is an edge backwards": (
        with_pairs("val_negatives", SPLIT.test[:, :1].flip(0)),
        "negatives are non-edges",
    ),
    "negative twice": (
        with_pairs("test_negatives", SPLIT.test_negatives[:, :1]),
        "distinct negatives",
    ),
    "val negative in test": (
        with_pairs("test_negatives", SPLIT.val_negatives[:, :1]),
        "distinct negatives",
    ),
    "val negative in test backwards": (
        with_pairs("test_negatives", SPLIT.val_negatives[:, :1].flip(0)),
        "distinct negatives",
    ),
    "edge left out": (replace(SPLIT, train=SPLIT.train[:, 1:]), "every edge in one part"),
    "pair that is no edge": (
        replace(SPLIT, train=torch.cat([SPLIT.train, torch.tensor([[0], [76]])], 1)),
        "every edge in one part",
    ),
}


@pytest.mark.parametrize(("split", "check"), FAULTS.values(), ids=FAULTS)
def test_a_faulty_split_is_named(split: EdgeSplit, check: str, tmp_path: Path) -> None:
    split.save(tmp_path / "split.npz")
    found = audit_split(tmp_path / "split.npz", DATA)
    assert check in named(found)
    assert said(found, "fingerprint")[0]  # the file itself is consistent
    assert named(audit_split(split, DATA)) == named(found)


@pytest.mark.slow
@pytest.mark.parametrize(
    "fault",
    ["reversed edge in train", "duplicated pair", "negative twice", "negative that is an edge"],
)
def test_a_run_made_from_a_faulty_split_is_named(fault: str, tmp_path: Path) -> None:
    split, check = FAULTS[fault]
    graphvae.fit(NAME, "gae", out=tmp_path / "run", split=split, **SETTINGS)
    found = audit_run(tmp_path / "run")
    assert check in named(found)
    # Nothing else is wrong with the run: it was made from this split, honestly.
    later = (MESSAGES, METRICS, SELECTION, START)
    assert all(said(found, name)[0] for name in later)


def test_a_clean_split_passes_and_says_what_it_was_not_asked() -> None:
    with_graph, alone = audit_split(SPLIT, DATA), audit_split(SPLIT)
    assert with_graph.passed
    assert alone.passed
    assert all(check.passed for check in with_graph.checks)
    assert [check.name for check in alone.checks if check.passed is None] == [
        "every edge in one part"
    ]


def test_a_pair_outside_the_graph_is_named() -> None:
    assert named(audit_split(with_pairs("val", torch.tensor([[5], [77]])), DATA)) == {
        "well-formed pairs": "val has 1 pairs outside the graph"
    }
    assert (
        "loops"
        in named(audit_split(with_pairs("val", torch.tensor([[5], [5]]))))["well-formed pairs"]
    )


def test_a_split_file_that_was_changed_is_named(tmp_path: Path) -> None:
    SPLIT.save(tmp_path / "split.npz")
    with np.load(tmp_path / "split.npz") as stored:
        content = dict(stored)
    content["test_negatives"] = content["test_negatives"][:, 1:]
    np.savez(tmp_path / "split.npz", **content)
    found = audit_split(tmp_path / "split.npz", DATA)
    assert named(found).keys() == {"fingerprint"}
    assert SPLIT.fingerprint[:12] in named(found)["fingerprint"]


def test_a_split_of_another_graph_is_named() -> None:
    found = audit_split(SPLIT, load_graph("karate"))
    assert named(found).keys() == {"fingerprint"}
    assert said(found, "every edge in one part")[0] is None


def test_an_official_split_is_taken_as_it_is_with_its_counts() -> None:
    split = replace(FAULTS["test edge in train"][0], made="official")
    found = audit_split(split, DATA)
    assert found.passed
    assert said(found, "disjoint parts")[1].startswith("official split, used unchanged: train and")
    assert "2 pairs" in said(found, "disjoint parts")[1]


def test_directed_pairs_may_stand_both_ways() -> None:
    data = Graph.from_edges(DATA.both_directions()[0], DATA.num_nodes, directed=True)
    split = make_split(make_config(dataset="mine", model="st-gae"), data)
    assert audit_split(split, data).passed
    undirected = replace(split, directed=False)
    assert {"no reversed pairs", "disjoint parts"} <= named(audit_split(undirected, DATA)).keys()


# Runs: messages.


def leaky_experiment() -> tuple[GraphExperiment, Any]:
    experiment = make_experiment(NAME, "gae", **SETTINGS)
    return experiment, message_graph(experiment.graph, experiment.graph.edges)


@pytest.mark.slow
def test_messages_over_the_full_graph_are_named(tmp_path: Path) -> None:
    experiment, everything = leaky_experiment()
    experiment.trainer.graph = experiment.trainer.validator.graph = everything
    leaky = replace(experiment, messages=everything, test_messages=everything)
    found = named(audit_run(finish(leaky, tmp_path / "run")))
    assert "the recorded test AUC is that of messages over test edges" in found[MESSAGES]
    assert found.keys() == {MESSAGES, METRICS, SELECTION, START}


@pytest.mark.slow
def test_test_scores_over_test_edges_alone_are_named(tmp_path: Path) -> None:
    experiment = make_experiment(NAME, "gae", **SETTINGS)
    split = experiment.split
    edges = torch.cat([split.train, split.test], 1)
    leaky = replace(experiment, test_messages=message_graph(experiment.graph, edges))
    found = named(audit_run(finish(leaky, tmp_path / "run")))
    assert "the recorded test AUC is that of messages over test edges" in found[MESSAGES]
    assert found.keys() == {MESSAGES, METRICS}


@pytest.mark.slow
def test_validation_edges_let_in_without_a_word_are_named(tmp_path: Path) -> None:
    graphvae.fit(NAME, "gae", out=tmp_path / "run", val_edges=True, **SETTINGS)
    edit(tmp_path / "run" / "config.json", lambda config: config["split"].update(val_edges=False))
    assert "validation edges" in named(audit_run(tmp_path / "run"))[MESSAGES]


@pytest.mark.slow
def test_training_over_the_full_graph_with_honest_scores_is_named(tmp_path: Path) -> None:
    """Only the first steps from the seed can tell: every recorded score is reproducible."""
    experiment, everything = leaky_experiment()
    trainer, own = experiment.trainer, experiment.messages

    def honest() -> Any:
        trainer.graph = own
        try:
            return GraphTrainer.validation_scores(trainer)
        finally:
            trainer.graph = everything

    trainer.graph, trainer.validation_scores = everything, honest  # type: ignore[method-assign]
    assert named(audit_run(finish(experiment, tmp_path / "run"))).keys() == {START}


@pytest.mark.slow
def test_scores_that_no_message_moves_are_named(run: Path) -> None:
    weights = copy_weights(graphvae.load(run).experiment.model)
    save_weights(run / "model.safetensors", {k: torch.zeros_like(v) for k, v in weights.items()})
    assert (
        "do not change when messages also pass over test edges" in named(audit_run(run))[MESSAGES]
    )


# Runs: metrics.


@pytest.mark.slow
@pytest.mark.parametrize(
    "place",
    [
        ("test", "auc"),
        ("test", "mrr"),
        ("test", "hits@10"),
        ("val", "ap"),
        ("strata", "seen", "auc"),
        ("baselines", "Katz", "auc"),
    ],
    ids=".".join,
)
def test_an_edited_metric_is_named_with_both_values(run: Path, place: tuple[str, ...]) -> None:
    *above, last = place
    old: list[float] = []

    def change(metrics: Any) -> None:
        for name in above:
            metrics = metrics[name]
        old.append(metrics[last])
        metrics[last] += 0.01

    edit(run / "metrics.json", change)
    found = named(audit_run(run))
    assert found[METRICS].startswith(
        f"{'.'.join(place)} is {old[0] + 0.01:.6f}, recomputed {old[0]:.6f} (1 of "
    )
    assert found.keys() <= {METRICS, MESSAGES}
    assert (MESSAGES in found) == (place == ("test", "auc"))


@pytest.mark.slow
def test_metrics_without_the_least_are_named(run: Path) -> None:
    edit(run / "metrics.json", lambda metrics: metrics["val"].clear())
    assert "lacks val.auc, val.ap" in named(audit_run(run))[METRICS]


def test_rounding_is_no_fault_and_more_than_rounding_is(generator: torch.Generator) -> None:
    pairs = torch.cat([SPLIT.test, SPLIT.test_negatives], 1)
    plain = 1 + torch.rand(pairs.size(1), generator=generator, dtype=torch.float64) * 1e-4
    held = dict(zip(map(tuple, pairs.T.tolist()), plain.tolist(), strict=True))

    def scorer(noise: float) -> Any:
        draw = np.random.default_rng(0)

        def score(asked: torch.Tensor) -> Any:
            known = np.array([held.get(tuple(pair), 0.0) for pair in asked.T.tolist()])
            return known + noise * draw.uniform(-1, 1, len(known))

        return score

    def recorded(noise: float) -> dict[str, float]:
        score = scorer(noise)
        positives, negatives = score(SPLIT.test), score(SPLIT.test_negatives)
        return {
            "auc": Auc().score(positives, negatives),
            "ap": AveragePrecision().score(positives, negatives),
        }

    exact, rounded, other = (recorded(noise) for noise in (0.0, ROUNDING / 2, 1e-3))
    assert len({exact["auc"], rounded["auc"], other["auc"]}) == 3
    assert agrees(exact, scorer(0.0), SPLIT, "test")
    assert agrees(rounded, scorer(0.0), SPLIT, "test")
    assert not agrees(other, scorer(0.0), SPLIT, "test")


# Runs: selection.


def chosen_by_test(experiment: GraphExperiment) -> Best:
    """Train once, and keep the epoch of the best test score."""
    best, trainer = Best(0, -1.0, {}), experiment.trainer
    while not trainer.finished:
        epoch = trainer.run_epoch().epoch
        score = experiment.evaluate().test["auc"]
        if score > best.score:
            best = Best(epoch, score, copy_weights(experiment.model))
    return best


@pytest.fixture(scope="module")
def hard_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that validation MRR against hard negatives selected."""
    hard = {"select": "mrr", "select_negatives": "heart", "epochs": 10}
    experiment = make_experiment(NAME, "gae", **{**SETTINGS, **hard})
    return finish(experiment, tmp_path_factory.mktemp("hard") / "run")


@pytest.fixture(scope="module")
def by_test() -> Best:
    best = chosen_by_test(make_experiment(NAME, "gae", **SETTINGS))
    again = make_experiment(NAME, "gae", **SETTINGS)
    again.trainer.run(lambda record: None)
    assert again.trainer.best.epoch != best.epoch  # or the fault would be none
    return best


def trained() -> GraphExperiment:
    return make_experiment(NAME, "gae", **SETTINGS)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"fingerprint": "0" * 64}, "the fingerprint of the selection is"),
        ({"negatives": "degree"}, "the negatives of the selection is heart, recorded degree"),
        ({"val": 0.99}, "val mrr is"),
        ({"test": 0.99}, "test mrr is"),
    ],
    ids=lambda case: "-".join(case) if isinstance(case, dict) else "",
)
def test_an_edited_selection_by_hard_negatives_is_named(
    hard_run: Path, tmp_path: Path, change: dict[str, Any], said: str
) -> None:
    folder = Path(shutil.copytree(hard_run, tmp_path / "run"))
    metrics = json.loads((folder / "metrics.json").read_text())
    metrics["benchmark"] |= change
    (folder / "metrics.json").write_text(json.dumps(metrics))
    assert said in named(audit_run(folder))[SELECTION]


@pytest.mark.slow
def test_scores_of_other_negatives_in_the_history_are_named(hard_run: Path, tmp_path: Path) -> None:
    """As if easier negatives had selected the epoch: the weights do not give these scores."""
    folder = Path(shutil.copytree(hard_run, tmp_path / "run"))
    lines = [json.loads(line) for line in (folder / "history.jsonl").read_text().splitlines()]
    for line in lines:
        line["val_score"] += 0.1
    (folder / "history.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert "mrr of the weights is" in named(audit_run(folder))[SELECTION]


@pytest.mark.slow
def test_an_epoch_chosen_by_test_is_named(by_test: Best, tmp_path: Path) -> None:
    found = named(
        audit_run(finish(make_experiment(NAME, "gae", **SETTINGS), tmp_path / "run", by_test))
    )
    assert found.keys() == {SELECTION}
    assert f"best_epoch is {by_test.epoch} " in found[SELECTION]
    assert "not chosen by validation" in found[SELECTION]


@pytest.mark.slow
def test_its_weights_under_the_name_of_the_validation_epoch_are_named(
    by_test: Best, run: Path, tmp_path: Path
) -> None:
    honest = json.loads((run / "metrics.json").read_text())["best_epoch"]
    lie = replace(by_test, epoch=honest)
    found = named(
        audit_run(finish(make_experiment(NAME, "gae", **SETTINGS), tmp_path / "lie", lie))
    )
    assert found.keys() == {SELECTION}
    assert f"the weights are not those of epoch {honest}" in found[SELECTION]


@pytest.mark.slow
def test_a_history_edited_to_fit_is_named(by_test: Best, tmp_path: Path) -> None:
    folder = finish(make_experiment(NAME, "gae", **SETTINGS), tmp_path / "run", by_test)
    edit_history(folder, by_test.epoch, val_score=0.999)
    assert f"val_score of epoch {by_test.epoch} is not" in named(audit_run(folder))[SELECTION]
    edit_history(folder, by_test.epoch, val_auc=0.999, val_ap=0.999)
    assert "the weights are not those of epoch" in named(audit_run(folder))[SELECTION]


def test_training_stopped_by_hand_is_named(run: Path) -> None:
    edit(run / "config.json", lambda config: config["training"].update(epochs=100))
    found = named(audit_run(run))
    assert "stopped after 30 of 100 epochs" in found[SELECTION]


def test_missing_epochs_are_named(run: Path) -> None:
    lines = (run / "history.jsonl").read_text().splitlines(keepends=True)
    (run / "history.jsonl").write_text("".join(lines[:10] + lines[11:]))
    assert "does not hold the epochs" in named(audit_run(run))[SELECTION]


# Runs: split and seed.


@pytest.mark.slow
def test_a_swapped_split_file_is_named(run: Path) -> None:
    other = make_split(make_config(dataset=NAME, seed=2), DATA)
    other.save(run / "split.npz")
    found = named(audit_run(run))
    assert other.fingerprint[:12] in found["fingerprint"]
    assert SPLIT.fingerprint[:12] in found["fingerprint"]
    edit(run / "metrics.json", lambda metrics: metrics.update(split=other.fingerprint))
    assert {METRICS, START} <= named(audit_run(run)).keys()


@pytest.mark.slow
def test_a_seed_that_does_not_give_the_run_is_named(run: Path) -> None:
    edit(run / "config.json", lambda config: config["run"].update(seed=5))
    edit(run / "environment.json", lambda about: about.update(command=["graphvae", "fit"]))
    found = named(audit_run(run))
    assert {"split from the seed", START} <= found.keys()
    assert "its command line has no --split" in found["split from the seed"]


@pytest.mark.slow
def test_a_given_split_is_compared_with_its_file(tmp_path: Path) -> None:
    folder, file = tmp_path / "run", tmp_path / "given.npz"
    split = make_split(make_config(dataset=NAME, seed=9), DATA)
    graphvae.fit(NAME, "gae", out=folder, split=split, **SETTINGS)
    assert said(audit_run(folder), "split from the seed")[0] is None
    line = ["graphvae", "fit", "--split", str(file)]
    edit(folder / "environment.json", lambda about: about.update(command=line))
    assert "which is missing" in said(audit_run(folder), "split from the seed")[1]
    split.save(file)
    assert said(audit_run(folder), "split from the seed") == (
        True,
        f"passed as {file}, the same split",
    )


def test_a_changed_loss_is_named_unless_only_in_its_last_digits(run: Path) -> None:
    loss = json.loads((run / "history.jsonl").read_text().splitlines()[2])["loss"]
    edit_history(run, 3, loss=loss * (1 + 1e-7))
    assert said(audit_run(run), START)[0] is None
    edit_history(run, 3, loss=loss * 1.001)
    assert "loss of epoch 3 is" in named(audit_run(run))[START]


@pytest.mark.slow
def test_bits_of_another_machine_are_not_asked_for(run: Path) -> None:
    edit(run / "environment.json", lambda about: about["versions"].update(torch="0.1"))
    found = audit_run(run)
    assert found.passed
    assert said(found, START) == (None, said(found, START)[1])
    assert "torch 0.1" in said(found, START)[1]


# Repeats.

# Long enough for the chosen weights to be trained ones, in 000 at least.
REPEATED: dict[str, Any] = {**SETTINGS, "epochs": 60, "val_fraction": 0.2}


@pytest.fixture(scope="module")
def repeated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("audit") / "repeats"
    fit_repeats(NAME, "gae", repeats=3, out=folder, **REPEATED)
    return folder


@pytest.fixture
def repeats(repeated: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(repeated, tmp_path / "repeats"))


def warm(folder: Path, source: Path, seed: int) -> None:
    """Put a run in place that began with the weights of another."""
    shutil.rmtree(folder)
    experiment = make_experiment(NAME, "gae", **{**REPEATED, "seed": seed})
    experiment.model.load_state_dict(copy_weights(graphvae.load(source).experiment.model))
    finish(experiment, folder)


@pytest.mark.slow
def test_clean_repeats_pass(repeats: Path) -> None:
    found = audit(repeats)
    assert found.passed, named(found)
    assert all(check.passed for check in found.checks)


@pytest.mark.slow
def test_warm_started_repeats_are_named(repeats: Path) -> None:
    for number in (1, 2):
        warm(repeats / f"{number:03d}", repeats / f"{number - 1:03d}", SETTINGS["seed"] + number)
    resume_repeats(repeats)  # means over the runs as they now are
    found = named(audit_repeats(repeats))
    assert found.keys() == {f"001: {START}", f"002: {START}", "fresh starts"}
    assert all("warm start?" in detail for detail in found.values())


@pytest.mark.slow
def test_a_warm_start_is_named_where_bits_cannot_be_compared(repeats: Path) -> None:
    warm(repeats / "001", repeats / "000", SETTINGS["seed"] + 1)
    edit(repeats / "001" / "config.json", lambda config: config["run"].update(device="cuda"))
    edit(repeats / "002" / "config.json", lambda config: config["run"].update(device="cuda"))
    assert "warm start?" in named(audit_run(repeats / "001"))[START]
    assert said(audit_run(repeats / "002"), START)[0] is None


@pytest.mark.slow
def test_an_edited_mean_is_named(repeats: Path) -> None:
    edit(repeats / "summary.json", lambda s: s["test"]["auc"].update(mean=0.99))
    found = named(audit_repeats(repeats))
    assert found.keys() == {"means of the runs"}
    assert "test.auc.mean is 0.990000" in found["means of the runs"]


@pytest.mark.slow
def test_one_run_counted_twice_is_named(repeats: Path) -> None:
    shutil.rmtree(repeats / "002")
    shutil.copytree(repeats / "001", repeats / "002")
    resume_repeats(repeats)
    found = named(audit_repeats(repeats))
    assert found.keys() == {"same settings, different seeds", "splits of the repeats"}
    assert "1, 2, 2" in found["same settings, different seeds"]


@pytest.mark.slow
def test_repeats_over_one_given_split_say_so(tmp_path: Path) -> None:
    SPLIT.save(tmp_path / "given.npz")
    given = {**SETTINGS, "split": tmp_path / "given.npz"}
    fit_repeats(NAME, "gae", repeats=2, out=tmp_path / "repeats", **given)
    found = audit_repeats(tmp_path / "repeats")
    assert found.passed, named(found)
    assert "one split was passed" in said(found, "splits of the repeats")[1]
    edit(tmp_path / "repeats" / "summary.json", lambda summary: summary["fit"].pop("split"))
    assert "splits of the repeats" in named(audit_repeats(tmp_path / "repeats"))


@pytest.mark.slow
def test_a_fault_in_one_run_is_named_with_its_number(repeats: Path) -> None:
    edit(repeats / "001" / "metrics.json", lambda metrics: metrics["val"].update(mrr=0.5))
    found = named(audit_repeats(repeats))
    assert found.keys() == {f"001: {METRICS}", "means of the runs"}


# What cannot be audited.


def test_what_is_no_run_or_split_is_refused(run: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.npz").write_text("no split")
    for path in ("nowhere", "empty", "text.npz"):
        with pytest.raises(InputError):
            audit(tmp_path / path)
    with pytest.raises(InputError, match="has its own graph"):
        audit(run, DATA)
    (run / "metrics.json").unlink()
    with pytest.raises(InputError, match="not finished"):
        audit(run)
