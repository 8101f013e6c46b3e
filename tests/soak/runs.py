"""What may happen to a run: kills, flipped bits, a second process, a full disk."""

import os
import random
import shutil
import signal
import subprocess
import time
from collections import Counter
from functools import partial
from pathlib import Path

import graphvae
from tests.soak.processes import OPTIONS, REFUSED, TRACEBACK, bits, ended, fit, go_on, say, start


def kills(folder: Path, count: int, draw: random.Random) -> Counter[str]:
    """Kill a run again and again at random moments, until it is finished; compare the bits."""
    whole, words, rows = folder / "whole", folder / "words", Counter[str]()
    begun = time.monotonic()
    ended(start(fit(whole), words))
    length, expected = time.monotonic() - begun, bits(whole)
    while rows["kills"] < count:
        run = folder / "run"
        while not (run / "metrics.json").is_file():
            pid = start(go_on(run), words)
            time.sleep(draw.uniform(0.0, 1.2 * length))
            os.kill(pid, signal.SIGKILL)
            status = ended(pid)
            rows["kills"] += status == -signal.SIGKILL
            if status not in (0, -signal.SIGKILL):
                say(f"kills: {status} {words.read_text()}")
                rows["lost"] += 1
                break
        else:
            ended(start(go_on(run), words))
            rows["runs"] += 1
            rows["mixed"] += bits(run) != expected
        left = [path.name for path in folder.iterdir() if path.name.startswith(".")]
        rows["left over"] += bool(left) and (run / "metrics.json").is_file() and len(left) > 1
        shutil.rmtree(run, ignore_errors=True)
    return rows


def flips(folder: Path, count: int, draw: random.Random) -> Counter[str]:
    """Flip one bit in a file of an unfinished run, and of a finished one, and use it."""
    whole, words, rows = folder / "whole", folder / "words", Counter[str]()
    reasons = Counter[str]()
    ended(start(fit(whole), words))
    expected = bits(whole)
    unfinished = ("config.json", "split.npz", "history.jsonl", "resume.pt", "environment.json")
    finished = ("config.json", "split.npz", "history.jsonl", "model.safetensors", "metrics.json")
    for number in range(count):
        run, cut = folder / "run", number % 2 == 0
        shutil.copytree(whole, run)
        name = draw.choice(unfinished if cut else finished)
        if cut:
            (run / "metrics.json").unlink()
        content = bytearray((run / name).read_bytes())
        place = draw.randrange(len(content))
        content[place] ^= 1 << draw.randrange(8)
        (run / name).write_bytes(content)
        rows["flips"] += 1
        status = ended(start(go_on(run) if cut else use(run, expected, name), words))
        if status == REFUSED:
            rows["refused"] += 1
            reasons[words.read_text().replace(str(run), "RUN")[:70]] += 1
        elif status == 0:
            same = not cut or bits(run) == expected
            rows["harmless" if same else "unnoticed"] += 1
            if not same:
                say(f"flips: {name} at {place} was not noticed")
        else:
            rows["tracebacks" if status == TRACEBACK else "crashes"] += 1
            say(f"flips: {name} at {place}: {status} {words.read_text()[-600:]}")
        shutil.rmtree(run)
    for reason, times in reasons.most_common():
        say(f"flips: {times} times {reason}")
    return rows


def use(run: Path, expected: dict[str, object], name: str):
    """Return what loads a finished run, and compares its embedding with that of its file."""

    def act() -> None:
        result = graphvae.load(run)
        rows = (run / "embeddings.csv").read_text().splitlines()
        assert len(rows) in (len(result.embeddings()), len(result.embeddings()) + 1)
        if name != "metrics.json":
            assert result.metrics["test"] == expected["metrics"]["test"]  # type: ignore[index]

    return act


def pairs(folder: Path, count: int, draw: random.Random) -> Counter[str]:
    """Start two fits into one folder, into default names, and a second hand on a live run."""
    words, rows = [folder / "words-0", folder / "words-1"], Counter[str]()
    expected = []
    for seed in (0, 1):
        ended(start(fit(folder / f"whole-{seed}", seed), words[0]))
        expected.append(bits(folder / f"whole-{seed}"))
    for number in range(count):
        run = folder / "run"
        overwrite = number % 3 == 2
        if overwrite:
            shutil.copytree(folder / "whole-0", run)
        hands = [fit(run, seed, overwrite=overwrite) for seed in (0, 1)]
        if number % 3 == 1:
            hands[1] = partial(graphvae.resume, run, options=OPTIONS)
        pids = [start(hands[0], words[0])]
        time.sleep(draw.uniform(0.0, 0.15))
        pids.append(start(hands[1], words[1]))
        statuses = [ended(pid) for pid in pids]
        rows["pairs"] += 1
        rows["tracebacks"] += sum(status not in (0, REFUSED) for status in statuses)
        rows["one refused"] += REFUSED in statuses
        rows["one after the other"] += statuses == [0, 0]
        rows["mixed"] += bits(run) not in expected
        shutil.rmtree(run)
    return rows


def disks(folder: Path, count: int, draw: random.Random) -> Counter[str]:
    """Run on disks that are too small, then on the same disk made larger."""
    rows, words = Counter[str](), folder / "words"
    ended(start(fit(folder / "whole"), words))
    expected = bits(folder / "whole")
    disk = folder / "disk"
    disk.mkdir()
    for _ in range(count):
        size = draw.randrange(4, 120)
        mount = ["mount", "-t", "tmpfs", "-o", f"size={size}k", "tmpfs", str(disk)]
        if subprocess.run(mount, capture_output=True, check=False).returncode:
            say("disks: a small disk cannot be mounted here; its place is taken by a fast test")
            return rows
        try:
            run = disk / "run"
            status = ended(start(go_on(run), words))
            rows["disks"] += 1
            rows["full"] += status == REFUSED
            if status not in (0, REFUSED):
                say(f"disks: {size} kB: {status} {words.read_text()[-800:]}")
                rows["tracebacks"] += 1
            if status == REFUSED and "the disk at" not in words.read_text():
                say(f"disks: {words.read_text()}")
                rows["not named"] += 1
            grow = ["mount", "-o", "remount,size=50m", str(disk)]
            subprocess.run(grow, capture_output=True, check=True)
            rows["lost"] += ended(start(go_on(run), words)) != 0 or bits(run) != expected
        finally:
            subprocess.run(["umount", str(disk)], capture_output=True, check=True)
    return rows
