"""A small model with a label as latent variable, and images with labels."""

from typing import Any

import torch
from torch import Tensor

from image_vae.models.build import build_model
from image_vae.models.vae import VAE
from tests.image_vae.configs import image_config

SMALL: dict[str, Any] = {"hidden": (12,), "latent": (3,), "label": "class"}
VALUES = 4


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def images(count: int = 6) -> Tensor:
    return torch.rand(count, 1, 4, 4, generator=generator(5)).round()


def model_of(name: str = "m2", **settings: Any) -> VAE:
    config = image_config("digits", name, **(SMALL | settings))
    model = build_model(config, images(50), generator(), values=VALUES)
    assert isinstance(model, VAE)
    for name, weight in model.named_parameters():  # the values of the label differ, q(z) is wide
        if name.startswith("inference.z."):
            weight.data *= 0.2
        else:
            weight.data += 0.3 * torch.randn(weight.shape, generator=generator(weight.numel()))
    return model.double()


def data(labels: Tensor | None = None) -> dict[str, Tensor]:
    given = {} if labels is None else {"y": labels}
    return {"x": images().double(), **given}


Y = torch.tensor([0, 1, 2, 3, 0, 1])
