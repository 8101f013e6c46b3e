"""A trained model and the files of its run."""
