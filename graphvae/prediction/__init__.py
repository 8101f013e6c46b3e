"""Missing links, and the nearest nodes of an embedding.

`missing_links` finds the best pairs by any score of all pairs; `pair_features` has what is known of
a pair, and `ranking` chooses on the validation edges which of it orders the list, and what a score
means as a probability. `neighbors` compares a node with every other.
"""
