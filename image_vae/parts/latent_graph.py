"""The latent graph: the codes of a model and their dependencies.

Each latent lists its parents in the inference model q and in the generative model p; each observed
variable (the image "x", its label "y") lists its parents in p. Latents are listed in the order in
which q draws them. A latent without parents in p has a prior.

| system | q | p |
|---|---|---|
| one layer | z ← x | x ← z |
| chain (Burda et al. 2015) | z1 ← x, z2 ← z1 | z1 ← z2, x ← z1 |
| HVAE (Tomczak & Welling 2017) | z2 ← x, z1 ← x z2 | z1 ← z2, x ← z1 z2 |
| hierarchy of L layers | every z_l ← x | z_l ← z_{l+1}, x ← z1 |
| label y and style z (M2, Kingma et al. 2014) | y ← x, z ← x y | x ← z y |
| the same on codes (M1 + M2) | z1 ← x, y ← z1, z2 ← z1 y | z1 ← z2 y, x ← z1 |
| bidirectional (Kingma et al. 2016) | z_l ← x z_{l+1} … z_L | z_l ← z_{l+1} … z_L, x ← all |
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from graphvae_data.core.errors import InputError

Estimator = Literal["enumerate", "sample", "relax"]
"""How the expectation over a categorical latent is taken."""


@dataclass(frozen=True)
class Latent:
    """One code of the model."""

    name: str
    """Its name."""
    size: int
    """Its dimension."""
    q_parents: tuple[str, ...] = ("x",)
    """Its parents in q: observed variables and latents before it."""
    p_parents: tuple[str, ...] = ()
    """Its parents in p; none for a latent with a prior."""
    residual: bool = False
    """Whether q is parametrised relative to p (`posteriors.residual_gaussian`)."""
    shape: tuple[int, ...] = ()
    """The shape in which networks see it, such as (20, 8, 8); empty: [size]. In a trace, and for
    its distributions, every code is flat."""
    categorical: bool = False
    """Whether it takes one of `size` values, one-hot encoded. Unless it is relaxed, it may be
    observed for all or some examples of a batch."""
    estimator: Estimator = "enumerate"
    """How the expectation over a categorical latent is computed. `enumerate`: exactly, with q and p
    evaluated for each value, weighted by its probability under q. `sample`: from samples of q.
    `relax`: from reparametrised samples of a Concrete distribution on the simplex."""
    temperature: float = 1.0
    """τ of a relaxed latent."""

    @property
    def value_shape(self) -> tuple[int, ...]:
        """The shape of a value, for networks."""
        return self.shape or (self.size,)


@dataclass(frozen=True)
class Observed:
    """One observed variable."""

    parents: tuple[str, ...] = ()
    """Its parents in p; a variable without parents is a condition, without a likelihood."""
    categories: int = 0
    """Number of values of a label, which are numbered from 0, with negative numbers where it is
    unknown; networks see one-hot vectors. 0 for a real-valued variable, such as an image."""


@dataclass(frozen=True)
class LatentGraph:
    """All codes and observed variables of a model.

    >>> hvae(40, 40).prior_order
    ('z2', 'z1')
    """

    latents: tuple[Latent, ...]
    """The codes, in the order in which q draws them."""
    observed: Mapping[str, Observed]
    """The observed variables; "x" is the image."""

    def __post_init__(self) -> None:
        known = set(self.observed)
        for latent in self.latents:
            missing = set(latent.q_parents) - known
            if missing or latent.name in known:
                raise InputError(
                    f"latents: {latent.name} is drawn from {', '.join(latent.q_parents)}; expected "
                    f"observed variables or latents before it, of {', '.join(sorted(known))}"
                )
            known.add(latent.name)
        assert all(set(each.parents) <= known for each in self.observed.values())
        assert all(math.prod(each.value_shape) == each.size for each in self.latents)
        assert all(not latent.residual or self.closed_form(latent) for latent in self.latents)
        assert not (self.enumerated and any(each.estimator == "sample" for each in self.latents))

    def __getitem__(self, name: str) -> Latent:
        return next(latent for latent in self.latents if latent.name == name)

    @property
    def prior_order(self) -> tuple[str, ...]:
        """The names of the latents in an order in which p can draw them."""
        waiting, order = list(self.latents), list[str]()
        while waiting:
            known = {*order, *self.observed}
            ready = [latent for latent in waiting if set(latent.p_parents) <= known]
            if not ready:
                raise InputError("latents: the parents in p form a cycle")
            order += [latent.name for latent in ready]
            waiting = [latent for latent in waiting if latent.name not in order]
        return tuple(order)

    def closed_form(self, latent: Latent) -> bool:
        """Whether KL(q ‖ p) of a latent can be computed in closed form.

        This requires that q samples its parents in p before it. In a chain, p(z1 | z2) depends on
        a z2 that was sampled given z1, so the closed form at that z2 is not the term of the bound.
        """
        before = {each.name for each in self.latents[: self.latents.index(latent)]}
        return set(latent.p_parents) <= before | set(self.observed)

    @property
    def conditions(self) -> frozenset[str]:
        """The observed variables on which a latent or another observed variable depends in p."""
        parents = [each.p_parents for each in self.latents]
        parents += [each.parents for each in self.observed.values()]
        return frozenset(name for each in parents for name in each if name in self.observed)

    @property
    def inputs(self) -> frozenset[str]:
        """The observed variables on which a latent depends in q."""
        parents = {name for latent in self.latents for name in latent.q_parents}
        return frozenset(parents & set(self.observed))

    @property
    def enumerated(self) -> tuple[Latent, ...]:
        """The categorical latents whose values are enumerated."""
        return tuple(
            each for each in self.latents if each.categorical and each.estimator == "enumerate"
        )

    def observing(self, name: str) -> LatentGraph:
        """Return the graph in which a latent is observed, such as a label that is known.

        Observed variables with this latent as only parent are left out: given it, they are
        independent of the rest.

        >>> labelled(50, 10).observing("y").observed["y"]
        Observed(parents=(), categories=10)
        """
        latent = self[name]
        categories = latent.size if latent.categorical else 0
        others = {key: each for key, each in self.observed.items() if each.parents != (name,)}
        return LatentGraph(
            tuple(each for each in self.latents if each.name != name),
            {**others, name: Observed(latent.p_parents, categories)},
        )


def one_layer(size: int) -> LatentGraph:
    """Return the graph of the plain VAE. Source: Kingma & Welling 2013."""
    return LatentGraph((Latent("z", size),), {"x": Observed(("z",))})


def chain(*sizes: int) -> LatentGraph:
    """Return L layers, each drawn from the one below. Source: Burda et al. 2015, §4 (L = 2)."""
    names = [f"z{number}" for number in range(1, len(sizes) + 1)]
    latents = tuple(
        Latent(name, size, q_parents=(below,), p_parents=above)
        for name, size, below, above in zip(
            names, sizes, ("x", *names), [*((name,) for name in names[1:]), ()], strict=False
        )
    )
    return LatentGraph(latents, {"x": Observed(("z1",))})


def hvae(lower: int, upper: int) -> LatentGraph:
    """Return two layers, both parents of the image. Source: Tomczak & Welling 2017, §3."""
    top = Latent("z2", upper)
    bottom = Latent("z1", lower, q_parents=("x", "z2"), p_parents=("z2",))
    return LatentGraph((top, bottom), {"x": Observed(("z1", "z2"))})


def hierarchy(*sizes: int) -> LatentGraph:
    """Return L layers, each inferred from the image alone, with a prior given the layer above.

    The negative bound is R + Σ_l KL(q(z_l | x) ‖ p(z_l | z_{l+1})), with every divergence in
    closed form. Sizes are given from the bottom (z1, next to the image) to the top.
    """
    last = len(sizes)
    latents = tuple(
        Latent(f"z{level}", sizes[level - 1], p_parents=(f"z{level + 1}",) if level < last else ())
        for level in range(last, 0, -1)
    )
    return LatentGraph(latents, {"x": Observed(("z1",))})


def labelled(
    size: int, values: int, estimator: Estimator = "enumerate", temperature: float = 1.0
) -> LatentGraph:
    """Return a label y and a code z. Source: Kingma et al. 2014, M2."""
    label = Latent("y", values, categorical=True, estimator=estimator, temperature=temperature)
    style = Latent("z", size, q_parents=("x", "y"))
    return LatentGraph((label, style), {"x": Observed(("z", "y"))})


def labelled_codes(lower: int, upper: int, values: int) -> LatentGraph:
    """Return a label and a code z2 that generate the code z1 (Kingma et al. 2014, M1 + M2)."""
    code = Latent("z1", lower, p_parents=("z2", "y"))
    label = Latent("y", values, q_parents=("z1",), categorical=True)
    style = Latent("z2", upper, q_parents=("z1", "y"))
    return LatentGraph((code, label, style), {"x": Observed(("z1",))})


def bidirectional(*shapes: tuple[int, ...]) -> LatentGraph:
    """Return L convolutional codes, each with all codes above it as parents in q and p.

    Shapes are given from the bottom (z1, next to the image) to the top. Source: Kingma et al. 2016,
    "Improving Variational Inference with Inverse Autoregressive Flow", §5.
    """
    names = [f"z{number}" for number in range(1, len(shapes) + 1)]
    latents = tuple(
        Latent(
            names[level],
            math.prod(shapes[level]),
            q_parents=("x", *names[level + 1 :]),
            p_parents=tuple(names[level + 1 :]),
            shape=shapes[level],
        )
        for level in reversed(range(len(shapes)))
    )
    return LatentGraph(latents, {"x": Observed(tuple(names))})
