"""From settings to an experiment: the graph, its split, the model and its trainer."""
