"""Commands of runs that observe attributes in addition to the image."""
