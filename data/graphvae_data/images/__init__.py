"""Images by name, or a user's own."""
