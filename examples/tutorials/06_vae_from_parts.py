"""
A VAE from parts
================

An image VAE is a latent graph, a network for each code, a prior and a decoder. One forward pass
gives a trace; the bound is a function of the trace.
"""

import torch
from sklearn.datasets import load_digits

import image_vae
from image_vae import CodeNetwork, Conditional, GaussianPosterior, Latent, LatentGraph, Observed
from image_vae.nn.decoders import Decoder
from image_vae.parts.distributions.likelihoods import BernoulliHead

generator = torch.Generator().manual_seed(0)
images = torch.tensor(load_digits().images, dtype=torch.float32).unsqueeze(1) / 16
images = images.round()  # black and white, so that log p(x) is a log-probability

# %%
# The latent graph: a code z of width 4, which depends on x in q; x depends on z in p.

graph = LatentGraph((Latent("z", 4, q_parents=("x",)),), {"x": Observed(("z",))})

# %%
# The parts. Decoders return logits; every random draw takes a generator.

family = GaussianPosterior(4)
network = Conditional(
    {"x": (1, 8, 8)}, family.widths, hidden=(64,), activation="relu", generator=generator
)
decoder = Decoder(
    {"z": 4},
    BernoulliHead(images.mean(0)),
    (1, 8, 8),
    hidden=(64,),
    activation="relu",
    generator=generator,
)
model = image_vae.VAE(
    graph,
    inference={"z": CodeNetwork(network, family)},
    generation={},
    priors={"z": image_vae.StandardNormal(4)},
    decoders={"x": decoder},
)

# %%
# Train with the importance-weighted bound L_5 (Burda et al. 2015). For the ELBO, write
# ``image_vae.elbo(trace)``.

optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for epoch in range(10):
    for batch in images[:1500].split(100):
        trace = model({"x": batch}, 5, generator)
        loss = -image_vae.iwae(trace).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    if epoch % 3 == 0:
        print(f"epoch {epoch}  −L_5 {loss.item():.2f} nats")

# %%
# On test images the bounds are ordered: ELBO ≤ L_5 ≤ L_100 ≤ log p(x).

with torch.no_grad():
    for k in (1, 5, 100):
        bound = image_vae.iwae(model({"x": images[1500:]}, k, generator)).mean()
        print(f"L_{k} = {float(bound):.2f}")

# %%
# ``image_vae.fit("digits", "iwae")`` does the same, with validation, a run folder and pictures.
