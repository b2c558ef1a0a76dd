"""The README: its code runs, its commands are those that CI runs, its pictures exist."""

from __future__ import annotations

import re
import runpy
import shlex
import shutil
from itertools import pairwise
from pathlib import Path

import pytest
from click.testing import CliRunner
from matplotlib import pyplot as plt

from tsconv.cli import main

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"(?:<!-- (\w+) -->\n)?```(\w+)\n(.*?)```", README, flags=re.DOTALL)


def test_the_examples_print_what_they_promise(capsys):
    """Pasted one after the other, each Python block prints the text that stands below it."""
    namespace: dict[str, object] = {}
    pairs = pairwise(BLOCKS)
    examples = [(code, after) for (_, kind, code), after in pairs if kind == "python"]
    assert len(examples) == 3
    for code, (_, kind, expected) in examples:
        exec(compile(code, "README.md", "exec"), namespace)
        assert kind == "text"
        assert capsys.readouterr().out == expected


def test_the_examples_are_short():
    """A few lines each: what a reader takes in at a glance."""
    for _, language, code in BLOCKS:
        if language == "python":
            assert sum(bool(line.strip()) for line in code.splitlines()) <= 5


def test_the_picture_is_made_by_code(tmp_path):
    """The script beside it draws a picture of the same size."""
    fresh = tmp_path / "idea.png"
    runpy.run_path(str(ROOT / "docs" / "images" / "make_idea.py"))["draw"]().savefig(fresh, dpi=110)
    there = plt.imread(ROOT / "docs" / "images" / "idea.png")
    assert plt.imread(fresh).shape == there.shape


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
