"""Fenced blocks of Markdown, and the commands in them."""

import re
import shlex


def blocks(text: str) -> list[tuple[str, str]]:
    """Return the language and the content of every fenced block."""
    return re.findall(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def commands(block: str) -> list[list[str]]:
    """Return the words of each `graphvae` command, without comments."""
    lines = block.replace("\\\n", " ").splitlines()
    words = [shlex.split(line, comments=True) for line in lines]
    return [line[1:] for line in words if line and line[0] == "graphvae"]
