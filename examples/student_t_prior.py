"""A custom prior: Student's t, with heavier tails than a normal distribution.

    graphvae image fit --dataset digits --prior examples.student_t_prior:StudentT --set prior.df=3
    graphvae fit --dataset karate --prior examples.student_t_prior:StudentT

or in Python `image_vae.fit("digits", prior=StudentT(df=3))`. The name and settings of the class are
saved in the run folder, so that other commands can load it.
"""

import torch
from torch import Tensor

from image_vae import Examples, Field, Prior, PriorModule


class StudentT(Prior):
    """Student's t-distribution in every coordinate."""

    df: int = Field(default=5, ge=1, description="Degrees of freedom.")

    def build(self, latent: int, examples: Examples, generator: torch.Generator) -> PriorModule:
        return StudentTDensity(latent, self.df)


class StudentTDensity(PriorModule):
    def __init__(self, latent: int, df: int) -> None:
        super().__init__()
        self.latent, self.df = latent, df

    def log_prob(self, z: Tensor) -> Tensor:
        log_prob: Tensor = torch.distributions.StudentT(float(self.df)).log_prob(z)
        return log_prob.sum(-1)

    def sample(self, count: int, generator: torch.Generator) -> Tensor:
        shape, device = (self.df + 1, count, self.latent), generator.device
        normal = torch.randn(shape, generator=generator, device=device)
        return normal[0] / normal[1:].square().mean(0).sqrt()
