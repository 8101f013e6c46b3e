"""The command as a whole: help, imports, streams, exit statuses, real processes."""

import json
import os
import re
import signal
import subprocess
import sys
import time

import click
import pytest

from graphvae_cli.common.lazy import LazyGroup
from graphvae_cli.main import COMMANDS, main
from tests.graphvae_cli.commands import COMMANDS as ALL

HEAVY = (
    "torch",
    "torch_geometric",
    "numpy",
    "pandas",
    "scipy",
    "sklearn",
    "matplotlib",
    "networkx",
)


EVERY = pytest.mark.parametrize(
    ("path", "command"), ALL.items(), ids=[" ".join(path) for path in ALL]
)


@EVERY
def test_help_documents_every_option(invoke, path, command):
    shown = invoke(*path, "--help")
    assert (shown.exit_code, shown.stderr) == (0, "")
    assert shown.stdout.startswith(f"Usage: graphvae {' '.join(path)}")
    assert shown.stdout == invoke(*path, "-h").stdout
    assert (command.help or "").strip().endswith((".", "`."))
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert (parameter.help or "").endswith("."), parameter.name
            for word in (*parameter.opts, *parameter.secondary_opts):
                assert word in shown.stdout
        else:
            assert parameter.human_readable_name.upper() in shown.stdout


@EVERY
def test_help_shows_every_default(invoke, path, command):
    words = " ".join(invoke(*path, "--help").stdout.split())
    for parameter in command.params:
        flag = getattr(parameter, "is_flag", False) and not parameter.secondary_opts
        options = isinstance(parameter.default, str | int | float) and not flag
        if isinstance(parameter, click.Option) and options:
            value = parameter.default
            if isinstance(value, bool):  # of a pair such as --features/--no-features
                value = parameter.name if value else f"no-{parameter.name}"
            assert re.search(rf"\[default: [^]]*{re.escape(str(value))}[];,]", words), (
                parameter.name
            )


@pytest.mark.parametrize(
    ("words", "suggested"),
    [(["sweap"], "sweep"), (["image", "fitt"], "fit"), (["reproduce", "kipf"], "kipf2016")],
)
def test_an_unknown_command_is_one_line_with_the_nearest_one(invoke, words, suggested):
    result = invoke(*words)
    assert result.exit_code == 2
    expected = f"unknown command {words[-1]!r} (did you mean {suggested}?); --help lists the"
    assert expected in result.stderr


def test_every_module_of_a_command_is_in_the_list():
    import graphvae_cli.graph

    (folder,) = graphvae_cli.graph.__path__
    files = {name.removesuffix(".py") for name in os.listdir(folder) if name.endswith(".py")}
    shared = {"__init__", "graph_options", "step_options", "tables", "variational_options"}
    listed = {module.rpartition(".")[2] for module, _ in COMMANDS.values() if ".graph." in module}
    assert files - shared == listed


def test_a_group_lists_the_first_sentence_of_each_command():
    for path, group in (((), main), *ALL.items()):
        if isinstance(group, LazyGroup):
            for name, (_, sentence) in group.modules.items():
                command = ALL[(*path, name)]
                assert " ".join(command.help.split()).startswith(sentence), name
                assert command.name == name


def test_without_a_command_there_is_help(invoke):
    assert invoke().stdout == invoke("--help").stdout


def test_the_version_is_one_line(invoke):
    result = invoke("--version")
    assert (result.exit_code, len(result.stdout.splitlines())) == (0, 1)
    assert result.stdout.startswith("graphvae")


def test_help_and_listings_import_nothing_heavy(pytestconfig):
    lines = [[*path, "--help"] for path in ALL]
    lines += [[], ["--help"], ["--version"], ["datasets"], ["fit", "--dataset", "coar"]]
    program = (
        "import sys\n"
        "from graphvae_cli.main import main\n"
        f"for line in {lines!r}:\n"
        "    try: main(line)\n"
        "    except SystemExit: pass\n"
        f"sys.exit(', '.join(name for name in {HEAVY!r} if name in sys.modules) or 0)\n"
    )
    roots = os.pathsep.join(str(pytestconfig.rootpath / part) for part in ("", "cli", "data"))
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": roots},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr.splitlines()[1:]) == (0, [])
    assert "coar" in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("path", ["fit", "image fit"])
