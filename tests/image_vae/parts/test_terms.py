"""Running means: those over all images, whatever the batches."""

import pytest
import torch

from image_vae.parts.terms import Means


def test_means_weigh_each_batch_by_its_images() -> None:
    means = Means(torch.device("cpu"))
    assert means.over(1) == {}
    for value, images in ((3.0, 2), (9.0, 1)):
        loss = torch.tensor(value, requires_grad=True)
        means.add({"loss": loss, "kl": -loss}, images)
    assert means.over(3) == pytest.approx({"loss": 5.0, "kl": -5.0})
    assert not means.sums.requires_grad
