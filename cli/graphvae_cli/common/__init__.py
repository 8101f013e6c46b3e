"""Options, tables and workers, shared by all commands."""
