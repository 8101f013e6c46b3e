"""Parts of a training loop that graphs and images share."""
