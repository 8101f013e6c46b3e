"""The commands on graphs, one file a command."""
