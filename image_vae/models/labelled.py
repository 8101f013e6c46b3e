"""Semi-supervised models: the label is a latent variable, observed for some images.

For an image without a label the objective is the negative bound U(x) with the label y as a latent
variable; for one with a label it is the negative bound of image and label, L(x, y) = −log p(y) −
E_q(z | x, y) [log p(x | z, y)] + KL(q(z | x, y) ‖ p(z)), plus the loss of the classifier q(y | x):

    Σ_unlabelled U(x) + γ Σ_labelled {L(x, y) − α log q(y | x)}.

Sources: Kingma et al. 2014, "Semi-supervised Learning with Deep Generative Models", equations 6 to
9 (γ = 1); Narayanaswamy et al. 2017, "Learning Disentangled Representations with Semi-Supervised
Deep Generative Models", equation 4.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from image_vae.models.latent_model import Data
from image_vae.models.vae import VAE
from image_vae.parts.distributions.posteriors import DiagonalGaussian, StandardGaussian
from image_vae.parts.objectives import CURVES, Objective
from image_vae.parts.terms import Curve, LossTerms, weighted_sum

LABEL = "y"
"""The name of the label in the latent graph."""
ERROR = "error"
"""The error rate of q(y | x) on labelled validation images."""


def infers_label(model: nn.Module) -> bool:
    """Return whether the label is a latent variable of a model."""
    return isinstance(model, VAE) and any(each.name == LABEL for each in model.graph.latents)


def label_logits(model: VAE, data: Data) -> Float[Tensor, "batch value"]:
    """Return log q(y | x), at the means of the codes that q(y) depends on.

    Args:
        model: a model whose label is a latent variable.
        data: the observed variables, without the label.
    """
    values = {name: model.value(name, data[name]) for name in model.graph.inputs if name in data}
    for latent in model.graph.latents:
        q = model.inference[latent.name](values)
        if latent.name == LABEL:
            logits: Tensor = q.logits
            return logits.squeeze(0).log_softmax(-1)
        values[latent.name] = q.point
    raise AssertionError("the label is not a latent variable")


def label_posterior(
    model: VAE, data: Data, samples: int, generator: torch.Generator
) -> Float[Tensor, "batch value"]:
    """Return p(y | x), estimated by the importance weights of samples: Σ_k w_k y_k / Σ_k w_k.

    Source: Narayanaswamy et al. 2017, §3.2.

    Args:
        model: a model whose label is a latent variable.
        data: the observed variables, without the label.
        samples: samples per image, or per value of an enumerated label.
        generator: draws them.
    """
    trace = model(data, samples, generator)
    weights = trace.log_w if trace.log_weights is None else trace.log_w + trace.log_weights
    posterior: Tensor = (weights.softmax(0).unsqueeze(-1) * trace.z[LABEL]).sum(0)
    return posterior


@dataclass(frozen=True)
class SemiSupervised(Objective):
    """U(x) without a label, γ {L(x, y) − α log q(y | x)} with one; the mean over the batch."""

    bound: Objective
    """The negative bound, with its penalty."""
    label_weight: float = 1.0
    """α."""
    supervised_weight: float = 1.0
    """γ."""

    def loss(
        self,
        model: nn.Module,
        data: Mapping[str, Tensor],
        k: int,
        generator: torch.Generator,
        step: int,
        **options: Any,
    ) -> LossTerms:
        """Return the loss of a batch; a negative label is unknown."""
        assert isinstance(model, VAE)
        if LABEL not in data:
            return self.bound.loss(model, data, k, generator, step, **options)
        known = data[LABEL] >= 0
        labelled = {name: value[known] for name, value in data.items()}
        others = {name: value[~known] for name, value in data.items() if name != LABEL}
        count, known_count = len(known), len(labelled[LABEL])
        rows = list[tuple[float, LossTerms]]()
        if known_count < count:
            bound = self.bound.loss(model, others, k, generator, step, **options)
            no_label = {"label": torch.zeros_like(bound.total)}
            rows.append(
                ((count - known_count) / count, LossTerms(bound.total, no_label | {**bound.parts}))
            )
        if known_count:
            bound = self._supervised(model, labelled, k, generator, step, **options)
            rows.append((known_count / count, bound))
        return weighted_sum(rows)

    def _supervised(
        self,
        model: VAE,
        data: Mapping[str, Tensor],
        k: int,
        generator: torch.Generator,
        step: int,
        **options: Any,
    ) -> LossTerms:
        """Return γ {L(x, y) − α log q(y | x)} of labelled images, plus the penalty on weights."""
        bound = self.bound(model.observing(LABEL)(data, k, generator, **options), step)
        label = -chosen(label_logits(model, data), data[LABEL]).mean()
        prior = math.log(model.graph[LABEL].size)
        total = self.supervised_weight * (bound.total + prior + self.label_weight * label)
        kl = {"kl": bound.parts["kl"] + prior} if "kl" in bound.parts else {}
        terms = LossTerms(total, {**bound.parts, **kl, "label": label})
        return self.bound.with_weights(terms, model, step)

    def score(
        self,
        model: nn.Module,
        data: Mapping[str, Tensor],
        k: int,
        generator: torch.Generator,
        step: int,
    ) -> LossTerms:
        """Return U(x) − γ α log q(y | x) of validation images, and the error rate."""
        assert isinstance(model, VAE)
        images = {name: value for name, value in data.items() if name != LABEL}
        terms = self.loss(model, images, k, generator, step)
        if LABEL not in data:
            return terms
        label, error = classifier_terms(label_logits(model, images), data[LABEL])
        total = terms.total + self.supervised_weight * self.label_weight * label
        return LossTerms(total, {**terms.parts, "label": label, ERROR: error})

    @property
    def settled(self) -> int:
        """As in the bound."""
        return self.bound.settled

    @property
    def selects(self) -> str:
        """The error rate."""
        return ERROR

    @property
    def labelled_terms(self) -> tuple[str, ...]:
        """The classifier's loss and errors."""
        return "label", ERROR

    @property
    def curves(self) -> Mapping[str, Curve]:
        """The curves of the bound, of the classifier's loss and of its errors."""
        return {
            **self.bound.curves,
            "label": Curve("label, −log q(y | x)", apart=True),
            ERROR: Curve("error rate of q(y | x)", apart=True),
        }


