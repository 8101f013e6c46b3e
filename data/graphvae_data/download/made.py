"""What is made from raw files once, and opened from the cache ever after.

A made file is pinned like a raw one: its digest is checked when it is written, and only a right
one takes the name. Later its size alone is looked at, so that opening reads none of it.
"""

from collections.abc import Callable
from pathlib import Path

from graphvae_data.download.cache import cache_home, keep
from graphvae_data.registry.sources import File


def made(folder: str, file: File, size: int, origin: str, bring: Callable[[Path], None]) -> Path:
    """The path of a made file of `size` bytes; `bring` writes it where it is missing or cut short.

    `FetchError` when what was made is not what the registry names.
    """
    target = cache_home() / "made" / folder / file.name
    if not target.is_file() or target.stat().st_size != size:
        keep(target, file, origin, bring)
    return target
