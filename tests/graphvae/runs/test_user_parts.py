"""Parts from outside on graphs: trained, saved, loaded, and continued to the same bits."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch_geometric.nn import SAGEConv

import graphvae
from examples.penalty import Dip
from examples.student_t_prior import StudentT
from graphvae.nn.models import count_weights
from graphvae.report.rerun import python_code
from graphvae.runs.fit import plan
from graphvae.runs.repeats import fit_repeats
from graphvae.runs.result import GraphFitResult
from graphvae.specs.presets import PRESETS
from graphvae.specs.recipe import CATALOGUE
from graphvae.training.trainer import GraphTrainer
from graphvae_data.core.errors import InputError
from graphvae_data.graphs.graph import Graph
from graphvae_data.runs.options import FitOptions
from graphvae_data.runs.recorder import Recorder
from graphvae_data.settings.settings import Part
from image_vae.parts.penalties import DensityRatioKl, PenaltyTerm
from image_vae.specs.penalties import DensityRatio, Penalty, PenaltyInputs
from tests.graphvae.configs import make_config, make_experiment
from tests.graphvae.user_parts import (
    Careless,
    Distance,
    Forgetful,
    Gentle,
    Hops,
    Likelihood,
    Ranking,
)
from tests.parameters import slow_except

PARTS: dict[str, dict[str, Any]] = {
    "encoder": {"encoder": Hops(hops=2, noise=0.1)},
    "global randomness": {"encoder": Careless(), "decoder": Forgetful(), "loss": "sampled"},
    "prior": {"prior": StudentT(df=3)},
    "decoder": {"decoder": Distance(start=2.0), "loss": "sampled"},
    "loss": {"loss": Ranking(margin=0.25)},
    "likelihood": {"loss": Likelihood(), "bound": "iwae", "samples": 3},
    "penalty": {"penalty": Dip(diagonal=2.0), "loss": "elbo"},
    "adversary": {"model": "argae", "adversary": Gentle(strength=0.5)},
    "several": {
        "encoder": Hops(),
        "prior": StudentT(df=4),
        "decoder": Distance(),
        "loss": Ranking(),
        "penalty": Dip(),
        "features": False,
    },
}
EACH = pytest.mark.parametrize("settings", PARTS.values(), ids=PARTS)
SMALL = {"latent": 4, "epochs": 6, "baselines": False, "device": "cpu", "threads": 1}


def parts_of(settings: dict[str, Any]) -> dict[str, Part]:
    return {slot: part for slot, part in settings.items() if isinstance(part, Part)}


def same(one: GraphFitResult, two: GraphFitResult) -> bool:
    """Whether scores, losses and weights are the same to the bit."""
    weights = [run.experiment.model.state_dict() for run in (one, two)]
    return (
        one.metrics["test"] == two.metrics["test"]
        and [r.loss for r in one.history] == [r.loss for r in two.history]
        and weights[0].keys() == weights[1].keys()
        and all(torch.equal(value, weights[1][name]) for name, value in weights[0].items())
    )


@pytest.mark.parametrize("name", slow_except(PARTS, "several"))
def test_a_part_is_trained_saved_loaded_and_continued(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = PARTS[name]
    whole = graphvae.fit("karate", **settings, **SMALL, out=tmp_path / "whole")
    config = json.loads((tmp_path / "whole" / "config.json").read_text())
    for slot, part in parts_of(settings).items():
        assert config[slot] == {"kind": type(part).kind(), **dict(part)}
        assert ":" in config[slot]["kind"]
    loaded = graphvae.load(tmp_path / "whole")
    assert loaded.config == whole.config
    assert same(loaded, whole)
    assert np.array_equal(loaded.embeddings(), whole.embeddings())
    assert loaded.evaluate().to_dict()["test"] == whole.metrics["test"]
    assert whole.predict(3) == loaded.predict(3)

    with monkeypatch.context() as patch:
        patch.setattr(Recorder, "due", property(lambda self: self.trainer.epoch == 3))
        patch.setattr(GraphTrainer, "advance", interrupted(GraphTrainer.advance))
        with pytest.raises(KeyboardInterrupt):
            graphvae.fit("karate", **settings, **SMALL, out=tmp_path / "cut")
    assert same(graphvae.resume(tmp_path / "cut"), whole)


def interrupted(advance: Any) -> Any:
    """Stop after four epochs, as Ctrl-C would."""

    def stopping(self: GraphTrainer, *args: Any) -> Any:
        if self.epoch == 4:
            raise KeyboardInterrupt
        return advance(self, *args)

    return stopping


@pytest.mark.parametrize("name", [name for name in PARTS if name != "likelihood"])
def test_training_changes_what_a_part_decides(name: str) -> None:
    """The loss differs from that of the preset's part: it is used, and not passed over."""
    settings = PARTS[name]
    plain = {name: value for name, value in settings.items() if not isinstance(value, Part)}
    own, ours = (
        graphvae.fit("karate", **each, **{**SMALL, "epochs": 2}) for each in (settings, plain)
    )
    losses = [[record.loss for record in run.history] for run in (own, ours)]
    assert all(np.isfinite(losses[0]))
    if "adversary" in settings:  # its first step moves the weights, and only then the loss
        losses = [each[1:] for each in losses]
    assert losses[0] != losses[1]


