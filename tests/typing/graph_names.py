"""Calls of `graphvae` that mypy must accept, and calls that it must refuse.

Run by mypy only: an ignored line that is accepted is an error too (`warn_unused_ignores`).
"""

import numpy as np
import torch
from torch import nn

import graphvae
from examples.encoder import SimpleGraphConvolution
from examples.student_t_prior import StudentT
from graphvae import GatEncoder, Iwae, Mog, SampledLoss, Vamp

result: graphvae.GraphFitResult = graphvae.fit("karate", "vgae", epochs=3, latent=8, prior="mog")
graphvae.fit("karate", encoder=GatEncoder(attention_heads=2), loss=SampledLoss(negative_ratio=2))
graphvae.fit("karate", encoder=SimpleGraphConvolution(hops=3), prior=StudentT)
graphvae.fit("karate", bound=Iwae(samples=5), prior=Vamp(components=5), features=False)
graphvae.fit(np.zeros((2, 9)), encoder=nn.Linear(2, 2), prior_components=5)
graphvae.fit("karate", graphvae.GraphRecipe(prior=Mog(), latent=4))
graphvae.load("run", prior=StudentT).predict(top_k=3)[0].score.is_integer()
recipe: graphvae.GraphRecipe = graphvae.presets["vgae"].recipe
split: graphvae.EdgeSplit = graphvae.split_edges(
    result.graph, val_fraction=0.1, test_fraction=0.1, generator=torch.Generator()
)
value: float = graphvae.Auc().score(np.ones(2), np.zeros(2))

graphvae.fit("karate", modle="vgae")  # type: ignore[call-arg]
graphvae.fit("karate", epochs="5")  # type: ignore[arg-type]
graphvae.fit("karate", prior_componets=5)  # type: ignore[call-arg]
graphvae.fit("karate", split_by="tme")  # type: ignore[arg-type]
graphvae.fit("karate", prior=Iwae())  # type: ignore[arg-type]
graphvae.fit("karate", prior=Vamp(componets=5))  # type: ignore[call-arg]
graphvae.fti("karate")  # type: ignore[attr-defined]
result.predict(topk=3)  # type: ignore[call-arg]
Vamp().components = 3  # type: ignore[misc]
