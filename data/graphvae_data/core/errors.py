"""Errors shown to the user: one line that says what was expected and what to try."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches


class InputError(ValueError):
    """Invalid input. The command prints the message in one line and exits with status 2."""


class FetchError(InputError):
    """A dataset could not be downloaded, or differs from the registry entry."""


class TrainingError(RuntimeError):
    """Training failed because the loss or a derived number is not finite.

    As the input is not at fault, the command exits with status 1.
    """


class WorkerLost(RuntimeError):
    """Another worker of the job has terminated, or the launcher terminates this one."""


def printable(text: str) -> str:
    """Escape control characters, which a terminal would interpret.

    >>> printable("a\\x1b[2Jb\\n")
    'a\\\\x1b[2Jb\\\\n'
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c == "\u00a0" else _escaped(c) for c in text)


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def nearest(word: object, choices: Iterable[object]) -> str:
    """Return a hint such as ` (did you mean cora?)`, or an empty string if no choice is close.

    Values that are not strings are close to nothing.

    >>> nearest("coar", ["cora", "pubmed"])
    ' (did you mean cora?)'
    >>> nearest("xyz", ["cora", "pubmed"])
    ''
    """
    if not isinstance(word, str):
        return ""
    by_lower = {choice.lower(): choice for choice in choices if isinstance(choice, str)}
    close = get_close_matches(word.lower(), by_lower, n=1)
    return f" (did you mean {by_lower[close[0]]}?)" if close else ""


def known_names(what: str, names: Iterable[str], known: Sequence[str]) -> set[str]:
    """Return the set of names, checked against the known ones.

    Raises:
        InputError: an unknown name.
    """
    chosen = set(names)
    for name in sorted(chosen - set(known), key=str):
        hint = nearest(name, known)
        raise InputError(f"{what}: expected some of {', '.join(known)}, got {name!r}{hint}")
    return chosen
