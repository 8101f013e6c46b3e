"""From attributes to images and codes and back, by a trained model on easy images."""

from pathlib import Path

import numpy as np
import pytest
import torch

import image_vae
from graphvae_data.core.errors import InputError
from image_vae.imagination.classifier import JudgeSettings, obtain_judge
from image_vae.imagination.imagine import attribute_codes, columns_of, concept_of, describe, imagine
from image_vae.imagination.lattice import above, lattice
from image_vae.imagination.queries import draw_queries
from image_vae.imagination.three_cs import three_cs
from image_vae.plots.lattice import draw_lattice
from image_vae.plots.pictures import ImageCaption

FAST = JudgeSettings(channels=(8,), kernel=3, hidden=16, steps=150, batch_size=32, lr=1e-2)


def arrays() -> dict[str, np.ndarray]:
    """Bars: at the left or right, of half or full height; with a pixel of noise."""
    random = np.random.default_rng(0)
    attributes = random.integers(2, size=(400, 2))
    images = np.zeros((400, 8, 8), np.uint8)
    for image, (right, full) in zip(images, attributes, strict=True):
        image[(0 if full else 4) :, (5 if right else 1) : (7 if right else 3)] = 255
        image[random.integers(8), 4] = 255
    names = np.array(["place=left", "place=right", "height=half", "height=full"])
    return {"images": images, "attributes": attributes, "attribute_values": names}


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> image_vae.ImageFitResult:
    """A trained MVAE, which learns from subsets of the attributes too; loaded again."""
    folder = tmp_path_factory.mktemp("bars") / "run"
    path = folder.parent / "bars.npz"
    np.savez(path, **arrays())
    image_vae.fit(
        path, "mvae", encoder="mlp", decoder="mirror", hidden=(32,), attribute_hidden=(16,),
        latent=(4,), lr=5e-3, epochs=25, batch_size=32, binarize="threshold", out=folder,
    )  # fmt: skip
    return image_vae.load(folder)


@pytest.mark.slow
def test_values_that_no_training_image_has_are_noted_and_cannot_be_given(tmp_path: Path) -> None:
    data = arrays()
    data["attributes"][:, 1] = -1
    data["attributes"][-1, 1] = 1
    parts = np.zeros(400, np.int64)
    parts[-40:-20], parts[-20:] = 1, 2
    lines = list[str]()
    result = image_vae.fit(
        {**data, "parts": parts}, "mvae", encoder="mlp", decoder="mirror", hidden=(8,),
        attribute_hidden=(4,), latent=(2,), epochs=1, binarize="threshold", out=tmp_path / "run",
        options=image_vae.FitOptions(announce=lines.append),
    )  # fmt: skip
    (note,) = [line for line in lines if line.startswith("attributes:")]
    assert "no training image has height=half, height=full" in note
    with pytest.raises(InputError, match="given: no training image has height=full"):
        imagine(result, {"height": "full"}, 1)


def is_right(images: torch.Tensor) -> torch.Tensor:
    return images[:, 0, :, 5:7].mean((1, 2)) > images[:, 0, :, 1:3].mean((1, 2))


def is_full(images: torch.Tensor) -> torch.Tensor:
    return images[:, 0, :4, [1, 2, 5, 6]].sum((1, 2)) > 4


@pytest.mark.slow
def test_concepts_are_imagined_whole_and_in_part(result: image_vae.ImageFitResult) -> None:
    whole = imagine(result, {"place": "right", "height": "half"}, 20)
    assert is_right(whole).float().mean() > 0.9
    assert is_full(whole).float().mean() < 0.1
    part = imagine(result, {"place": "left"}, 60)
    assert is_right(part).float().mean() < 0.1
    assert 0.1 < is_full(part).float().mean() < 0.9
    assert torch.equal(imagine(result, {}, 3), result.sample(3))
    assert torch.equal(whole, imagine(result, {"place": "right", "height": "half"}, 20))


@pytest.mark.slow
def test_attributes_are_read_off_images(result: image_vae.ImageFitResult) -> None:
    described = describe(result, "test")
    table = columns_of(result).table
    truth = table.of_row[result.experiment.data.test.rows]
    assert (described.predicted == truth).mean() > 0.95
    columns = described.columns()
    assert list(columns) == ["place", "p(place)", "height", "p(height)"]
    assert set(columns["place"]) == {"left", "right"}
    assert min(result.metrics["test"]["attribute_accuracy"].values()) > 0.95


@pytest.mark.slow
def test_codes_of_attributes_differ_by_attributes_only(result: image_vae.ImageFitResult) -> None:
    codes = attribute_codes(result, "test")
    truth = columns_of(result).table.of_row[result.experiment.data.test.rows]
    assert len(np.unique(codes.round(5), axis=0)) == len(np.unique(truth, axis=0))


@pytest.mark.usefixtures("drawn_pictures")
@pytest.mark.slow
def test_a_lattice_has_every_concept(result: image_vae.ImageFitResult, tmp_path: Path) -> None:
    levels = lattice(result, {"place": "left", "height": "full"}, 4)
    assert [len(level) for level in levels] == [1, 2, 1]
    assert [node.title for node in levels[1]] == ["left", "full"]
    assert above(levels[0][0], levels[1][1])
    assert not above(levels[0][0], levels[2][0])
    draw_lattice(tmp_path / "lattice.png", ImageCaption.of(result), levels)
    assert (tmp_path / "lattice.png").stat().st_size > 1_000
    with pytest.raises(InputError, match="1 to 5 attributes"):
        lattice(result, {})


@pytest.mark.slow
def test_the_three_cs_of_a_good_model(
    result: image_vae.ImageFitResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRAPHVAE_HOME", str(tmp_path))
    feeds = [result.experiment.feed(part) for part in ("train", "test")]
    content = result.experiment.data.split_fingerprint
    judge = obtain_judge(*feeds, content, FAST)
    assert judge.good
    steps: list[None] = []
    again = obtain_judge(*feeds, content, FAST, on_step=lambda: steps.append(None))
    assert (again.sha256, again.accuracy, steps) == (judge.sha256, judge.accuracy, [])
    test = columns_of(result).table.of_row[result.experiment.data.test.rows]
    one, both = three_cs(result, judge, draw_queries(test, 30, 10, seed=0))
    assert (one.given, both.given) == (1, 2)
    assert both.correctness.mean > 0.8
    assert both.coverage is None
    assert one.coverage.mean <= one.ceiling + 0.02
    assert set(both.by_attribute) == {"place", "height"}


@pytest.mark.slow
def test_a_poor_judge_may_not_judge(
    result: image_vae.ImageFitResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRAPHVAE_HOME", str(tmp_path))
    poor = JudgeSettings(channels=(1,), kernel=3, hidden=1, steps=1, batch_size=2, lr=1e-9)
    feeds = [result.experiment.feed(part) for part in ("train", "test")]
    judge = obtain_judge(*feeds, "poor", poor)
    queries = draw_queries(np.zeros((2, 2), np.int64), 2, 2, seed=0)
    with pytest.raises(InputError, match=r"at least 0\.95 on every attribute, got .* place 0"):
        three_cs(result, judge, queries)


def test_concepts_as_text() -> None:
    assert concept_of(" digit = 3 ,scale=big,") == {"digit": "3", "scale": "big"}
    for text in ("digit", "digit=", "a=1,a=2"):
        with pytest.raises(InputError, match="given: "):
            concept_of(text)


def test_a_model_of_images_alone_imagines_nothing(small) -> None:
    with pytest.raises(InputError, match="vae observes no attributes; fit telbo"):
        imagine(small("vae"), {"class": "3"}, 1)
