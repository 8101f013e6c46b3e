"""Readers of one file format each: matrices, MATLAB and NumPy files, networkx, PyTorch."""