@pytest.mark.slow
@pytest.mark.parametrize("bound", ["elbo", "iwae"])
def test_a_likelihood_of_the_users_has_the_losses_of_ours(bound: str) -> None:
    runs = [
        graphvae.fit("karate", loss=loss, bound=bound, **SMALL) for loss in (Likelihood, "elbo")
    ]
    losses = [[record.loss for record in run.history] for run in runs]
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)


@EACH
def test_a_class_and_its_name_stand_for_its_defaults(settings: dict[str, Any]) -> None:
    classes = {slot: type(part) for slot, part in parts_of(settings).items()}
    names = {slot: part.kind() for slot, part in classes.items()}
    others = {name: value for name, value in settings.items() if name not in classes}
    config = make_config(**{**others, **classes})
    assert config == make_config(**{**others, **names})
    assert all(getattr(config, slot) == part() for slot, part in classes.items())


@EACH
def test_the_plan_counts_the_weights_of_a_part(settings: dict[str, Any], cora: Graph) -> None:
    made = make_experiment(cora, **settings, device="cpu", threads=1)
    wanted = sum(weight.numel() for weight in made.model.parameters())
    features = 0 if settings.get("features") is False else cora.num_features
    assert count_weights(made.config, cora.num_nodes, features) == wanted
    assert plan("karate", **settings).nodes == 34


@EACH
def test_a_file_and_the_code_of_a_report_give_the_settings_again(
    settings: dict[str, Any], tmp_path: Path
) -> None:
    config = make_config(**settings)
    (tmp_path / "config.json").write_text(config.model_dump_json())
    assert plan("karate", config=tmp_path / "config.json").model == config.model
    code = python_code(config).replace("graphvae.fit(", "make_config(").replace("result = ", "")
    code = code.replace("    split='split.npz',\n", "")
    names: dict[str, Any] = {"make_config": make_config}
    imports, _, call = code.partition("\nmake_config(")
    exec(imports, names)
    assert eval("make_config(" + call, names) == config


@pytest.mark.slow
def test_a_class_that_cannot_be_imported_is_asked_for(tmp_path: Path) -> None:
    class Local(StudentT):
        """A class of a notebook, say."""

    whole = graphvae.fit("karate", prior=Local(df=7), **SMALL, out=tmp_path / "run")
    for act in (graphvae.load, graphvae.audit_run):
        with pytest.raises(InputError, match=r"prior: cannot import .*; pass the part itself"):
            act(tmp_path / "run")
    with pytest.raises(InputError, match=r"load\(…, prior=Local\)$"):
        graphvae.load(tmp_path / "run")
    for part in (Local, Local(df=7)):
        assert same(graphvae.load(tmp_path / "run", prior=part), whole)
    with pytest.raises(InputError, match=r"config\.json: prior: expected the part of the run"):
        graphvae.load(tmp_path / "run", prior="examples.student_t_prior:StudentT")
    for part in (Local(df=8), StudentT, Dip):
        with pytest.raises(InputError, match=r"config\.json: prior: expected "):
            graphvae.load(tmp_path / "run", prior=part)


