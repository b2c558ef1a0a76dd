"""``tsconv demo``: the package at work on data that ship with it."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("folder", default="tsconv-demo", type=click.Path(file_okay=False))
def demo(folder: str) -> None:
    """Show the package at work and draw PNG files into FOLDER (tsconv-demo by default)."""
    from tsconv.demo import run_demo

    run_demo(Path(folder), click.echo)
