"""Disentanglement: whether each coordinate of a code represents one factor of variation.

Every metric is a function of `Codes`: the codes of some images under a representation, with the
factors of these images. A trained model, an untrained one, principal components and raw pixels are
all representations (`representations`) and are measured by the same functions.
"""
