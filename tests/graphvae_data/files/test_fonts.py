"""Fonts: characters that the default font lacks are taken from another, else one warning."""

import warnings
from pathlib import Path

import matplotlib
import pytest
from matplotlib.font_manager import FontProperties, findfont
from matplotlib.text import Text

from graphvae_data.files import fonts
from graphvae_data.files.figures import figure

pytestmark = pytest.mark.usefixtures("drawn_pictures")

CMR = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "cmr10.ttf"
"""A font that comes with matplotlib."""
STIX = CMR.with_name("STIXGeneral.ttf")


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The fonts of the machine, as a list to fill; nothing of it is remembered."""
    files: list[str] = []
    monkeypatch.setattr("matplotlib.font_manager.findSystemFonts", lambda: files)
    for remembered in (fonts._families, fonts._font_files, fonts._warn):
        monkeypatch.setattr(fonts, remembered.__name__, remembered.__wrapped__)
    return files


@pytest.fixture
def latin(monkeypatch: pytest.MonkeyPatch) -> None:
    """The default font is one of few characters."""
    monkeypatch.setitem(matplotlib.rcParams, "font.family", ["cmr10"])
    assert Path(findfont(FontProperties())) == CMR


def test_a_text_of_the_default_font_is_left_alone(installed: list[str]) -> None:
    text = Text(text="plain é α")
    before = text.get_fontfamily()
    fonts.choose_fonts([text])
    assert text.get_fontfamily() == before


@pytest.mark.usefixtures("latin")
def test_another_font_has_the_character(installed: list[str]) -> None:
    installed += ["/no/such/file.ttf", str(CMR), str(STIX)]
    text = Text(text="Ж and ℵ")
    fonts.choose_fonts([text])
    assert text.get_fontfamily() == ["cmr10", "STIXGeneral"]


@pytest.mark.usefixtures("installed")
def test_without_a_font_there_is_one_warning(tmp_path: Path) -> None:
    with (
        pytest.warns(UserWarning, match=r"such as 山 \(CJK\), which no installed font") as caught,
        figure(tmp_path / "a.png", 2.0, 2.0) as whole,
    ):
        whole.suptitle("山 mountain")
    assert len(caught) == 1
    assert (tmp_path / "a.png").is_file()


def test_the_same_warning_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("matplotlib.font_manager.findSystemFonts", list)
    fonts._families.cache_clear()
    fonts._font_files.cache_clear()
    fonts._warn.cache_clear()
    with pytest.warns(UserWarning, match="HANGUL"):
        fonts.choose_fonts([Text(text="한")])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fonts.choose_fonts([Text(text="한 x")])
    fonts._families.cache_clear()
    fonts._font_files.cache_clear()


def test_regular_sans_serif_fonts_come_first(installed: list[str]) -> None:
    installed += [
        "/f/NotoSerifCJK-Regular.ttc", "/f/NotoSansCJK-Bold.ttc", "/f/wqy-zenhei.ttc",
        "/f/NotoSansCJK-Regular.ttc", "/f/LastResortHE-Regular.ttf",
    ]  # fmt: skip
    assert [Path(path).stem for path in fonts._font_files()] == [
        "NotoSansCJK-Regular", "NotoSansCJK-Bold", "wqy-zenhei", "NotoSerifCJK-Regular",
    ]  # fmt: skip
