"""Image datasets by name, and user-supplied images."""
