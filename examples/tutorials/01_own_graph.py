"""
From a CSV file to a list of links
==================================

You have a table of edges and want to know which links are missing. This tutorial reads the table,
trains a model, checks whether it is any good, and writes the most likely missing links.
"""

# %%
# The file
# --------
# Any table with a column for each end of an edge will do. This one holds the characters of
# *Les Misérables* who meet, how often, and a column that we do not need.

import networkx
import pandas

import graphvae

table = networkx.to_pandas_edgelist(networkx.les_miserables_graph())
table.columns = ["Person", "Meets", "times"]
table.assign(note="novel").to_csv("meetings.csv", index=False)
print(pandas.read_csv("meetings.csv").head(3))

# %%
# Train
# -----
# The columns are named here. Without names, ``fit`` detects them by their titles and content.
# ``result.reading`` tells what was read, so look at it once.

result = graphvae.fit(
    "meetings.csv", source="Person", target="Meets", weight="times", model="gae", epochs=100
)
assert result.reading is not None
print(result.reading.line())

# %%
# Is it any good?
# ---------------
# A tenth of the edges was held out. The AUC is the probability that such an edge scores above a
# random non-edge. On a graph this small the interval is wide, and the baselines show whether a
# model is needed at all.

test = result.metrics["test"]
low, high = test["auc_interval"]
print(f"AUC {test['auc']:.3f}, 95 % interval {low:.3f} to {high:.3f}, {test['positives']} edges")
for name, scores in result.metrics["baselines"].items():
    print(f"{name:24} {scores['auc']:.3f}")

# %%
# Resource allocation, a count of common neighbours, is as good as the model on this graph: the
# difference is much smaller than the interval. A model helps where ends share no neighbours, or
# where the nodes have features.

# %%
# The list of links
# -----------------
# Predicted links use all known edges. ``result.ranking`` says how they are ordered: by the model,
# by common neighbours, or by a combination, whichever finds most validation edges.

links = result.predict(top_k=10)
for link in links[:5]:
    print(f"{link.source} – {link.target}  {link.score:.3f}")
print(*result.ranking.notes, sep="\n")

pandas.DataFrame([(link.source, link.target, link.score) for link in links]).to_csv(
    "links.csv", header=["source", "target", "score"], index=False
)

# %%
# New neighbours of one node:

for link in result.predict(top_k=3, nodes=["Valjean"]):
    print(link.source, link.target)
