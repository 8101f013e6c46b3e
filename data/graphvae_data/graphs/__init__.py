"""Graphs: the object in memory, its edges in canonical form, its file, graphs by name.

`Graph` is what every other part takes. Readers return `Edges`, as they stand in a file or object,
and `cleaning.clean` makes a `Graph` of them.

>>> from graphvae_data.graphs.graphs import load_graph
>>> karate = load_graph("karate")
>>> karate.num_nodes, karate.num_edges, karate.features, karate.node_names[:2]
(34, 78, None, ('0', '1'))
"""
