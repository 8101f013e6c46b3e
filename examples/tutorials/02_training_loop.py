"""
The training loop from parts
============================

``graphvae.fit`` is a training loop over parts: a split, a message graph, a model, an objective.
Here is the loop itself. Use it when you need something that ``fit`` does not offer.
"""

import torch

import graphvae as gv

# %%
# Randomness is an argument: nothing depends on a global seed.

graph = gv.load_graph("digits-knn")
generator = torch.Generator().manual_seed(0)
split = gv.split_edges(graph, val_fraction=0.05, test_fraction=0.1, generator=generator)

# %%
# Messages pass over training edges only, so that no score depends on an edge it is asked to
# predict.

messages = gv.message_graph(graph, split.train)

# %%
# The encoder has two heads, for the mean and the log standard deviation of each code.

encoder = gv.GCN(messages.num_features, 32, 16, heads=2, generator=generator)
model = gv.VGAE(encoder, gv.InnerProduct(), gv.StandardNormal(16))

# %%
# The objective is the weighted cross-entropy over all pairs of Kipf & Welling 2016, and a KL
# term. It never allocates an N×N matrix.

pairs = gv.WeightedPairs(split.train, messages.num_nodes)
objective = gv.GraphObjective(pairs, gv.WeightedKl())
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)

for epoch in range(40):
    posterior = model.encode(messages, generator)
    prior = model.prior_distribution(generator)
    loss = objective(posterior, model.decoder_on(messages), generator, prior=prior).total
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if epoch % 10 == 0:
        print(f"epoch {epoch:3}  loss {loss.item():.4f}")

# %%
# A scorer maps pairs to scores; a metric compares the scores of edges and non-edges.

score = gv.model_scorer(model, messages)
auc = gv.Auc().score(score(split.test), score(split.test_negatives))
print(f"test AUC {auc:.3f}")
