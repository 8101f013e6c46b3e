"""The base class of metrics, and their look-up by name. Does not import NumPy.

A metric declares from which kinds of input it can be computed:

- one ranking of positives among shared negatives (`RankingCurve`): a sample of non-edges, or all;
- groups (`GroupedRanks`): each positive among its own negatives;
- sources (`SourceRanks`): each node's true neighbours among all its non-neighbours. The name then
  ends in `-per-source`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from pydantic import Field, model_validator

from graphvae_data.core.errors import InputError, nearest
from graphvae_data.settings.settings import Part

if TYPE_CHECKING:
    import numpy as np
    from jaxtyping import Float

    from graphvae.metrics.ranking_curve import RankingCurve
    from graphvae.metrics.ranks import GroupedRanks, SourceRanks

AnyMetric = TypeVar("AnyMetric", bound="Metric")
PER_SOURCE = "-per-source"
BOOTSTRAP = "bootstrap"
"""The default method of an interval."""


class Metric(Part):
    """A measure of how well positives are ranked above negatives.

    User-defined metrics derive from this class, or from `MeanOverPositives`, and implement the
    methods for the kinds of input that they support. All formulas work on arrays, so that bootstrap
    resamples are computed at once.

    >>> find_metric("Hits@20")
    Hits(per_source=False, k=20)
    >>> find_metric("hits@20").title, find_metric("mrr-per-source").title
    ('Hits@20', 'MRR per source')
    """

    family: ClassVar[dict[str, type[Part]]] = {}
    label: ClassVar[str] = ""
    """The name in tables and plots."""
    source: ClassVar[str] = ""
    """Reference of the definition."""
    higher_is_better: ClassVar[bool] = True
    """Whether higher values are better."""
    bounds: ClassVar[tuple[float, float]] = (0.0, 1.0)
    """The smallest and the largest possible value."""
    every_run: ClassVar[bool] = False
    """Whether runs record it for validation, test and strata."""
    closed_form: ClassVar[str] = "delta method"
    """The name of the interval computed from `influences`."""
    headline: ClassVar[bool] = False
    """Whether runs record it with an interval, and for the baselines."""
    per_source: bool = Field(
        default=False, description="Rank each node's neighbours among its non-neighbours."
    )

    @property
    def key(self) -> str:
        """The name in files and on the command line, such as `hits@10-per-source`."""
        return self._with_k(self.name or type(self).__name__.lower()) + PER_SOURCE * self.per_source

    @property
    def title(self) -> str:
        """The name in tables and plots, such as `Hits@10 per source`."""
        text = self._with_k(self.label or self.name or type(self).__name__)
        return f"{text} per source" if self.per_source else text

    def _with_k(self, name: str) -> str:
        return name

    @classmethod
    def usual(cls) -> Metric:
        """Return the metric with its usual K, if it has one."""
        return cls()

    @classmethod
    def recorded(cls) -> tuple[Metric, ...]:
        """Return the metrics of this class that each run records."""
        return (cls(),) if cls.every_run or cls.headline else ()

    @classmethod
    def recommending(cls) -> tuple[Metric, ...]:
        """Return the metrics of this class, per source, that runs on bipartite graphs record."""
        return ()

    @classmethod
    def takes_ranking(cls) -> bool:
        """Whether it can be computed from one ranking among shared negatives."""
        return cls.of_ranking is not Metric.of_ranking

    @classmethod
    def takes_groups(cls) -> bool:
        """Whether it can be computed from positives with their own negatives."""
        return cls.of_groups is not Metric.of_groups

    @classmethod
    def takes_sources(cls) -> bool:
        """Whether it can be computed from each node's neighbours among its non-neighbours."""
        return cls.of_sources is not Metric.of_sources

    @model_validator(mode="after")
    def _check_input(self: AnyMetric) -> AnyMetric:
        if self.per_source and not self.takes_sources():
            raise ValueError(f"{self.name} cannot be computed per source")
        if not self.per_source and not (self.takes_ranking() or self.takes_groups()):
            raise ValueError(f"{self.name} is computed per source only")
        return self

    def of_ranking(self, curve: RankingCurve) -> Float[np.ndarray, "*resample"]:
        """Compute the metric of one ranking of positives among shared negatives."""
        raise InputError(
            f"{self.key}: cannot be computed from shared negatives; choose the negatives heart, or "
            "another metric"
        )

    def of_groups(self, groups: GroupedRanks) -> Float[np.ndarray, " positive"]:
        """Compute a value per positive among its own negatives; the metric is their mean."""
        raise InputError(
            f"{self.key}: needs shared negatives, and here each positive has its own; choose the "
            "negatives uniform, degree or all, or another metric such as hits@K"
        )

    def of_sources(self, sources: SourceRanks) -> Float[np.ndarray, " source"]:
        """Compute the value of each source node; the metric is their mean."""
        raise InputError(f"{self.key}: cannot be computed per source")

    def influences(
        self, curve: RankingCurve
    ) -> tuple[Float[np.ndarray, " group"], Float[np.ndarray, " group"]] | None:
        """Return the influence on the metric of a positive, and of a negative, of each group.

        The influence function is the derivative of the metric with respect to the share of a group,
        shifted to mean 0 over the positives (the negatives). It gives the variance over samples in
        closed form (`graphvae.metrics.intervals`). None if the metric has no known derivative; its
        intervals are then bootstrapped.
        """
        return None

    def from_auc_ap(self, auc: float, ap: float) -> float | None:
        """Return the value if AUC and AP determine it, else None."""
        return None

    def check_size(self, positives: int, negatives: int) -> None:
        """Raise `InputError` if there are too few positives or negatives for the metric."""

    def gain(self, value: float) -> float:
        """Return the value, negated if lower is better: higher is always better."""
        return value if self.higher_is_better else -value

    def score(
        self,
        positives: Float[np.ndarray, " positive"],
        negatives: Float[np.ndarray, " negative"],
        per_positive: int = 0,
    ) -> float:
        """Return the metric of scores; a higher score means "more likely an edge".

        Args:
            positives: scores of the edges.
            negatives: scores of the non-edges.
            per_positive: 0 if all positives share the negatives; k if there are k for each
                positive, in the order of the positives. Each positive is then ranked among its
                own, unless the metric needs one ranking.

        Raises:
            InputError: no positives, no negatives, fewer than the metric needs, or a score that is
                not finite.
        """
        from graphvae.metrics.ranking_curve import RankingCurve
        from graphvae.metrics.ranks import GroupedRanks

        if per_positive and self.takes_groups():
            self.check_size(1, per_positive)
            grouped = negatives.reshape(len(positives), per_positive)
            return float(self.of_groups(GroupedRanks.of(positives, grouped)).mean())
        self.check_size(len(positives), len(negatives))
        return float(self.of_ranking(RankingCurve.of(positives, negatives)))


