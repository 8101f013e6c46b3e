"""Bad input: one line that names the fault, exit status 2, nothing written."""

import json
import math
import re
import shutil

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

SETTINGS = {
    "unknown dataset": (["--dataset", "coar"], ["coar", "did you mean cora?", "les-miserables"]),
    "unknown model": (["--model", "vgea"], ["vgea", "did you mean vgae?"]),
    "unknown loss": (["--loss", "papers"], ["--loss", "papers", "elbo"]),
    "unknown option": (["--epoch", "5"], ["--epoch", "--epochs"]),
    "stray argument": (["edges.csv"], ["edges.csv", "--dataset or --graph"]),
    "option without its value": (["--lr"], ["--lr"]),
    "text for a number": (["--epochs", "many"], ["--epochs", "many"]),
    "fraction for a whole number": (["--hidden", "1.5"], ["--hidden", "1.5"]),
    "zero repeats": (["--repeats", "0"], ["repeats", "0"]),
    "negative repeats": (["--repeats", "-1"], ["repeats", "-1"]),
    "zero lr": (["--lr", "0"], ["--lr: expected a positive number", "got 0"]),
    "nan lr": (["--lr", "nan"], ["--lr: expected a positive number, got nan"]),
    "zero batch": (["--loss", "sampled", "--batch-size", "0"], ["--batch-size", "0"]),
    "batches of all pairs": (["--batch-size", "9"], ["--batch-size", "--loss sampled", "paper"]),
    "prior of a point": (["--model", "gae", "--prior", "mog"], ["prior", "vgae", "gae"]),
    "prior of an adversary": (["--model", "arvgae", "--prior", "mog"], ["--prior", "mog"]),
    "components of a normal": (["--prior-components", "5"], ["prior-components", "mog", "normal"]),
    "warm-up of another": (["--penalty", "free-bits", "--warmup", "5"], ["--warmup", "weight"]),
    "iwae of weighted pairs": (["--bound", "iwae"], ["--bound", "loss elbo", "paper"]),
    "iwae with a warm-up": (
        ["--bound", "iwae", "--loss", "elbo", "--warmup", "3"],
        ["--penalty", "iwae"],
    ),
    "draws of one": (["--samples", "5"], ["--samples", "elbo"]),
    "dropout 1": (["--dropout", "1"], ["--dropout: expected a number from 0 up to 1, got 1.0"]),
    "negative seed": (["--seed", "-1"], ["--seed: expected a whole number of at least 0, got -1"]),
    "negative checkpoint seconds": (["--checkpoint-every", "-1"], ["checkpoint-every", "-1"]),
    "nan checkpoint seconds": (["--checkpoint-every", "nan"], ["checkpoint-every", "nan"]),
    "val fraction 1": (["--val-fraction", "1"], ["--val-fraction: expected a number between 0"]),
    "fractions that take all": (
        ["--val-fraction", "0.5", "--test-fraction", "0.5"],
        ["--val-fraction: 0.5 and a test fraction of 0.5 leave no edges"],
    ),
    "nonsense device": (["--device", "gpu"], ["device", "gpu", "cuda"]),
    "a device torch knows and we do not": (["--device", "meta"], ["device", "meta"]),
    "negative device": (["--device", "cuda:-1"], ["device", "cuda:-1"]),
    "device that is not there": (["--device", "cuda:99"], ["device", "cuda:99", "--device cpu"]),
    "second processor": (["--device", "cpu:7"], ["device", "cpu:7"]),
    "split file that is not there": (["--split", "none.npz"], ["split", "none.npz"]),
    "overwrite of nothing named": (["--overwrite"], ["overwrite", "--out"]),
}


@pytest.fixture
def nothing_is_loaded(monkeypatch):
    """Settings are looked at before a graph is: nothing may be downloaded for a typing mistake."""
    import graphvae.runs.fit

    monkeypatch.setattr(graphvae.runs.fit, "open_input", None)


@pytest.mark.parametrize(("arguments", "named"), SETTINGS.values(), ids=SETTINGS)
@pytest.mark.usefixtures("nothing_is_loaded")
def test_settings_are_refused_before_anything_is_loaded(refused, arguments, named):
    dataset = [] if "--dataset" in arguments else ["--dataset", "cora"]
    line = refused("fit", *dataset, *arguments)
    for word in named:
        assert word in line


