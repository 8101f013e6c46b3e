"""`graphvae image fit --label`: its scores, and the other commands on such a run."""

import json
import shutil

import numpy as np
import pytest

HFVAE = ("--model", "hfvae", "--hidden", 16, "--latent", 4, "--groups", "1,3", "--epochs", 3)


@pytest.fixture
def own_shapes(here):
    """Pictures with the factors of the small sprites, in a file."""
    from graphvae_data.images.images import load_images

    data = load_images("sprites-toy")
    pictures, factors = data.whole.images.array(), data.factors.of_row
    np.savez(here / "own.npz", images=pictures.squeeze(1), factors=factors)
    return here / "own.npz"


@pytest.mark.slow
def test_a_factor_as_label_is_printed_and_scored(invoke, here):
    arguments = ("image", "fit", "--dataset", "sprites-toy", *HFVAE, "--label", "shape")
    result = invoke(*arguments, "--out", "run")
    assert (result.exit_code, result.stderr[:11]) == (0, "batch_size:")
    metrics = json.loads((here / "run" / "metrics.json").read_text())
    header, _, row = result.stdout.splitlines()[2:5]
    assert header.endswith("label accuracy")
    assert row.split()[-1] == f"{metrics['test']['label_accuracy']:.3f}"
    assert "the ELBO of the image alone has KL weight 1" in result.stdout
    for line in (here / "run" / "history.jsonl").read_text().splitlines():
        assert 0 < json.loads(line)["label"] < 3
    assert invoke("image", "evaluate", "run", "--metrics", "elbo", "--json").exit_code == 0


@pytest.mark.slow
def test_every_other_command_accepts_a_run_with_a_label(invoke, own_shapes, here):
    """The pictures travel with the run, and so do the labels."""
    arguments = ("image", "fit", "--images", own_shapes, *HFVAE, "--label", "factor-0", "--quiet")
    result = invoke(*arguments, "--out", "run")
    assert (result.exit_code, result.output) == (0, "")
    shutil.move(own_shapes, here / "gone.npz")
    nll = ("--metrics", "elbo,nll,surgery", "--samples", 20, "--limit", 10)
    for words in (
        ("evaluate", "run", *nll),
        ("sample", "run", "-n", 4, "-o", "s.png"),
        ("reconstruct", "run", "-n", 4, "-o", "r.png"),
        ("traverse", "run", "-o", "t.png"),
        ("embed", "run", "-o", "z.csv"),
    ):
        assert invoke("image", *words).exit_code == 0, words


@pytest.mark.slow
def test_a_killed_run_with_a_label_is_resumed_to_the_same_bits(invoke, here, outcome):
    arguments = ("image", "fit", "--dataset", "sprites-toy", *HFVAE, "--label", "shape", "--quiet")
    assert invoke(*arguments, "--out", "whole").exit_code == 0
    shutil.copytree(here / "whole", here / "again")
    (here / "again" / "metrics.json").unlink()
    assert invoke("image", "fit", "--resume", "--out", "again", "--quiet").exit_code == 0
    assert outcome(here / "again") == outcome(here / "whole")


@pytest.fixture(scope="module")
def m2_run(tmp_path_factory):
    """A small M2 on digits, with every label known."""
    from image_vae import fit

    folder = tmp_path_factory.mktemp("m2") / "run"
    fit("digits", "m2", hidden=(64,), latent=(2,), epochs=5, batch_size=50, lr=5e-3, out=folder)
    return folder


@pytest.mark.slow
def test_samples_of_a_label_look_like_its_class(invoke, here, m2_run):
    from graphvae_data.images.images import load_images

    test = load_images("digits").test
    means = {}
    for value in (0, 6):
        words = ("sample", m2_run, "-n", 50, "--label", value, "--seed", 1, "-o", f"{value}.npy")
        assert invoke("image", *words).exit_code == 0
        digits = test.images.array()[test.labels == value].mean(0) / 255
        means[value] = (np.load(here / f"{value}.npy").mean(0), digits)
    for value, other in ((0, 6), (6, 0)):
        drawn, digits = means[value]
        assert np.abs(drawn - digits).mean() < np.abs(drawn - means[other][1]).mean()


@pytest.mark.slow
def test_a_label_that_cannot_be_sampled_is_refused(invoke, here, m2_run, digits_run):
    for run, label, message in (
        (m2_run, "10", "label: expected one of 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, got 10"),
        (m2_run, "three", "or a number, got 'three'"),
        (digits_run, "3", "label: the label of the model is not a latent variable"),
    ):
        result = invoke("image", "sample", run, "--label", label, "-o", "s.png")
        assert result.exit_code == 2
        assert message in result.stderr


@pytest.mark.slow
def test_a_label_is_given_as_in_the_images_by_number_or_name(invoke, here):
    """Classes need not be numbered from 0, and the names of folders may have underscores."""
    from PIL import Image

    from graphvae_data.images.images import load_images

    digits = load_images("digits").train
    labels = np.array([3, 5, 7, -1])[np.arange(40) % 4]
    np.savez(here / "own.npz", images=digits.images.take(np.arange(40))[:, 0], labels=labels)
    for number in range(24):
        folder = here / "folder" / ("big_cat" if number % 2 else "dog")
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(digits.images.take(np.array([number]))[0, 0]).save(folder / f"{number}.png")
    small = ("--model", "m2", "--hidden", 8, "--latent", 2, "--epochs", 1, "--quiet")
    assert invoke("image", "fit", "--images", "own.npz", *small, "--out", "own").exit_code == 0
    assert invoke("image", "fit", "--images", "folder", *small, "--out", "pets").exit_code == 0
    for run, label, status in (
        ("own", "5", 0), ("own", "1", 2), ("pets", "big_cat", 0), ("pets", "big cat", 0)
    ):  # fmt: skip
        result = invoke(
            "image", "sample", run, "--label", label, "-n", 2, "-o", f"{run}{label}.npy"
        )
        assert result.exit_code == status, (run, label, result.stderr)
    assert "label: expected one of 3, 5, 7, got 1" in invoke(
        "image", "sample", "own", "--label", "1", "-o", "s.png"
    ).stderr  # fmt: skip


def test_the_seed_of_labels_that_are_not_chosen_is_refused(refused):
    fit = ("image", "fit", "--dataset", "digits", "--label-seed", 4)
    assert "label-seed: requires labels_per_class" in refused(*fit, "--model", "m2")
