"""Input and output of graphvae: datasets, graph files, tables and run folders.

This package imports nothing else of the project. `core.errors` and `registry` load in milliseconds;
modules that need torch, numpy or pooch are imported by their full name:

- `graphvae_data.graphs.graph`: the graph in memory; `graphs.graphs` loads one by its name;
- `graphvae_data.readers.any_graph`: read a graph from a file of any supported format;
- `graphvae_data.readers.objects`: convert a graph object of another library;
- `graphvae_data.datasets.ogb_graphs`: OGB's link-prediction datasets with their official splits;
- `graphvae_data.images.images`: load images by dataset name, or from a user's folder or array;
- `graphvae_data.runs.run_folder`: run folders, written atomically;
- `graphvae_data.export.tables`: write embeddings and predicted links for other tools;
- `graphvae_data.download.fetch`: the download cache.
"""

from graphvae_data.core.errors import FetchError, InputError
from graphvae_data.registry.graphs import GRAPHS, graph_dataset

__all__ = ["GRAPHS", "FetchError", "InputError", "graph_dataset"]
