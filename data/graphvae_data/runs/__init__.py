"""Run folders, history, checkpoints, devices, workers."""
