"""The README: every command and every line of Python runs, in order, in one folder."""

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from graphvae_cli.main import main
from tests.fenced_blocks import blocks, commands

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
MOST_LINES = 170


def run(arguments: list[str]) -> None:
    done = CliRunner().invoke(main, arguments, prog_name="graphvae", catch_exceptions=False)
    assert done.exit_code == 0, f"graphvae {shlex.join(arguments)}\n{done.output}"


@pytest.mark.slow
def test_every_command_runs_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, raw_data: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GRAPHVAE_MIRROR", str(raw_data))
    names: dict[str, object] = {}
    ran = 0
    for language, block in blocks(README):
        if language == "python":
            exec(block, names)
        for words in commands(block) if language == "" else []:
            run(words)
            ran += 1
    assert ran >= 12
    assert (tmp_path / "runs" / "cora-vgae-1" / "report.html").is_file()


def test_a_block_is_commands_or_says_its_language() -> None:
    for language, block in blocks(README):
        if language == "":
            first = {line.split()[0] for line in block.splitlines() if line.strip()}
            assert first <= {"graphvae", "python3"}, block


def test_the_readme_is_short() -> None:
    assert README.count("\n") <= MOST_LINES


def test_every_link_of_the_readme_exists() -> None:
    targets = re.findall(r"\]\(([^)#]+)\)", README)
    local = [target for target in targets if "://" not in target]
    assert local
    missing = [target for target in local if not (ROOT / target).is_file()]
    assert missing == []


def test_comments_and_output_are_no_commands() -> None:
    assert commands("graphvae fit --graph 'a b.csv'  # text\nother\n") == [
        ["fit", "--graph", "a b.csv"]
    ]
    assert blocks("```text\nx\n```\n") == [("text", "x\n")]
