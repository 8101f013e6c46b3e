"""Published tables, and how to obtain them again."""
