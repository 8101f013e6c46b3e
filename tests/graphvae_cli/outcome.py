"""The results of a run on a graph, in a form that == compares."""

import json

import torch

TIMED = {"seconds": None, "digests": None, "history": None}
"""What differs between equal runs: times, and the digests of files with times."""


def outcome(folder):
    """All results of a run, except for times."""
    history = [json.loads(line) for line in (folder / "history.jsonl").read_text().splitlines()]
    kept = (folder / "resume.pt").is_file()
    state = torch.load(folder / "resume.pt", weights_only=True) if kept else None
    files = ("model.safetensors", "split.npz", "config.json", "embeddings.csv", "links.csv")
    return {
        "history": [{**record, "step_seconds": None} for record in history],
        "metrics": {**json.loads((folder / "metrics.json").read_text()), **TIMED},
        "state": None if state is None else flat({**state, **TIMED}),
        **{name: (folder / name).read_bytes() for name in files},
    }


def flat(state):
    """Return a state with its tensors as bytes, so that == compares bits."""
    if isinstance(state, torch.Tensor):
        return bytes(state.contiguous().view(torch.uint8).numpy()) if state.dim() else state.item()
    if isinstance(state, dict):
        return {key: flat(value) for key, value in state.items()}
    return [flat(value) for value in state] if isinstance(state, list | tuple) else state


def assert_same(run, expected):
    """Assert that two runs have the same results, and that no temporary file is left."""
    assert outcome(run) == outcome(expected)
    assert not list(run.glob(".*"))
