"""A custom penalty: DIP-VAE-I regularises the covariance of the mean codes towards the identity.

    graphvae image fit --dataset digits --penalty examples.penalty:Dip --set penalty.diagonal=20

Source: Kumar et al. 2018, "Variational Inference of Disentangled Latent Concepts from Unlabeled
Observations". Both terms are recorded in the run's `history.jsonl` and plotted in `curves.png`.
"""

import torch

from image_vae import Curve, Field, LossTerms, Penalty, PenaltyInputs, PenaltyTerm, Trace, mean_kl


class Dip(Penalty):
    """KL + λ_od Σ_{i≠j} Cov(μ)_ij² + λ_d Σ_i (Cov(μ)_ii − 1)²."""

    off_diagonal: float = Field(default=5.0, ge=0, description="λ_od, weight of the covariances.")
    diagonal: float = Field(default=50.0, ge=0, description="λ_d, weight of the variances.")

    @property
    def one_layer(self) -> bool:
        return True

    @property
    def gaussian_posterior(self) -> bool:
        return True

    def build(self, inputs: PenaltyInputs) -> PenaltyTerm:
        return DipTerm(self)


class DipTerm(PenaltyTerm):
    def __init__(self, weights: Dip) -> None:
        self.weights = weights

    def __call__(self, trace: Trace, step: int, *, analytic: bool) -> LossTerms:
        mean = trace.q["z"].point
        assert mean is not None, "Gaussian posteriors have one"
        covariance = torch.cov(mean[0].T)
        variances = covariance.diagonal()
        off_diagonal = covariance.square().sum() - variances.square().sum()
        diagonal = (variances - 1).square().sum()
        total = mean_kl(trace, analytic=analytic) + self.weights.off_diagonal * off_diagonal
        total = total + self.weights.diagonal * diagonal
        return LossTerms(total, {"off_diagonal": off_diagonal, "diagonal": diagonal})

    @property
    def curves(self) -> dict[str, Curve]:
        return {
            "off_diagonal": Curve("squared covariances of the mean code"),
            "diagonal": Curve("squared distances of its variances from 1"),
        }
