"""Convolutional encoders and decoders of particular papers."""
