"""The version is the same wherever it is written."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def version() -> str:
    with (ROOT / "pyproject.toml").open("rb") as stream:
        return str(tomllib.load(stream)["project"]["version"])


def test_the_citation_has_the_version() -> None:
    text = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {version()}\n" in text


def test_the_changelog_starts_with_the_version() -> None:
    headings = re.findall(r"^## (.*)$", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert re.fullmatch(rf"{re.escape(version())} \((unreleased|\d{{4}}-\d\d-\d\d)\)", headings[0])


def test_every_package_of_an_extra_is_pinned() -> None:
    """So that CI installs the same versions every time."""
    with (ROOT / "pyproject.toml").open("rb") as stream:
        extras = tomllib.load(stream)["project"]["optional-dependencies"]
    pinned = {
        line.split("==")[0].lower()
        for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
        if "==" in line and not line.startswith("#")
    }
    wanted = {re.split(r"[^\w-]", need)[0].lower() for extra in extras.values() for need in extra}
    assert wanted - pinned == {"graphvae"}  # extras that include others
