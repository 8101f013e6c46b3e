"""`graphvae reproduce`: a command a published table."""
