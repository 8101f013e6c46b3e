"""Run folders are created atomically, and nothing else is ever overwritten."""

import json
from pathlib import Path

import pytest

from graphvae_data.core.errors import InputError
from graphvae_data.runs.run_folder import (
    RunFolder,
    claimed_next,
    environment,
    read_json,
    write_json,
)


def config(value: int) -> dict[str, object]:
    return {"config.json": lambda path: write_json(path, {"seed": value})}


def test_create_and_open(tmp_path: Path) -> None:
    run = RunFolder.create(tmp_path / "runs" / "a", overwrite=False, files=config(1))
    assert RunFolder.open(run.path, "config.json") == run
    assert read_json(run.config) == {"seed": 1}
    assert [path.name for path in run.path.parent.iterdir()] == ["a"]


def test_a_failing_writer_leaves_nothing_or_the_old_run(tmp_path: Path) -> None:
    def fail(path: Path) -> None:
        path.write_text("half")
        raise KeyboardInterrupt

    for overwrite in (False, True):
        with pytest.raises(KeyboardInterrupt):
            RunFolder.create(tmp_path / "a", overwrite=overwrite, files={"split.npz": fail})
        assert [path.name for path in tmp_path.iterdir()] == (["a"] if overwrite else [])
        run = RunFolder.create(tmp_path / "a", overwrite=overwrite, files=config(1))
        assert read_json(run.config) == {"seed": 1}


def test_an_existing_run_needs_overwrite(tmp_path: Path) -> None:
    RunFolder.create(tmp_path / "a", overwrite=False, files=config(1))
    (tmp_path / "a" / "metrics.json").write_text("{}")
    with pytest.raises(InputError, match=r"--overwrite.*--resume"):
        RunFolder.create(tmp_path / "a", overwrite=False, files=config(2))
    run = RunFolder.create(tmp_path / "a", overwrite=True, files=config(2))
    assert read_json(run.config) == {"seed": 2}
    assert not run.metrics.exists()
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_only_runs_and_empty_folders_are_overwritten(tmp_path: Path) -> None:
    thesis = tmp_path / "thesis"
    thesis.mkdir()
    RunFolder.create(thesis, overwrite=True, files=config(1))
    (tmp_path / "file").write_text("mine")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "chapter.tex").write_text("mine")
    for name in ("file", "other"):
        with pytest.raises(InputError, match="will not be overwritten"):
            RunFolder.create(tmp_path / name, overwrite=True, files=config(1))
    assert (tmp_path / "other" / "chapter.tex").read_text() == "mine"


def test_a_link_to_a_run_stands_for_the_run(tmp_path: Path) -> None:
    RunFolder.create(tmp_path / "a", overwrite=False, files=config(1))
    (tmp_path / "latest").symlink_to(tmp_path / "a")
    RunFolder.create(tmp_path / "latest", overwrite=True, files=config(2))
    assert (tmp_path / "latest").is_symlink()
    assert read_json(tmp_path / "a" / "config.json") == {"seed": 2}


def test_a_parent_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    for overwrite in (False, True):
        with pytest.raises(InputError, match=r"cannot write .*file/a"):
            RunFolder.create(tmp_path / "file" / "a", overwrite=overwrite, files=config(1))


def test_open_refuses_what_is_no_run(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="found nothing"):
        RunFolder.open(tmp_path / "absent")
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="found a file"):
        RunFolder.open(tmp_path / "file")
    with pytest.raises(InputError, match=r"no config\.json"):
        RunFolder.open(tmp_path)
    (tmp_path / "summary.json").write_text("{}")
    with pytest.raises(InputError, match="runs inside it"):
        RunFolder.open(tmp_path)
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(InputError, match=r"lacks model\.safetensors, resume\.pt"):
        RunFolder.open(tmp_path, "config.json", "model.safetensors", "resume.pt")


def test_a_default_name_is_taken_when_it_is_chosen(tmp_path: Path) -> None:
    (tmp_path / "cora-vgae-1").mkdir()
    (tmp_path / "cora-vgae-2").symlink_to("nowhere")
    with claimed_next(tmp_path, "cora-vgae") as third:
        assert third.path.name == "cora-vgae-3"
        with claimed_next(tmp_path, "cora-vgae") as fourth:
            assert fourth.path.name == "cora-vgae-4"
    with claimed_next(tmp_path, "cora-vgae") as again:
        assert again.path.name == "cora-vgae-3"
    with claimed_next(tmp_path / "new" / "runs", "cora-vgae") as first:
        assert first.path.name == "cora-vgae-1"
    assert not (tmp_path / "new").exists()


def test_environment_is_plain_and_quiet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    result = environment()
    json.dumps(result)
    assert result["git_commit"] is None
    assert result["versions"]["torch"]
    assert str(result["started"]).endswith("+00:00")
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("recorded", "kind"), [("image", "graph"), ("graph", "image"), (None, "image")]
)
def test_a_run_of_the_other_kind_is_not_opened(tmp_path, recorded, kind):
    write_json(tmp_path / "config.json", {})
    write_json(tmp_path / "environment.json", {} if recorded is None else {"kind": recorded})
    with pytest.raises(InputError, match=r"expected a run on (a graph|images), got a run on"):
        RunFolder.open(tmp_path, kind=kind)
    assert RunFolder.open(tmp_path, kind=recorded or "graph").path == tmp_path
