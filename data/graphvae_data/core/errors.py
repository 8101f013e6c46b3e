"""Errors shown to the user: one line that says what was expected and what to try."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from numbers import Integral


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


def known_names(what: str, names: str | Iterable[str], known: Sequence[str]) -> set[str]:
    """Return the set of names, or of a single name, checked against the known ones.

    Raises:
        InputError: an unknown name.
    """
    chosen = {names} if isinstance(names, str) else set(names)
    for name in sorted(chosen - set(known), key=str):
        hint = nearest(name, known)
        raise InputError(f"{what}: expected some of {', '.join(known)}, got {name!r}{hint}")
    return chosen


def check_name(what: str, name: object, known: Iterable[str]) -> None:
    """Raise `InputError` unless a name is one of the known ones.

    >>> check_name("part", "tset", ["train", "test"])
    Traceback (most recent call last):
    graphvae_data.core.errors.InputError: part: expected one of train, test, got 'tset' (did you \
mean test?)
    """
    names = list(known)
    if not isinstance(name, str):
        raise InputError(f"{what}: expected one of {', '.join(names)}, got {type(name).__name__}")
    if name not in names:
        hint = nearest(name, names)
        raise InputError(f"{what}: expected one of {', '.join(names)}, got {name!r}{hint}")


def check_whole(what: str, value: object, least: int = 1) -> None:
    """Raise `InputError` unless a value is a whole number of at least `least`.

    >>> check_whole("samples", 2.5)
    Traceback (most recent call last):
    graphvae_data.core.errors.InputError: samples: expected a whole number of at least 1, got 2.5
    """
    if not isinstance(value, Integral) or isinstance(value, bool):
        raise InputError(f"{what}: expected a whole number of at least {least}, got {value!r}")
    if value < least:
        raise InputError(f"{what}: expected at least {least}, got {value}")
