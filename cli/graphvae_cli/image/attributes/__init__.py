"""Commands of runs that observe attributes beside the image."""
