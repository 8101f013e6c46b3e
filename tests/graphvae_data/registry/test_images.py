"""The registry of images is complete."""

import importlib

import pytest

from graphvae_data.core.errors import InputError
from graphvae_data.registry.graphs import GRAPHS
from graphvae_data.registry.images import IMAGES, image_dataset
from graphvae_data.registry.ogb import OGB


@pytest.mark.parametrize("name", IMAGES)
def test_every_entry_is_complete(name: str) -> None:
    entry = IMAGES[name]
    assert entry.name == name
    assert all((entry.title, entry.description, entry.licence, entry.citation, entry.sources))
    # Never seen here, or drawn by a version of Pillow.
    unchecked = name == "fashion-mnist" or name.startswith("mnist-a")
    assert (entry.facts.fingerprint is None) == unchecked
    for source in entry.sources:
        module, function = source.reader.split(":")
        assert callable(getattr(importlib.import_module(module), function))
        assert entry.built_in or source.files
        assert all(len(file.sha256) == 64 for file in source.files)


def test_no_name_is_given_twice() -> None:
    assert not set(IMAGES) & {*GRAPHS, *OGB}


def test_an_unknown_name_offers_the_nearest() -> None:
    with pytest.raises(InputError, match=r"'mnsit' \(did you mean mnist\?\).*digits.*path"):
        image_dataset("mnsit")
