"""`image_vae.fit`: images in memory, parts in every form, and runs that ask for what they lack."""

import json
import pickle
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import image_vae
from graphvae_data.core.errors import InputError, TrainingError
from graphvae_data.images.image_store import ArrayStore
from image_vae.plots.pictures import draw_run
from image_vae.runs.source import Source
from image_vae.specs.priors import Mog
from image_vae.specs.recipe import ImageRecipe

pytestmark = pytest.mark.usefixtures("no_image_pictures")

SMALL: dict[str, Any] = {"hidden": (8,), "latent": (2,), "epochs": 1, "device": "cpu"}
NOISE = np.random.default_rng(0).integers(0, 256, (60, 6, 5), dtype=np.uint8)


def digest(result: image_vae.ImageFitResult) -> list[Tensor]:
    return [weight.detach() for weight in result.experiment.model.parameters()]


@pytest.mark.parametrize(
    "images",
    [
        NOISE,
        NOISE[:, None],
        NOISE[..., None],
        NOISE / 255,
        torch.from_numpy(NOISE),
        torch.from_numpy(NOISE[:, None]).double() / 255,
    ],
    ids=["nhw", "nchw", "nhwc", "floats", "tensor", "double tensor"],
)
def test_images_in_memory_are_those_of_a_file(images: Any, tmp_path: Path) -> None:
    labels = np.arange(60) % 3
    np.savez(tmp_path / "images.npz", images=NOISE, labels=labels)
    expected = image_vae.fit(tmp_path / "images.npz", **SMALL)
    result = image_vae.fit(images, labels=labels, **SMALL)
    assert all(map(torch.equal, digest(result), digest(expected)))
    assert result.metrics["split"] == expected.metrics["split"]


@pytest.mark.parametrize("form", ["array", "tensor", "channels last", "named"])
def test_the_images_of_a_run_are_not_those_of_the_user(form: str) -> None:
    mine = np.repeat(NOISE[..., None], 3, 3)
    given: Any = torch.from_numpy(mine) if form == "tensor" else mine
    if form == "named":
        given = {"images": mine, "labels": np.zeros(60, np.int64)}
    result = image_vae.fit(given, **SMALL)
    before = result.experiment.data.whole.images.array().copy()
    mine[:] = 0
    np.testing.assert_array_equal(result.experiment.data.whole.images.array(), before)


def test_a_mapped_file_is_not_copied(tmp_path: Path) -> None:
    np.save(tmp_path / "images.npy", NOISE)
    mapped = np.load(tmp_path / "images.npy", mmap_mode="r")
    store = Source.of(mapped).read().store
    assert isinstance(store, ArrayStore)
    assert np.shares_memory(store.array, mapped)


def test_tensors_of_half_precision_are_images() -> None:
    images = torch.from_numpy(NOISE).float() / 255
    result = image_vae.fit(images.bfloat16(), **SMALL)
    assert result.experiment.data.shape == (1, 6, 5)
    with pytest.raises(InputError, match=r"images: expected an array or a dense tensor \("):
        image_vae.fit(torch.zeros(3, 6, 5, dtype=torch.uint8).to_sparse(), **SMALL)


@pytest.mark.slow
def test_images_in_memory_travel_with_their_run(tmp_path: Path) -> None:
    coloured = np.stack([NOISE] * 3, -1)
    labels = torch.arange(60) % 2
    whole = image_vae.fit(coloured, labels=labels, out=tmp_path / "run", **SMALL)
    again = image_vae.load(tmp_path / "run")
    assert again.experiment.data.shape == (3, 6, 5)
    assert again.experiment.data.whole.labels.tolist() == labels.tolist()
    np.testing.assert_array_equal(again.embeddings(), whole.embeddings())


