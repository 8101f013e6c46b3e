"""The settings of one run: typed, complete, and checked when made."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from types import NoneType
from typing import Any, get_args

from graphvae.metrics import selection_metric
from graphvae.specs.presets import (
    HEADS,
    KL,
    OPTIONAL,
    SETTINGS,
    Estimator,
    Init,
    Loss,
    Preset,
    Prior,
    Propagate,
    Settings,
    SplitBy,
    preset,
)
from graphvae.specs.variational import resolve
from graphvae_data.core.errors import InputError

KINDS: dict[str, tuple[type, ...]] = {
    "str": (str,),
    "bool": (bool,),
    "int": (int,),
    "float": (int, float),
    "int | None": (int, NoneType),
    "str | None": (str, NoneType),
    "float | None": (int, float, NoneType),
    "Loss | None": (str, NoneType),
    "SplitBy": (str,),
    "Init": (str,),
    "Propagate": (str,),
    "Prior": (str,),
    "KL": (str,),
    "Estimator": (str,),
}
"""What a JSON file may hold for a field, by the field's declared type."""


@dataclass(frozen=True, kw_only=True)
class FitConfig:
    """Everything that decides the result of a run, apart from the graph itself.

    Widths, dropout, epochs, step size and loss are the preset's where they are None; they are
    filled in when the object is made, so that what is written to a file is complete.

    >>> FitConfig(dataset="cora", model="gae").loss
    'paper'
    >>> settings = FitConfig(dataset="cora", model="gnae", epochs=50).settings
    >>> settings.latent, settings.lr, settings.loss
    (128, 0.005, 'sampled')
    >>> FitConfig(dataset="cora", epochs=0)
    Traceback (most recent call last):
    graphvae_data.core.errors.InputError: epochs: expected a whole number of at least 1, got 0
    """

    dataset: str
    """The name of a graph in the registry, or of one's own."""
    model: str = "vgae"
    """The name of a preset."""
    features: bool = True
    """Whether the encoder sees node features; without, the identity takes their place."""
    loss: Loss | None = None
    """`paper`: weighted all-pairs BCE and the paper's KL scale. `elbo`: the true evidence lower
    bound over unordered pairs. `sampled`: BCE on the edges and as many sampled non-edges."""
    hidden: int | None = None
    """Width of the first layer."""
    latent: int | None = None
    """Width of the embedding."""
    dropout: float | None = None
    """Share of each layer's inputs dropped while training."""
    epochs: int | None = None
    """Passes of training, at most."""
    lr: float | None = None
    """Adam's step size."""
    batch_size: int | None = None
    """Training edges in a step, with the loss `sampled`; None takes all in one."""
    negatives: int | None = None
    """Non-edges that `sampled` draws for each edge; the two means weigh the same."""
    clip: float | None = None
    """A gradient with a larger norm than this is scaled down to it; None leaves it."""
    decode_nodes: int | None = None
    """Nodes whose pairs a step of the loss `paper` decodes (FastGAE); None decodes all."""
    decode_alpha: float = 1.0
    """They are drawn in proportion to the degree to this power."""
    init: Init = "glorot"
    """How the node embeddings of a graph without features start: `glorot` or `orthogonal`."""
    propagate: Propagate = "each-step"
    """`once`: a linear model's features are propagated before training, not in each step."""
    prior: Prior = "normal"
    """What the codes of a variational model are drawn from: `normal`, N(0, I); `mog`, a mixture of
    Gaussians; `vamp`, the average posterior of pseudo-nodes (`graphvae.nn.priors`)."""
    prior_components: int | None = None
    """K of a mixture; None beside `normal`."""
    kl: KL = "plain"
    """How the Kullback-Leibler term counts: as it is; `warmup`, with a weight that grows from 0 to
    1; `free-bits`, above what is free (`graphvae.losses.divergence`)."""
    kl_warmup: int | None = None
    """Epochs until `warmup` reaches 1; None without."""
    free_bits: float | None = None
    """Nats a coordinate that cost nothing with `free-bits`; None without."""
    estimator: Estimator = "elbo"
    """`iwae`: the importance-weighted bound over the whole graph, with the loss `elbo`."""
    samples: int | None = None
    """Draws of all codes in a step of `iwae`; None without."""
    validate_every: int = 1
    """Validate each so many epochs, and always after the last; the host waits for a device then."""
    patience: int | None = None
    """Stop after this many epochs without a better validation score; None never stops early."""
    val_fraction: float = 0.05
    """Share of the edges for validation."""
    test_fraction: float = 0.1
    """Share of the edges for testing."""
    seed: int = 0
    """Seeds the split, the weights and the noise, each with a generator of its own."""
    device: str = "cpu"
    """`cpu`, `cuda`, `cuda:n` or `mps`."""
    threads: int = 1
    """CPU threads; the same number gives the same bits."""
    split_by: SplitBy = "random"
    """`random`, or `time`: train on the past, test on the future (needs edge times)."""
    val_edges: bool = False
    """Let messages pass over the validation edges too when the test edges are scored."""
    select: str = "auc+ap"
    """The metric by which validation selects the epoch, such as `auc+ap`, `mrr` or `hits@20`."""
    baselines: bool = True
    """Score the heuristics and the features-only MLP beside the model."""
    capture: bool = False
    """Replay each step from a CUDA graph; on CUDA only, with all edges in one step."""
    deterministic: bool = False
    """Let PyTorch use algorithms that give the same bits each time only; on a CPU it does so
    anyway, with the same number of threads."""
    encoder: str | None = None
    """What a module of one's own that took the place of the preset's encoder says of itself
    (`repr`); None for the preset's."""

    def __post_init__(self) -> None:
        _check_kinds(vars(self))
        for name in SETTINGS:
            if getattr(self, name) is None:
                object.__setattr__(self, name, getattr(self.preset.settings, name))
        for name in ("hidden", "latent", "epochs", "threads", "negatives", "validate_every"):
            _check_whole(name, getattr(self, name), 1)
        for name in ("patience", "batch_size"):
            if getattr(self, name) is not None:
                _check_whole(name, getattr(self, name), 1)
        _check_whole("seed", self.seed, 0)
        for name in ("lr", "clip"):
            if name not in OPTIONAL or getattr(self, name) is not None:
                _check_number(name, getattr(self, name), 0.0, math.inf, "a positive number")
        for name in ("val_fraction", "test_fraction"):
            _check_number(name, getattr(self, name), 0.0, 1.0, "a number between 0 and 1")
        if self.val_fraction + self.test_fraction >= 1:
            raise InputError(
                f"val-fraction {self.val_fraction:g} and test-fraction {self.test_fraction:g} "
                "leave no edges to train on; choose smaller ones"
            )
        if self.dropout != 0:
            _check_number("dropout", self.dropout, 0.0, 1.0, "a number from 0 up to 1")
        choices = {"loss": Loss, "split_by": SplitBy, "init": Init, "propagate": Propagate}
        choices |= {"prior": Prior, "kl": KL, "estimator": Estimator}
        for name, kind in choices.items():
            if getattr(self, name) not in get_args(kind):
                got = getattr(self, name)
                raise InputError(f"{_option(name)}: expected one of {get_args(kind)}, got {got!r}")
        selection_metric(self.select)
        for name, value in resolve(vars(self), self.preset).items():
            object.__setattr__(self, name, value)
        self._check_steps()
        self._check_parts()
        if self.capture:
            self._check_capture()

    def _check_capture(self) -> None:
        """A capture needs a CUDA device and steps that never wait for it or change their shape."""
        if not self.device.startswith("cuda"):
            raise InputError(f"capture: needs a CUDA device, got {self.device!r}")
        if self.batch_size is not None:
            raise InputError(
                f"capture: takes all edges in one step, got batch-size {self.batch_size}"
            )
        for name, usual in (("decode_nodes", None), ("propagate", "each-step")):
            if getattr(self, name) != usual:
                got = f"{_option(name)} {getattr(self, name)}"
                raise InputError(f"capture: takes steps of one shape, got {got}")
        if self.encoder is not None or self.preset.encoder in ("sage", "gat"):
            raise InputError(f"capture: takes no layers of PyG's, got those of {self.model}")
        for name, unusual in (("prior", "vamp"), ("kl", "warmup"), ("estimator", "iwae")):
            if getattr(self, name) == unusual:
                raise InputError(f"capture: does not go with --{name} {unusual}; leave one out")
        if self.preset.adversarial:
            raise InputError(f"capture: takes one player, and {self.model} has two")

    def _check_steps(self) -> None:
        """Refuse ways of taking steps that do not go together."""
        given = self.settings
        for name, usual, loss in (
            ("batch_size", None, "sampled"),
            ("negatives", 1, "sampled"),
            ("decode_nodes", None, "paper"),
        ):
            value = getattr(self, name)
            if value != usual and given.loss != loss:
                wanted = f"{value} goes with the loss {loss!r} only"
                raise InputError(f"{_option(name)}: {wanted}, got {given.loss!r}")
        if self.decode_nodes is not None:
            _check_whole("decode_nodes", self.decode_nodes, 2)
        if self.decode_alpha != 0:
            _check_number("decode_alpha", self.decode_alpha, 0.0, math.inf, "a number from 0")
        linear = self.preset.encoder == "linear" and self.encoder is None
        if self.propagate == "once" and not (linear and given.dropout == 0 and self.features):
            raise InputError(
                "propagate: once is for linear-gae and linear-vgae with features and without "
                f"dropout, got {self.model} with dropout {given.dropout:g}"
                f"{'' if self.features else ' and no features'}"
            )

    def _check_parts(self) -> None:
        given = self.settings
        if self.preset.decoder != "inner-product" and given.loss != "sampled":
            raise InputError(f"loss: {self.model} takes 'sampled' only, got {given.loss!r}")
        if self.preset.directed and given.latent % 2:
            raise InputError(f"latent: {self.model} needs an even number, got {given.latent}")
        if self.preset.encoder == "gat" and self.encoder is None and given.hidden % HEADS:
            raise InputError(
                f"hidden: {self.model} needs a multiple of its {HEADS} heads, got {given.hidden}"
            )

    @property
    def preset(self) -> Preset:
        """The parts behind the model's name."""
        return preset(self.model)

    @property
    def settings(self) -> Settings:
        """The settings that a preset has a say in, resolved."""
        return Settings(**{name: getattr(self, name) for name in SETTINGS})

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, as `config.json` holds them."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> FitConfig:
        """Rebuild a configuration; `InputError` on an unknown or missing setting."""
        known = {field.name for field in fields(cls)}
        unknown = sorted(set(values) - known)
        if unknown or "dataset" not in values:
            wrong = f"unknown setting {unknown[0]!r}" if unknown else "no setting 'dataset'"
            raise InputError(f"config: {wrong}; expected {', '.join(sorted(known))}")
        _check_kinds(values)
        return cls(**values)


def _check_kinds(values: Mapping[str, Any]) -> None:
    """Raise `InputError` on a value that is not of the kind its field is declared with."""
    for field in fields(FitConfig):
        if field.name in values and not isinstance(values[field.name], KINDS[str(field.type)]):
            wanted, got = field.type, values[field.name]
            raise InputError(f"{_option(field.name)}: expected {wanted}, got {got!r}")


def _check_whole(name: str, value: Any, least: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise InputError(
            f"{_option(name)}: expected a whole number of at least {least}, got {value!r}"
        )


def _check_number(name: str, value: Any, low: float, high: float, wanted: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not low < value < high:
        raise InputError(f"{_option(name)}: expected {wanted}, got {value!r}")


OPTIONS = {"negatives": "negative-ratio", "clip": "clip-grad"}
"""Settings whose option has another name."""


def _option(name: str) -> str:
    """Return a setting's name as the command line has it."""
    return OPTIONS.get(name, name.replace("_", "-"))
