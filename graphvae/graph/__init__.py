"""Message graphs: normalised adjacency, edge masking, sparse products."""
