"""A predicted link: what `predict` returns and what link tables hold."""

from typing import Any, NamedTuple


class Link(NamedTuple):
    """A pair of nodes that is no known edge, and the model's probability that it is one."""

    source: str
    """Name of one end."""
    target: str
    """Name of the other end."""
    probability: float
    """σ(logit); not calibrated, but its order is the model's order."""

    def to_dict(self) -> dict[str, Any]:
        """Return plain values.

        >>> Link("a", "b", 0.5).to_dict()
        {'source': 'a', 'target': 'b', 'probability': 0.5}
        """
        return self._asdict()
