"""The discriminator: its loss in closed form; each player trains its own weights only."""

import io
import math
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

import graphvae
from graphvae.losses.adversary import CodeAdversary, discriminator, discriminator_loss
from graphvae.setup.experiment import GraphExperiment, make_split, prepare
from graphvae_data.graphs.graph import Graph
from graphvae_data.runs.history import read_history
from graphvae_data.runs.weights import load_weights
from tests.graphvae.configs import make_config


def experiment(data: Graph, model: str, **settings: object) -> GraphExperiment:
    config = make_config(dataset="karate", model=model, **settings)  # type: ignore[arg-type]
    return prepare(config, data, make_split(config, data))


def adversary_of(made: GraphExperiment) -> CodeAdversary:
    found = made.trainer.adversary
    assert found is not None
    return found


def bits(module: nn.Module) -> list[Tensor]:
    return [value.detach().clone() for value in module.state_dict().values()]


def same(one: list[Tensor], two: list[Tensor]) -> bool:
    return all(torch.equal(a, b) for a, b in zip(one, two, strict=True))


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("model", ["argae", "arvgae"])
def test_the_discriminators_step_leaves_the_model_alone(karate: Graph, model: str) -> None:
    made = experiment(karate, model)
    adversary, before = adversary_of(made), bits(made.model)
    was = bits(adversary.discriminator)
    codes = made.model.encode(made.messages, seeded()).sample(seeded())
    adversary.step(codes.detach(), seeded())
    assert same(bits(made.model), before)
    assert all(weight.grad is None for weight in made.model.parameters())
    assert not same(bits(adversary.discriminator), was)


@pytest.mark.parametrize("model", ["argae", "arvgae"])
def test_the_encoders_step_leaves_the_discriminator_alone(karate: Graph, model: str) -> None:
    made = experiment(karate, model)
    adversary, was = adversary_of(made), bits(made.model)
    before = bits(adversary.discriminator)
    codes = made.model.encode(made.messages, seeded()).sample(seeded())
    adversary.fooling_loss(codes).backward()
    made.trainer.player.optimizer.step()
    assert same(bits(adversary.discriminator), before)
    assert all(weight.grad is None for weight in adversary.discriminator.parameters())
    assert not same(bits(made.model), was)


def test_a_step_of_training_moves_both(karate: Graph) -> None:
    made = experiment(karate, "argae")
    before = bits(made.model), bits(adversary_of(made).discriminator)
    made.trainer.step()
    assert not same(bits(made.model), before[0])
    assert not same(bits(adversary_of(made).discriminator), before[1])


def test_who_cannot_tell_loses_two_log_two() -> None:
    adversary = CodeAdversary(3, seeded())
    for weight in adversary.discriminator.parameters():
        nn.init.zeros_(weight)
    adversary.step(torch.randn(7, 3, generator=seeded()), seeded())
    assert float(adversary.loss) == pytest.approx(2 * math.log(2))
    constant = CodeAdversary(3, seeded())
    nn.init.zeros_(constant.discriminator[-1].weight)
    nn.init.constant_(constant.discriminator[-1].bias, 1.5)
    loss = constant.fooling_loss(torch.ones(4, 3))
    assert float(loss) == pytest.approx(math.log(1 + math.exp(-1.5)))


def test_the_loss_is_the_cross_entropy_of_the_labels() -> None:
    prior, codes = torch.tensor([2.0, -1.0]), torch.tensor([0.5, -3.0, 0.0])
    expected = -torch.sigmoid(prior).log().mean() - (1 - torch.sigmoid(codes)).log().mean()
    torch.testing.assert_close(discriminator_loss(prior, codes), expected)


@pytest.mark.slow
def test_it_learns_to_tell_codes_that_are_not_the_priors() -> None:
    adversary, generator = CodeAdversary(4, seeded()), seeded(1)
    codes = 3 + torch.randn(500, 4, generator=generator)
    for _ in range(150):
        adversary.step(codes, generator)
    assert float(adversary.loss) < 0.2


