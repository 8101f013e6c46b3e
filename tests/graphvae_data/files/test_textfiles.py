"""Text files: encodings, comments, quotes, blanks after commas."""

import bz2
import gzip
import lzma
import zipfile
from pathlib import Path

import pytest

from graphvae_data.core.errors import InputError
from graphvae_data.files.packed import inner_name
from graphvae_data.files.textfiles import TextFormat, TextRows, read_rows

ROWS = "ä,b\nb,c\n"


def rows(folder: Path, content: str, **form: str) -> TextRows:
    (folder / "g.csv").write_text(content, encoding="utf-8")
    return read_rows(folder / "g.csv", TextFormat(**form))


@pytest.mark.parametrize(
    ("content", "first", "comments"),
    [
        ("# a comment\na,b\nb,c\n", ["a", "b"], 1),
        ("#python,#java\n#java,x\n", ["#python", "#java"], 0),
        ("#python,java\nx,#go\n", ["#python", "java"], 0),
        ("# FromNodeId\tToNodeId\n1\t2\n", ["1", "2"], 1),
        ("%%more\n% sym\na b\n%x\nb c\n", ["a", "b"], 3),
        ("%50off,%20off\n%20off,a\n", ["%50off", "%20off"], 0),
    ],
)
def test_comments_are_comments_only_where_they_are_no_rows(
    content: str, first: list[str], comments: int, tmp_path: Path
) -> None:
    read = rows(tmp_path, content)
    assert (read.sample(1)[0], len(read.comments)) == (first, comments)


def test_the_user_says_what_a_comment_is(tmp_path: Path) -> None:
    content = "// made today\n# a,b\nb,c\n"
    assert len(rows(tmp_path, content, comment="//").columns()[0]) == 2
    assert rows(tmp_path, "# a,b\nb,c\n", comment="none").sample(1) == [["# a", "b"]]


@pytest.mark.parametrize(
    "content",
    ['"a, x", b\nb, "c"\n', '"a, x","b"\n"b","c"\n', 'a, b\nb, "c"\n'],
)
def test_quotes_and_blanks_after_commas_are_no_part_of_ids(content: str, tmp_path: Path) -> None:
    first, second = (column.to_pylist() for column in rows(tmp_path, content).columns())
    assert second == ["b", "c"]
    assert first[0] in ("a, x", "a")


def test_a_quoted_field_may_go_on_in_the_next_line(tmp_path: Path) -> None:
    read = rows(tmp_path, 'a,b,"one\ntwo"\nb,c,three\n')
    assert [column.to_pylist() for column in read.columns()[:2]] == [["a", "b"], ["b", "c"]]
    assert (read.line_of(0), read.line_of(1)) == (1, 3)
    with pytest.raises(InputError, match="line 1: expected quotes in pairs"):
        rows(tmp_path, 'a,"b\nb,c\n').columns()


@pytest.mark.parametrize(("encoding", "declared"), [("utf-16", None), ("latin-1", "latin-1")])
def test_encodings_are_known_or_named(encoding: str, declared: str | None, tmp_path: Path) -> None:
    (tmp_path / "g.csv").write_bytes(ROWS.encode(encoding))
    assert read_rows(tmp_path / "g.csv", TextFormat(encoding=declared)).sample(1) == [["ä", "b"]]
    (tmp_path / "g.csv").write_bytes(ROWS.encode("latin-1"))
    with pytest.raises(InputError, match=r"line 1: expected UTF-8.*--encoding latin-1"):
        read_rows(tmp_path / "g.csv")
    with pytest.raises(InputError, match=r"name of an encoding.*'latin-l'"):
        read_rows(tmp_path / "g.csv", TextFormat(encoding="latin-l"))


@pytest.mark.parametrize("ending", ["gz", "bz2", "xz", "zip"])
def test_packed_files_are_unpacked(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"g.csv.{ending}"
    if ending == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("folder/inside.csv", ROWS)
    else:
        pack = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress}[ending]
        path.write_bytes(pack(ROWS.encode()))
    assert read_rows(path).sample(1) == [["ä", "b"]]
    assert inner_name(path) == ("inside.csv" if ending == "zip" else "g.csv")
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(InputError, match="expected a complete"):
        read_rows(path)


def test_an_archive_of_several_files_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "g.zip", "w") as archive:
        archive.writestr("a.csv", ROWS)
        archive.writestr("b.csv", ROWS)
    with pytest.raises(InputError, match=r"archive of one file, got a\.csv, b\.csv"):
        read_rows(tmp_path / "g.zip")


@pytest.mark.parametrize(
    ("line", "delimiter"),
    [
        ("sep=;", ";"),
        ("sep=,", ","),
        ("sep=\t", "\t"),
        ("sep=\\t", "\t"),
        ("SEP=|", "|"),
        ('"sep=;"', ";"),
        ("sep=; ", ";"),
        ("sep=^", "^"),
    ],
)
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_excels_first_line_names_the_delimiter(
    line: str, delimiter: str, ending: str, tmp_path: Path
) -> None:
    read = rows(tmp_path, ending.join([line, f"a x{delimiter}b", "", f"c{delimiter}d", ""]))
    assert read.sample() == [["a x", "b"], ["c", "d"]]
    assert [read.line_of(row) for row in (0, 1)] == [2, 4]
    assert rows(tmp_path, f"sep=;{ending}a,b{ending}", delimiter=",").sample() == [["a", "b"]]
    assert rows(tmp_path, f"sep=a,b{ending}").sample() == [["sep=a", "b"]]
