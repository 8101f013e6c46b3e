"""The first comment of a KONECT file, such as `% bip weighted`.

Source: Kunegis 2013, "KONECT: the Koblenz network collection", and its handbook.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from graphvae_data.graphs.read_options import ReadOptions

_FORMATS = ("sym", "asym", "bip")


@dataclass(frozen=True)
class Konect:
    """The format of a network and the type of its weights."""

    form: Literal["sym", "asym", "bip"]
    """Undirected, directed or bipartite."""
    unweighted: bool
    """Whether a third column is to be ignored."""
    rated: bool = False
    """Whether the third column has ratings."""

    def applied(self, options: ReadOptions) -> ReadOptions:
        """Return the options, with `directed` and `bipartite` from the file unless set."""
        changes: dict[str, bool] = {}
        if options.directed is None and self.form == "asym":
            changes["directed"] = True
        if options.bipartite is None and self.form == "bip":
            changes["bipartite"] = True
        return options.model_copy(update=changes)


def konect_of(comments: Sequence[str]) -> Konect | None:
    """Parse the first comment; None if it is not KONECT's.

    >>> konect_of(["% bip unweighted", "% 3 2 2"]).form
    'bip'
    """
    words = comments[0].lower().split() if comments else []
    if len(words) < 2 or words[0] != "%" or words[1] not in _FORMATS:
        return None
    kind = words[2] if len(words) > 2 else ""
    form: Literal["sym", "asym", "bip"] = (
        "sym" if words[1] == "sym" else "asym" if words[1] == "asym" else "bip"
    )
    return Konect(form, kind == "unweighted", kind in ("weighted", "multiweighted"))
