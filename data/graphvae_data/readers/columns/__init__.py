"""Tables of edges: detection of the role of each column.

`headers` detects whether the first row names the columns, `names` recognises common column names,
and `values` inspects the values. `roles` combines them: source, target, weight, time, relation.
`relations` selects a relation of triples, and `konect` parses KONECT's first comment.

A role is assigned only if names or values are unambiguous; otherwise `InputError` lists the columns
and the options to set.

>>> from graphvae_data.readers.columns.names import named_ends
>>> named_ends(["date", "Follower", "Followee", "note"], range(4))
NamedEnds(source=1, target=2, bipartite=False)
"""
