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
        assert list(frame) == ["image", "z0", "z1", "z2"]
        z, names = frame[["z0", "z1", "z2"]].to_numpy(), frame["image"].tolist()
    assert [int(name) for name in names] == rows
    assert np.allclose(z, run.embeddings("val"), atol=1e-7)