@pytest.mark.parametrize(
    "name",
    [
        "unknown dataset",
        "unknown option",
        "zero lr",
        "fractions that take all",
        "overwrite of nothing named",
    ],
)
@pytest.mark.usefixtures("nothing_is_loaded")
def test_repeats_refuse_the_same_settings(refused, name):
    arguments, named = SETTINGS[name]
    dataset = [] if "--dataset" in arguments else ["--dataset", "cora"]
    out = [] if "--overwrite" in arguments else ["--out", "runs"]
    line = refused("fit", "--repeats", 2, *dataset, *out, *arguments)
    for word in named:
        assert word in line


@pytest.mark.usefixtures("nothing_is_loaded")
def test_a_dataset_must_be_named(refused):
    line = refused("fit")
    assert "--dataset NAME" in line
    assert "karate" in line


@pytest.mark.parametrize("repeats", [1, 2])
@pytest.mark.parametrize("fraction", ["val-fraction", "test-fraction"])
def test_fractions_that_leave_a_part_empty(refused, fraction, repeats):
    arguments = ("--dataset", "karate", "--repeats", repeats, "--out", "run")
    line = refused("fit", *arguments, f"--{fraction}", 0.01)  # of 78 edges: none
    assert f"--{fraction}: 0.01 of 78 edges" in line


def test_split_refuses_fractions_too(refused):
    line = refused("split", "s.npz", "--dataset", "karate", "--val-fraction", 0.01)
    assert "--val-fraction: 0.01 of 78 edges" in line
    assert "val-fraction" in refused("split", "s.npz", "--dataset", "cora", "--val-fraction", "nan")
    assert "seed" in refused("split", "s.npz", "--dataset", "cora", "--seed", -1)


@pytest.mark.parametrize("repeats", [1, 2])
def test_a_split_of_another_graph(refused, invoke, repeats):
    created = json.loads(invoke("split", "s.npz", "--dataset", "les-miserables", "--json").stdout)
    arguments = ("--split", "s.npz", "--out", "run", "--repeats", repeats)
    line = refused("fit", "--dataset", "karate", *arguments)
    assert "another graph" in line
    assert created["graph"][:12] in line


