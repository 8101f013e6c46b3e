"""How a user's graph is read: each option is declared here, once.

The options of the command, the keywords of `graphvae.fit` and the documentation come from these
declarations. Messages of readers name the options as the command does; `python_words` rewrites
them for a caller in Python.
"""

import re
from typing import Any, Literal

from pydantic import Field, field_validator

from graphvae_data.files.textfiles import TextFormat
from graphvae_data.settings.settings import Settings


def _option(default: Any, flag: str, description: str, metavar: str = "NAME") -> Any:
    """Declare an option: its flag on the command line, and what help says of it."""
    extra: dict[str, Any] = {"flag": flag, "metavar": metavar}
    return Field(default, description=description, json_schema_extra=extra)


class ReadOptions(Settings):
    """How to read a file or a table of edges; what is None is found out.

    A column is named, or numbered from 1.

    >>> ReadOptions(source="Follower", target="Followee").directed is None
    True
    """

    source: str | None = _option(None, "--source-col", "Column of an edge's first end.")
    target: str | None = _option(None, "--target-col", "Column of an edge's second end.")
    weight: str | None = _option(None, "--weight-col", "Column or attribute of the weight.")
    time: str | None = _option(None, "--time-col", "Column or attribute of the time.")
    relation_col: str | None = _option(
        None, "--relation-col", "Column of the relation, in a table of triples."
    )
    weights: bool = _option(
        True, "--weights/--no-weights", "Whether edges are weighted, where weights are found."
    )
    min_weight: float | None = _option(
        None, "--min-weight", "Keep edges with at least this weight, rating or sign.", "X"
    )
    relation: str | None = _option(None, "--relation", "Keep this one relation of triples.", "TYPE")
    relations: Literal["merge"] | None = _option(
        None, "--relations", "merge: take all relations of triples as one kind of edge.", "merge"
    )
    directed: bool | None = _option(
        None,
        "--directed/--undirected",
        "Whether edges go from their first end to the second; by default as the file says, and "
        "undirected where it says nothing.",
    )
    bipartite: bool | None = _option(
        None,
        "--bipartite/--no-bipartite",
        "Whether the two ends are nodes of two kinds, such as users and items, which may have "
        "equal ids; found out from names of columns and from the file.",
    )
    header: bool | None = _option(
        None, "--header/--no-header", "Whether the first row names the columns; found out."
    )
    delimiter: str | None = _option(
        None, "--delimiter", "What stands between fields: a character, tab, or blank; found out.",
        "CHAR",
    )  # fmt: skip
    comment: str | None = _option(
        None, "--comment", "What lines of comment begin with; none if there are none.", "PREFIX"
    )
    encoding: str | None = _option(
        None, "--encoding", "Encoding of a text file that is not UTF-8, such as latin-1."
    )
    mat_variable: str | None = _option(
        None, "--mat-variable", "The variable of a .mat file that holds the adjacency."
    )
    label: str | None = _option(None, "--label-col", "Column of the label in the table of labels.")
    feature_prep: Literal["auto", "none"] = _option(
        "auto",
        "--feature-prep",
        "auto: standardise numbers, one column for each of few words, a mean for a missing value; "
        "none: take numbers as they are.",
        "auto|none",
    )

    @field_validator("source", "target", "weight", "time", "relation_col", "label", mode="before")
    @classmethod
    def _as_text(cls, value: Any) -> Any:
        """Take the number of a column, or the name of a DataFrame's, that is no text."""
        return str(value) if isinstance(value, int) and not isinstance(value, bool) else value

    @property
    def text_format(self) -> TextFormat:
        """How a text file is written."""
        return TextFormat(self.delimiter, self.comment, self.encoding)

    @property
    def columns(self) -> dict[str, str]:
        """The columns that are named or numbered, by role."""
        roles = ("source", "target", "weight", "time", "relation_col")
        return {role: getattr(self, role) for role in roles if getattr(self, role) is not None}

    @classmethod
    def flag(cls, name: str) -> str:
        """Return the command's flag of an option: `--source-col`, `--header/--no-header`."""
        return str(_extra(cls, name)["flag"])

    @classmethod
    def metavar(cls, name: str) -> str:
        """Return what stands for its value in help."""
        return str(_extra(cls, name)["metavar"])


def _extra(options: type[ReadOptions], name: str) -> dict[str, Any]:
    extra = options.model_fields[name].json_schema_extra
    assert isinstance(extra, dict)
    return extra


def python_words(message: str) -> str:
    """Rewrite a message that names the command's options for a caller in Python.

    >>> python_words("name them with --source-col and --target-col, or give --no-header")
    'name them with source and target, or give header=False'
    >>> python_words("keep some with --min-weight 3, or take one with --relation TYPE")
    'keep some with min_weight=3, or take one with relation="TYPE"'
    """
    for name in ReadOptions.model_fields:
        flag, *negated = ReadOptions.flag(name).split("/")
        for off in negated:
            message = re.sub(rf"{off}(?![-\w])", f"{name}=False", message)
        if negated:
            message = re.sub(rf"{flag}(?![-\w])", f"{name}=True", message)
        else:
            message = re.sub(rf"{flag} (\d[\d.e+-]*)(?!\S*\w)", rf"{name}=\1", message)
            message = re.sub(rf"{flag} (TYPE|merge|auto|\S+(?=;|$))", rf'{name}="\1"', message)
            message = re.sub(rf"{flag}(?![-\w])", name, message)
    return message
