"""Callbacks of a run, and trackers: TensorBoard, Weights & Biases, MLflow.

A `Callback` is called at the start of a run, after each epoch and at the end. A tracker is a
callback that records them where a dashboard shows them.

>>> from graphvae_data.tracking.callbacks import Callback
>>> class Print(Callback):
...     def epoch(self, record):
...         print(record.epoch, record.validation["score"])
"""
