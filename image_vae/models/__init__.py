"""Models, built from recipes."""
