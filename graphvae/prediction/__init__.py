"""Missing links, and the nearest nodes of an embedding.

`missing_links` finds the best pairs by any score of all pairs. `pair_features` computes features of
a pair; `ranking` chooses, on the validation edges, which of these features order the list, and
calibrates scores as probabilities. `neighbors` compares a node with every other.
"""
