"""Options for reading a user's graph.

Command options, keywords of `graphvae.fit` and documentation are generated from these declarations.
Messages of readers name the command options; `python_words` rewrites them for callers in Python.
"""

import re
from typing import Any, Literal

from pydantic import Field, field_validator

from graphvae_data.files.textfiles import TextFormat
from graphvae_data.settings.settings import Settings


def _option(default: Any, flag: str, description: str, metavar: str = "NAME") -> Any:
    """Declare an option with its flag and help text."""
    extra: dict[str, Any] = {"flag": flag, "metavar": metavar}
    return Field(default=default, description=description, json_schema_extra=extra)


class ReadOptions(Settings):
    """How to read a file or a table of edges; None means automatic detection.

    A column is given by name, or by number from 1.

    >>> ReadOptions(source="Follower", target="Followee").directed is None
    True
    """

    source: str | None = _option(None, "--source-col", "Column of the source node.")
    target: str | None = _option(None, "--target-col", "Column of the target node.")
    weight: str | None = _option(None, "--weight-col", "Column or attribute of the weight.")
    time: str | None = _option(None, "--time-col", "Column or attribute of the time.")
    relation_col: str | None = _option(
        None, "--relation-col", "Column of the relation, in a table of triples."
    )
    weights: bool = _option(
        True, "--weights/--no-weights", "Whether to use edge weights, if there are any."
    )
    min_weight: float | None = _option(
        None, "--min-weight", "Keep edges with at least this weight, rating or sign.", "X"
    )
    relation: str | None = _option(
        None, "--relation", "Keep only this relation of triples.", "TYPE"
    )
    relations: Literal["merge"] | None = _option(
        None, "--relations", "merge: merge all relations of triples into one.", "merge"
    )
    directed: bool | None = _option(
        None,
        "--directed/--undirected",
        "Whether edges go from source to target; by default as declared in the file, else "
        "undirected.",
    )
    bipartite: bool | None = _option(
        None,
        "--bipartite/--no-bipartite",
        "Whether source and target are nodes of different types, such as users and items, which "
        "may have equal ids; by default detected from column names and the file.",
    )
    header: bool | None = _option(
        None,
        "--header/--no-header",
        "Whether the first row names the columns; detected by default.",
    )
    delimiter: str | None = _option(
        None,
        "--delimiter",
        "Delimiter of fields: a character, tab, or blank; detected by default.",
        "CHAR",
    )
    comment: str | None = _option(
        None, "--comment", "Prefix of comment lines; none if there are none.", "PREFIX"
    )
    encoding: str | None = _option(
        None, "--encoding", "Encoding of a text file that is not UTF-8, such as latin-1."
    )
    mat_variable: str | None = _option(
        None, "--mat-variable", "Variable of a .mat file with the adjacency matrix."
    )
    label: str | None = _option(None, "--label-col", "Column of the labels in their table.")
    feature_prep: Literal["auto", "none"] = _option(
        "auto",
        "--feature-prep",
        "auto: standardise numbers, one-hot encode categories, impute missing values with the "
        "mean; none: use numbers unchanged.",
        "auto|none",
    )

    @field_validator("source", "target", "weight", "time", "relation_col", "label", mode="before")
    @classmethod
    def _as_text(cls, value: Any) -> Any:
        """Convert a column number, or an integer name in a DataFrame, to a string."""
        return str(value) if isinstance(value, int) and not isinstance(value, bool) else value

    @property
    def text_format(self) -> TextFormat:
        """The format of a text file."""
        return TextFormat(self.delimiter, self.comment, self.encoding)

    @property
    def columns(self) -> dict[str, str]:
        """The columns chosen by the user, by role."""
        roles = ("source", "target", "weight", "time", "relation_col")
        return {role: getattr(self, role) for role in roles if getattr(self, role) is not None}

    @classmethod
    def flag(cls, name: str) -> str:
        """Return the flag of an option: `--source-col`, `--header/--no-header`."""
        return str(_extra(cls, name)["flag"])

    @classmethod
    def metavar(cls, name: str) -> str:
        """Return the placeholder for its value in help."""
        return str(_extra(cls, name)["metavar"])


def _extra(options: type[ReadOptions], name: str) -> dict[str, Any]:
    extra = options.model_fields[name].json_schema_extra
    assert isinstance(extra, dict)
    return extra


def python_words(message: str) -> str:
    """Replace command options in a message by Python arguments.

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