class MeanOverPositives(Metric):
    """A mean over the positives of a function of their ranks.

    One formula, `of_ranks`, covers every kind of input.
    """

    def of_ranks(
        self, above: Float[np.ndarray, "*item"], equal: Float[np.ndarray, "*item"]
    ) -> Float[np.ndarray, "*item"]:
        """Compute values from the numbers of negatives above and tied with the positives."""
        raise NotImplementedError

    def of_ranking(self, curve: RankingCurve) -> Float[np.ndarray, "*resample"]:
        """Average over the positives of the ranking."""
        return curve.mean_over_positives(self.of_ranks(curve.negatives_above, curve.negatives))

    def of_groups(self, groups: GroupedRanks) -> Float[np.ndarray, " positive"]:
        """Measure each positive among its own negatives."""
        return self.of_ranks(groups.above, groups.equal)

    def of_sources(self, sources: SourceRanks) -> Float[np.ndarray, " source"]:
        """Average over the true neighbours of each source."""
        return sources.average(self.of_ranks(sources.above, sources.equal))


class AtK(Metric):
    """A metric of the K highest ranks, named with the suffix `@K`."""

    usual_k: ClassVar[int] = 20
    """The default K in examples and the report."""
    every_run_at: ClassVar[tuple[int, ...]] = ()
    """The values of K that runs record, if there are enough negatives."""
    recommending_at: ClassVar[tuple[int, ...]] = ()
    """The values of K that runs on bipartite graphs record per source."""
    k: int = Field(ge=1, description="Number of highest ranks that count.")

    def _with_k(self, name: str) -> str:
        return f"{name}@{self.k}"

    @classmethod
    def usual(cls) -> Metric:
        """Return the metric with its usual K."""
        return cls(k=cls.usual_k)

    @classmethod
    def recorded(cls) -> tuple[Metric, ...]:
        """Return the metrics of this class that each run records."""
        return tuple(cls(k=k) for k in cls.every_run_at)

    @classmethod
    def recommending(cls) -> tuple[Metric, ...]:
        """Return the metrics of this class, per source, that runs on bipartite graphs record."""
        return tuple(cls(k=k, per_source=True) for k in cls.recommending_at)


def metric_classes() -> list[type[Metric]]:
    """Return the registered metrics."""
    return [part for part in Metric.family.values() if issubclass(part, Metric)]


def recorded_metrics() -> list[Metric]:
    """Return the metrics that runs record for validation, test and strata."""
    return [metric for part in metric_classes() for metric in part.recorded()]


def recommendation_metrics() -> list[Metric]:
    """Return the metrics per source that runs on bipartite graphs record."""
    return [metric for part in metric_classes() for metric in part.recommending()]


