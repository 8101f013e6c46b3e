"""Roles of the columns of a table of edges: source, target, weight, time, relation.

Columns chosen by the user come first, then those with known names (`names`), then those with
suitable values (`values`): the two ends of an edge share values, and are not dates, fractions,
categories or sometimes empty. An ambiguous case is an error.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from graphvae_data.core.errors import InputError
from graphvae_data.files.tabular import MISSING, Table, is_number, with_point
from graphvae_data.graphs.read_options import ReadOptions
from graphvae_data.readers.columns import names as known
from graphvae_data.readers.columns.values import Columns

MIN_UNIQUE_ROWS = 5
"""Rows from which two columns without repeated values are ids and names rather than edges."""
MAX_CANDIDATES = 12
"""Maximum number of columns that are compared pairwise."""


@dataclass(frozen=True)
class Roles:
    """The column index of each role."""

    source: int
    """Source node."""
    target: int
    """Target node."""
    weight: int | None = None
    """Weight, rating or sign."""
    time: int | None = None
    """Time."""
    relation: int | None = None
    """Relation of a triple."""
    direction: int | None = None
    """Gephi's column of Directed or Undirected."""
    bipartite: bool = False
    """Whether source and target have nodes of different types, by their names."""
    rated: bool = False
    """Whether the weight looks like a rating and was not chosen by the user."""

    @property
    def used(self) -> dict[str, int]:
        """The columns used, by role."""
        roles = ("source", "target", "weight", "time", "relation", "direction")
        return {role: getattr(self, role) for role in roles if getattr(self, role) is not None}


def choose_roles(table: Table, options: ReadOptions) -> Roles:
    """Return the role of each column.

    Raises:
        InputError: no such column, or an ambiguous table.
    """
    columns = Columns(table)
    selected = {
        role: table.find(column, ReadOptions.flag(role)) for role, column in options.columns.items()
    }
    direction = _direction(columns)
    relation = selected.get("relation_col")
    taken = [selected.get("weight"), selected.get("time"), relation, direction]
    free = [i for i in columns.all if i not in taken]
    ends = _ends(columns, selected.get("source"), selected.get("target"), free)
    if ends.source == ends.target:
        raise InputError(
            f"{table.path}: expected two different columns for source and target, got one; "
            "name them with --source-col and --target-col"
        )
    free = [i for i in free if i not in (ends.source, ends.target)]
    if relation is None:
        relation = _relation(columns, ends, free)
    free = [i for i in free if i != relation]
    weight, rated = selected.get("weight"), False
    if weight is None:
        weight, rated = _weight(columns, ends, free, options)
    time = selected.get("time")
    if time is None:
        time = _time(columns, [i for i in free if i != weight])
    return Roles(ends.source, ends.target, weight, time, relation, direction, ends.bipartite, rated)


def _ends(
    columns: Columns, source: int | None, target: int | None, free: list[int]
) -> known.NamedEnds:
    if source is not None and target is not None:
        names = columns.table.names
        named = known.named_ends(names, (source, target)) if names else None
        return known.NamedEnds(source, target, named is not None and named.bipartite)
    if source is None and target is None:
        named = _named(columns, free)
        return named or known.NamedEnds(*_by_values(columns, free))
    end = source if source is not None else target
    assert end is not None
    others = [i for i in free if i != end]
    by_name = [named for i in others if (named := _named(columns, [end, i]))]
    rest = [i for i in others if _may_be_end(columns, i)]
    if by_name:
        other = by_name[0].target if by_name[0].source == end else by_name[0].source
    elif len(rest) == 1 or (rest and columns.overlap(end, rest[0]) > 0):
        other = max(rest, key=lambda i: columns.overlap(end, i))
    else:
        raise ambiguous(columns, "the other end of an edge")
    bipartite = bool(by_name) and by_name[0].bipartite
    if source is not None:
        return known.NamedEnds(end, other, bipartite)
    return known.NamedEnds(other, end, bipartite)


def _named(columns: Columns, free: Iterable[int]) -> known.NamedEnds | None:
    """Return the ends by their names, without columns of dates or fractions."""
    if columns.table.names is None:
        return None
    candidates = [
        i for i in free if columns.kind(i) in ("integer", "word") or _is_long_id(columns, i)
    ]
    return known.named_ends(columns.table.names, candidates)


def _is_long_id(columns: Columns, column: int) -> bool:
    """Return whether numbers in the range of Unix times may be ids."""
    return columns.kind(column) == "time" and all(map(str.isdigit, columns.distinct(column)))


def _may_be_end(columns: Columns, column: int) -> bool:
    """Return whether the values, and the name if any, may be those of nodes."""
    if columns.kind(column) not in ("integer", "word") or columns.missing(column):
        return False
    names = columns.table.names
    return names is None or len(names) == 2 or not known.is_attribute_name(names[column])