def chosen(logits: Float[Tensor, "batch value"], labels: Tensor) -> Float[Tensor, " batch"]:
    """Return the log-probability of each label; 0 for an unknown one."""
    log_p = logits.gather(1, labels.clamp(min=0).unsqueeze(1)).squeeze(1)
    return log_p.masked_fill(labels < 0, 0.0)


def classifier_terms(
    logits: Float[Tensor, "batch value"], labels: Tensor
) -> tuple[Float[Tensor, ""], Float[Tensor, ""]]:
    """Return the means of −log q(y | x) and of the errors, over all images of the batch.

    Both are 0 for an image without a label.
    """
    wrong = (logits.argmax(-1) != labels) & (labels >= 0)
    return -chosen(logits, labels).mean(), wrong.to(logits.dtype).mean()


@dataclass(frozen=True)
class Stacked(Objective):
    """M1 + M2: the bound of a plain VAE on images, and M2's on samples of its code z1.

    Both are trained jointly, without gradients from M2 to M1. Source: Kingma et al. 2014, §2,
    where M1 is trained first.
    """

    upper: SemiSupervised
    """M2's objective."""

    def loss(
        self,
        model: nn.Module,
        data: Mapping[str, Tensor],
        k: int,
        generator: torch.Generator,
        step: int,
        **options: Any,
    ) -> LossTerms:
        """Return the sum of both objectives; `recon` and `kl` are M1's, `codes` is M2's bound."""
        return self._both(model, data, generator, step, k, self.upper.loss)

    def score(
        self,
        model: nn.Module,
        data: Mapping[str, Tensor],
        k: int,
        generator: torch.Generator,
        step: int,
    ) -> LossTerms:
        """Return the loss of validation images, and the error rate."""
        return self._both(model, data, generator, step, k, self.upper.score)

    def _both(
        self,
        model: nn.Module,
        data: Mapping[str, Tensor],
        generator: torch.Generator,
        step: int,
        k: int,
        upper: Any,
    ) -> LossTerms:
        assert isinstance(model, VAE)
        q = model.inference["z1"]({"x": data["x"].unsqueeze(0)})
        z1 = q.sample(generator)
        recon = -model.decoders["x"]({"z1": z1}).log_prob(data["x"]).mean()
        kl = standard_kl(q).mean()
        labels = {name: value for name, value in data.items() if name == LABEL}
        codes = {"z1": z1.squeeze(0).detach(), **labels}
        terms = upper(model.observing("z1"), codes, k, generator, step)
        classifier = {
            name: value for name, value in terms.parts.items() if name in ("label", ERROR)
        }
        return LossTerms(recon + kl + terms.total, {"recon": recon, "kl": kl, **classifier})

    @property
    def settled(self) -> int:
        """As in M2."""
        return self.upper.settled

    @property
    def selects(self) -> str:
        """The error rate."""
        return ERROR

    @property
    def labelled_terms(self) -> tuple[str, ...]:
        """As in M2."""
        return self.upper.labelled_terms

    @property
    def curves(self) -> Mapping[str, Curve]:
        """The curves of M1's bound and of M2's classifier."""
        return {**CURVES, **self.upper.curves}


def standard_kl(q: DiagonalGaussian) -> Float[Tensor, "k batch"]:
    """Return KL(q ‖ N(0, I)) in nats per example."""
    zero = torch.zeros_like(q.mean)
    return StandardGaussian(zero, zero).kl_from(q)
