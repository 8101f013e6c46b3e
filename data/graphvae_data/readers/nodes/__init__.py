"""Nodes by name: matching of table rows to nodes, and new nodes."""
