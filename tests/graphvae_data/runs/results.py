"""The results of a run of either kind, in a form that == compares."""

import json
from pathlib import Path


def results(folder: Path) -> list[object]:
    """Everything that a run leads to, except for times and the state."""
    history = [json.loads(line) for line in (folder / "history.jsonl").read_text().splitlines()]
    metrics = json.loads((folder / "metrics.json").read_text())
    files = ("config.json", "model.safetensors")
    return [
        [{**record, "step_seconds": None} for record in history],
        {**metrics, "seconds": None, "digests": None},
        *((folder / name).read_bytes() for name in files),
    ]
