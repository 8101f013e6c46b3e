"""Imagination: generation of images from concepts, and its evaluation.

A *concept* gives values to some attributes, such as digit = 3, scale = big, and leaves the others
open. The three C's evaluate generated images with an attribute classifier: *correctness* (the
images have the given values), *coverage* (the open attributes vary), and *compositionality*
(correctness for combinations that are not in the training images). Source: Vedantam et al. 2017,
"Generative Models of Visually Grounded Imagination", §4.
"""
