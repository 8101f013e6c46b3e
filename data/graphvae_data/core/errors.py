"""The errors meant for a person: one line saying what was expected and what to try."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches


class InputError(ValueError):
    """What a person gave cannot be used. The command prints it in one line and exits with 2."""


class FetchError(InputError):
    """A dataset could not be obtained, or what was obtained is not what the registry names."""


class TrainingError(RuntimeError):
    """Training cannot go on: the loss, or what is computed from it, is no longer finite.

    It is nobody's bad input: the command exits with 1.
    """


class WorkerLost(RuntimeError):
    """Another worker of the same job has ended, or the launcher ends this one."""


def nearest(word: str, choices: Iterable[str]) -> str:
    """Give a hint such as ` (did you mean cora?)`, or an empty string when nothing is close.

    >>> nearest("coar", ["cora", "pubmed"])
    ' (did you mean cora?)'
    >>> nearest("xyz", ["cora", "pubmed"])
    ''
    """
    by_lower = {choice.lower(): choice for choice in choices}
    close = get_close_matches(word.lower(), by_lower, n=1)
    return f" (did you mean {by_lower[close[0]]}?)" if close else ""


def known_names(what: str, names: Iterable[str], known: Sequence[str]) -> set[str]:
    """Return names that a user chose, each once.

    Raises:
        InputError: one of them is not known.
    """
    chosen = set(names)
    for name in sorted(chosen - set(known)):
        hint = nearest(name, known)
        raise InputError(f"{what}: expected some of {', '.join(known)}, got {name!r}{hint}")
    return chosen