def _by_values(columns: Columns, free: list[int]) -> tuple[int, int]:
    """Return the ends by their values; `InputError` if ambiguous."""
    if len(columns.all) == 2 and len(free) == 2:
        return _of_two(columns)
    candidates = [i for i in free if _may_be_end(columns, i)]
    words = [i for i in candidates if columns.kind(i) == "word"][:MAX_CANDIDATES]
    integers = [i for i in candidates if columns.kind(i) == "integer"][:MAX_CANDIDATES]
    pair = _sharing(columns, words)
    if pair is not None:
        return pair
    if len(integers) >= 2 and not [i for i in words if not columns.has_few_values(i)]:
        return _of_numbers(columns, integers)
    plain = [i for i in words if not columns.has_few_values(i)]
    if len(plain) == len(words) == 2 and columns.table.names is None:
        return plain[0], plain[1]
    long_ids = [i for i in free if _is_long_id(columns, i)]
    if not candidates and len(long_ids) == 2 and columns.overlap(*long_ids):
        return long_ids[0], long_ids[1]
    raise ambiguous(columns, "the two ends of an edge")


def _of_two(columns: Columns) -> tuple[int, int]:
    """Return the only two columns as the ends, unless they have dates, fractions or flags."""
    kinds = [columns.kind(i) for i in columns.all]
    if all(_is_long_id(columns, i) for i in columns.all):
        return 0, 1
    for i, kind in enumerate(kinds):
        empty = kind == "empty" or bool(columns.missing(i))
        whole_floats = kind == "number" and "number" in kinds[:i] + kinds[i + 1 :]
        if not empty and (kind in ("time", "flag") or (kind == "number" and not whole_floats)):
            raise ambiguous(columns, "the two ends of an edge")
    unique = all(len(columns.distinct(i)) == columns.rows for i in columns.all)
    if unique and columns.rows >= MIN_UNIQUE_ROWS and not columns.overlap(0, 1):
        raise ambiguous(columns, "the two ends of an edge, as no value is repeated")
    return 0, 1


def _sharing(columns: Columns, words: list[int]) -> tuple[int, int] | None:
    """Return the two text columns that share values; `InputError` if several pairs do."""
    shares = sorted(((columns.overlap(*pair), pair) for pair in combinations(words, 2)), key=_first)
    shares = [share for share in shares if share[0] > 0]
    if not shares:
        return None
    if len(shares) > 1 and shares[-2][0] > shares[-1][0] / 2:
        raise ambiguous(columns, "the two ends of an edge")
    return shares[-1][1]


def _first(share: tuple[float, tuple[int, int]]) -> float:
    return share[0]


def _of_numbers(columns: Columns, integers: list[int]) -> tuple[int, int]:
    """Return the ends among integer columns: the only two, or the first two without a header."""
    if len(integers) == 2:
        if columns.table.names is None or columns.overlap(*integers) > 0:
            return integers[0], integers[1]
        raise ambiguous(columns, "the two ends of an edge")
    if columns.table.names is None and integers[:2] == [0, 1]:
        if _may_be_triples(columns, integers):
            raise ambiguous(
                columns,
                "the two ends of an edge",
                "; or the weight with --weight-col 3, or the relation with --relation-col 2",
            )
        return 0, 1
    best = columns.overlap(integers[0], integers[1])
    others = [
        columns.overlap(a, b) for a, b in combinations(integers, 2) if (a, b) != tuple(integers[:2])
    ]
    if best >= 0.2 and all(other < best / 2 for other in others):
        return integers[0], integers[1]
    raise ambiguous(columns, "the two ends of an edge")


def _may_be_triples(columns: Columns, integers: list[int]) -> bool:
    """Return whether columns may be head, relation and tail instead of two ends and a weight.

    The third column then has ids of the first two, and does not look like weights, which are small
    or most often equal to the minimum.
    """
    if 2 not in integers:
        return False
    heads, relations, tails = (len(columns.distinct(i)) for i in range(3))
    if 2 * relations < min(heads, tails) and columns.overlap(0, 2) > 0.5:
        return True
    third = columns.floats(2)
    nodes = columns.distinct(0).keys() | columns.distinct(1).keys()
    if not columns.distinct(2).keys() <= nodes:
        return False
    if columns.rows >= 4 and columns.rows == len(columns.distinct(0)) == len(columns.distinct(2)):
        return True  # as in an adjacency list
    if third.max() <= 10:
        return False
    return not (third.min() <= 1 and float(columns.most_frequent(2)) == third.min())


def _relation(columns: Columns, ends: known.NamedEnds, free: list[int]) -> int | None:
    """Return the column of the relation: by its name, or the text column of three."""
    names = columns.table.names
    if names is not None:
        named = [i for i in free if known.is_relation_name(names[i])]
        suitable = [
            i for i in named if columns.kind(i) in ("word", "integer") and _repeats(columns, i)
        ]
        if suitable:
            return suitable[0]
    triples = len(columns.all) == 3 and len(free) == 1
    between = ends.source < free[0] < ends.target if triples else False
    words = triples and columns.kind(free[0]) == "word"
    if words and (names is None or between) and not _starts_with_number(columns, free[0]):
        return free[0]
    return None


