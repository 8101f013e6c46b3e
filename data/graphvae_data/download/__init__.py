"""The download cache and where it is filled from."""
