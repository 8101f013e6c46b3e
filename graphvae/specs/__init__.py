"""Declarations of settings, presets and parts by name. Does not import torch."""
