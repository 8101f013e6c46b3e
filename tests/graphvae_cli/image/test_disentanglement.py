"""`graphvae image evaluate` on a dataset with known factors."""

import json

import pytest

pytestmark = pytest.mark.usefixtures("no_image_pictures")

FEW = ("--votes", 200, "--draws", 100, "--aggregate", 200, "--codes", 400)


@pytest.fixture(scope="module")
def sprites_run(invoke, tmp_path_factory):
    folder = tmp_path_factory.mktemp("sprites") / "run"
    sizes = ("--latent", 3, "--hidden", 16, "--epochs", 1)
    fitted = invoke("image", "fit", "--dataset", "sprites-toy", *sizes, "--out", folder, "--quiet")
    assert (fitted.exit_code, fitted.output) == (0, "")
    return folder


@pytest.mark.slow
def test_json_is_what_the_library_returns(invoke, sprites_run):
    from image_vae.disentanglement.measure import Effort
    from image_vae.disentanglement.report import disentanglement
    from image_vae.results.result import load

    names = ("higgins", "mig", "tc")
    options = ("--metrics", ",".join(names), "--pairs", 16, *FEW, "--json")
    values = json.loads(invoke("image", "evaluate", sprites_run, *options).stdout)
    effort = Effort(pairs=16, votes=200, test_votes=100, draws=100)
    expected = disentanglement(
        load(sprites_run).experiment, names, codes=400, aggregate=200, effort=effort
    )
    assert values["disentanglement"] == expected.to_dict()


@pytest.mark.slow
def test_a_table_has_a_column_for_each_baseline(invoke, sprites_run):
    options = ("--metrics", "elbo,factorvae,dci,mi", "--baselines", "pixels,pca,untrained", *FEW)
    result = invoke("image", "evaluate", sprites_run, *options)
    assert (result.exit_code, result.stderr) == (0, "")
    lines = [line.split() for line in result.stdout.splitlines()]
    assert ["model", "untrained", "pca", "pixels"] in lines
    (mi,) = (line for line in lines if line[:1] == ["mi"])
    assert mi[3:] == ["–", "–"]
    assert any(line[:1] == ["ELBO"] for line in lines)
    assert "factors shape, x, y; 400 images; mig, tc, mi: q(z) of 200 images" in result.stdout


@pytest.mark.slow
def test_baselines_alone_are_refused(invoke, sprites_run):
    result = invoke("image", "evaluate", sprites_run, "--baselines", "pca")
    assert result.exit_code == 2
    assert "baselines: expected at least one of --metrics higgins" in result.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--metrics", "higins"), "did you mean higgins?"),
        (("--metrics", "mig", "--baselines", "icca"), "baselines: expected some of untrained"),
        (("--metrics", "dci"), "dci need a dataset with known factors"),
    ],
)
def test_bad_names_and_data_are_refused(invoke, digits_run, arguments, words):
    result = invoke("image", "evaluate", digits_run, *arguments)
    assert result.exit_code == 2
    assert words in result.stderr
    assert len(result.stderr.splitlines()) == 1
