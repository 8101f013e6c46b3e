"""Every dataset by name: sources, licence, citation, facts, digests. Light to import."""
