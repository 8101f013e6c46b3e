"""The training loop and its players."""
