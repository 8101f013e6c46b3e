"""A run: fit, resume, repeats, the run folder and the result."""
