"""Networks between images and codes."""