@pytest.mark.parametrize(
    ("images", "settings", "words"),
    [
        (NOISE.astype(np.int64), {}, "images: expected images as uint8 or as floats in"),
        (NOISE[0], {}, "images: expected images of shape"),
        (NOISE * 2.0, {}, "images: expected floats in \\[0, 1\\], got"),
        (NOISE, {"labels": [0, 1]}, "images: expected labels as integers of shape \\[60\\]"),
        (NOISE, {"size": (3, 3)}, "size: allowed only with a folder of images, got an array"),
        ("digits", {"labels": [0, 1]}, "labels: allowed only with images as an array or tensor"),
        ("digits", {"model": "vea"}, "model: expected one of vae, .*did you mean vae"),
        ("digits", {"modle": "vae"}, "modle: no such setting .did you mean model"),
        ("digits", {"ouut": "run"}, "ouut: no such setting .did you mean out"),
        ("digits", {"prior": "vmap"}, "prior: expected one of .*did you mean vamp"),
        ("digits", {"prior": nn.Linear(2, 2)}, "prior: expected one of normal, .* or a part"),
        ("digits", {"device": "tpu"}, "device: expected auto, cpu"),
    ],
)
def test_what_cannot_be_fitted_is_refused_in_python_words(
    images: Any, settings: dict[str, Any], words: str
) -> None:
    with pytest.raises(InputError, match=f"^{words}"):
        image_vae.fit(images, **settings)


@pytest.mark.slow
def test_a_part_has_four_forms() -> None:
    by_object, by_class, by_name, by_module = (
        image_vae.fit("digits", prior=form, **SMALL)
        for form in (Mog(), Mog, "mog", "image_vae.specs.priors:Mog")
    )
    for other in (by_class, by_name, by_module):
        assert other.config == by_object.config
        assert all(map(torch.equal, digest(other), digest(by_object)))


@pytest.mark.slow
def test_a_recipe_of_ones_own_is_fitted_and_loaded(tmp_path: Path) -> None:
    recipe = ImageRecipe(prior=Mog(components=3))
    result = image_vae.fit("digits", recipe, out=tmp_path / "run", **SMALL)
    assert result.config.model == "own-recipe"
    assert image_vae.load(tmp_path / "run").config.prior == Mog(components=3)


class Pooled(nn.Module):
    """A user's encoder with weights."""

    def __init__(self, width: int = 4) -> None:
        super().__init__()
        self.layer = nn.Conv2d(1, width, 3)

    def forward(self, images: Tensor) -> Tensor:
        return self.layer(images).relu().mean((2, 3))


@pytest.mark.slow
@pytest.mark.filterwarnings("error")
def test_a_module_as_encoder_is_trained_and_asked_for(tmp_path: Path) -> None:
    module = Pooled()
    before = deepcopy(module.state_dict())
    result = image_vae.fit("digits", encoder=module, out=tmp_path / "run", **SMALL)
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())
    trained = result.experiment.model.inference["z"].network.bodies["x"].module
    assert not torch.equal(trained.layer.weight, module.layer.weight)
    kept = json.loads((tmp_path / "run" / "config.json").read_text())["encoder"]
    assert (kept["source"], kept["hidden"]) == ("Pooled", [8])
    words = r"^encoder: this run used a module of class Pooled, .*load\(…, encoder=module\)"
    with pytest.raises(InputError, match=words):
        image_vae.load(tmp_path / "run")
    again = image_vae.load(tmp_path / "run", encoder=Pooled())
    np.testing.assert_array_equal(again.embeddings(), result.embeddings())
    with pytest.raises(InputError, match="encoder: expected the part of the run"):
        image_vae.load(tmp_path / "run", encoder=nn.Flatten())
    (tmp_path / "run" / "metrics.json").unlink()
    resumed = image_vae.resume(tmp_path / "run", encoder=module)
    assert all(map(torch.equal, digest(resumed), digest(result)))


def test_another_module_of_the_same_class_is_refused(tmp_path: Path) -> None:
    layers = (nn.Flatten(), nn.Linear(30, 8))
    result = image_vae.fit(NOISE, encoder=nn.Sequential(*layers), out=tmp_path / "run", **SMALL)
    with pytest.raises(InputError, match=r"encoder: expected the part of the run, .*got .*ReLU"):
        image_vae.load(tmp_path / "run", encoder=nn.Sequential(*layers, nn.ReLU()))
    path = tmp_path / "run" / "config.json"
    content = json.loads(path.read_text())
    del content["encoder"]["layers"]  # a run of an older version
    path.write_text(json.dumps(content))
    older = image_vae.load(tmp_path / "run", encoder=nn.Sequential(*layers))
    np.testing.assert_array_equal(older.embeddings(), result.embeddings())


