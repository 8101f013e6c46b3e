"""The download cache and its sources."""