def test_codes_of_the_prior_cannot_be_told() -> None:
    adversary, generator = CodeAdversary(4, seeded()), seeded(1)
    for _ in range(150):
        adversary.step(torch.randn(500, 4, generator=generator), generator)
    assert float(adversary.loss) == pytest.approx(2 * math.log(2), abs=0.05)


@pytest.mark.slow
def test_free_codes_move_to_the_prior() -> None:
    """With nothing to reconstruct, codes that start at N(2, 0.25) end near mean 0."""
    adversary, generator = CodeAdversary(2, seeded()), seeded(1)
    codes = nn.Parameter(2 + 0.5 * torch.randn(300, 2, generator=generator))
    optimizer = torch.optim.Adam([codes], lr=0.02)
    for _ in range(400):
        optimizer.zero_grad()
        adversary.play(codes, generator).backward()
        optimizer.step()
    assert codes.detach().mean(0).abs().max() < 0.6


def test_no_weight_comes_from_the_global_generator() -> None:
    torch.manual_seed(1)
    state = torch.get_rng_state()
    one = discriminator(3, seeded())
    assert torch.equal(torch.get_rng_state(), state)
    torch.manual_seed(2)
    assert same(bits(one), bits(discriminator(3, seeded())))
    assert not same(bits(one), bits(discriminator(3, seeded(1))))


@pytest.mark.parametrize(("model", "plain"), [("argae", "gae"), ("arvgae", "vgae")])
def test_it_starts_as_the_model_without_a_discriminator(
    karate: Graph, model: str, plain: str
) -> None:
    one, two = experiment(karate, model, lr=0.01), experiment(karate, plain)
    first, other = one.trainer.run_epoch(), two.trainer.run_epoch()
    assert (first.loss, first.parts["recon"], first.parts["kl"]) == (
        other.loss,
        other.parts["recon"],
        other.parts["kl"],
    )
    assert not same(bits(one.model), bits(two.model))


@pytest.mark.slow
@pytest.mark.parametrize("loss", ["paper", "elbo", "sampled"])
@pytest.mark.parametrize("model", ["argae", "arvgae"])
def test_a_state_from_a_file_carries_on_to_the_same_bits(
    karate: Graph, model: str, loss: str
) -> None:
    whole, first, second = (experiment(karate, model, loss=loss, epochs=8) for _ in range(3))
    expected = [whole.trainer.run_epoch() for _ in range(8)]
    for _ in range(3):
        first.trainer.run_epoch()
    file = io.BytesIO()
    torch.save(first.trainer.state_dict(), file)
    file.seek(0)
    second.trainer.load_state_dict(torch.load(file, weights_only=True))
    assert torch.equal(adversary_of(second).loss, adversary_of(first).loss)
    found = [second.trainer.run_epoch() for _ in range(5)]
    for record, again in zip(expected[3:], found, strict=True):
        assert {**record.to_dict(), "step_seconds": 0} == {**again.to_dict(), "step_seconds": 0}
    pairs = [(whole.model, second.model)]
    pairs.append((adversary_of(whole).discriminator, adversary_of(second).discriminator))
    assert all(same(bits(one), bits(two)) for one, two in pairs)


def test_a_state_is_a_copy(karate: Graph) -> None:
    made = experiment(karate, "argae")
    state = made.trainer.state_dict()["adversary"]["module"]
    before = [value.clone() for value in state.values()]
    made.trainer.step()
    assert same(list(state.values()), before)


@pytest.mark.slow
def test_the_history_has_the_discriminators_loss_and_the_weights_file_nothing_of_it(
    karate: Graph, tmp_path: Path
) -> None:
    made = graphvae.fit("karate", "argae", epochs=3, baselines=False, out=tmp_path / "run")
    lines = read_history(tmp_path / "run" / "history.jsonl")
    assert all(0 < line["discriminator"] < 5 for line in lines)
    assert graphvae.load(tmp_path / "run").history == made.history
    plain = experiment(karate, "gae")
    load_weights(tmp_path / "run" / "model.safetensors", plain.model)  # the same names and shapes
    assert set(lines[0]) - set(plain.trainer.run_epoch().to_dict()) == {"discriminator"}
