"""Settings of variational models: filled in where they belong, refused elsewhere."""

import json

import pytest
from graphvae.specs.variational import BELONGS, WITHOUT

from graphvae.runs.experiment import _mlp_config
from graphvae.specs.recipe import FitConfig
from graphvae_data.core.errors import InputError


def config(**settings: object) -> FitConfig:
    return FitConfig.from_dict({"dataset": "karate", **settings})


@pytest.mark.parametrize("model", ["gae", "vgae", "arvgae"])
def test_what_is_not_asked_for_is_not_there(model: str) -> None:
    made = config(model=model)
    assert {name: getattr(made, name) for name in WITHOUT} == WITHOUT


@pytest.mark.parametrize("name", BELONGS)
def test_a_setting_is_filled_in_beside_its_choice(name: str) -> None:
    other, choices, usual = BELONGS[name]
    for choice in choices:
        made = config(loss="elbo", **{other: choice})
        assert getattr(made, name) == usual
        assert FitConfig.from_dict(json.loads(json.dumps(made.to_dict()))) == made
        given = config(loss="elbo", **{other: choice, name: type(usual)(3)})
        assert getattr(given, name) == 3


@pytest.mark.parametrize(
    ("settings", "match"),
    [
        ({"model": "gae", "kl": "warmup"}, "vgae"),
        ({"model": "strong-gae", "prior": "vamp"}, "variational"),
        ({"model": "arvgae", "prior": "vamp"}, "adversary"),
        ({"kl_warmup": 3, "kl": "free-bits"}, "kl-warmup: goes with --kl warmup only"),
        ({"prior": "mog", "prior_components": 2.5}, "prior-components"),
        ({"prior": "mog", "prior_components": True}, "prior-components"),
        ({"kl": "free-bits", "free_bits": float("nan")}, "free-bits"),
        ({"estimator": "iwae", "loss": "sampled"}, "--loss elbo"),
        ({"estimator": "iwae", "loss": "elbo", "kl": "free-bits"}, "--kl free-bits"),
        ({"capture": True, "device": "cuda", "kl": "warmup"}, "--kl warmup"),
        ({"capture": True, "device": "cuda", "prior": "vamp"}, "--prior vamp"),
    ],
)
def test_what_does_not_go_together_is_refused(settings: dict[str, object], match: str) -> None:
    with pytest.raises(InputError, match=match):
        config(**settings)


def test_the_baseline_beside_it_has_none_of_it() -> None:
    made = config(loss="elbo", prior="mog", estimator="iwae", hidden=48)
    baseline = _mlp_config(made, directed=False)
    assert {name: getattr(baseline, name) for name in WITHOUT} == WITHOUT
    assert baseline.hidden == 48
