"""Sphinx configuration; `make docs` builds the site into docs/_build/html."""

import atexit
import shutil
import sys
import tempfile
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
for part in ("cli", "data", ""):
    sys.path.insert(0, str(ROOT / part))

from docs._ext import declared

project = "graphvae"
author = "The graphvae authors"
project_copyright = author
try:
    release = installed("graphvae")
except PackageNotFoundError:  # a source tree that is not installed
    release = ""
extensions = [
    "myst_parser",
    "sphinx_gallery.gen_gallery",
    declared.__name__,
]
exclude_patterns = ["_build", "results/gpu-table.md", "_ext", "**/README.rst"]
highlight_language = "none"
smartquotes_action = "qe"  # quotes and ellipses; a dash would turn --option into –option

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

# The tutorials write files beside themselves, so the build runs copies of them.
COPIES = tempfile.mkdtemp(prefix="tutorials-")
atexit.register(shutil.rmtree, COPIES, ignore_errors=True)
for source in (ROOT / "examples" / "tutorials").glob("[0-9R]*.*"):
    if source.suffix in (".py", ".rst"):
        shutil.copy(source, COPIES)

sphinx_gallery_conf = {
    "examples_dirs": [COPIES],
    "gallery_dirs": ["tutorials"],
    "filename_pattern": r"/\d\d_",
    "within_subsection_order": "FileNameSortKey",
    "download_all_examples": False,
    "show_memory": False,
    "show_signature": False,
    "min_reported_time": 1_000,
    "write_computation_times": False,
    "remove_config_comments": True,
    "abort_on_example_error": True,
    "image_scrapers": (),
    "capture_repr": (),
}

html_theme = "pydata_sphinx_theme"
html_title = "graphvae"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_sidebars: dict[str, list[str]] = {
    page: [] for page in ("index", "start", "promises")
}  # they have no subpages
html_theme_options = {
    "show_toc_level": 2,
    "navigation_with_keys": False,
    "navbar_align": "left",
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
}
