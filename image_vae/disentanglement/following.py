"""Which factor each coordinate of a code follows: mutual information, coordinate by factor.

The information of coordinate j about factor v is given as a share of its entropy, I(z_j; v) / H(v),
from 0 to 1, as in `mig_histogram`: of mean codes in twenty bins. With so many bins a coordinate of
noise has some information too, about .02 for a factor of 32 values.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from graphvae_data.core.rng import seeded
from image_vae.disentanglement.code import codes_of, pool
from image_vae.disentanglement.mig import mig_histogram
from image_vae.disentanglement.representations import model_code
from image_vae.parts.posteriors import joined
from image_vae.training.experiment import Experiment, feed_of

DRAWN = 10
"""The random stream of the images and of what is drawn from them."""
PICTURES = 5_000
"""Images that are encoded, at most."""
FOLLOWED = 0.1
"""Share of a factor's entropy above which a coordinate follows it."""


@dataclass(frozen=True)
class Following:
    """The information of each coordinate of a code about each factor."""

    layer: str
    """Which code."""
    names: tuple[str, ...]
    """The factors."""
    share: Float[np.ndarray, "latent factor"]
    """I(z_j; v_k) / H(v_k)."""
    mig: float
    """The mutual information gap, of the same histograms."""
    pictures: int
    """How many images were encoded."""

    def of(self, coordinate: int) -> str | None:
        """Return the factor that a coordinate follows; None if it follows none.

        >>> Following("z", ("x", "y"), np.array([[0.1, 0.6], [0.0, 0.0]]), 0.0, 9).of(0)
        'y'
        """
        row = self.share[coordinate]
        best = int(row.argmax())
        return self.names[best] if row[best] >= FOLLOWED else None


def following(experiment: Experiment, layer: str | None = None) -> Following | None:
    """Measure the information of a code about the factors; None if fewer than two are known.

    Args:
        experiment: the images and the trained model.
        layer: which code; by default the topmost.
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
