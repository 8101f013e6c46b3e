"""`python -m graphvae_cli` is the command `graphvae`."""

from graphvae_cli.entry import process

if __name__ == "__main__":
    process()
