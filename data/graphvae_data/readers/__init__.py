"""Readers of user-supplied graphs.

`any_graph.read_graph_file` reads a file of any supported format, `objects.as_graph` converts a
graph object of another library, and `presplit.read_presplit` reads edges split into three files.
`columns` detects the roles of table columns; `nodetables` and `feature_prep` read features and
labels. Each of the other modules reads one format and returns `Edges`. `Graph.reading` summarises
what was read, dropped and merged.

>>> from graphvae_data.readers.objects import as_graph
>>> as_graph([("a", "b"), ("b", "c")])
Graph(3 nodes, 2 edges, undirected)
"""
