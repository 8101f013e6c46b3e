"""The commands on graphs, one file per command."""
