"""The README: its code runs, its commands are those that CI runs, its pictures exist."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from tsconv.cli import main

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"(?:<!-- (\w+) -->\n)?```(\w+)\n(.*?)```", README, flags=re.DOTALL)


def test_the_example_runs_and_shows_what_it_promises(capsys):
    """Every Python block runs as it stands, and what it prints is there to see."""
    blocks = [code for _, language, code in BLOCKS if language == "python"]
    assert len(blocks) == 1
    exec(compile(blocks[0], "README.md", "exec"), {})
    printed = capsys.readouterr().out
    assert printed.startswith("0 of 59 gaps left")
    assert "Kernel((1 - 0.8" in printed
    assert "36.27" in printed


def test_the_example_has_ten_lines():
    """Ten lines of code: what a reader takes in at a glance."""
    (block,) = [code for _, language, code in BLOCKS if language == "python"]
    assert sum(bool(line.strip()) for line in block.splitlines()) <= 10


@pytest.mark.parametrize("name", ["demo", "tests"])
def test_setting_up_is_one_command(name):
    """Each marked block is a single line that makes the environment and installs."""
    (command,) = [code.strip() for label, _, code in BLOCKS if label == name]
    assert "\n" not in command
    assert command.startswith("python3 -m venv .venv && .venv/bin/pip install ")


def test_the_commands_run(tmp_path, monkeypatch):
    """The lines that show the command line work in a folder with the data."""
    for path in (ROOT / "data").iterdir():
        if path.is_file():
            shutil.copy(path, tmp_path)
    monkeypatch.chdir(tmp_path)
    (block,) = [code for label, language, code in BLOCKS if language == "sh" and not label]
    for line in block.strip().splitlines():
        program, *arguments = shlex.split(line)
        assert program == "tsconv"
        result = CliRunner().invoke(main, arguments)
        assert result.exit_code == 0, (line, result.stderr)
        assert result.stdout
    assert (tmp_path / "co2.png").exists()


def test_links_and_pictures_exist():
    """Every file the README points to is there."""
    for target in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / target).exists(), target
