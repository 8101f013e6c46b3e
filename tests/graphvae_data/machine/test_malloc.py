"""With trimming disabled in malloc, large blocks are reused without page faults."""

import subprocess
import sys

import pytest

PROGRAM = """
import resource, sys
import torch
from graphvae_data.machine.malloc import keep_freed

torch.set_num_threads(1)
disabled = keep_freed() if sys.argv[1] == "keep" else False
size = int(sys.argv[2]) << 20  # bytes: more than malloc's first threshold for mmap


def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(10):
        blocks = [torch.ones(size // 4) for _ in range(4)]
        del blocks
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


faults()
print(disabled, faults())
"""


def run(how: str, megabytes: int) -> tuple[str, int]:
    command = [sys.executable, "-c", PROGRAM, how, str(megabytes)]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    disabled, faults = result.stdout.split()
    return disabled, int(faults)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="glibc alone has this")
@pytest.mark.parametrize("megabytes", [4, 48])  # less and more than glibc's largest threshold
def test_blocks_are_taken_again_without_new_pages(megabytes: int) -> None:
    disabled, kept = run("keep", megabytes)
    assert disabled == "True"
    assert kept < 500  # of 40 blocks of 1,024 pages or more
