"""What goes in and out of graphvae: datasets, graph files, tables and run folders.

This package imports nothing else of the project. Its light modules (`errors`, `registry`) load in
milliseconds; everything that needs torch, numpy or pooch is imported by name:

- `graphvae_data.graphs.graph`: the graph in memory; `graphs.graphs` loads one by its name;
- `graphvae_data.readers.any_graph`: read a user-supplied graph from a file of any form;
- `graphvae_data.readers.objects`: convert a graph object of another library;
- `graphvae_data.datasets.ogb_graphs`: OGB's link-prediction datasets with their official splits;
- `graphvae_data.images.images`: load pictures by name, or a person's own from a folder or an array;
- `graphvae_data.runs.run_folder`: run folders, written so that none ever exists half-made;
- `graphvae_data.export.tables`: embeddings and predicted links, in the forms other tools read;
- `graphvae_data.download.fetch`: the download cache.
"""

from graphvae_data.core.errors import FetchError, InputError
from graphvae_data.registry.graphs import GRAPHS, graph_dataset

__all__ = ["GRAPHS", "FetchError", "InputError", "graph_dataset"]
