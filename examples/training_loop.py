"""The training loop of a VGAE from its parts: split, message graph, model, objective, Adam.

`graphvae.fit` does the same; it also selects the epoch by validation and saves the run.
"""

import torch

import graphvae as gv

graph = gv.load_graph("cora")
generator = torch.Generator().manual_seed(0)
split = gv.split_edges(graph, val_fraction=0.05, test_fraction=0.1, generator=generator)
messages = gv.message_graph(graph, split.train)  # messages pass over training edges only

encoder = gv.GCN(messages.num_features, 32, 16, heads=2, generator=generator)
model = gv.VGAE(encoder, gv.InnerProduct(), gv.StandardNormal(16))
objective = gv.GraphObjective(gv.WeightedPairs(split.train, messages.num_nodes), gv.WeightedKl())
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)

for _ in range(200):
    posterior = model.encode(messages, generator)
    prior = model.prior_distribution(generator)
    loss = objective(posterior, model.decoder_on(messages), generator, prior=prior).total
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()

score = gv.model_scorer(model, messages)
auc = gv.Auc().score(score(split.test), score(split.test_negatives))
print(f"test AUC {auc:.3f}")
