"""The graph in memory: pairs of nodes, the normalised adjacency, sparse products."""
