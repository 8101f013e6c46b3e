"""The entry point of the process: an interrupt while the command is imported is one line too."""

from __future__ import annotations

import os
import sys


def process() -> None:
    """Import and run the command."""
    try:
        from graphvae_cli.main import process as run
    except KeyboardInterrupt:
        sys.stderr.write("Error: interrupted before anything began\n")
        sys.stderr.flush()
        os._exit(130)
    run()
