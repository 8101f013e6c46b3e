"""File formats of results by suffix; light, so that a command can check them before it starts."""

from importlib.util import find_spec
from pathlib import Path

from graphvae_data.core.errors import InputError

embedding_suffixes = (".npy", ".npz", ".csv", ".tsv", ".parquet", ".txt")
"""Formats of `write_embeddings`."""
link_suffixes = (".csv", ".tsv", ".parquet", ".json", ".jsonl")
"""Formats of `write_links`."""


def check_suffix(path: Path, suffixes: tuple[str, ...] = embedding_suffixes) -> str:
    """Return the suffix in lower case; `InputError` if it is not one of `suffixes`.

    >>> check_suffix(Path("z.CSV"))
    '.csv'
    """
    suffix = path.suffix.lower()
    if suffix not in suffixes:
        raise InputError(
            f"expected a path ending in one of {', '.join(suffixes)}, got {str(path)!r}; rename it"
        )
    if suffix == ".parquet" and find_spec("pyarrow") is None:
        raise InputError(f"writing {path} needs pyarrow; install it, or choose .csv")
    return suffix
