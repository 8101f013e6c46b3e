"""Graphs: the object in memory, its edges in canonical form, its file, graphs by name.

All other parts take a `Graph`. Readers return `Edges` as listed in a file or object, and
`cleaning.clean` converts them to a `Graph`.

>>> from graphvae_data.graphs.graphs import load_graph
>>> karate = load_graph("karate")
>>> karate.num_nodes, karate.num_edges, karate.features, karate.node_names[:2]
(34, 78, None, ('0', '1'))
"""
