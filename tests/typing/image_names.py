"""Calls of `image_vae` that mypy must accept, and calls that it must refuse.

Run by mypy only: an ignored line that is accepted is an error too (`warn_unused_ignores`).
"""

import numpy as np
from torch import nn

import image_vae
from examples.penalty import Dip
from examples.student_t_prior import StudentT
from image_vae import Iwae, Mog, Vamp

result: image_vae.ImageFitResult = image_vae.fit("digits", "vae", epochs=3, latent=(2,), beta=4)
image_vae.fit("digits", prior=Vamp(components=5), bound=Iwae(samples=5))
image_vae.fit("digits", penalty=Dip(diagonal=2.0), latent=4, hidden=(20, 20))
image_vae.fit("digits", prior="vamp", prior_components=5, steps=None)
image_vae.fit("digits", prior=StudentT, encoder=nn.Linear(2, 2))
image_vae.fit(np.zeros((9, 8, 8)), image_vae.ImageRecipe(prior=Mog()), labels=np.zeros(9))
image_vae.load("run", prior=StudentT).embeddings("test")
image_vae.evaluate(result, ["nll"]).to_dict()
recipe: image_vae.ImageRecipe = image_vae.presets["vae"].recipe

image_vae.fit("digits", modle="vae")  # type: ignore[call-arg]
image_vae.fit("digits", epochs="5")  # type: ignore[arg-type]
image_vae.fit("digits", latent="2")  # type: ignore[arg-type]
image_vae.fit("digits", prior_componets=5)  # type: ignore[call-arg]
image_vae.fit("digits", activation="rleu")  # type: ignore[arg-type]
image_vae.fit("digits", prior=Iwae())  # type: ignore[arg-type]
image_vae.fit("digits", prior=Vamp(componets=5))  # type: ignore[call-arg]
image_vae.evaluat(result)  # type: ignore[attr-defined]
Vamp().components = 3  # type: ignore[misc]
