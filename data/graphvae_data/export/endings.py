"""Which endings a results file may have; light, so that a command can refuse before it works."""

from importlib.util import find_spec
from pathlib import Path

from graphvae_data.core.errors import InputError

embedding_endings = (".npy", ".npz", ".csv", ".tsv", ".parquet", ".txt")
"""Forms that `write_embeddings` knows."""
link_endings = (".csv", ".tsv", ".parquet", ".json", ".jsonl")
"""Forms that `write_links` knows."""


def check_ending(path: Path, endings: tuple[str, ...] = embedding_endings) -> str:
    """Return the ending in lower case; `InputError` listing the endings when it is another.

    >>> check_ending(Path("z.CSV"))
    '.csv'
    """
    ending = path.suffix.lower()
    if ending not in endings:
        raise InputError(
            f"expected a path ending in one of {', '.join(endings)}, got {str(path)!r}; rename it"
        )
    if ending == ".parquet" and find_spec("pyarrow") is None:
        raise InputError(f"writing {path} needs pyarrow; install it, or choose .csv")
    return ending