def _repeats(columns: Columns, column: int) -> bool:
    """Return whether values are repeated, as those of a relation, unlike names and notes."""
    return columns.rows < 20 or 2 * len(columns.distinct(column)) <= columns.rows


def _weight(
    columns: Columns, ends: known.NamedEnds, free: list[int], options: ReadOptions
) -> tuple[int | None, bool]:
    """Return the column of the weight, and whether it looks like a rating."""
    names = columns.table.names
    numeric = [i for i in free if columns.kind(i) in ("integer", "number")]
    if not options.weights and options.min_weight is None:
        return None, False
    if names is None:
        plain = [i for i in free if columns.kind(i) not in ("time", "flag", "empty")]
        plain = [i for i in plain if not columns.is_elapsed_time(i)]
        weight = plain[0] if plain and _starts_with_number(columns, plain[0]) else None
        timed = any(columns.kind(i) == "time" for i in free)
        bipartite = timed and not columns.overlap(ends.source, ends.target)
        return weight, weight is not None and _like_ratings(columns, weight, bipartite=bipartite)
    for test in (known.is_weight_name, known.is_rating_name, known.is_sign_name):
        named = [i for i in free if test(names[i])]
        suitable = [i for i in named if i in numeric or _has_numbers(columns, i)]
        if suitable and test is known.is_weight_name:
            return suitable[0], False
        if suitable and (test is known.is_rating_name or (columns.floats(suitable[0]) < 0).any()):
            return suitable[0], True
    if options.min_weight is not None and len(numeric) == 1:
        return numeric[0], False
    return None, False


def _starts_with_number(columns: Columns, column: int) -> bool:
    """Return whether the first value that is not missing is a number."""
    known = (text for text in columns.distinct(column) if text.lower() not in MISSING)
    first = next(known, "")
    return is_number(with_point(first)) or columns.kind(column) == "number"


def _has_numbers(columns: Columns, column: int) -> bool:
    """Return whether the first known value or most of the distinct values are numbers.

    Other values are then reported, instead of the column being ignored.
    """
    finite = np.isfinite(columns.floats(column))
    return _starts_with_number(columns, column) or 2 * int(finite.sum()) > len(finite)


def _like_ratings(columns: Columns, column: int, *, bipartite: bool) -> bool:
    """Return whether numbers look like ratings: multiples of 0.5 up to 10.

    Also, the most frequent value is at least 3, or the graph looks `bipartite`: each row has a time
    and the ends share no ids, as in lists of reviews.
    """
    values = columns.floats(column)
    if columns.rows < 50 or not 3 <= len(values) <= 20 or not np.isfinite(values).all():
        return False
    halves = bool((values * 2 == np.floor(values * 2)).all())
    if not halves or values.min() < 0 or not 3 <= values.max() <= 10:
        return False
    return bipartite or (columns.rows >= 100 and float(columns.most_frequent(column)) >= 3)


def _time(columns: Columns, free: list[int]) -> int | None:
    """Return the column of the time, by its name or its values, if no value is missing."""
    names = columns.table.names
    complete = [i for i in free if not columns.missing(i)]
    if names is not None:
        named = [i for i in complete if known.is_time_name(names[i])]
        suitable = [i for i in named if columns.kind(i) in ("time", "integer", "number")]
        return suitable[0] if suitable else None
    times = [i for i in complete if columns.kind(i) == "time" or columns.is_elapsed_time(i)]
    return times[0] if len(times) == 1 else None


def _direction(columns: Columns) -> int | None:
    """Return the column with Directed or Undirected in every row."""
    names = columns.table.names or ()
    for i, name in enumerate(names):
        values = {text.lower() for text in columns.distinct(i)} if name.lower() == "type" else set()
        if values and values <= {"directed", "undirected"}:
            return i
    return None


_KINDS = {
    "integer": "integers",
    "number": "numbers",
    "time": "times",
    "flag": "true or false",
    "word": "words",
    "empty": "empty",
}


def ambiguous(columns: Columns, what: str, other: str = "") -> InputError:
    """Return the error for an ambiguous table, which lists the columns and the options to set."""
    table = columns.table
    shown = ", ".join(
        f"{table.title(i)} ({_KINDS[columns.kind(i)]}, such as {columns.example(i)})"
        for i in list(columns.all)[:8]
    )
    more = f" and {len(columns.all) - 8} more" if len(columns.all) > 8 else ""
    return InputError(
        f"{table.path}: cannot tell which columns are {what}: {shown}{more}; name them with "
        f"--source-col and --target-col{other}"
    )
