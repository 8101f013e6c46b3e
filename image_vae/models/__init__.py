"""Models, and how a recipe is built into one."""
