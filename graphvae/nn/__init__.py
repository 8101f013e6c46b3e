"""Encoders, decoders, GAE and VGAE."""