def test_global_randomness_of_a_part_is_seeded_and_the_state_kept() -> None:
    settings = {**SMALL, **PARTS["global randomness"]}
    one = graphvae.fit("karate", **settings)
    torch.rand(1)
    before = torch.random.get_rng_state()
    assert same(graphvae.fit("karate", **settings), one)
    assert torch.equal(torch.random.get_rng_state(), before)
    assert not same(graphvae.fit("karate", **settings, seed=1), one)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"encoder": Careless(surplus=2)},
            r"encoder: expected .* of shape \[34, 8\] .* 10\]",
        ),
        ({"encoder": Careless(nothing=True)}, "encoder: expected a tensor of .*, got NoneType"),
        (
            {"decoder": Forgetful(forgotten=1), "loss": "sampled"},
            r"decoder: expected a tensor of shape \[3\] from .*Forgetful, got \[2\]",
        ),
    ],
)
def test_a_part_that_returns_another_shape_is_refused(
    settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        graphvae.fit("karate", **SMALL, **settings)


def test_a_module_of_the_users_is_kept_out_of_the_file_and_asked_for(tmp_path: Path) -> None:
    module = SAGEConv(34, 8)
    whole = graphvae.fit("karate", encoder=module, **SMALL, out=tmp_path / "run")
    config = json.loads((tmp_path / "run" / "config.json").read_text())
    assert config["encoder"] == {
        "kind": "graphvae.specs.encoders:UserGraphEncoder",
        "source": "SAGEConv(34, 8, aggr=mean)",
    }
    assert graphvae.load(tmp_path / "run").predict(9) == whole.predict(9)
    (tmp_path / "run" / "states.npz").unlink()
    with pytest.raises(InputError, match=r"not saved; pass it.*SAGEConv\(34, 8"):
        graphvae.load(tmp_path / "run")
    assert same(graphvae.load(tmp_path / "run", encoder=module), whole)
    with pytest.raises(InputError, match="encoder: expected the part of the run"):
        graphvae.load(tmp_path / "run", encoder=SAGEConv(34, 4))
    with pytest.raises(InputError, match=r"encodr: no such part \(did you mean encoder\?\)"):
        graphvae.load(tmp_path / "run", encodr=module)


def test_a_module_without_shapes_cannot_be_planned() -> None:
    """PyG's `-1` leaves a width to the first call, and a plan calls nothing."""
    with pytest.raises(
        InputError, match=r"^encoder: expected weights with known shapes, got .*\(-1"
    ):
        plan("karate", "gae", encoder=SAGEConv(-1, 16))
    assert graphvae.fit("karate", "gae", encoder=SAGEConv(-1, 4), **SMALL).metrics


@pytest.mark.slow
def test_the_terms_of_a_penalty_are_recorded_with_their_weights(tmp_path: Path) -> None:
    """The loss of each step is its parts, weighted: Dip adds 5 off_diagonal + 2 diagonal."""
    given = {"loss": "elbo", **SMALL}
    result = graphvae.fit("karate", penalty=Dip(diagonal=2.0), **given, out=tmp_path / "r")
    plain = graphvae.fit("karate", penalty=Dip(off_diagonal=0.0, diagonal=0.0), **given)
    first, other = result.history[0], plain.history[0]
    assert set(first.parts) == {"recon", "kl", "off_diagonal", "diagonal"}
    added = 5 * first.parts["off_diagonal"] + 2 * first.parts["diagonal"]
    assert first.parts["kl"] == pytest.approx(other.parts["kl"] + added, rel=1e-5)
    assert first.loss == pytest.approx(first.parts["recon"] + first.parts["kl"], rel=1e-6)
    line = json.loads((tmp_path / "r" / "history.jsonl").read_text().splitlines()[0])
    assert line["off_diagonal"] == first.parts["off_diagonal"]
    assert graphvae.load(tmp_path / "r").history == result.history


class Nameless(PenaltyTerm):
    """Calls a term as the record calls another number."""

    def __call__(self, trace: Any, step: int, *, analytic: bool) -> Any:
        terms = Dip().build(None)(trace, step, analytic=analytic)
        return type(terms)(terms.total, {"loss": terms.total})


class TakenName(Penalty):
    """A penalty whose term has a name that is taken."""

    def build(self, inputs: PenaltyInputs) -> PenaltyTerm:
        return Nameless()


class Estimated(DensityRatio):
    """FactorVAE's penalty, which trains a discriminator beside the model."""

    images_only = False

    def build(self, inputs: PenaltyInputs) -> DensityRatioKl:
        return super().build(inputs)


@pytest.mark.parametrize(
    ("penalty", "line"),
    [
        (TakenName(), "penalty: expected loss terms with names other than epoch, loss, "),
        (Estimated(discriminator=(4,)), "penalty: .*Estimated trains a second network"),
    ],
)
def test_a_penalty_that_graphs_cannot_use_is_refused(penalty: Penalty, line: str) -> None:
    with pytest.raises(InputError, match=rf"^{line}"):
        graphvae.fit("karate", penalty=penalty, **SMALL)


def test_settings_of_a_part_stand_in_the_report_and_the_audit() -> None:
    values = CATALOGUE.values(make_config(prior=StudentT(df=3)))
    assert (values["prior"], values["prior.df"]) == ("examples.student_t_prior:StudentT", 3)


@pytest.mark.slow
def test_repeats_keep_the_part(tmp_path: Path) -> None:
    fit_repeats("karate", prior=StudentT(df=3), **SMALL, repeats=2, out=tmp_path / "r")
    for number in (0, 1):
        assert graphvae.load(tmp_path / "r" / f"{number:03d}").config.prior == StudentT(df=3)


@pytest.mark.slow
def test_the_baseline_has_none_of_the_users_parts(cora: Graph) -> None:
    settings = {**PARTS["several"], "features": True, "latent": 4, "epochs": 1}
    result = graphvae.fit("cora", **settings, options=FitOptions())
    assert 0 < result.metrics["baselines"]["features-only MLP"]["auc"] < 1


OFFERED = [f"{slot} {part}" for slot, flat in CATALOGUE.flats.items() for part in flat.parts]
FIRST = [f"{slot} {flat.parts[0]}" for slot, flat in CATALOGUE.flats.items() if flat.parts]
BESIDE: dict[str, dict[str, Any]] = {
    "vamp": {"prior_components": 5},
    "vamp-data": {"prior_components": 5},
    "iwae": {"loss": "elbo"},
    "discriminator": {"adversary_hidden": (6,)},
    "point": {"model": "gae"},
    "capacity": {"gamma": 2.0, "capacity_steps": 7},
    "weight": {"warmup": 4},
}


@pytest.mark.parametrize("offered", slow_except(OFFERED, *FIRST))
def test_every_part_on_offer_trains_and_goes_on_to_the_same_bits(
    karate: Graph, offered: str
) -> None:
    slot, part = offered.split()
    settings = {slot: part, **BESIDE.get(part, {}), "epochs": 6, "latent": 4}
    if slot == "decoder":
        settings["loss"] = "sampled"
    graph = Graph.from_edges(karate.edges, 34, directed=part == "source-target")
    if slot == "predict_weight":
        graph = replace(graph, weights=torch.arange(1.0, 79.0))
    runs = [make_experiment(graph, **settings, device="cpu", threads=1) for _ in range(3)]
    whole, first, second = (run.trainer for run in runs)
    wanted, found = [], []
    whole.run(
        lambda record: wanted.append((record.loss, record.validation["score"], dict(record.parts)))
    )
    for _ in range(3):
        record = first.run_epoch()
        found.append((record.loss, record.validation["score"], dict(record.parts)))
    second.load_state_dict(first.state_dict())
    second.run(
        lambda record: found.append((record.loss, record.validation["score"], dict(record.parts)))
    )
    assert found == wanted
    assert np.isfinite([loss for loss, _, _ in wanted]).all()


@pytest.mark.parametrize("features", [True, False])
@pytest.mark.parametrize("name", PRESETS)
def test_weights_counted_without_memory_are_those_of_the_model(
    karate: Graph, name: str, features: bool
) -> None:
    graph = Graph.from_edges(
        karate.edges, 34, features=torch.eye(34)[:, :21], directed=PRESETS[name].recipe.directed
    )
    small = {"latent": 8, "features": features, "device": "cpu", "threads": 1}
    made = make_experiment(graph, name, **small)
    wanted = sum(weight.numel() for weight in made.model.parameters())
    counted = count_weights(made.config, graph.num_nodes, graph.num_features if features else 0)
    assert counted == wanted
