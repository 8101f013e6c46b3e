"""The factor that each coordinate of a code encodes, by their mutual information.

The mutual information of coordinate j and factor v is normalised by the entropy, I(z_j; v) / H(v),
from 0 to 1, and computed from histograms of mean codes with twenty bins, as in `mig_histogram`.
With this many bins, noise has about .02 for a factor of 32 values.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from graphvae_data.core.rng import seeded
from image_vae.disentanglement.code import codes_of, pool
from image_vae.disentanglement.metrics.mig import mig_histogram
from image_vae.disentanglement.representations import model_code
from image_vae.parts.distributions.posteriors import joined
from image_vae.training.experiment import ImageExperiment, feed_of

DRAWN = 10
"""Index of the random stream for the images and their codes."""
PICTURES = 5_000
"""Maximum number of encoded images."""
FOLLOWED = 0.1
"""Share of a factor's entropy above which a coordinate counts as encoding it."""


@dataclass(frozen=True)
class Following:
    """The mutual information of each coordinate of a code and each factor."""

    layer: str
    """The name of the code."""
    names: tuple[str, ...]
    """The factors."""
    share: Float[np.ndarray, "latent factor"]
    """I(z_j; v_k) / H(v_k)."""
    mig: float
    """The mutual information gap, from the same histograms."""
    pictures: int
    """Number of encoded images."""

    def of(self, coordinate: int) -> str | None:
        """Return the factor that a coordinate encodes, if any.

        >>> Following("z", ("x", "y"), np.array([[0.1, 0.6], [0.0, 0.0]]), 0.0, 9).of(0)
        'y'
        """
        row = self.share[coordinate]
        best = int(row.argmax())
        return self.names[best] if row[best] >= FOLLOWED else None


def following(experiment: ImageExperiment, layer: str | None = None) -> Following | None:
    """Measure the mutual information of a code and the factors; None if fewer than two are known.

    Args:
        experiment: the images and the trained model.
        layer: the name of the code; by default the topmost.
    """
    table, model = experiment.data.factors, experiment.model
    if table is None or sum(size > 1 for size in table.sizes) < 2:
        return None
    name = model.graph.prior_order[0] if layer is None else layer
    seed = experiment.config.run.seed
    rows = pool(len(table.of_row), PICTURES, seeded(seed, DRAWN))
    feed = feed_of(experiment.config, experiment.data, "whole")
    encoded = model_code(model.eval(), feed, seeded(seed, DRAWN, 1, device=model.device), name)
    parts = [encoded(piece) for piece in np.split(rows, range(1_000, len(rows), 1_000))]
    codes = codes_of(joined(parts), table.of_row[rows], table.names)
    score = mig_histogram(codes)
    return Following(name, codes.names, score.information / score.entropy, score.mig, len(rows))
