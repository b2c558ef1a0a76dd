"""The documentation names what is public: in the reference, and on a page that shows its use."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

import tsconv

DOCS = Path(__file__).parents[1] / "docs"
REFERENCE = (DOCS / "reference" / "api.md").read_text(encoding="utf-8")
PAGES = "".join(
    page.read_text(encoding="utf-8")
    for folder in ("tutorials", "how-to", "methods", "explanation")
    for page in (DOCS / folder).glob("*.md")
)
PACKAGES = (
    "arima",
    "bank",
    "convolution",
    "correlation",
    "correlator",
    "images",
    "panel",
    "report",
    "search",
    "spectra",
    "whitening",
)


def named(name: str, text: str) -> bool:
    """Whether the word stands in the text."""
    return re.search(rf"\b{name}\b", text) is not None


@pytest.mark.parametrize("name", sorted(set(tsconv.__all__) - {"__version__"}))
def test_public_names_are_in_the_reference_and_on_a_page(name):
    """Who looks a name up finds its docstring, and a page where it is used."""
    assert named(name, REFERENCE)
    assert named(name, PAGES)


@pytest.mark.parametrize("package", PACKAGES)
def test_names_of_subpackages_are_in_the_reference(package):
    """Functions and classes that a folder exports have their docstring in the reference."""
    module = importlib.import_module(f"tsconv.{package}")
    exported = [name for name in module.__all__ if callable(getattr(module, name))]
    assert not [name for name in exported if not named(name, REFERENCE)]


def test_every_page_is_reached_from_the_index():
    """No page is an orphan."""
    index = (DOCS / "index.md").read_text(encoding="utf-8")
    pages = {path.relative_to(DOCS).with_suffix("").as_posix() for path in DOCS.rglob("*.md")}
    listed = {line.strip() for line in index.splitlines()}
    unbuilt = {page for page in pages if page.startswith(("_build", "jupyter_execute"))}
    assert pages - listed - unbuilt == {"index"}


def test_links_between_pages_lead_somewhere():
    """Every relative link of every page is a file."""
    for page in DOCS.rglob("*.md"):
        for target in re.findall(r"\]\(([^)#: ]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), (page.name, target)


def test_method_pages_have_their_parts():
    """A question, the model in symbols, a picture, a call, limits, cost and a source."""
    for page in (DOCS / "methods").glob("*.md"):
        text = page.read_text(encoding="utf-8")
        assert re.search(r"^\*.+\?\*", text, flags=re.MULTILINE), f"{page.name} asks no question"
        assert "$" in text, f"{page.name} has no symbols"
        assert re.search(r"plot", text), f"{page.name} has no picture"
        for part in ("import", "imit", "ost", "ource"):
            assert part in text, f"{page.name} lacks {part}"
