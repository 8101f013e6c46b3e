"""The process that the shell starts."""

import subprocess
import sys
from pathlib import Path


def test_an_interrupt_during_the_imports_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "cloup.py").write_text("raise KeyboardInterrupt")
    (tmp_path / "click.py").write_text("raise KeyboardInterrupt")
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r}); "
        "from graphvae_cli.entry import process; process()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (130, "")
    assert done.stderr == "Error: interrupted during startup\n"
