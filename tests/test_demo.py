"""The demonstration: it ends well, says what it found, and draws pictures that are not empty."""

from __future__ import annotations

import numpy as np
import pytest

from tsconv.demo import run_demo


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    """Lines and pictures of one run."""
    lines: list[str] = []
    pictures = run_demo(tmp_path_factory.mktemp("demo") / "new" / "folder", lines.append)
    return "\n".join(lines), pictures


def test_it_reports_three_true_results(shown):
    """The gaps are filled, the model agrees with statsmodels, the snippet is where it was cut."""
    text, _ = shown
    assert "2284 weeks, 59 of them missing; 0 after" in text
    assert "found at 36.2701 s" in text
    assert "it was cut at 36.2701 s" in text


def test_pictures_are_drawn(shown):
    """Three PNG files, each with more than one colour in it."""
    import matplotlib.image

    _, pictures = shown
    assert [path.name for path in pictures] == ["co2.png", "kernel.png", "matches.png"]
    for path in pictures:
        image = matplotlib.image.imread(path)
        assert min(image.shape[:2]) > 300
        assert len(np.unique(image.reshape(-1, image.shape[2]), axis=0)) > 50
