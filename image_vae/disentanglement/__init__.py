"""Disentanglement: whether each coordinate of a code stands for one factor of variation.

Every metric is a function of `Codes`: the codes of some images under a representation, with the
factors of these images. A trained model, an untrained one, principal components and raw pixels are
all such representations (`representations`), measured by the same functions.
"""
