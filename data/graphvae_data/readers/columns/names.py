"""Roles of columns by their names: ends of an edge, weight, time, relation.

A name of any style is split into words: `FromNodeId`, `from_node_id` and `:START_ID` are
(from, node, id) and (start, id). Two columns are the ends of an edge if their names differ only by
a known pair of words: `FromNodeId` and `ToNodeId`, `protein1` and `protein2`.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import permutations

OPPOSITES = (
    "source target", "src dst", "src dest", "src tgt", "source dest", "source destination",
    "source sink", "from to", "u v", "v w", "i j", "head tail", "h t", "subject object", "s o",
    "subj obj", "start end", "follower followee", "follower followed", "follower following",
    "sender receiver", "sender recipient", "citing cited", "citer cited", "parent child",
    "caller callee", "origin destination", "orig dest", "buyer seller", "lender borrower",
    "payer payee", "rater ratee", "truster trustee", "trustor trustee", "employer employee",
    "mentor mentee", "teacher student", "husband wife", "winner loser", "predator prey",
    "donor recipient", "exporter importer", "requester requestee", "left right", "a b",
    "1 2", "0 1", "one two", "first second", "person friend", "user friend", "who whom",
    "ego alter", "member friend", "person contact", "inviter invitee", "reporter partner",
    "supplier customer", "importer exporter", "creditor debtor", "tf gene", "regulator target",
)  # fmt: skip
"""Words for the first and the second end of an edge."""
_FIRST_SIDE = {
    "user", "users", "customer", "reviewer", "reader", "viewer", "listener", "member", "author",
    "actor", "person", "buyer", "client", "student", "patient", "player", "borrower",
    "subscriber", "visitor", "consumer", "drug", "director", "customerid",
}  # fmt: skip
_SECOND_SIDE = {
    "item", "items", "movie", "movies", "product", "products", "book", "books", "business",
    "film", "song", "track", "artist", "article", "paper", "page", "group", "course", "club",
    "event", "game", "app", "store", "venue", "poi", "location", "anime", "recipe", "tag",
    "hashtag", "url", "disease", "company", "organization", "organisation", "team", "video",
    "show", "place", "merchant", "asin", "isbn", "restaurant", "category", "genre",
}  # fmt: skip
_IDS = ("id", "ids", "name", "key", "node", "no", "nr", "num", "number", "idx", "index", "code")
_WEIGHTS = ("weight", "weights", "w", "edge weight", "wt", "wgt", "edge weights", "link weight")
_RATINGS = ("rating", "ratings", "stars", "star", "rate", "rating value", "star rating", "overall")
_SIGNS = ("sign", "signs", "vote", "trust", "polarity", "sentiment", "vot", "signed")
_TIMES = (
    "time", "timestamp", "timestamps", "date", "datetime", "unixtime", "unix time", "ts", "when",
    "created at", "created", "edge time", "time stamp", "event time", "date time", "unix timestamp",
)  # fmt: skip
_RELATIONS = (
    "relation", "rel", "relations", "predicate", "pred", "p", "r", "type", "edge type",
    "relation type", "relationship", "relationship type", "rel type", "interaction", "property",
    "link type", "interaction type",
)  # fmt: skip


@dataclass(frozen=True)
class NamedEnds:
    """Two columns with the names of the ends of an edge."""

    source: int
    """Index of the source column."""
    target: int
    """Index of the target column."""
    bipartite: bool = False
    """Whether they have nodes of different types, such as users and movies."""


def words_of(name: str) -> tuple[str, ...]:
    """Split the name of a column into words.

    >>> words_of("FromNodeId"), words_of(":START_ID(Person)"), words_of("protein1")
    (('from', 'node', 'id'), ('start', 'id'), ('protein', '1'))
    """
    name = re.sub(r"\([^)]*\)", " ", name) if name.startswith(":") else name
    name = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[^\W\d])(?=\d)", " ", name)
    words = tuple(word for word in re.split(r"[\W_]+", name.lower()) if word)
    return _SPLIT.get("".join(words), words)


_SPLIT = {
    f"{first}{second}": (first, second)
    for first in (
        "from",
        "to",
        "source",
        "target",
        "src",
        "dst",
        "start",
        "end",
        "user",
        "movie",
        "item",
        "book",
        "product",
        "artist",
        "friend",
        "node",
        "head",
        "tail",
    )
    for second in ("id", "node", "name", "user")
} | {f"{end}nodeid": (end, "node", "id") for end in ("from", "to", "source", "target")}
"""Compounds in lower case, such as fromnode and userid, and their words."""


def named_ends(names: Sequence[str], candidates: Iterable[int]) -> NamedEnds | None:
    """Return the first two candidate columns with the names of the ends of an edge."""
    words = {i: words_of(names[i]) for i in candidates}
    for opposite in OPPOSITES:
        first, second = opposite.split()
        for source, target in permutations(words, 2):
            if _differ(words[source], words[target], first, second):
                return NamedEnds(source, target, _two_groups(names[source], names[target]))
    return _two_sides(words)


def is_weight_name(name: str) -> bool:
    """Return whether a name is that of a weight.

    >>> is_weight_name("Weight"), is_weight_name("edge_weight"), is_weight_name("height")
    (True, True, False)
    """
    return " ".join(words_of(name)) in _WEIGHTS


def is_rating_name(name: str) -> bool:
    """Return whether a name is that of a rating."""
    return " ".join(words_of(name)) in _RATINGS


def is_sign_name(name: str) -> bool:
    """Return whether a name is that of a sign, such as trust or distrust."""
    return " ".join(words_of(name)) in _SIGNS


def is_time_name(name: str) -> bool:
    """Return whether a name is that of a time."""
    return " ".join(words_of(name)) in _TIMES


def is_relation_name(name: str) -> bool:
    """Return whether a name is that of a relation."""
    return " ".join(words_of(name)) in _RELATIONS


def is_attribute_name(name: str) -> bool:
    """Return whether a name is that of a weight, rating, sign, time or relation."""
    tests = (is_weight_name, is_rating_name, is_sign_name, is_time_name, is_relation_name)
    return any(test(name) for test in tests)


def is_known_name(name: str) -> bool:
    """Return whether a name is that of an id, a weight, a rating, a sign, a time or a relation."""
    words = words_of(name)
    is_id = len(words) > 1 and words[-1] in _IDS and words[0].isalpha()
    return is_attribute_name(name) or is_id


def _differ(a: tuple[str, ...], b: tuple[str, ...], first: str, second: str) -> bool:
    """Return whether two names differ only by this pair of words; words such as `id` may differ."""
    if a == b or first not in a or second not in b:
        return False
    i, j = a.index(first), b.index(second)
    rest_a, rest_b = (*a[:i], *a[i + 1 :]), (*b[:j], *b[j + 1 :])
    if first.isdigit() and not rest_a:
        return False
    short_a, short_b = (tuple(w for w in rest if w not in _IDS) for rest in (rest_a, rest_b))
    return short_a == short_b and not (set(short_a) & _NO_ENDS)


_NO_ENDS = {"time", "date", "year", "lat", "lon", "latitude", "longitude", "weight", "type", "day"}
"""Words in names of columns that are not an end: `start_time`."""


def _two_groups(source: str, target: str) -> bool:
    """Return whether Neo4j's names have different groups, as in `:START_ID(Person)`."""
    groups = [re.search(r"_ID\((.*)\)", name) for name in (source, target)]
    return groups[0] is not None and groups[1] is not None and groups[0][1] != groups[1][1]


def _two_sides(words: dict[int, tuple[str, ...]]) -> NamedEnds | None:
    """Return a column for each side of a bipartite graph: `userId` and `movieId`."""
    plain = {i: [w for w in each if w not in _IDS] for i, each in words.items()}
    first = [i for i, each in plain.items() if len(each) == 1 and each[0] in _FIRST_SIDE]
    second = [i for i, each in plain.items() if len(each) == 1 and each[0] in _SECOND_SIDE]
    if not first or not second:
        return None
    with_id = [i for i in second if "id" in words[i]] or second
    return NamedEnds(_best(first, words), with_id[0], bipartite=True)


def _best(columns: list[int], words: dict[int, tuple[str, ...]]) -> int:
    return next((i for i in columns if "id" in words[i]), columns[0])
