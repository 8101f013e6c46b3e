"""Nodes of a graph by name: whose a row of a table is, and nodes that came later."""
