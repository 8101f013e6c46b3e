"""The registered datasets: sources, licence, citation, facts, digests. Light to import."""