class Unsampled(image_vae.Prior):
    """A user's prior that is only a density."""

    def build(
        self, latent: int, examples: image_vae.Examples, generator: torch.Generator
    ) -> image_vae.PriorModule:
        return UnsampledDensity()


class UnsampledDensity(image_vae.PriorModule):
    def log_prob(self, z: Tensor) -> Tensor:
        return -z.abs().sum(-1)


@pytest.mark.slow
def test_what_a_prior_cannot_give_is_left_out_and_said(tmp_path: Path) -> None:
    result = image_vae.fit("digits", prior=Unsampled(), **SMALL)
    notes: list[str] = []
    draw_run(result, tmp_path, notes.append)
    pictures = {path.stem for path in tmp_path.iterdir()}
    assert pictures == {"curves", "reconstructions", "traversals", "latent"}
    (note,) = notes
    assert note.startswith("samples.png is skipped: prior: ")
    assert note.endswith(":Unsampled cannot be sampled; implement `sample`")
    with pytest.raises(InputError, match="cannot be sampled"):
        result.sample(2)
    surgery = image_vae.evaluate(result, ["surgery"]).surgery
    assert surgery is not None
    assert surgery.mean_kl == pytest.approx(surgery.mutual_information + surgery.marginal_kl)


class Laplace(image_vae.Likelihood):
    """A user's likelihood."""

    def build(self, mean: Tensor) -> image_vae.LikelihoodHead:
        return LaplaceHead(mean)


class LaplaceHead(image_vae.LikelihoodHead):
    def forward(self, values: Tensor) -> "LaplacePixels":
        return LaplacePixels(values)


class LaplacePixels:
    def __init__(self, mean: Tensor) -> None:
        self.mean = mean

    def log_prob(self, x: Tensor) -> Tensor:
        return torch.distributions.Laplace(self.mean, 0.1).log_prob(x).flatten(2).sum(-1)


class Renyi(image_vae.Bound):
    """A user's bound, of order ½."""

    samples: int = image_vae.Field(3, ge=2)

    def build(self, penalty: image_vae.PenaltyTerm, weights: Any) -> image_vae.Objective:
        return RenyiObjective()


class RenyiObjective(image_vae.Objective):
    def __call__(self, trace: image_vae.Trace, step: int) -> image_vae.LossTerms:
        order = 0.5
        bound = torch.logsumexp((1 - order) * trace.log_w, 0) / (1 - order)
        return image_vae.LossTerms(-bound.mean(), {"recon": trace.reconstruction.mean()})


class Linear(image_vae.ImageDecoder):
    """A user's decoder."""

    def build(self, inputs: image_vae.DecoderInputs) -> nn.Module:
        (latent,) = inputs.parents.values()
        return LinearDecoder(latent, inputs.likelihood.build(inputs.mean))


class LinearDecoder(nn.Module):
    def __init__(self, latent: int, head: image_vae.LikelihoodHead) -> None:
        super().__init__()
        self.layer, self.head = nn.Linear(latent, head.start.numel()), head

    def forward(self, codes: Any) -> Any:
        return self.head(self.layer(codes["z"]).unflatten(-1, self.head.start.shape))


@pytest.mark.slow
def test_a_likelihood_a_bound_and_a_decoder_from_outside(tmp_path: Path) -> None:
    given = {"likelihood": Laplace, "bound": Renyi(samples=4), "decoder": Linear, **SMALL}
    result = image_vae.fit("digits", out=tmp_path / "run", **given)
    assert result.config.binarize == "none"
    assert result.history[0].parts.keys() == {"recon"}
    assert (
        image_vae.load(
            tmp_path / "run", likelihood=Laplace, bound=Renyi, decoder=Linear
        ).config.bound.samples
        == 4
    )


def test_a_result_is_short_and_can_be_copied(small: Any) -> None:
    result = small("vae")
    assert repr(result) == "ImageFitResult(vae on digits, 1 epochs)"
    copy = deepcopy(result)
    np.testing.assert_array_equal(copy.embeddings(), result.embeddings())


