"""Atomic writing of files and folders; text, tables, pickles, figures."""
