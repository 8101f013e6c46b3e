"""Settings: declared once with type, bounds, default and help; layered, checked and rebuilt.

A preset comes first, then a file, then options.
"""
