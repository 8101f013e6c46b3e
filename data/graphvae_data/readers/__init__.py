"""Readers of user-supplied graphs.

`any_graph.read_graph_file` reads a file of any form, `objects.as_graph` converts a graph object of
another library, `presplit.read_presplit` reads edges that come split into three files. `columns`
finds out which column of a table is what, `nodetables` and `feature_prep` read features and labels.
The other modules know one form each and return `Edges`. What was read, dropped and merged stands in
`Graph.reading`.

>>> from graphvae_data.readers.objects import as_graph
>>> as_graph([("a", "b"), ("b", "c")])
Graph(3 nodes, 2 edges, undirected)
"""