def test_help_takes_little_time(pytestconfig, path):
    """Less than 0.3 s of processor time; on a slow machine, than 3.5 times its imports."""
    roots = os.pathsep.join(str(pytestconfig.rootpath / part) for part in ("", "cli", "data"))
    environment = {**os.environ, "PYTHONPATH": roots, "PYTHONDONTWRITEBYTECODE": ""}
    after = "import time, sys; sys.stderr.write(str(time.process_time()))"
    helps = f"from graphvae_cli.main import main\ntry: main({[*path.split(), '--help']!r})\n"
    programs = (
        f"{helps}except SystemExit: pass\n{after}",
        f"import cloup, pydantic, json, tomllib\npydantic.BaseModel\n{after}",
    )

    def seconds(program):
        done = subprocess.run(
            [sys.executable, "-c", program], env=environment, capture_output=True, check=True
        )
        return float(done.stderr)

    rounds = [[seconds(program) for program in programs] for _ in range(4)]
    helped, imported = map(min, zip(*rounds, strict=True))  # in the first, modules may be compiled
    assert helped < max(0.3, 3.5 * imported), rounds


def test_a_process_prints_one_line_errors_to_stderr(start):
    done = start("embed", "--out", "two\nlines.pkl", "run")
    stdout, stderr = done.communicate(timeout=60)
    assert (done.returncode, stdout) == (2, "")
    assert re.fullmatch(r"Error: .*lines.pkl.*\n", stderr)


@pytest.mark.slow
def test_a_process_prints_results_to_stdout_only(start, tmp_path):
    run = tmp_path / "run"
    process = start("fit", "--dataset", "karate", "--epochs", 3, "--out", run, "--json")
    stdout, stderr = process.communicate(timeout=60)
    assert (process.returncode, stderr) == (0, "")  # no terminal, no progress bar
    written = json.loads((run / "metrics.json").read_text())
    assert {**json.loads(stdout), "digests": written["digests"]} == written


@pytest.mark.slow
def test_a_closed_pipe_prints_no_error(start):
    for arguments in (["datasets", "--json"], ["fit", "--help"]):
        reading, writing = os.pipe()
        os.close(reading)
        done = start(*arguments, stdout=writing)
        os.close(writing)
        assert done.communicate(timeout=60)[1] == ""
        assert done.returncode == 1


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_full_disk_is_a_one_line_error(start):
    with open("/dev/full", "w") as full:
        done = start("datasets", "--json", stdout=full)
        _, stderr = done.communicate(timeout=60)
    assert done.returncode == 1
    assert re.fullmatch(r"Error: .*No space left.*\n", stderr)


def test_a_terminal_with_few_characters_is_supported(start):
    done = start("datasets", encoding="latin-1")
    stdout, stderr = done.communicate(timeout=60)
    assert (done.returncode, stderr) == (0, "")
    assert "Misérables" in stdout
    assert "\\u2013" in stdout  # the dash of a missing value


def test_too_little_memory_is_a_one_line_error(invoke, here):
    result = invoke("fit", "--dataset", "karate", "--hidden", 10**9, "--out", "run")
    assert (result.exit_code, result.stdout) == (2, "")
    assert re.fullmatch(r"Error: out of memory.* [0-9]+ bytes.*\n", result.stderr)
    assert not list(here.iterdir())


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="a terminal needs a pty")
def test_a_terminal_shows_a_progress_bar_and_ctrl_c_prints_how_to_resume(start, tmp_path):
    import termios

    here, there = os.openpty()
    termios.tcsetwinsize(there, (24, 80))
    run = tmp_path / "run"
    arguments = ("--epochs", 1_000_000, "--out", run, "--checkpoint-every", 0)
    done = start("fit", "--dataset", "karate", *arguments, stderr=there)
    os.close(there)
    deadline = time.monotonic() + 60
    while not (run / "resume.pt").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    done.send_signal(signal.SIGINT)
    shown = everything(here)
    stdout, _ = done.communicate(timeout=60)
    assert (done.returncode, stdout) == (130, "")
    assert "vgae" in shown
    assert "/1000000" in shown
    assert re.search(r"\nError: interrupted[^\n]*--resume[^\n]*\n$", shown)
    assert not list(run.glob(".*"))


def everything(terminal):
    """Read a terminal until the other end closes it."""
    shown = b""
    while True:
        try:
            part = os.read(terminal, 4096)
        except OSError:  # Linux says so when the other end has closed
            part = b""
        if not part:
            os.close(terminal)
            return shown.decode()
        shown += part
