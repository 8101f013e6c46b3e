"""Link prediction and node embedding with graph auto-encoders, evaluated honestly.

>>> import graphvae
>>> result = graphvae.fit("karate", model="vgae", seed=0, epochs=20)
>>> sorted(result.metrics["test"])[:2]
['ap', 'ap_interval']
>>> len(result.predict(top_k=3))
3
"""

from __future__ import annotations

from typing import Any

_WHERE = {
    "Audit": "graphvae.audit",
    "Comparison": "graphvae.comparison.result",
    "EdgeSplit": "graphvae.splits.edge_split",
    "FitConfig": "graphvae.specs.recipe",
    "FitOptions": "graphvae.runs.fit",
    "FitResult": "graphvae.runs.result",
    "Graph": "graphvae_data.graphs.graph",
    "GraphVAE": "graphvae.interop.estimator",
    "InputError": "graphvae_data.core.errors",
    "Link": "graphvae_data.export.tables",
    "Neighbor": "graphvae.prediction.neighbors",
    "ToPyg": "graphvae.nn.pyg",
    "TrainingError": "graphvae_data.core.errors",
    "audit_repeats": "graphvae.audit",
    "audit_run": "graphvae.audit",
    "audit_split": "graphvae.audit",
    "fit": "graphvae.runs.fit",
    "load": "graphvae.runs.result",
    "resume": "graphvae.runs.fit",
    "split_edges": "graphvae.splits.splitting",
}
__all__ = sorted(_WHERE)


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for: `graphvae --help` needs none of them."""
    if name not in _WHERE:
        raise AttributeError(f"module 'graphvae' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_WHERE[name]), name)


def __dir__() -> list[str]:
    return __all__
