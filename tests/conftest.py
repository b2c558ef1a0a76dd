"""What all tests share: a seeded generator, repeatable property tests."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from hypothesis import settings

# The same examples in every run: a failure can be repeated, and a suite is green or it is not.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")


@pytest.fixture
def rng():
    """Return a fresh generator for each test, always with the same seed."""
    return np.random.default_rng(20240229)


@pytest.fixture(autouse=True)
def close_figures():
    """Leave no figure to the next test."""
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")
