"""Tables of edges: which column is what, found out where nobody says it.

`headers` tells whether the first row names the columns, `names` what known names mean, `values`
what the columns hold, and `roles` puts these together: the two ends, the weight, the time, the
relation. `relations` takes one relation of triples, `konect` reads KONECT's first comment.

A guess is made only where names or values leave no doubt; else `InputError` shows the columns and
the option that decides.

>>> from graphvae_data.readers.columns.names import named_ends
>>> named_ends(["date", "Follower", "Followee", "note"], range(4))
NamedEnds(source=1, target=2, two_kinds=False)
"""
