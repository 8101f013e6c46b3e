"""Fonts for names in any script: the default font of matplotlib has no Chinese, for example."""

from __future__ import annotations

import unicodedata
import warnings
from collections.abc import Iterable
from functools import cache, lru_cache
from pathlib import Path

from matplotlib import font_manager, rcParams
from matplotlib.ft2font import FT2Font
from matplotlib.text import Text

Characters = frozenset[str]

PREFERRED = (
    "notosanscjk", "sourcehansans", "hiragino", "pingfang", "msgothic", "msyh", "wqy", "notosans",
)  # fmt: skip
"""Starts of the names of font files that are tried first; sans serif, as the default font is."""
IGNORED = "lastresort"
"""Start of the names of fonts that have a box for every character."""
SHOWN = 5
"""Number of characters that the warning names."""


def choose_fonts(texts: Iterable[Text]) -> None:
    """Let texts with characters that the default font lacks use installed fonts for them.

    Characters that no installed font has are boxes; a warning names their scripts, once.
    """
    default = font_manager.findfont(font_manager.FontProperties())
    for text in texts:
        characters = frozenset(filter(str.isprintable, text.get_text()))
        lacking = characters - _covered(default, characters)
        if lacking:
            text.set_fontfamily([*rcParams["font.family"], *_families(lacking)])


@cache
def _families(lacking: Characters) -> tuple[str, ...]:
    """Return names of installed fonts that have these characters; warn if none has one of them."""
    families = list[str]()
    for path in _font_files():
        covered = _covered(path, lacking)
        if covered:
            font_manager.fontManager.addfont(path)
            families.append(font_manager.FontProperties(fname=path).get_name())
            lacking -= covered
        if not lacking:
            return tuple(families)
    scripts = sorted({_script(character) for character in lacking})
    _warn("".join(sorted(lacking)[:SHOWN]), ", ".join(scripts))
    return tuple(families)


@cache
def _font_files() -> tuple[str, ...]:
    """Return the font files of this machine, the preferred ones first."""
    names = {path: _plain_name(path) for path in font_manager.findSystemFonts()}
    known = [path for path, name in names.items() if not name.startswith(IGNORED)]
    return tuple(sorted(known, key=lambda path: (_preference(names[path]), names[path])))


def _plain_name(path: str) -> str:
    return Path(path).stem.lower().replace("-", "").replace(" ", "")


def _preference(name: str) -> tuple[int, bool]:
    """Return the rank of a font: by `PREFERRED`, then its regular weight before the others."""
    ranks = [rank for rank, start in enumerate(PREFERRED) if name.startswith(start)]
    return min(ranks, default=len(PREFERRED)), "regular" not in name


def _covered(path: str, characters: Characters) -> Characters:
    """Return those of some characters that a font file has; none if it cannot be read."""
    font = _font(path)
    if font is None:
        return frozenset()
    return frozenset(each for each in characters if font.get_char_index(ord(each)))


@lru_cache(maxsize=8)
def _font(path: str) -> FT2Font | None:
    """Open a font file; None if it cannot be read."""
    try:
        return FT2Font(path)
    except (OSError, RuntimeError):
        return None


def _script(character: str) -> str:
    """Return the script of a character, the first word of its Unicode name.

    >>> _script("山"), _script("か"), _script("ب")
    ('CJK', 'HIRAGANA', 'ARABIC')
    """
    return unicodedata.name(character, "UNNAMED").split()[0]


@cache
def _warn(some: str, scripts: str) -> None:
    warnings.warn(
        f"a picture shows boxes in place of characters such as {some} ({scripts}), which no "
        "installed font has; install a font for them, such as Noto Sans CJK for Chinese, Japanese "
        "and Korean, or the Noto Sans of the script",
        stacklevel=2,
    )
