"""Batches of images: order, binarisation, labels."""
