"""Runs: the driver, the run folder, history, checkpoints, sweeps, published tables."""
