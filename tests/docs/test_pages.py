"""The documentation: generated pages are complete, and links lead somewhere."""

import re
from pathlib import Path

import pytest

import graphvae
import image_vae
from docs._ext import declared
from graphvae.metrics import Metric
from graphvae.specs.presets import PRESETS
from graphvae_data.registry.graphs import GRAPHS
from graphvae_data.registry.images import IMAGES
from graphvae_data.registry.ogb import OGB
from image_vae.specs.presets import PRESETS as IMAGE_PRESETS

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = [
    page
    for page in sorted(DOCS.rglob("*.md"))
    if not {"generated", "_build", "gpu-table.md"} & set(page.relative_to(DOCS).parts)
]
GENERATED = {"generated", "tutorials"}
"""Folders that the build writes."""


def test_every_model_has_an_entry() -> None:
    headings = set(re.findall(r"^### `(.*)`$", declared.models(), re.MULTILINE))
    assert headings == {*PRESETS, *IMAGE_PRESETS}


def test_a_model_is_described_by_what_it_changes() -> None:
    (entry,) = re.findall(r"### `gnae`\n(.*?)###", declared.models(), re.DOTALL)
    assert "- `encoder`: `normalised`" in entry
    assert "- `training.epochs`: `300`" in entry
    assert "decoder" not in entry


def test_every_metric_and_dataset_has_a_row() -> None:
    rows = set(re.findall(r"^\| `(.*?)`", declared.metrics(), re.MULTILINE))
    assert rows >= {name for name in Metric.family if ":" not in name}
    assert set(re.findall(r"^\| `(.*?)`", declared.datasets(), re.MULTILINE)) == {
        *GRAPHS,
        *OGB,
        *IMAGES,
    }


def test_every_setting_has_a_row() -> None:
    text = declared.settings()
    for catalogue in (declared.graph_recipe.CATALOGUE, declared.image_recipe.CATALOGUE):
        for name, flat in catalogue.flats.items():
            assert f"| `{name}` | `{'.'.join(flat.path)}` |" in text


@pytest.mark.slow
def test_every_public_name_is_in_the_api() -> None:
    text = declared.api()
    for package in (graphvae, image_vae):
        for name in package.__all__:
            assert f"### `{package.__name__}.{name}`\n" in text


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(DOCS)))
def test_links_and_entries_of_the_contents_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    links = re.findall(
        r"\]\(([^)#\s]+)(?:#[^)]*)?\)", re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    )
    contents = re.findall(r"^```\{toctree\}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    entries = [line for block in contents for line in block.split() if not line.startswith(":")]
    entries = [entry for entry in entries if not entry.isdigit()]
    targets = [link for link in links if "://" not in link] + [f"{entry}.md" for entry in entries]
    missing = [
        target
        for target in targets
        if not GENERATED & set(Path(target).parts) and not (page.parent / target).exists()
    ]
    assert missing == []


def test_every_page_is_in_the_contents() -> None:
    listed = {
        (page.parent / f"{entry}.md").resolve()
        for page in PAGES
        for block in re.findall(r"```\{toctree\}\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
        for entry in block.split()
    }
    assert [
        str(page) for page in PAGES if page.resolve() not in listed and page.name != "index.md"
    ] == []


def test_markup_in_a_description_is_escaped() -> None:
    assert declared._escaped("a_b `c_d` |x|") == r"a\_b `c_d` \|x\|"
