"""`graphvae image sample`, `reconstruct` and `traverse`: pictures and arrays."""

import numpy as np
import pytest
from PIL import Image

from image_vae.results.result import load


def read(path):
    return np.load(path, allow_pickle=False)


@pytest.mark.parametrize(
    ("command", "picture"),
    [("sample", "samples"), ("reconstruct", "reconstructions"), ("traverse", "traversals")],
)
def test_without_options_it_is_the_plot_of_fit(invoke, own_digits, command, picture):
    path = own_digits / f"{picture}.png"
    before = path.read_bytes()
    path.unlink()
    result = invoke("image", command, "run")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.endswith(f" in run/{picture}.png\n")
    assert path.read_bytes() == before
    assert invoke("image", command, "run").stdout.endswith(f" in run/{picture}-2.png\n")
    assert path.read_bytes() == before


def test_samples_are_seeded(invoke, digits_run, here):
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        arguments = ("-n", 3, "--seed", seed, "--out", f"{name}.npy")
        result = invoke("image", "sample", digits_run, *arguments)
        assert result.stdout == f"3 images, 3×1×8×8 in {name}.npy\n"
    a, b, c = (read(f"{name}.npy") for name in "abc")
    assert a.dtype == np.float32
    assert ((a > 0) & (a < 1)).all()
    assert np.array_equal(a, b)
    assert not np.array_equal(a, c)
    assert np.array_equal(a, load(digits_run).sample(3, seed=5).numpy())


def test_reconstructions_of_a_part(invoke, digits_run, here):
    arguments = ("-n", 4, "--part", "train", "-o", "r.npy")
    result = invoke("image", "reconstruct", digits_run, *arguments)
    assert (result.exit_code, result.stderr) == (0, "")
    inputs, outputs = read("r.npy")
    assert inputs.shape == outputs.shape == (4, 1, 8, 8)
    assert len(np.unique(inputs)) > 2  # as they are, not binarised
    assert invoke("image", "reconstruct", digits_run, "-n", 1, "-o", "r.png").exit_code == 0
    with Image.open("r.png") as picture:
        assert picture.format == "PNG"


def test_traversals_by_index(invoke, digits_run, here):
    arguments = ("--latent-index", "2,0", "--layer", "z", "--image", 7, "-o", "t.npy")
    result = invoke("image", "traverse", digits_run, *arguments)
    assert result.stdout == "z: coordinates 2, 0, 2×11×1×8×8 in t.npy\n"
    pixels = read("t.npy")
    assert pixels.shape == (2, 11, 1, 8, 8)
    assert not np.allclose(pixels[0, 0], pixels[0, -1])
