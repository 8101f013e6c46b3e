"""The command `graphvae`: one file per command; each parses, calls one library function, prints."""
