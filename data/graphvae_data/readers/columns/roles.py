"""Which column of a table of edges is what: the two ends, the weight, the time, the relation.

What the user names comes first, then known names (`names`), then the values
(`values`): the two ends of an edge share values, and neither is a date, a number with a
fraction, one of few words, or sometimes empty. A guess that is not sure is refused.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from graphvae_data.core.errors import InputError
from graphvae_data.files.tabular import Table, is_number
from graphvae_data.graphs.read_options import ReadOptions
from graphvae_data.readers.columns import names as known
from graphvae_data.readers.columns.values import Columns

LONE_ROWS = 5
"""Rows from which two columns of different values alone are rather ids and names than edges."""
MOST_CANDIDATES = 12
"""Columns that are compared with each other."""


@dataclass(frozen=True)
class Roles:
    """Indices of the columns."""

    source: int
    """Of the first end."""
    target: int
    """Of the second end."""
    weight: int | None = None
    """Of the weight, rating or sign."""
    time: int | None = None
    """Of the time."""
    relation: int | None = None
    """Of the relation of a triple."""
    direction: int | None = None
    """Of the words Directed and Undirected, as Gephi writes them."""
    two_kinds: bool = False
    """Whether the names say that the ends are nodes of two kinds."""
    rated: bool = False
    """Whether the weight looks like a rating, which nobody asked to be taken as a weight."""

    @property
    def used(self) -> dict[str, int]:
        """The columns that are used, by role."""
        roles = ("source", "target", "weight", "time", "relation", "direction")
        return {role: getattr(self, role) for role in roles if getattr(self, role) is not None}


def choose_roles(table: Table, options: ReadOptions) -> Roles:
    """Return the role of each column.

    Raises:
        InputError: no such column, or a guess that is not sure.
    """
    columns = Columns(table)
    asked = {
        role: table.find(wanted, ReadOptions.flag(role)) for role, wanted in options.columns.items()
    }
    direction = _direction(columns)
    relation = asked.get("relation_col")
    taken = [asked.get("weight"), asked.get("time"), relation, direction]
    free = [i for i in columns.all if i not in taken]
    ends = _ends(columns, asked.get("source"), asked.get("target"), free)
    if ends.source == ends.target:
        raise InputError(
            f"{table.path}: expected two different columns for source and target, got one; "
            "name them with --source-col and --target-col"
        )
    free = [i for i in free if i not in (ends.source, ends.target)]
    if relation is None:
        relation = _relation(columns, ends, free)
    free = [i for i in free if i != relation]
    weight, rated = asked.get("weight"), False
    if weight is None:
        weight, rated = _weight(columns, ends, free, options)
    time = asked.get("time")
    if time is None:
        time = _time(columns, [i for i in free if i != weight])
    return Roles(ends.source, ends.target, weight, time, relation, direction, ends.two_kinds, rated)


def _ends(
    columns: Columns, source: int | None, target: int | None, free: list[int]
) -> known.NamedEnds:
    if source is not None and target is not None:
        names = columns.table.names
        sure = known.named_ends(names, (source, target)) if names else None
        return known.NamedEnds(source, target, sure is not None and sure.two_kinds)
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
        raise unsure(columns, "the other end of an edge")
    two_kinds = bool(by_name) and by_name[0].two_kinds
    if source is not None:
        return known.NamedEnds(end, other, two_kinds)
    return known.NamedEnds(other, end, two_kinds)


def _named(columns: Columns, free: Iterable[int]) -> known.NamedEnds | None:
    """Return the ends by their names; a column of dates or fractions is never one."""
    if columns.table.names is None:
        return None
    able = [i for i in free if columns.kind(i) in ("integer", "word") or _is_long_id(columns, i)]
    return known.named_ends(columns.table.names, able)


def _is_long_id(columns: Columns, column: int) -> bool:
    """Tell whether numbers as large as Unix times may be ids."""
    return columns.kind(column) == "time" and all(map(str.isdigit, columns.distinct(column)))


def _may_be_end(columns: Columns, column: int) -> bool:
    """Tell whether the values, and the name if there is one, are those of nodes."""
    if columns.kind(column) not in ("integer", "word") or columns.missing(column):
        return False
    names = columns.table.names
    return names is None or len(names) == 2 or not known.names_no_end(names[column])


def _by_values(columns: Columns, free: list[int]) -> tuple[int, int]:
    """Return the ends by their values; `InputError` if that is not sure."""
    if len(columns.all) == 2 and len(free) == 2:
        return _of_two(columns)
    able = [i for i in free if _may_be_end(columns, i)]
    words = [i for i in able if columns.kind(i) == "word"][:MOST_CANDIDATES]
    whole = [i for i in able if columns.kind(i) == "integer"][:MOST_CANDIDATES]
    pair = _sharing(columns, words)
    if pair is not None:
        return pair
    if len(whole) >= 2 and not [i for i in words if not columns.has_few_values(i)]:
        return _of_numbers(columns, whole)
    plain = [i for i in words if not columns.has_few_values(i)]
    if len(plain) == len(words) == 2 and columns.table.names is None:
        return plain[0], plain[1]
    long_ids = [i for i in free if _is_long_id(columns, i)]
    if not able and len(long_ids) == 2 and columns.overlap(*long_ids):
        return long_ids[0], long_ids[1]
    raise unsure(columns, "the two ends of an edge")


def _of_two(columns: Columns) -> tuple[int, int]:
    """Two columns are the ends, if neither holds dates, fractions or flags."""
    kinds = [columns.kind(i) for i in columns.all]
    if all(_is_long_id(columns, i) for i in columns.all):
        return 0, 1
    for i, kind in enumerate(kinds):
        empty = kind == "empty" or bool(columns.missing(i))
        whole_floats = kind == "number" and "number" in kinds[:i] + kinds[i + 1 :]
        if not empty and (kind in ("time", "flag") or (kind == "number" and not whole_floats)):
            raise unsure(columns, "the two ends of an edge")
    once = all(len(columns.distinct(i)) == columns.rows for i in columns.all)
    if once and columns.rows >= LONE_ROWS and not columns.overlap(0, 1):
        raise unsure(columns, "the two ends of an edge, as no value comes twice,")
    return 0, 1


def _sharing(columns: Columns, words: list[int]) -> tuple[int, int] | None:
    """Return the two columns of words that share values; `InputError` if several pairs do."""
    shares = sorted(((columns.overlap(*pair), pair) for pair in combinations(words, 2)), key=_first)
    shares = [share for share in shares if share[0] > 0]
    if not shares:
        return None
    if len(shares) > 1 and shares[-2][0] > shares[-1][0] / 2:
        raise unsure(columns, "the two ends of an edge")
    return shares[-1][1]


def _first(share: tuple[float, tuple[int, int]]) -> float:
    return share[0]


def _of_numbers(columns: Columns, whole: list[int]) -> tuple[int, int]:
    """Return the ends among columns of integers: two alone, or the first two of a plain list."""
    if len(whole) == 2:
        if columns.table.names is None or columns.overlap(*whole) > 0:
            return whole[0], whole[1]
        raise unsure(columns, "the two ends of an edge")
    if columns.table.names is None and whole[:2] == [0, 1]:
        if _may_be_triples(columns, whole):
            raise unsure(
                columns,
                "the two ends of an edge",
                "; or the weight with --weight-col 3, or the relation with --relation-col 2",
            )
        return 0, 1
    best = columns.overlap(whole[0], whole[1])
    others = [
        columns.overlap(a, b) for a, b in combinations(whole, 2) if (a, b) != tuple(whole[:2])
    ]
    if best >= 0.2 and all(other < best / 2 for other in others):
        return whole[0], whole[1]
    raise unsure(columns, "the two ends of an edge")


def _may_be_triples(columns: Columns, whole: list[int]) -> bool:
    """Tell whether head, relation, tail are as likely as two ends and a weight.

    The third column then holds ids of the first ones, and is not what weights mostly are: small,
    or most often the least.
    """
    if 2 not in whole:
        return False
    heads, relations, tails = (len(columns.distinct(i)) for i in range(3))
    if 2 * relations < min(heads, tails) and columns.overlap(0, 2) > 0.5:
        return True
    third = columns.floats(2)
    nodes = columns.distinct(0).keys() | columns.distinct(1).keys()
    if not columns.distinct(2).keys() <= nodes:
        return False
    if columns.rows >= 4 and columns.rows == len(columns.distinct(0)) == len(columns.distinct(2)):
        return True  # as in a list of neighbours
    if third.max() <= 10:
        return False
    return not (third.min() <= 1 and float(columns.most_frequent(2)) == third.min())


def _relation(columns: Columns, ends: known.NamedEnds, free: list[int]) -> int | None:
    """Return the column of the relation: by its name, or a third column of words in triples."""
    names = columns.table.names
    if names is not None:
        named = [i for i in free if known.relation_named(names[i])]
        fit = [i for i in named if columns.kind(i) in ("word", "integer") and _repeats(columns, i)]
        if fit:
            return fit[0]
    triples = len(columns.all) == 3 and len(free) == 1
    between = ends.source < free[0] < ends.target if triples else False
    words = triples and columns.kind(free[0]) == "word"
    if words and (names is None or between) and not _begins_with_number(columns, free[0]):
        return free[0]
    return None


def _repeats(columns: Columns, column: int) -> bool:
    """Tell whether values come again, as those of a relation do, unlike names and notes."""
    return columns.rows < 20 or 2 * len(columns.distinct(column)) <= columns.rows


def _weight(
    columns: Columns, ends: known.NamedEnds, free: list[int], options: ReadOptions
) -> tuple[int | None, bool]:
    """Return the column of the weight, and whether it is rather a rating."""
    names = columns.table.names
    numeric = [i for i in free if columns.kind(i) in ("integer", "number")]
    if not options.weights and options.min_weight is None:
        return None, False
    if names is None:
        plain = [i for i in free if columns.kind(i) not in ("time", "flag", "empty")]
        plain = [i for i in plain if not columns.like_a_clock(i)]
        at = plain[0] if plain and _begins_with_number(columns, plain[0]) else None
        timed = any(columns.kind(i) == "time" for i in free)
        two_kinds = timed and not columns.overlap(ends.source, ends.target)
        return at, at is not None and _like_ratings(columns, at, two_kinds=two_kinds)
    for test in (known.weight_named, known.rating_named, known.sign_named):
        named = [i for i in free if test(names[i])]
        fit = [i for i in named if i in numeric or _begins_with_number(columns, i)]
        if fit and test is known.weight_named:
            return fit[0], False
        if fit and (test is known.rating_named or (columns.floats(fit[0]) < 0).any()):
            return fit[0], True
    if options.min_weight is not None and len(numeric) == 1:
        return numeric[0], False
    return None, False


def _begins_with_number(columns: Columns, column: int) -> bool:
    first = str(columns.table.columns[column][0].as_py())
    return is_number(first) or (columns.kind(column) == "number")


def _like_ratings(columns: Columns, column: int, *, two_kinds: bool) -> bool:
    """Tell whether numbers look like ratings: halves up to 10, mostly not the least.

    Or between ends that share no id, each row with a time, as in lists of reviews.
    """
    values = columns.floats(column)
    if columns.rows < 50 or not 3 <= len(values) <= 20 or not np.isfinite(values).all():
        return False
    halves = bool((values * 2 == np.floor(values * 2)).all())
    if not halves or values.min() < 0 or not 3 <= values.max() <= 10:
        return False
    return two_kinds or (columns.rows >= 100 and float(columns.most_frequent(column)) >= 3)


def _time(columns: Columns, free: list[int]) -> int | None:
    """Return the column of the time, if its name or its values say so and no value is missing."""
    names = columns.table.names
    whole = [i for i in free if not columns.missing(i)]
    if names is not None:
        named = [i for i in whole if known.time_named(names[i])]
        fit = [i for i in named if columns.kind(i) in ("time", "integer", "number")]
        return fit[0] if fit else None
    times = [i for i in whole if columns.kind(i) == "time" or columns.like_a_clock(i)]
    return times[0] if len(times) == 1 else None


def _direction(columns: Columns) -> int | None:
    """Return the column that holds Directed or Undirected in every row."""
    names = columns.table.names or ()
    for i, name in enumerate(names):
        values = {text.lower() for text in columns.distinct(i)} if name.lower() == "type" else set()
        if values and values <= {"directed", "undirected"}:
            return i
    return None


_KINDS = {
    "integer": "whole numbers",
    "number": "numbers",
    "time": "times",
    "flag": "true or false",
    "word": "words",
    "empty": "nothing",
}


def unsure(columns: Columns, what: str, other: str = "") -> InputError:
    """Return the error of a guess that is not sure: it shows the columns and the options."""
    table = columns.table
    shown = ", ".join(
        f"{table.title(i)} ({_KINDS[columns.kind(i)]}, as {columns.example(i)})"
        for i in list(columns.all)[:8]
    )
    more = f" and {len(columns.all) - 8} more" if len(columns.all) > 8 else ""
    return InputError(
        f"{table.path}: which columns are {what} is not sure, of {shown}{more}; name them with "
        f"--source-col and --target-col{other}"
    )
