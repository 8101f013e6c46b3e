"""`graphvae reproduce`: one command per published table."""
