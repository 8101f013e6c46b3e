"""What messages pass over: the normalised adjacency, edge masking, sparse products."""
