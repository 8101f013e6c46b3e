"""Names of columns and what they mean."""

import pytest

from graphvae_data.readers.columns.names import NamedEnds, is_attribute_name, named_ends


@pytest.mark.parametrize(
    ("names", "ends"),
    [
        ("FromNodeId ToNodeId", (0, 1)),
        ("target source", (1, 0)),
        ("id_1 id_2 weight", (0, 1)),
        ("citing_paper cited_paper date", (0, 1)),
        ("page_id_from page_id_to", (0, 1)),
        ("v w", (0, 1)),
        ("u v w", (0, 1)),
        ("h r t", (0, 2)),
        ("START_ID TYPE END_ID", (0, 2)),
        ("start_time end_time", None),
        ("weight height", None),
        ("alpha beta", None),
    ],
)
def test_opposites_are_the_two_ends(names: str, ends: tuple[int, int] | None) -> None:
    words = names.split()
    result = named_ends(words, range(len(words)))
    assert (result and (result.source, result.target)) == ends


@pytest.mark.parametrize("names", ["userId movieId", "user_id item_id", "userID artistID"])
def test_names_of_two_kinds_are_two_sides(names: str) -> None:
    assert named_ends(names.split(), range(2)) == NamedEnds(0, 1, bipartite=True)


def test_weights_times_and_relations_are_no_ends() -> None:
    assert all(map(is_attribute_name, ("Weight", "rating", "timestamp", ":TYPE", "sign")))
    assert not any(map(is_attribute_name, ("Follower", "id", "city")))
