"""Bad input of the image commands: one line, exit status 2, nothing written."""

import json
import shutil

import pytest

FIT = ("image", "fit")
DIGITS = (*FIT, "--dataset", "digits")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (FIT, "expected --dataset NAME (of digits, "),
        ((*DIGITS, "--images", "x"), "got both"),
        ((*FIT, "--dataset", "mnits"), "mnist"),
        ((*FIT, "--dataset", "ogbl-ddi"), "ogbl-ddi is a dataset for `graphvae fit`"),
        ((*DIGITS, "--model", "vamp"), "vamp-vae"),
        ((*DIGITS, "--size", "8x8"), "size: it requires --images FOLDER"),
        ((*DIGITS, "--irregular", "skip"), "irregular: allowed only with a folder of images"),
        ((*FIT, "--images", "no/where.npz"), "no/where.npz"),
        ((*FIT, "--images", "x", "--size", "8"), "expected HEIGHTxWIDTH, such as 28x28, got '8'"),
        (
            (*DIGITS, "--latent", "3,x"),
            "expected comma-separated integers, such as 100,50, got '3,x'",
        ),
        ((*DIGITS, "--latent", "3,2"), "--latent: one has 1 codes"),
        ((*DIGITS, "--gamma", "2"), "--gamma: penalty weight has no such setting; --penalty cap"),
        ((*DIGITS, "--label", "class"), "--label: is predicted from the first group"),
        ((*DIGITS, "--model", "hfvae", "--label", "shape"), "label: expected one of class for"),
        ((*DIGITS, "--model", "hfvae", "--label-weight", 2), "--label-weight: requires a label"),
        ((*DIGITS, "--lr", "-1"), "--lr: expected a positive number, got -1.0"),
        ((*DIGITS, "--prior", "vamp-data", "--prior-components", 2000), "the 1437 examples"),
        ((*DIGITS, "--prior", "vmap"), "--prior: expected one of normal, mog, vamp, vamp-data, "),
        ((*DIGITS, "--prior", "no_such:Prior"), "--prior: cannot import no_such:Prior ("),
        ((*DIGITS, "--prior", "os:system"), "--prior: expected a class derived from Prior, got"),
        ((*DIGITS, "--set", "prior.df=3"), "--set prior.df: prior normal has no such setting"),
        ((*DIGITS, "--set", "training.lr=0"), "--set training.lr: expected a positive number, "),
        ((*DIGITS, "--lr", "1", "--set", "training.lr=1"), "--set training.lr: also set by --lr"),
        ((*DIGITS, "--config", "no.toml"), "no.toml: cannot be read"),
        ((*DIGITS, "--network", "conv"), "No such option"),
        ((*DIGITS, "--device", "tpu"), "device: expected auto, cpu"),
        ((*DIGITS, "--overwrite"), "overwrite: expected --out RUN"),
        ((*FIT, "--resume"), "resume: expected --out RUN"),
        ((*FIT, "--resume", "--out", "no"), "expected a run folder at no, found nothing"),
        ((*FIT, "--resume", "--out", "no", "--lr", "1"), "leave out --lr"),
        (("image", "evaluate", "no"), "expected a run folder at no, found nothing"),
        (("image", "evaluate", "no", "--metrics", "nil"), "metrics: expected some of elbo"),
        (("image", "sample", "no", "-o", "x.pdf"), "expected a path ending in .png or .npy"),
        (("image", "embed", "no", "-o", "x.pdf"), "expected a path ending in one of"),
        (("image", "recipes", "hvea"), "hvae"),
        (("image", "draw"), "unknown command 'draw'; --help lists"),
    ],
)
def test_bad_input(refused, arguments, words):
    assert words in refused(*arguments)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("traverse", "run", "--latent-index", 3), "latent-index: expected a number from 0 to 2"),
        (("traverse", "run", "--layer", "z2"), "layer: expected one of z, got 'z2'"),
        (("embed", "run", "--layer", "z2", "-o", "z.csv"), "layer: expected one of z, got 'z2'"),
        (
            ("evaluate", "run", "--images", "x.npy", "--part", "val"),
            "part: it selects from the run's dataset",
        ),
        (
            ("evaluate", "run", "--images", "x.npy", "--metrics", "mig"),
            "mig need the run's data",
        ),
        (("embed", "run", "--images", "x.npy", "-o", "z.csv"), "expected a folder or a file x.npy"),
        (("reconstruct", "run", "--size", "8x8"), "size, irregular: these require --images FOLDER"),
    ],
)
def test_what_a_run_does_not_have(refused, own_digits, arguments, words):
    assert words in refused("image", *arguments)


@pytest.mark.parametrize(
    "arguments",
    [
        ("evaluate", "run"),
        ("predict", "run"),
        ("embed", "run", "-o", "z.csv"),
        ("neighbors", "run", "--node", "1"),
        ("audit", "run"),
        ("report", "run"),
        ("compare", "run", "again"),
        ("fit", "--resume", "--out", "run"),
    ],
)
def test_a_graph_command_refuses_an_image_run(refused, own_digits, here, arguments):
    shutil.copytree(own_digits, here / "again")
    words = "expected a run on a graph, got a run on images in run; `graphvae image --help` lists"
    assert words in refused(*arguments)


@pytest.mark.parametrize(
    "arguments",
    [
        ("evaluate", "run"),
        ("sample", "run"),
        ("reconstruct", "run"),
        ("traverse", "run"),
        ("embed", "run", "-o", "z.csv"),
        ("fit", "--resume", "--out", "run"),
    ],
)
def test_an_image_command_refuses_a_graph_run(refused, own_run, arguments):
    words = "expected a run on images, got a run on a graph in run; `graphvae --help` lists its"
    assert words in refused("image", *arguments)


@pytest.mark.parametrize("name", ["config.json", "split.json", "metrics.json", "model.safetensors"])
def test_a_damaged_file_is_named(refused, own_digits, name):
    (own_digits / name).write_text("[")
    assert name in refused("image", "evaluate", "run")


def test_a_run_that_is_not_finished(refused, own_digits):
    (own_digits / "metrics.json").unlink()
    assert "not finished; continue it with --resume" in refused("image", "sample", "run")


def test_other_images_under_the_same_name(refused, own_digits):
    split = json.loads((own_digits / "split.json").read_text())
    (own_digits / "split.json").write_text(json.dumps({**split, "split_fingerprint": "0" * 64}))
    assert "the images of digits are not those of the run" in refused("image", "sample", "run")
