"""The entry point of the process; an interrupt during imports also prints one line."""

from __future__ import annotations

import os
import sys


def process() -> None:
    """Import and run the command."""
    try:
        from graphvae_cli.main import process as run
    except KeyboardInterrupt:
        sys.stderr.write("Error: interrupted during startup\n")
        sys.stderr.flush()
        os._exit(130)
    run()