def test_a_result_can_be_pickled(tmp_path: Path) -> None:
    result = image_vae.fit(NOISE, out=tmp_path / "run", **SMALL)
    for each in (result, image_vae.load(tmp_path / "run")):
        copy = pickle.loads(pickle.dumps(each))
        np.testing.assert_array_equal(copy.embeddings(), result.embeddings())
        assert copy.metrics == result.metrics


def test_public_names_can_be_imported() -> None:
    assert "fit" in image_vae.__all__
    assert all(getattr(image_vae, name) is not None for name in image_vae.__all__)
    with pytest.raises(AttributeError, match="no attribute 'fti'"):
        _ = image_vae.fti


def test_the_weights_of_a_failed_training_can_be_used(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="NaN or infinite"):
        image_vae.fit(NOISE, out=tmp_path / "run", **{**SMALL, "lr": 1e9, "epochs": 3})
    with pytest.warns(UserWarning, match=r"training failed .*; the weights are the initial ones"):
        result = image_vae.load(tmp_path / "run")
    assert result.failure is not None
    assert np.isfinite(result.embeddings()).all()
    assert np.isfinite(image_vae.evaluate(result).to_dict()["elbo"])
    with pytest.raises(TrainingError):
        image_vae.resume(tmp_path / "run")


@pytest.fixture
def double() -> Iterator[None]:
    """The default type of tensors as a user may have set it."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def used(result: image_vae.ImageFitResult) -> list[np.ndarray]:
    """Numbers of a result that its methods return."""
    scores = image_vae.evaluate(result, samples=2, metrics=["elbo", "nll"])
    assert scores.bound is not None
    assert scores.likelihood is not None
    numbers = np.array([scores.bound.elbo, scores.likelihood.nll])
    return [result.embeddings(), result.sample(3).numpy(), numbers]


@pytest.mark.parametrize("slot", [None, "prior", "encoder"])
def test_the_default_type_of_the_user_changes_no_number(
    slot: str | None, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    encoder = nn.Sequential(nn.Flatten(), nn.Linear(30, 8))
    parts: dict[str | None, Any] = {"prior": Mog(components=3), "encoder": encoder}
    own: dict[str, Any] = {} if slot is None else {slot: parts[slot]}
    single = image_vae.fit(NOISE, out=tmp_path / "run", **SMALL, **own)
    expected = used(single)
    request.getfixturevalue("double")
    encoder.double()  # as it would be if it were created now
    loaded = image_vae.load(tmp_path / "run", **own)
    for result in (single, loaded, image_vae.fit(NOISE, **SMALL, **own)):
        assert all(weight.dtype == torch.float32 for weight in digest(result))
        for found, numbers in zip(used(result), expected, strict=True):
            np.testing.assert_array_equal(found, numbers)
    assert torch.get_default_dtype() == torch.float64


@pytest.mark.slow
def test_the_split_follows_its_own_seed() -> None:
    def split(**settings: Any) -> str:
        return str(image_vae.fit(NOISE, **SMALL, **settings).metrics["split"])

    assert split(seed=1) == split(seed=2) == split()
    assert split(split_seed=1) != split()


def test_arrays_by_name_are_the_split(tmp_path: Path) -> None:
    arrays = {"x_train": NOISE[:40], "x_val": NOISE[40:50], "x_test": torch.from_numpy(NOISE[50:])}
    result = image_vae.fit(arrays, out=tmp_path / "run", **SMALL, split_seed=3)
    again = image_vae.load(tmp_path / "run").experiment.data
    assert np.array_equal(again.test.images.array()[:, 0], NOISE[50:])
    assert again.split_fingerprint == result.metrics["split"]


@pytest.mark.slow
def test_a_run_from_before_the_seed_of_the_split_keeps_its_split(tmp_path: Path) -> None:
    settings = {"hidden": (8,), "latent": (2,), "steps": 2, "device": "cpu"}
    result = image_vae.fit("digits", out=tmp_path / "run", seed=3, split_seed=3, **settings)
    content = json.loads((tmp_path / "run" / "config.json").read_text())
    del content["data"]["split_seed"]
    (tmp_path / "run" / "config.json").write_text(json.dumps(content))
    again = image_vae.load(tmp_path / "run")
    assert again.experiment.data.split_fingerprint == result.metrics["split"]
