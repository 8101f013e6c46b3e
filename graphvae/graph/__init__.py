"""Message graphs: the normalised adjacency, edge masking, sparse products."""