@pytest.mark.slow
def test_a_damaged_split_is_refused_wherever_the_damage_is(refused, invoke, here):
    created = json.loads(invoke("split", "s.npz", "--dataset", "karate", "--json").stdout)
    whole = (here / "s.npz").read_bytes()
    damaged = {"empty": b"", "text": b"not a split", "cut": whole[: len(whole) // 2]}
    damaged |= {"half a number": whole[:-1], "pickle": b"\x80\x04N."}
    for content in damaged.values():
        (here / "s.npz").write_bytes(content)
        assert "s.npz" in refused("split", "s.npz")
        assert "s.npz" in refused("fit", "--dataset", "karate", "--split", "s.npz")
    for place in range(0, len(whole), 7):
        (here / "s.npz").write_bytes(
            whole[:place] + bytes([whole[place] ^ 0x5A]) + whole[place + 1 :]
        )
        result = invoke("split", "s.npz", "--json")
        if result.exit_code == 0:  # a byte that carries nothing, such as a time stamp
            assert json.loads(result.stdout)["fingerprint"] == created["fingerprint"]
        else:
            assert result.stderr.startswith("Error: split: s.npz")
            assert len(result.stderr.splitlines()) == 1


def test_an_array_is_not_a_split(refused, here):
    np.save(here / "array.npy", np.zeros(3))
    (here / "array.npy").rename(here / "s.npz")
    assert "s.npz" in refused("split", "s.npz")
    np.savez(here / "s.npz", train=np.zeros((2, 3)))
    assert "s.npz" in refused("split", "s.npz")


def test_split_files_are_guarded(refused, invoke, here):
    assert "FILE" in refused("split")
    assert ".npz" in refused("split", "s.csv", "--dataset", "karate")
    assert "none.npz" in refused("split", "none.npz")
    invoke("split", "s.npz", "--dataset", "karate")
    assert "--overwrite" in refused("split", "s.npz", "--dataset", "karate", "--seed", 1)
    (here / "folder.npz").mkdir()
    line = refused("split", "folder.npz", "--dataset", "karate", "--overwrite")
    assert "folder.npz" in line
    assert "s.npz" in refused("split", "s.npz/s.npz", "--dataset", "karate")


READERS = {
    "evaluate": ["evaluate", "run"],
    "embed": ["embed", "run", "--out", "z.npy"],
    "predict": ["predict", "run", "--out", "links.csv"],
    "resume": ["fit", "--resume", "--out", "run"],
}
READING = pytest.mark.parametrize("command", READERS.values(), ids=READERS)


@READING
def test_a_folder_that_is_not_a_run(refused, here, command):
    assert "run" in refused(*command)
    (here / "run").write_text("a file")
    assert "found a file" in refused(*command)
    (here / "run").unlink()
    (here / "run").mkdir()
    assert "config.json" in refused(*command)


@READING
@pytest.mark.parametrize("lost", ["config.json", "split.npz", "model.safetensors"])
def test_a_run_that_lacks_a_file(refused, own_run, command, lost):
    (own_run / lost).unlink()
    line = refused(*command)
    assert lost in line
    assert "run" in line


@pytest.mark.parametrize("name", ["evaluate", "embed", "predict"])
def test_an_unfinished_run_names_the_command_to_resume(refused, own_run, name):
    (own_run / "metrics.json").unlink()
    assert "--resume" in refused(*READERS[name])


FILES = ("config.json", "metrics.json", "model.safetensors", "split.npz")


@READING
@pytest.mark.parametrize("file", FILES)
def test_a_run_with_a_damaged_file(refused, own_run, command, file):
    whole = (own_run / file).read_bytes()
    for content in (b"", b"\xff\xfe\x00nonsense", whole[: len(whole) // 2]):
        (own_run / file).write_bytes(content)
        assert file in refused(*command)


@READING
@pytest.mark.parametrize("file", ["config.json", "metrics.json"])
@pytest.mark.parametrize("content", ["{}", "[]", "5", "null", '["a"]', '[["a"]]'])
def test_json_that_is_not_what_the_file_holds(refused, own_run, command, file, content):
    (own_run / file).write_text(content)
    assert file in refused(*command)


@READING
def test_history_that_is_not_what_the_file_holds(refused, own_run, command):
    for content in ("5\n", '{"epoch": 1}\n', "nonsense\n"):
        (own_run / "history.jsonl").write_text(content)
        assert "history.jsonl" in refused(*command)


@pytest.mark.parametrize("content", ["5\n", '{"epoch": 1}\n', "nonsense\n"])
def test_a_damaged_history_cannot_be_continued(refused, own_run, content):
    (own_run / "metrics.json").unlink()
    (own_run / "history.jsonl").write_text(content)
    assert "history.jsonl" in refused("fit", "--resume", "--out", "run")


def test_a_damaged_checkpoint_cannot_be_continued(refused, own_run):
    (own_run / "metrics.json").unlink()
    torch.save({"epoch": torch.arange(20)}, own_run / "resume.pt")
    whole = (own_run / "resume.pt").read_bytes()
    for content in (b"", b"nonsense", whole[: len(whole) // 2]):
        (own_run / "resume.pt").write_bytes(content)
        assert "resume.pt" in refused("fit", "--resume", "--out", "run")


@READING
@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("encoder.hidden", 0),
        ("encoder.hidden", "32"),
        ("encoder.kind", "gnc"),
        ("model", "vgea"),
        ("model", []),
        ("loss", []),
        ("inputs.features", "yes"),
        ("dataset", 3),
        ("dataset", "karat"),
        ("training.lr", None),
        ("training", 3),
        ("colour", "red"),
    ],
)
def test_a_configuration_with_an_impossible_setting(refused, own_run, command, path, value):
    config = json.loads((own_run / "config.json").read_text())
    group, _, name = path.partition(".")
    config[group] = config[group] | {name: value} if name else value
    (own_run / "config.json").write_text(json.dumps(config))
    assert group in refused(*command)


def test_resume_where_the_device_is_not_there(refused, own_run):
    (own_run / "metrics.json").unlink()
    config = json.loads((own_run / "config.json").read_text())
    (own_run / "config.json").write_text(
        json.dumps(config | {"run": config["run"] | {"device": "cuda:99"}})
    )
    assert "config.json: changed, or from another run" in refused("fit", "--resume", "--out", "run")
    (own_run / "environment.json").unlink()  # with the digest of the settings
    assert "cuda:99" in refused("fit", "--resume", "--out", "run")


@READING
def test_weights_that_do_not_fit(refused, own_run, command):
    weights = load_file(own_run / "model.safetensors")
    first = next(iter(weights))
    others = {
        "another shape": weights | {first: torch.zeros(2, 2)},
        "one too many": weights | {"more": torch.zeros(2)},
        "not a number": weights | {first: torch.full_like(weights[first], math.nan)},
        "none": {},
    }
    for wrong in others.values():
        save_file(wrong, own_run / "model.safetensors")
        assert "model.safetensors" in refused(*command)


@READING
def test_the_split_of_another_run(refused, invoke, own_run, command):
    invoke("split", own_run / "split.npz", "--dataset", "karate", "--seed", 9, "--overwrite")
    assert "split.npz" in refused(*command)


def test_an_existing_output_file(refused, own_run, here):
    fit = ("fit", "--dataset", "karate", "--repeats")
    (here / "thesis").mkdir()
    (here / "thesis" / "chapter.tex").write_text("mine")
    (here / "file").write_text("mine")
    for repeats in (1, 2):
        line = refused(*fit, repeats, "--out", "run")
        assert "run" in line
        assert "--overwrite" in line
        for place in ("thesis", "file"):
            assert place in refused(*fit, repeats, "--out", place)
            assert place in refused(*fit, repeats, "--out", place, "--overwrite")


@pytest.mark.usefixtures("nothing_is_loaded")
def test_the_output_file_is_checked_before_the_graph(refused, own_run, here):
    (here / "file").write_text("mine")
    assert "run" in refused("fit", "--dataset", "cora", "--out", "run")
    for out in ("file/run", "file/deep/run", "/dev/null/run", "x" * 300):
        for repeats in (1, 2):
            line = refused("fit", "--dataset", "cora", "--out", out, "--repeats", repeats)
            assert "cannot write" in line
            assert out in line


def test_results_that_cannot_be_written(refused, own_run, here):
    (here / "file").write_text("mine")
    (here / "z.csv").mkdir()
    for output in ("file/z.csv", "file/deep/z.npy", "z.csv"):
        assert output in refused("embed", "run", "--out", output)
    for output in ("file/links.csv", "z.csv"):
        assert output in refused("predict", "run", "--out", output)


@pytest.mark.parametrize("k", ["0", "-1", "many", "1.5"])
def test_an_invalid_top_k(refused, own_run, k):
    line = refused("predict", "run", "--top-k", k)
    assert "top-k" in line
    assert k in line


@pytest.mark.slow
def test_an_unknown_node_gets_a_suggestion(refused, invoke, here):
    quick = ("--epochs", 1, "--no-baselines", "--quiet", "--out", "lesmis")
    assert invoke("fit", "--dataset", "les-miserables", *quick).exit_code == 0
    line = refused("predict", "lesmis", "--node", "Valjan", "--node", "Cosete", "-o", "l.csv")
    assert "'Valjan' (did you mean Valjean?)" in line
    line = refused("predict", "lesmis", "--node", "Cosette", "--node", "Cosete", "-o", "l.csv")
    assert "'Cosete' (did you mean Cosette?)" in line


@pytest.mark.parametrize("name", ["z", "z.pkl", "z.xlsx", ".csv"])
def test_an_unknown_suffix(refused, own_run, name):
    line = refused("embed", "run", "--out", name)
    assert name in line
    assert ".parquet" in line
    line = refused("predict", "run", "--out", name)
    assert name in line
    assert ".jsonl" in line


def test_the_suffix_is_checked_before_the_run(refused):
    assert "z.pkl" in refused("embed", "no-such-run", "--out", "z.pkl")
    assert "z.txt" in refused("predict", "no-such-run", "--out", "z.txt")
    assert "--out" in refused("embed", "no-such-run")


@pytest.mark.parametrize("name", ["evaluate", "embed", "predict"])
def test_a_device_that_is_not_there(refused, own_run, name):
    assert "cuda:99" in refused(*READERS[name], "--device", "cuda:99")
    assert "nonsense" in refused(*READERS[name], "--device", "nonsense")


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a CUDA device")
def test_cuda_where_there_is_none(refused):
    line = refused("fit", "--dataset", "karate", "--device", "cuda")
    assert re.search(r"'cuda' is not available .*--device cpu", line)


OTHERS = """--epochs 30, --dataset karate, --seed 0, --lr 0.01, --no-features, --repeats 2,
--split s.npz, --device cpu, --overwrite, --no-baselines, --threads 1, --val-fraction 0.1"""


@pytest.mark.parametrize("more", re.split(r",\s+", OTHERS))
def test_resume_accepts_no_other_setting(refused, own_run, more):
    option, *value = more.split()
    line = refused("fit", "--resume", "--out", "run", option, *value)
    assert option.replace("--no-", "--").removeprefix("--") in line


def test_resume_needs_a_run(refused):
    assert "--out" in refused("fit", "--resume")
    assert "found nothing" in refused("fit", "--resume", "--out", "none")


@pytest.fixture
def repeats(karate_run, here):
    """A folder of two repeats, as far as readers look at it."""
    folder = here / "repeats"
    for number in ("000", "001"):
        shutil.copytree(karate_run.folder, folder / number)
    unfinished = {"repeats": 2, "fit": {"graph": "karate", "model": "vgae", "seed": 3}}
    (folder / "summary.json").write_text(json.dumps(unfinished | {"finished": False}))
    return folder


def test_a_folder_of_repeats_is_not_a_run(refused, repeats):
    assert "one of the runs inside" in refused("embed", "repeats", "--out", "z.csv")
    assert "one of the runs inside" in refused("predict", "repeats")
    assert "--resume" in refused("evaluate", "repeats")


@pytest.mark.parametrize("content", ["", "{}", "[]", "5", '{"finished": true}', "nonsense"])
def test_a_damaged_summary(refused, repeats, content):
    (repeats / "summary.json").write_text(content)
    assert "summary.json" in refused("evaluate", "repeats")
    assert "summary.json" in refused("fit", "--resume", "--out", "repeats")


def test_unknown_commands_and_datasets(refused):
    assert "fitt" in refused("fitt")
    assert "did you mean cora?" in refused("datasets", "--info", "coar")
    assert "did you mean karate?" in refused("datasets", "--fetch", "karat")
    assert "did you mean karate?" in refused("split", "s.npz", "--dataset", "karat")
    assert "RUN" in refused("evaluate")


def test_a_file_given_as_a_dataset(refused, here):
    (here / "friends.csv").write_text("a,b\n1,2\n")
    message = "no dataset is called 'friends.csv'; for a file or folder use"
    assert f"{message} --graph" in refused("fit", "--dataset", "friends.csv")
    assert f"{message} --images" in refused("image", "fit", "--dataset", "friends.csv")


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["kipf2017"], ["kipf2017"]),
        (["kipf2016", "--dataset", "karate"], ["karate", "cora"]),
        (["kipf2016", "--model", "mlp"], ["mlp", "vgae"]),
        (["kipf2016", "--repeats", "1"], ["repeats", "1"]),
        (["kipf2016", "--repeats", "0"], ["repeats", "0"]),
        (["kipf2016", "--device", "cuda:99"], ["cuda:99"]),
        (["kipf2016", "--threads", "0"], ["threads", "0"]),
        (["kipf2016", "--out", "/dev/null/cells"], ["/dev/null/cells"]),
        (["kipf2016", "--epochs", "3"], ["--epochs"]),
        (["family", "--model", "gae"], ["gae", "gnae"]),
        (["strong", "--dataset", "karate"], ["karate", "pubmed"]),
    ],
    ids=lambda part: " ".join(part),
)
@pytest.mark.usefixtures("nothing_is_loaded")
def test_reproduce_refuses(refused, arguments, named):
    line = refused("reproduce", *arguments)
    for word in named:
        assert word in line
