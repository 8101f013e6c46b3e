"""Missing links, and the nearest nodes of an embedding."""
