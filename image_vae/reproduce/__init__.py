"""Published tables and their reproduction."""
