"""Export of results as tables for other tools."""
