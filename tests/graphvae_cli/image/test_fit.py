"""`graphvae image fit`: every recipe, the user's images, the same bits from the same seed."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image

from graphvae_cli.image.fit import command
from image_vae.specs.presets import PRESETS
from image_vae.specs.recipe import CATALOGUE

SMALL = {
    "one": "--latent 3 --hidden 12",
    "hvae": "--latent 3,2 --hidden 12",
    "chain": "--latent 3,2 --hidden 12",
    "hierarchy": "--latent 4,3,2 --hidden 12",
    "labelled": "--latent 3 --hidden 12 --labels-per-class 2",
    "labelled-codes": "--latent 3,2 --hidden 12 --labels-per-class 2",
    "bidirectional": "--latent 2,2 --features 4",
    "ladder": "--latent 6,5,4,3,2 --hidden 12,11,10,9,8",
    "modalities": "--latent 3 --hidden 12 --encoder mlp --decoder mirror",
    "nvae": "--latent 2 --scales 2x2:1,4x4:2 --channels 4",
}
"""Options for a small model, by the kind of its latents."""
FILES = {
    "config.json", "environment.json", "split.json", "history.jsonl", "model.safetensors",
    "metrics.json", "curves.png", "samples.png", "reconstructions.png",
    "traversals.png", "latent.png",
}  # fmt: skip
LEVELS = {"divergences.png", "coarse-to-fine.png"}
"""Plots of three codes or more."""
FURTHER = {
    "labelled": {"labels.png", "analogies.png"},
    "labelled-codes": {*LEVELS, "labels.png", "analogies.png"},
    "hierarchy": LEVELS,
    "ladder": {*LEVELS, "temperatures.png"},
    "nvae": {*LEVELS, "temperatures.png"},
}
"""Further plots, by the kind of latents."""


def with_pictures():
    """The first preset of every combination of latents, prior, posterior and decoder."""
    first = {}
    for name, preset in PRESETS.items():
        recipe = preset.recipe
        parts = (recipe.latents, recipe.prior, recipe.posterior, recipe.decoder)
        first.setdefault(tuple(part.kind() for part in parts), name)
    return {*first.values(), "dc-ign"}  # the pictures of factors


def files(folder):
    return {path.name for path in folder.iterdir()}


@pytest.mark.slow
@pytest.mark.parametrize("name", PRESETS)
def test_every_recipe_fits(invoke, here, name, request):
    """Pictures, which take longer than to train, are drawn where parts differ."""
    pictures = name in with_pictures()
    request.getfixturevalue("drawn_pictures" if pictures else "no_image_pictures")
    recipe = PRESETS[name].recipe
    mixture = recipe.prior.kind() in ("mog", "vamp")
    dataset = "sprites-toy" if name == "dc-ign" else "digits"
    kind = recipe.latents.kind()
    arguments = ["--dataset", dataset, "--model", name, *SMALL[kind].split()]
    arguments += ["--epochs", 1, "--steps", 3]
    arguments += ["--prior-components", 4] if mixture else []
    arguments += ["--groups", "1,2"] if recipe.penalty.coordinate_groups else []
    arguments += ["--discriminator", "9,9"] if name == "factor-vae" else []
    result = invoke("image", "fit", *arguments, "--json")
    assert result.exit_code == 0
    notes = ("penalty: the schedule", "batch_size: ", "labels: ")
    assert all(line.startswith(notes) for line in result.stderr.splitlines())
    run = here / "runs" / f"{dataset}-{name}-1"
    written = json.loads((run / "metrics.json").read_text())
    del written["digests"]  # of files, which only the folder has
    assert json.loads(result.stdout) == written
    factors = {"factors.png"} if dataset == "sprites-toy" else set()
    further = factors | ({"prior.png"} if mixture else set()) | FURTHER.get(kind, set())
    expected = FILES | further
    if not pictures:
        expected = {file for file in FILES if not file.endswith(".png")}
    assert files(run) == expected
    config = json.loads((run / "config.json").read_text())
    assert (config["model"], config["training"]["steps"]) == (name, 3)
    assert kind in ("bidirectional", "ladder", "nvae") or config["encoder"]["hidden"] == [12]


def test_every_setting_is_an_option():
    assert CATALOGUE.flats.keys() <= {parameter.name for parameter in command.params}


def test_a_dry_run_prints_the_settings_and_writes_nothing(invoke, here):
    fit = ("image", "fit", "--dataset", "digits", "--model", "beta-vae")
    result = invoke(*fit, "--encoder", "conv", "--set", "training.lr=0.5", "--dry-run")
    assert result.exit_code == 0
    config = json.loads(result.stdout)
    assert (config["encoder"]["kind"], config["training"]["lr"]) == ("conv", 0.5)
    assert "encoder: conv has activation tanh (was relu with mlp)" in result.stderr
    assert list(here.iterdir()) == []


@pytest.mark.slow
def test_the_config_of_a_run_is_accepted_and_options_override_it(invoke, own_digits, here):
    config = own_digits / "config.json"
    again = ("image", "fit", "--config", config, "--quiet")
    assert invoke(*again, "--out", "again").exit_code == 0
    assert (here / "again" / "model.safetensors").read_bytes() == (
        own_digits / "model.safetensors"
    ).read_bytes()
    assert (here / "again" / "config.json").read_bytes() == config.read_bytes()
    assert invoke(*again, "--epochs", 1, "--prior", "mog", "--out", "other").exit_code == 0
    other = json.loads((here / "other" / "config.json").read_text())
    assert (other["training"]["epochs"], other["prior"]["kind"]) == (1, "mog")
    assert other["encoder"] == json.loads(config.read_text())["encoder"]


@pytest.mark.slow
def test_the_table_prints_the_data_of_each_score(invoke, here):
    result = invoke("image", "fit", "--dataset", "digits", "--hidden", 8, "--epochs", 1)
    assert (result.exit_code, result.stderr) == (0, "")
    first, *rest = result.stdout.splitlines()
    assert first.startswith("vae on digits, bernoulli likelihood, dynamic binarisation: 1,437 / 1")
    metrics = json.loads((here / "runs" / "digits-vae-1" / "metrics.json").read_text())
    (row,) = (line.split() for line in rest if line.startswith("test "))
    test = metrics["test"]
    numbers = [test["elbo"], test["reconstruction"], test["kl"]["z"]]
    assert row[1:5] == [*(f"{number:.2f}" for number in numbers), str(test["active_units"]["z"])]
    assert "graphvae image evaluate runs/digits-vae-1" in result.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "row", "message"),
    [
        (("--likelihood", "gaussian"), "–", "of a density of pixels in [0, 1]"),
        (("--binarize", "none"), "–", "a cross-entropy, which is not comparable"),
        (("--model", "annealed-vae"), "newest epoch 1", "not selected by validation"),
    ],
)
def test_the_table_notes_what_is_not_comparable(invoke, here, options, row, message):
    fit = ("image", "fit", "--dataset", "digits", "--hidden", 8, "--epochs", 1)
    result = invoke(*fit, *options)
    assert result.exit_code == 0
    assert row in next(line for line in result.stdout.splitlines() if line.startswith("valid"))
    assert message in result.stdout


@pytest.mark.slow
def test_the_seed_decides_every_bit(invoke, here):
    for out, seed in (("a", 1), ("b", 1), ("c", 2)):
        extra = ("--hidden", 8, "--steps", 5, "--seed", seed, "--quiet")
        result = invoke("image", "fit", "--dataset", "digits", *extra, "--out", out)
        assert (result.exit_code, result.output) == (0, "")
    weights = {out: (here / out / "model.safetensors").read_bytes() for out in "abc"}
    assert weights["a"] == weights["b"] != weights["c"]
    assert (here / "a" / "samples.png").read_bytes() == (here / "b" / "samples.png").read_bytes()


@pytest.mark.slow
def test_overwrite_replaces_a_run(invoke, own_digits, refused):
    arguments = ("image", "fit", "--dataset", "digits", "--hidden", 5, "--steps", 2)
    assert "already exists" in refused(*arguments, "--out", "run")
    result = invoke(*arguments, "--out", "run", "--overwrite", "--quiet")
    assert result.exit_code == 0
    assert json.loads((own_digits / "config.json").read_text())["encoder"]["hidden"] == [5]


@pytest.fixture
def drawings(here):
    """A folder of coloured pictures of two sizes in two classes, called as a dataset is."""
    random = np.random.default_rng(0)
    for name, size in (("cats", (6, 5)), ("dogs", (8, 8))):
        (here / "digits" / name).mkdir(parents=True)
        for number in range(20):
            pixels = random.integers(0, 256, (*size, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(here / "digits" / name / f"{number}.png")
    return here / "digits"


@pytest.mark.slow
def test_image_files_are_saved_in_the_run(invoke, drawings, here):
    extra = ("--size", "6x5", "--likelihood", "logistic", "--latent", 2, "--hidden", 6)
    extra += ("--batch-size", 8)
    result = invoke("image", "fit", "--images", "digits/", *extra, "--epochs", 1, "--json")
    assert (result.exit_code, result.stderr) == (0, "")
    run = here / "runs" / "digits-vae-1"
    shutil.rmtree(drawings)
    scores = invoke("image", "evaluate", run, "--json")
    assert json.loads(scores.stdout)["elbo"] == json.loads(result.stdout)["test"]["elbo"]
    assert json.loads(scores.stdout)["binarize"] == "none"
    before = (run / "latent.png").read_bytes()
    for name in ("metrics.json", "latent.png"):
        (run / name).unlink()
    assert invoke("image", "fit", "--resume", "--out", run, "--quiet").exit_code == 0
    assert (run / "latent.png").read_bytes() == before  # the classes' names too


@pytest.mark.slow
def test_an_npz_of_ones_own(invoke, here):
    images = np.random.default_rng(0).random((50, 4, 6))
    np.savez(here / "own.npz", images=images, labels=np.arange(50) % 3)
    extra = ("--images", "own.npz", "--hidden", 6, "--epochs", 1, "--out", "run", "--quiet")
    assert invoke("image", "fit", *extra).exit_code == 0
    (here / "own.npz").unlink()
    result = invoke("image", "embed", "run", "--out", "z.npz", "--part", "train")
    assert (result.exit_code, result.stderr) == (0, "")
    assert np.load("z.npz")["embedding"].shape == (40, 50)
