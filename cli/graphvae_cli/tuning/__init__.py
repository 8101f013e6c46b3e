"""`graphvae tune` and `graphvae image tune`: searches of settings by validation."""
