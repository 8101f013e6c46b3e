"""Files and folders that appear whole or not at all; text, tables, pickles, figures."""
