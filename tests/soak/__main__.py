"""The soak test: `python -m tests.soak [kills flips pairs disks mutants]` prints a table.

Each part is repeated as often as its number, or the number after `=`: `kills=500`. The seed is
SOAK_SEED. Exit status 1 if anything was lost, mixed or unnoticed, crashed or ended in a traceback.
"""

import os
import random
import sys
import tempfile
import time
import warnings
from pathlib import Path

from tests.soak.mutants import mutants
from tests.soak.processes import say
from tests.soak.runs import disks, flips, kills, pairs

PARTS = {
    "kills": (kills, 200),
    "flips": (flips, 200),
    "pairs": (pairs, 21),
    "disks": (disks, 20),
    "mutants": (mutants, 500),
}
FAULTS = ("lost", "mixed", "unnoticed", "tracebacks", "crashes", "not named", "left over")


def main(arguments: list[str]) -> int:
    """Run the parts and print the table."""
    warnings.simplefilter("ignore")
    wanted = dict(argument.partition("=")[::2] for argument in arguments) or dict.fromkeys(PARTS)
    lines, faults = [], 0
    with tempfile.TemporaryDirectory(prefix="soak-") as name:
        for part, number in wanted.items():
            act, usual = PARTS[part]
            folder = Path(name) / part
            folder.mkdir()
            begun = time.monotonic()
            draw = random.Random(f"{part} {os.environ.get('SOAK_SEED', '0')}")
            rows = act(folder, int(number or usual), draw)
            faults += sum(rows[fault] for fault in FAULTS)
            counts = {**rows, **{fault: rows[fault] for fault in FAULTS[:5]}}
            text = ", ".join(f"{count} {what}" for what, count in counts.items())
            lines.append(f"{part:8} {time.monotonic() - begun:6.0f} s  {text}")
            say(lines[-1])
    say("\n" + "\n".join(lines))
    return int(faults > 0)


sys.exit(main(sys.argv[1:]))
