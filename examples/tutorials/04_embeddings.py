"""
Embeddings in scikit-learn and in a vector index
================================================

The embedding of a node is a vector. This tutorial uses it to classify nodes and to find similar
nodes.
"""

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.neighbors import NearestNeighbors

import graphvae

graph = graphvae.load_graph("digits-knn")
result = graphvae.fit(graph, "gae", features=False, epochs=60, baselines=False)
z = result.embeddings()
print(z.shape)

# %%
# Classify
# --------
# The graph joins images of digits to their nearest neighbours. Without seeing the pixels, the
# embedding knows which digit most nodes are.

labels = np.asarray(graph.labels)
accuracy = cross_val_score(LogisticRegression(max_iter=2_000), z, labels, cv=3)
print(f"accuracy {accuracy.mean():.3f}")

# %%
# The model is also a scikit-learn transformer, ``graphvae.GraphVAE(latent=16)``, for use in a
# ``Pipeline``.
#
# Search
# ------
# An inner-product decoder says that two nodes are joined if their vectors point in the same
# direction, so use the cosine. Rows of unit length turn it into the Euclidean distance of any
# vector index.

unit = z / np.linalg.norm(z, axis=1, keepdims=True).clip(1e-12)
index = NearestNeighbors(n_neighbors=4).fit(unit)
_, nearest = index.kneighbors(unit[:1])
print(nearest[0, 1:], labels[nearest[0]])
print([int(neighbor.node) for neighbor in result.neighbors(0, 3)])

# %%
# With millions of nodes, replace ``NearestNeighbors`` by an approximate index, such as faiss
# (``faiss.IndexFlatIP(16).add(unit)``) or hnswlib. On the command line,
# ``graphvae embed RUN --out z.parquet`` writes the vectors with the names of the nodes.
