"""Variational auto-encoders: models of images as compositions of parts.

>>> import image_vae
>>> result = image_vae.fit("digits", prior=image_vae.Mog(components=5), epochs=1, hidden=(16,))
>>> result.config.prior
Mog(components=5)

`presets` has the classical models by name; `ImageRecipe` composes others. A user-defined part is a
subclass of its family (`Prior`, `Penalty`, …); see `examples/`. Losses are in nats, summed per
example, and every random draw takes a `torch.Generator`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphvae_data.core.lazy import lazy_exports

if TYPE_CHECKING:
    from graphvae_data.core.errors import InputError as InputError
    from graphvae_data.core.errors import TrainingError as TrainingError
    from graphvae_data.runs.options import FitOptions as FitOptions
    from graphvae_data.settings.search import Choices as Choices
    from graphvae_data.settings.search import Search as Search
    from graphvae_data.settings.settings import Field as Field
    from graphvae_data.settings.settings import register as register
    from graphvae_data.tracking.callbacks import Callback as Callback
    from graphvae_data.tracking.callbacks import RunStart as RunStart
    from image_vae.imagination.imagine import describe as describe
    from image_vae.imagination.imagine import imagine as imagine
    from image_vae.models.build import ModelInputs as ModelInputs
    from image_vae.models.build import graph_model as graph_model
    from image_vae.models.latent_model import Inference as Inference
    from image_vae.models.latent_model import LatentModel as LatentModel
    from image_vae.models.latent_model import held_fixed as held_fixed
    from image_vae.models.top_down import TopDown as TopDown
    from image_vae.models.vae import VAE as VAE
    from image_vae.nn.code_network import CodeNetwork as CodeNetwork
    from image_vae.nn.decoders import Decoder as Decoder
    from image_vae.nn.decoders import DecoderModule as DecoderModule
    from image_vae.nn.networks import Conditional as Conditional
    from image_vae.parts.bounds import elbo as elbo
    from image_vae.parts.bounds import iwae as iwae
    from image_vae.parts.distributions.likelihoods import Bernoulli as Bernoulli
    from image_vae.parts.distributions.likelihoods import ImageDistribution as ImageDistribution
    from image_vae.parts.distributions.likelihoods import LikelihoodHead as LikelihoodHead
    from image_vae.parts.distributions.posteriors import CategoricalCode as CategoricalCode
    from image_vae.parts.distributions.posteriors import (
        CategoricalPosterior as CategoricalPosterior,
    )
    from image_vae.parts.distributions.posteriors import DiagonalGaussian as DiagonalGaussian
    from image_vae.parts.distributions.posteriors import Distribution as Distribution
    from image_vae.parts.distributions.posteriors import Draw as Draw
    from image_vae.parts.distributions.posteriors import GaussianPosterior as GaussianPosterior
    from image_vae.parts.distributions.posteriors import PosteriorModule as PosteriorModule
    from image_vae.parts.distributions.posteriors import StandardGaussian as StandardGaussian
    from image_vae.parts.distributions.priors import Encode as Encode
    from image_vae.parts.distributions.priors import Mixture as Mixture
    from image_vae.parts.distributions.priors import PriorDistribution as PriorDistribution
    from image_vae.parts.distributions.priors import PriorModule as PriorModule
    from image_vae.parts.distributions.priors import StandardNormal as StandardNormal
    from image_vae.parts.distributions.priors import UniformCategories as UniformCategories
    from image_vae.parts.latent_graph import Latent as Latent
    from image_vae.parts.latent_graph import LatentGraph as LatentGraph
    from image_vae.parts.latent_graph import Observed as Observed
    from image_vae.parts.objectives import ElboObjective as ElboObjective
    from image_vae.parts.objectives import Objective as Objective
    from image_vae.parts.penalties import Critic as Critic
    from image_vae.parts.penalties import DensityRatioEstimate as DensityRatioEstimate
    from image_vae.parts.penalties import PenaltyTerm as PenaltyTerm
    from image_vae.parts.penalties import WeightedKl as WeightedKl
    from image_vae.parts.penalties import mean_kl as mean_kl
    from image_vae.parts.terms import Curve as Curve
    from image_vae.parts.terms import LossTerms as LossTerms
    from image_vae.parts.trace import Trace as Trace
    from image_vae.results.result import ImageFitResult as ImageFitResult
    from image_vae.results.result import load as load
    from image_vae.runs.fit import fit as fit
    from image_vae.runs.fit import resume as resume
    from image_vae.runs.new_images import NewImages as NewImages
    from image_vae.runs.new_images import new_images as new_images
    from image_vae.runs.scores import evaluate as evaluate
    from image_vae.runs.sweep import sweep as sweep
    from image_vae.runs.tune import tune as tune
    from image_vae.specs.bounds import Adversarial as Adversarial
    from image_vae.specs.bounds import Bound as Bound
    from image_vae.specs.bounds import Elbo as Elbo
    from image_vae.specs.bounds import ElboMonteCarlo as ElboMonteCarlo
    from image_vae.specs.bounds import Iwae as Iwae
    from image_vae.specs.codes.hierarchies import Ladder as Ladder
    from image_vae.specs.codes.hierarchies import Nvae as Nvae
    from image_vae.specs.decoders import ConvDecoder as ConvDecoder
    from image_vae.specs.decoders import DecoderInputs as DecoderInputs
    from image_vae.specs.decoders import ImageDecoder as ImageDecoder
    from image_vae.specs.decoders import Mirror as Mirror
    from image_vae.specs.decoders import MlpDecoder as MlpDecoder
    from image_vae.specs.encoders import Conv as Conv
    from image_vae.specs.encoders import ImageEncoder as ImageEncoder
    from image_vae.specs.encoders import Mlp as Mlp
    from image_vae.specs.labels import LabelSettings as LabelSettings
    from image_vae.specs.latents import Chain as Chain
    from image_vae.specs.latents import Hierarchy as Hierarchy
    from image_vae.specs.latents import Latents as Latents
    from image_vae.specs.latents import OneLayer as OneLayer
    from image_vae.specs.latents import TwoLayers as TwoLayers
    from image_vae.specs.likelihoods import BernoulliPixels as BernoulliPixels
    from image_vae.specs.likelihoods import GaussianPixels as GaussianPixels
    from image_vae.specs.likelihoods import Likelihood as Likelihood
    from image_vae.specs.likelihoods import LogisticMixturePixels as LogisticMixturePixels
    from image_vae.specs.likelihoods import LogisticPixels as LogisticPixels
    from image_vae.specs.optimizers import Adam as Adam
    from image_vae.specs.optimizers import Adamax as Adamax
    from image_vae.specs.optimizers import Optimizer as Optimizer
    from image_vae.specs.penalties import Balanced as Balanced
    from image_vae.specs.penalties import Capacity as Capacity
    from image_vae.specs.penalties import Decomposed as Decomposed
    from image_vae.specs.penalties import DensityRatio as DensityRatio
    from image_vae.specs.penalties import FreeBits as FreeBits
    from image_vae.specs.penalties import Penalty as Penalty
    from image_vae.specs.penalties import PenaltyInputs as PenaltyInputs
    from image_vae.specs.penalties import Weight as Weight
    from image_vae.specs.posteriors import Gaussian as Gaussian
    from image_vae.specs.posteriors import Posterior as Posterior
    from image_vae.specs.presets import PRESETS
    from image_vae.specs.priors import Aggregate as Aggregate
    from image_vae.specs.priors import Examples as Examples
    from image_vae.specs.priors import Mog as Mog
    from image_vae.specs.priors import Normal as Normal
    from image_vae.specs.priors import Prior as Prior
    from image_vae.specs.priors import Uniform as Uniform
    from image_vae.specs.priors import Vamp as Vamp
    from image_vae.specs.priors import VampData as VampData
    from image_vae.specs.rates import Burda as Burda
    from image_vae.specs.rates import Constant as Constant
    from image_vae.specs.rates import Cosine as Cosine
    from image_vae.specs.rates import Rates as Rates
    from image_vae.specs.recipe import ImageConfig as ImageConfig
    from image_vae.specs.recipe import ImageRecipe as ImageRecipe
    from image_vae.specs.recipe import ImageTraining as ImageTraining
    from image_vae.specs.recipes.preset import ImagePreset as ImagePreset

    presets = PRESETS
else:
    __getattr__, __dir__, __all__ = lazy_exports(__spec__)
