"""Tables are read back by their own tools to the same float32 values."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from graphvae_data.core.errors import InputError
from graphvae_data.export.formats import check_suffix, embedding_suffixes, link_suffixes
from graphvae_data.export.tables import Link, write_embeddings, write_links

NAMES = ["Valjean", 'Mme, "M"', "Éponine", "7"]
Z = torch.randn(4, 3, generator=torch.Generator().manual_seed(0)) * 1e-3


def read_table(path: Path) -> pd.DataFrame:
    if path.suffix == ".parquet":
        return pd.read_parquet(path)
    separator = "\t" if path.suffix == ".tsv" else ","
    text = {"node": str, "source": str, "target": str}
    return pd.read_csv(path, sep=separator, dtype=text, keep_default_na=False)


@pytest.mark.parametrize("ending", [".csv", ".tsv", ".parquet"])
def test_tables_read_back_by_pandas(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"z{ending}"
    write_embeddings(path, NAMES, Z)
    frame = read_table(path)
    assert frame.columns.tolist() == ["node", "z0", "z1", "z2"]
    assert frame["node"].tolist() == NAMES
    assert np.array_equal(frame.iloc[:, 1:].to_numpy(np.float32), Z.numpy())


def test_numpy_forms_hold_no_pickle(tmp_path: Path) -> None:
    write_embeddings(tmp_path / "z.npy", NAMES, Z.double().requires_grad_())
    matrix = np.load(tmp_path / "z.npy", allow_pickle=False)
    assert matrix.dtype == np.float32
    assert np.array_equal(matrix, Z.numpy())
    write_embeddings(tmp_path / "z.npz", NAMES, Z.numpy())
    with np.load(tmp_path / "z.npz", allow_pickle=False) as archive:
        assert archive["names"].tolist() == NAMES
        assert np.array_equal(archive["embedding"], Z.numpy())


def test_the_bare_matrix_is_row_major_with_its_ids_beside_it(tmp_path: Path) -> None:
    write_embeddings(tmp_path / "z.npy", NAMES, Z.T.contiguous().T)
    matrix = np.load(tmp_path / "z.npy", allow_pickle=False, mmap_mode="r")
    assert matrix.flags.c_contiguous
    assert (matrix.dtype, matrix.shape) == (np.float32, (4, 3))
    assert (tmp_path / "z.ids.txt").read_text(encoding="utf-8") == "\n".join([*NAMES, ""])


def test_a_name_of_two_lines_has_no_place_among_ids(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"without line breaks for \.npy, got 'b\\nc'"):
        write_embeddings(tmp_path / "z.npy", ["a", "b\nc", "d", "e"], Z)
    assert list(tmp_path.iterdir()) == []


def test_text_form_is_word2vec(tmp_path: Path) -> None:
    write_embeddings(tmp_path / "z.txt", NAMES, Z)
    header, *lines = (tmp_path / "z.txt").read_text(encoding="utf-8").splitlines()
    assert header == "4 3"
    vectors = {line.split(" ")[0]: np.float32(line.split(" ")[1:]) for line in lines}
    assert list(vectors) == ["Valjean", 'Mme,_"M"', "Éponine", "7"]
    assert np.array_equal(np.stack(list(vectors.values())), Z.numpy())


@pytest.mark.parametrize("names", [["a b", "a_b", "c", "d"], ["", "b", "c", "d"]])
def test_text_form_refuses_names_it_cannot_tell_apart(names: list[str], tmp_path: Path) -> None:
    with pytest.raises(InputError, match="distinct, non-empty"):
        write_embeddings(tmp_path / "z.txt", names, Z)
    assert list(tmp_path.iterdir()) == []


def test_lengths_must_agree(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="4 rows of `z`, got 3"):
        write_embeddings(tmp_path / "z.csv", NAMES[:3], Z)


def test_unknown_endings_list_the_known(tmp_path: Path) -> None:
    for ending in embedding_suffixes:
        assert check_suffix(Path(f"z{ending}")) == ending
    with pytest.raises(InputError, match=r"\.npy, \.npz, \.csv, \.tsv, \.parquet, \.txt.*z\.xlsx"):
        write_embeddings(tmp_path / "z.xlsx", NAMES, Z)
    with pytest.raises(InputError, match=r"\.jsonl, got"):
        write_links(tmp_path / "links.npy", [])


@pytest.mark.parametrize("ending", link_suffixes)
@pytest.mark.parametrize(
    "rows", [[], [Link("a,b", "Éponine", 3.5, 0.9), Link("c", "7", -2.0, 0.25)]]
)
def test_links_read_back(ending: str, rows: list[Link], tmp_path: Path) -> None:
    path = tmp_path / f"links{ending}"
    write_links(path, rows)
    if ending.startswith(".json"):
        text = {"source": str, "target": str}
        frame = pd.read_json(path, lines=ending == ".jsonl", dtype=text)
    else:
        frame = read_table(path)
        assert frame.columns.tolist() == ["source", "target", "score", "probability"]
    assert [tuple(row) for row in frame.itertuples(index=False)] == [tuple(row) for row in rows]


def test_a_link_without_a_probability_has_an_empty_cell(tmp_path: Path) -> None:
    write_links(tmp_path / "links.csv", [("a", "b", 1.5)])
    text = (tmp_path / "links.csv").read_text(encoding="utf-8")
    assert text == "source,target,score,probability\na,b,1.5,\n"
