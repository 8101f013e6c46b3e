"""Imagination: images of concepts given by attributes, and how well they are imagined.

A *concept* is a set of attributes with a value, such as digit = 3, scale = big; what it leaves open
may vary. The three C's measure images of a concept by a classifier of attributes: *correctness*
(they have the values that were given), *coverage* (they vary in what was left open), and
*compositionality* (correctness of combinations that training did not have). Source: Vedantam et al.
2017, "Generative Models of Visually Grounded Imagination", §4.
"""
