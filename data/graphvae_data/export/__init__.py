"""Results as tables that other tools read."""
