"""The named checks of an audit, each with its numbers.

A passed check states what it counted, a failed one the errors, and a skipped one why it does not
apply.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Check:
    """One check of a split or run, and its outcome."""

    name: str
    """Name of the check."""
    passed: bool | None
    """The outcome; None if the check does not apply."""
    detail: str
    """The numbers behind the outcome, or the reason why it does not apply."""

    @classmethod
    def of(cls, name: str, faults: Sequence[str], clean: str) -> Check:
        """Return a check that fails with `faults`, or passes with the message `clean`.

        >>> Check.of("pairs", [], "3 pairs").passed
        True
        """
        return cls(name, not faults, "; ".join(faults) if faults else clean)

    @classmethod
    def skipped(cls, name: str, reason: str) -> Check:
        """Return a check that does not apply."""
        return cls(name, None, reason)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values."""
        return {"name": self.name, "passed": self.passed, "detail": self.detail}


@dataclass(frozen=True)
class Audit:
    """The checks of a split, run or folder of repeats."""

    subject: str
    """Description of what was audited."""
    checks: tuple[Check, ...]
    """The checks, in the order they ran."""

    @property
    def passed(self) -> bool:
        """Whether no check failed."""
        return not self.failures

    @property
    def failures(self) -> tuple[Check, ...]:
        """The checks that failed."""
        return tuple(check for check in self.checks if check.passed is False)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values."""
        checks = [check.to_dict() for check in self.checks]
        return {"subject": self.subject, "passed": self.passed, "checks": checks}
