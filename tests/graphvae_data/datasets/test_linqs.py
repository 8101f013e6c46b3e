"""The LINQS reader: the order of lines does not matter; damage is reported."""

import random
from pathlib import Path

import pytest
import torch

from graphvae_data.core.errors import InputError
from graphvae_data.datasets.linqs import read_linqs
from graphvae_data.download.fetch import fetch
from graphvae_data.registry.graphs import GRAPHS

CORA = GRAPHS["cora"]


@pytest.fixture
def cora(shared_home: Path, tmp_path: Path) -> dict[str, Path]:
    """Copies of Cora's files, to be changed at will."""
    copies = {}
    for name, path in fetch(CORA.sources[0], "cora", False).items():
        copies[name] = tmp_path / name
        copies[name].write_bytes(path.read_bytes())
    return copies


def test_the_order_of_lines_does_not_matter(cora: dict[str, Path]) -> None:
    before = read_linqs(cora, CORA)
    for path in cora.values():
        lines = path.read_text().splitlines(keepends=True)
        random.Random(0).shuffle(lines)
        path.write_text("".join(lines))
    after = read_linqs(cora, CORA)
    assert torch.equal(before.edges, after.edges)
    assert torch.equal(before.labels, after.labels)
    assert before.content_fingerprint == after.content_fingerprint


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("cora.content", lambda text: text.replace("\t1\t", "\t2\t", 1)),
        ("cora.content", lambda text: text.replace("Theory", "Poetry")),
        ("cora.content", lambda text: text[: len(text) // 2]),
        ("cora.content", lambda text: "no tabs here\n" + text),
        ("cora.content", lambda text: ""),
        ("cora.cites", lambda text: text + "1\t2\n"),
    ],
)
def test_damage_is_refused(cora: dict[str, Path], name: str, change: object) -> None:
    cora[name].write_text(change(cora[name].read_text()))
    with pytest.raises(InputError, match=r"cora\."):
        read_linqs(cora, CORA)
