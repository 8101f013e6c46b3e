"""The classifier of labels alone: trained on known labels only, and a column of its table."""

from pathlib import Path

import numpy as np
import pytest

from graphvae_cli.reproduce.images import cells_table
from graphvae_data.runs.published import PublishedTable, Row
from image_vae.reproduce.labels_only import classifier_accuracy
from image_vae.reproduce.reproduce import obtain
from image_vae.runs.fit import fit

TINY = {"hidden": (8,), "latent": (2,), "epochs": 1}


@pytest.mark.slow
def test_images_without_a_known_label_do_not_train_it() -> None:
    """The label of an image is its brighter half; where the label is hidden, it is neither."""
    random = np.random.default_rng(0)
    labels = random.integers(2, size=200)
    images = random.integers(60, size=(200, 4, 4))
    images[labels == 0, :2] += 120
    images[labels == 1, 2:] += 120
    images[40:160] = random.integers(256, size=(120, 4, 4))
    hidden = np.where(np.arange(200) < 40, labels, -1)
    train, rest = slice(0, 160), slice(160, 200)
    arrays = {
        "x_train": images[train].astype(np.uint8), "y_train": hidden[train],
        "x_test": images[rest].astype(np.uint8), "y_test": labels[rest],
    }  # fmt: skip
    assert classifier_accuracy(fit(arrays, "m2", **TINY)) == 1


@pytest.mark.slow
def test_it_stands_beside_the_published_one_in_the_table(tmp_path: Path) -> None:
    settings = {**TINY, "labels_per_class": 2}
    figures = {"accuracy": 0.9, "classifier": 0.7, "plain": 0.2}
    row = Row("m2-20", "digits", "m2", settings, (figures,))
    (cell,) = obtain(PublishedTable("few", "Few", ("labels",), (row,), "one epoch"), out=tmp_path)
    assert 0.3 < cell.obtained["classifier"] < 0.9
    header, published, obtained = cells_table([cell.to_dict()]).splitlines()
    assert header.split()[-4:] == ["labels", "only", "without", "α′"]
    assert published.split()[-2:] == ["0.700", "0.200"]
    assert obtained.split()[-2:] == [f"{cell.obtained['classifier']:.3f}", "–"]
