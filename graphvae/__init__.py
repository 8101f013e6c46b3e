"""Link prediction and node embedding with graph auto-encoders.

>>> import graphvae
>>> result = graphvae.fit("karate", model="vgae", seed=0, epochs=20)
>>> sorted(result.metrics["test"])[:2]
['ap', 'ap_interval']
>>> len(result.predict(top_k=3))
3

`presets` has the published models by name; `GraphRecipe` composes others from parts: an encoder, a
posterior, a prior, a decoder, a loss, a bound, a penalty. A part is declared by a small frozen
class (`GcnEncoder(hidden=32)`) that builds its module (`GCN`). A user-supplied part is a class
derived from its family (`GraphEncoder`, `Prior`, `Loss`, …), or for encoders any PyG module;
`examples/` has one of each, and a training loop from parts.

Notation: N nodes, E edges, D features a node, d dimensions of the code Z [node, latent]. Pairs of
nodes are [2, pair]. Losses are in nats. Every random draw takes a `torch.Generator`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphvae_data.core.lazy import lazy_exports

if TYPE_CHECKING:
    from graphvae.audit import Audit as Audit
    from graphvae.audit import audit_repeats as audit_repeats
    from graphvae.audit import audit_run as audit_run
    from graphvae.audit import audit_split as audit_split
    from graphvae.comparison.compare import compare as compare
    from graphvae.comparison.result import Comparison as Comparison
    from graphvae.evaluation.scorers import Scorer as Scorer
    from graphvae.evaluation.scorers import heuristic_scorer as heuristic_scorer
    from graphvae.evaluation.scorers import model_scorer as model_scorer
    from graphvae.graph.propagation import MessageGraph as MessageGraph
    from graphvae.graph.propagation import message_graph as message_graph
    from graphvae.graph.propagation import normalised_adjacency as normalised_adjacency
    from graphvae.interop.estimator import GraphVAE as GraphVAE
    from graphvae.interop.estimator import validation_auc as validation_auc
    from graphvae.losses.likelihood import PairLikelihood as PairLikelihood
    from graphvae.losses.objective import GraphObjective as GraphObjective
    from graphvae.losses.reconstruction import Reconstruction as Reconstruction
    from graphvae.losses.sampled import SampledPairs as SampledPairs
    from graphvae.losses.weighted import WeightedPairs as WeightedPairs
    from graphvae.metrics.metric import MeanOverPositives as MeanOverPositives
    from graphvae.metrics.metric import Metric as Metric
    from graphvae.metrics.ranking_metrics import Auc as Auc
    from graphvae.metrics.ranking_metrics import AveragePrecision as AveragePrecision
    from graphvae.metrics.ranking_metrics import Hits as Hits
    from graphvae.metrics.ranking_metrics import MeanAveragePrecision as MeanAveragePrecision
    from graphvae.metrics.ranking_metrics import Mrr as Mrr
    from graphvae.metrics.ranking_metrics import NdcgAtK as NdcgAtK
    from graphvae.metrics.ranking_metrics import PrecisionAtK as PrecisionAtK
    from graphvae.metrics.ranking_metrics import RecallAtK as RecallAtK
    from graphvae.nn.decoders import HadamardMLP as HadamardMLP
    from graphvae.nn.decoders import InnerProduct as InnerProduct
    from graphvae.nn.decoders import PairDecoder as PairDecoder
    from graphvae.nn.decoders import ResidualMLP as ResidualMLP
    from graphvae.nn.decoders import SourceTarget as SourceTarget
    from graphvae.nn.encoders import GCN as GCN
    from graphvae.nn.encoders import MLP as MLP
    from graphvae.nn.encoders import LinearGCN as LinearGCN
    from graphvae.nn.encoders import NormalisedGCN as NormalisedGCN
    from graphvae.nn.encoders import NormalisedMean as NormalisedMean
    from graphvae.nn.models import GAE as GAE
    from graphvae.nn.models import VGAE as VGAE
    from graphvae.nn.node_embeddings import NodeEmbedding as NodeEmbedding
    from graphvae.nn.pyg import FromPyg as FromPyg
    from graphvae.nn.pyg import ToPyg as ToPyg
    from graphvae.prediction.neighbors import Neighbor as Neighbor
    from graphvae.runs.evaluate import evaluate as evaluate
    from graphvae.runs.fit import fit as fit
    from graphvae.runs.fit import resume as resume
    from graphvae.runs.repeats import fit_repeats as fit_repeats
    from graphvae.runs.result import GraphFitResult as GraphFitResult
    from graphvae.runs.result import load as load
    from graphvae.runs.sweep import sweep as sweep
    from graphvae.runs.tune import tune as tune
    from graphvae.specs.adversaries import Adversary as Adversary
    from graphvae.specs.adversaries import DiscriminatorAdversary as DiscriminatorAdversary
    from graphvae.specs.decoders import EdgeDecoder as EdgeDecoder
    from graphvae.specs.decoders import HadamardMlpDecoder as HadamardMlpDecoder
    from graphvae.specs.decoders import InnerProductDecoder as InnerProductDecoder
    from graphvae.specs.decoders import ResidualMlpDecoder as ResidualMlpDecoder
    from graphvae.specs.decoders import SourceTargetDecoder as SourceTargetDecoder
    from graphvae.specs.embedding_encoders import EmbeddingEncoder as EmbeddingEncoder
    from graphvae.specs.encoders import EncoderInputs as EncoderInputs
    from graphvae.specs.encoders import GatEncoder as GatEncoder
    from graphvae.specs.encoders import GcnEncoder as GcnEncoder
    from graphvae.specs.encoders import GraphEncoder as GraphEncoder
    from graphvae.specs.encoders import LinearEncoder as LinearEncoder
    from graphvae.specs.encoders import MlpEncoder as MlpEncoder
    from graphvae.specs.encoders import NormalisedEncoder as NormalisedEncoder
    from graphvae.specs.encoders import NormalisedMeanEncoder as NormalisedMeanEncoder
    from graphvae.specs.encoders import SageEncoder as SageEncoder
    from graphvae.specs.losses import ElboLoss as ElboLoss
    from graphvae.specs.losses import Loss as Loss
    from graphvae.specs.losses import LossInputs as LossInputs
    from graphvae.specs.losses import PaperLoss as PaperLoss
    from graphvae.specs.losses import SampledLoss as SampledLoss
    from graphvae.specs.presets import PRESETS
    from graphvae.specs.presets import GraphPreset as GraphPreset
    from graphvae.specs.recipe import Features as Features
    from graphvae.specs.recipe import FitConfig as FitConfig
    from graphvae.specs.recipe import GraphRecipe as GraphRecipe
    from graphvae.specs.recipe import Training as Training
    from graphvae.splits.edge_split import EdgeSplit as EdgeSplit
    from graphvae.splits.edge_split import read_split as read_split
    from graphvae.splits.negative_sampling import NonEdgeSampler as NonEdgeSampler
    from graphvae.splits.negative_sampling import sample_non_edges as sample_non_edges
    from graphvae.splits.splitting import split_by_time as split_by_time
    from graphvae.splits.splitting import split_edges as split_edges
    from graphvae_data.core.errors import InputError as InputError
    from graphvae_data.core.errors import TrainingError as TrainingError
    from graphvae_data.export.tables import Link as Link
    from graphvae_data.graphs.graph import Graph as Graph
    from graphvae_data.graphs.graphs import load_graph as load_graph
    from graphvae_data.runs.options import FitOptions as FitOptions
    from graphvae_data.settings.search import Choices as Choices
    from graphvae_data.settings.search import Search as Search
    from graphvae_data.settings.settings import Field as Field
    from graphvae_data.settings.settings import register as register
    from graphvae_data.tracking.callbacks import Callback as Callback
    from graphvae_data.tracking.callbacks import RunStart as RunStart
    from image_vae.parts.distributions.posteriors import DiagonalGaussian as DiagonalGaussian
    from image_vae.parts.distributions.posteriors import PointMass as PointMass
    from image_vae.parts.distributions.priors import GaussianMixture as GaussianMixture
    from image_vae.parts.distributions.priors import PriorDistribution as PriorDistribution
    from image_vae.parts.distributions.priors import PriorModule as PriorModule
    from image_vae.parts.distributions.priors import StandardNormal as StandardNormal
    from image_vae.parts.distributions.priors import VampPrior as VampPrior
    from image_vae.parts.penalties import CapacityKl as CapacityKl
    from image_vae.parts.penalties import FreeBitsKl as FreeBitsKl
    from image_vae.parts.penalties import PenaltyTerm as PenaltyTerm
    from image_vae.parts.penalties import WeightedKl as WeightedKl
    from image_vae.parts.terms import LossTerms as LossTerms
    from image_vae.specs.bounds import Bound as Bound
    from image_vae.specs.bounds import Elbo as Elbo
    from image_vae.specs.bounds import ElboMonteCarlo as ElboMonteCarlo
    from image_vae.specs.bounds import Iwae as Iwae
    from image_vae.specs.optimizers import Adam as Adam
    from image_vae.specs.optimizers import Adamax as Adamax
    from image_vae.specs.optimizers import Optimizer as Optimizer
    from image_vae.specs.penalties import Capacity as Capacity
    from image_vae.specs.penalties import FreeBits as FreeBits
    from image_vae.specs.penalties import Penalty as Penalty
    from image_vae.specs.penalties import Weight as Weight
    from image_vae.specs.posteriors import Gaussian as Gaussian
    from image_vae.specs.posteriors import Posterior as Posterior
    from image_vae.specs.priors import Aggregate as Aggregate
    from image_vae.specs.priors import Mog as Mog
    from image_vae.specs.priors import Normal as Normal
    from image_vae.specs.priors import Prior as Prior
    from image_vae.specs.priors import Vamp as Vamp
    from image_vae.specs.priors import VampData as VampData
    from image_vae.specs.rates import Burda as Burda
    from image_vae.specs.rates import Constant as Constant
    from image_vae.specs.rates import Cosine as Cosine
    from image_vae.specs.rates import Rates as Rates

    presets = PRESETS
else:
    __getattr__, __dir__, __all__ = lazy_exports(__spec__)
