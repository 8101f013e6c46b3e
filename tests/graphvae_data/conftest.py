"""Fixtures of the data tests: wheels, caches, a web server on this machine."""

import http.server
import shutil
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from graphvae_data.download.wheels import wheel_path
from graphvae_data.registry.graphs import GRAPHS
from graphvae_data.registry.sources import WheelSource

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def wheel_source() -> WheelSource:
    """The first source of Citeseer."""
    source = GRAPHS["citeseer"].sources[0]
    assert isinstance(source, WheelSource)
    return source


@pytest.fixture(scope="session")
def wheel(shared_home: Path, wheel_source: WheelSource) -> Path:
    """The path of the downloaded wheel, its digest checked."""
    return wheel_path(wheel_source)


@pytest.fixture
def empty_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty download cache."""
    monkeypatch.setenv("GRAPHVAE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def wheel_home(wheel: Path, empty_home: Path) -> Path:
    """A download cache that holds only the wheel, so that nothing needs to be downloaded."""
    (empty_home / "wheels").mkdir(parents=True)
    shutil.copyfile(wheel, empty_home / "wheels" / wheel.name)
    return empty_home


@dataclass(frozen=True)
class Server:
    """A web server on this machine."""

    base: str
    """Its address."""
    asked: Counter[str]
    """Number of requests for each path."""


class _Handler(http.server.SimpleHTTPRequestHandler):
    """Serves files and counts the requests; logs nothing."""

    asked: Counter[str]

    def do_GET(self) -> None:
        """Count the request and serve the file."""
        self.asked[self.path] += 1
        super().do_GET()

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing."""


@pytest.fixture
def serve() -> Iterator[partial[Server]]:
    """A function that starts a web server on the files of a folder."""
    running: list[http.server.ThreadingHTTPServer] = []

    def start(folder: Path) -> Server:
        asked: Counter[str] = Counter()
        handler = type("Handler", (_Handler,), {"asked": asked})
        server = http.server.ThreadingHTTPServer(
            ("127.0.0.1", 0), partial(handler, directory=str(folder))
        )
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        running.append(server)
        return Server(f"http://127.0.0.1:{server.server_address[1]}", asked)

    yield partial(start)
    for server in running:
        server.shutdown()
        server.server_close()


@pytest.fixture
def closed_port() -> str:
    """The address of a port on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"