def headline_metrics() -> list[Metric]:
    """Return the metrics that runs record with an interval, and for the baselines."""
    return [metric for metric in recorded_metrics() if metric.headline]


def metric_names() -> list[str]:
    """Return the names to choose from, with the usual K.

    >>> metric_names()[:4]
    ['auc', 'ap', 'auc+ap', 'mrr']
    """
    usual = [part.usual() for part in metric_classes() if part.takes_ranking()]
    sources = [
        part.usual().model_copy(update={"per_source": True})
        for part in metric_classes()
        if part.takes_sources()
    ]
    return [metric.key for metric in (*usual, *sources)]


MetricLike = str | Metric | type[Metric]
"""A metric, its class if all of its settings have defaults, or its name."""


def find_metric(metric: MetricLike) -> Metric:
    """Return a metric by its name, such as `auc`, `hits@20`, `map-per-source`, `module:Class@5`.

    A `Metric` is returned unchanged, a class with its defaults.

    Raises:
        InputError: there is no such metric; the message suggests similar names.
    """
    if isinstance(metric, Metric):
        return metric
    if isinstance(metric, type) and issubclass(metric, Metric):
        return metric()
    if not isinstance(metric, str):
        raise _unknown(metric)
    match = re.fullmatch(r"(.+?)(?:@([1-9][0-9]*))?(-per-source)?", metric.strip())
    if match is None:
        raise _unknown(metric)
    name, k, per_source = match[1], match[2], match[3] is not None
    part = _class(name, metric)
    settings: dict[str, Any] = {} if k is None else {"k": int(k)}
    field = part.model_fields.get("k")
    if (k is None and field is not None and field.is_required()) or (k is not None and not field):
        raise _unknown(metric)
    try:
        return part(per_source=per_source, **settings)
    except InputError:
        raise _unknown(metric) from None


def find_metrics(metrics: MetricLike | Iterable[MetricLike]) -> list[Metric]:
    """Return metrics by their names; a single one is a list of one.

    Raises:
        InputError: an unknown name, or different metrics of the same name.
    """
    several = [metrics] if isinstance(metrics, str | Metric | type) else metrics
    by_key: dict[str, Metric] = {}
    for metric in map(find_metric, several):
        if by_key.setdefault(metric.key, metric) != metric:
            raise InputError(
                f"metrics: expected different names, got {metric.key!r} of "
                f"{type(by_key[metric.key]).__name__} and of {type(metric).__name__}"
            )
    return list(by_key.values())


def _class(name: str, metric: str) -> type[Metric]:
    if ":" in name:
        try:
            return Metric.find(name)
        except InputError as error:
            raise InputError(f"metric: {error}") from None
    part = Metric.family.get(name.lower())
    if part is None or not issubclass(part, Metric):
        raise _unknown(metric)
    return part


def _unknown(name: object) -> InputError:
    names = metric_names()
    hint = nearest(name, names)
    return InputError(
        f"metric: expected a name such as {', '.join(names)} (K at least 1), got {name!r}{hint}"
    )


def selection_metric(name: str) -> Metric:
    """Return the metric by which validation selects an epoch.

    Raises:
        InputError: no such metric, or one that cannot be computed from the validation negatives.
    """
    try:
        metric = find_metric(name)
    except InputError as error:
        raise InputError(f"select: {str(error).removeprefix('metric: ')}") from None
    if metric.per_source:
        raise InputError(f"select: {name} ranks all nodes in each epoch; choose {metric.name}")
    return metric


def interval_methods(parts: Sequence[Mapping[str, Any]], metrics: Iterable[Metric]) -> str:
    """Name the methods of the intervals in parts of `metrics.json`.

    >>> part = {"auc_interval": [0.8, 0.9], "auc_interval_method": "DeLong", "ap_interval": [0, 1]}
    >>> interval_methods([part], headline_metrics())
    'AUC DeLong, AP bootstrap'
    >>> interval_methods([{"auc_interval": [0.8, 0.9]}], headline_metrics())
    'bootstrap'
    """
    methods: dict[str, list[str]] = {}
    for metric in metrics:
        measured = [part for part in parts if f"{metric.key}_interval" in part]
        names = dict.fromkeys(
            part.get(f"{metric.key}_interval_method", BOOTSTRAP) for part in measured
        )
        if names:
            methods[metric.title] = list(names)
    if all(names == [BOOTSTRAP] for names in methods.values()):
        return BOOTSTRAP
    return ", ".join(f"{title} {' or '.join(names)}" for title, names in methods.items())


def metric_label(key: str) -> str:
    """Return the name of a metric in tables; other keys are capitalised.

    >>> metric_label("hits@20"), metric_label("auc"), metric_label("direction")
    ('Hits@20', 'AUC', 'Direction')
    """
    try:
        return find_metric(key).title
    except InputError:
        return key[:1].upper() + key[1:]
