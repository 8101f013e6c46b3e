"""Which edges train, validate and test; how splits are made; negative sampling."""
