"""Search for settings: trials of one or several models, compared on validation only.

`spaces` collects the search spaces of a model's settings, `study` keeps the trials in an Optuna
study that several processes share, and `tune` runs trials until there are enough. The settings of
the best trial are fit once more, and only that run is scored on the test set.
"""
