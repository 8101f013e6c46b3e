"""`graphvae image embed`: the codes of a part of the images."""

import numpy as np
import pandas as pd
import pytest

from image_vae.results.result import load


@pytest.mark.slow
@pytest.mark.parametrize("ending", ["csv", "npy", "parquet"])
def test_embeddings_are_named_by_the_row_in_the_whole_dataset(invoke, digits_run, here, ending):
    result = invoke("image", "embed", digits_run, "-o", f"z.{ending}", "--part", "val")
    assert result.stdout == f"180 images × 3 dimensions in z.{ending}\n"
    run = load(digits_run)
    rows = run.experiment.data.val.rows.tolist()
    if ending == "npy":
        z, names = np.load("z.npy", allow_pickle=False), (here / "z.ids.txt").read_text().split()
    else:
        frame = pd.read_csv("z.csv") if ending == "csv" else pd.read_parquet("z.parquet")
        assert list(frame) == ["image", "part", "label", "z0", "z1", "z2"]
        assert set(frame["part"]) == {"val"}
        assert list(map(int, frame["label"])) == run.experiment.data.val.labels.tolist()
        z, names = frame[["z0", "z1", "z2"]].to_numpy(), frame["image"].tolist()
    assert [int(name) for name in names] == rows
    assert np.allclose(z, run.embeddings("val"), atol=1e-7)


@pytest.mark.slow
def test_all_parts_are_in_one_table(invoke, digits_run, here):
    result = invoke("image", "embed", digits_run, "-o", "z.npz", "--part", "all")
    assert result.stdout == "1,797 images × 3 dimensions in z.npz\n"
    with np.load("z.npz") as archive:
        table = dict(archive)
    assert table["names"].tolist() == [str(row) for row in range(1_797)]
    assert {part: int((table["part"] == part).sum()) for part in ("train", "val", "test")} == {
        "train": 1_437,
        "val": 180,
        "test": 180,
    }


def test_new_images_are_embedded_by_their_names(invoke, digits_run, here):
    np.save("new.npy", np.eye(8, dtype=np.uint8)[None])
    result = invoke("image", "embed", digits_run, "--images", "new.npy", "-o", "z.csv")
    assert result.exit_code == 0
    assert result.stderr.startswith("new.npy: the uint8 images have only 0 and 1")
    frame = pd.read_csv("z.csv")
    assert frame[["image", "part"]].values.tolist() == [[0, "new"]]
