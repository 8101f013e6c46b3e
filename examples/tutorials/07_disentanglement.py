"""
Disentanglement on sprites
==========================

Does each coordinate of the code follow one factor of the images? The dataset ``sprites-toy``
holds small images with known factors, so that this can be measured.
"""

from typing import Any

import image_vae
from image_vae.disentanglement.report import disentanglement

# %%
# Train β-TCVAE (Chen et al. 2018), which penalises the total correlation of the code. These runs
# are far too short for conclusions; they show the procedure.

settings: dict[str, Any] = {
    "hidden": (64,),
    "steps": 150,
    "epoch_steps": 50,
    "batch_size": 64,
    "lr": 2e-3,
}
result = image_vae.fit("sprites-toy", "beta-tcvae", **settings)

# %%
# The mutual information gap (MIG) is the difference, for each factor, between the two coordinates
# that tell most about it, in units of the factor's entropy: 1 is perfect, 0 is none. An untrained
# encoder is the baseline to beat.

report = disentanglement(result.experiment, ["mig"], baselines=["untrained"])
for name, numbers in report.numbers().items():
    print(name, {title: value for title, value in numbers.items() if value is not None})

# %%
# On the command line: ``graphvae image evaluate RUN --metrics mig,dci --baselines untrained,pca``
# and ``graphvae image traverse RUN`` for pictures.
