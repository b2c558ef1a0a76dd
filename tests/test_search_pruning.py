"""Leaving out lags loses none that counts."""

from __future__ import annotations

from functools import partial

import naive_search as naive
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_search_bound import KINDS, signal

from tsconv.search import Finder, find, finder, gather, lower, pruning, sample
from tsconv.search.blocks import open_signal
from tsconv.search.bound import REACH, STEPS, Windows, low_pass, low_template
from tsconv.search.profile import make_template
from tsconv.search.scan import View, make_query, scan


def high(x: np.ndarray, snippets: list[np.ndarray], floor: float, step: int, sign: int = 0):
    """Lags that reach the floor, found with pruning."""
    queries = [
        make_query(snippet, [View("none", None, float(snippet.size), False)], x.size)
        for snippet in snippets
    ]
    with open_signal(x) as source:
        return pruning.find_high(source, queries, [floor] * len(queries), step, sign)


@given(
    kind=st.sampled_from(KINDS),
    step=st.sampled_from(STEPS),
    m=st.integers(30, 900),
    floor=st.floats(0.2, 0.95),
    sign=st.sampled_from([-1, 0, 1]),
    n_gaps=st.integers(0, 3),
    seed=st.integers(0, 2**32 - 1),
)
@settings(max_examples=60, deadline=None)
def test_no_lag_that_counts_is_lost(
    kind: str, step: int, m: int, floor: float, sign: int, n_gaps: int, seed: int
) -> None:
    """Every lag that reaches the floor comes with the score of the formula; the walk may give up.

    Scores that rounding moves across the floor may come or not.
    """
    rng = np.random.default_rng(seed)
    x = signal(kind, 3_000, rng)
    start = int(rng.integers(0, x.size - m))
    snippet = x[start : start + m] + 0.3 * np.std(x) * rng.standard_normal(m)
    x[rng.integers(0, x.size, n_gaps)] = np.nan
    found = high(x, [snippet], floor, step, sign)
    if found[0] is None:
        return
    scores = naive.profile(x, snippet)
    rated = np.abs(scores) if sign == 0 else sign * scores
    inside = np.flatnonzero(rated >= floor + 1e-5)
    assert np.isin(inside, found[0].offsets).all()
    assert np.all(rated[found[0].offsets] >= floor - 1e-5)
    np.testing.assert_allclose(found[0].scores, scores[found[0].offsets], atol=1e-5)


def test_music_is_pruned() -> None:
    """In a signal with little above the cut hardly any lag is scored, and the match is found."""
    rng = np.random.default_rng(1)
    x = signal("music", 200_000, rng)
    snippet = x[70_000:78_000]
    steps = pruning.useful_steps([x[:16_000], x[90_000:106_000]], make_template(snippet), 0.7)
    assert steps
    found = high(x, [snippet, -x[10_000:15_000]], 0.7, steps[-1])
    assert [70_000 in part.offsets for part in found] == [True, False]
    assert 10_000 in found[1].offsets
    assert all(part.n_full == 0 for part in found)


@pytest.mark.parametrize("kind", ["noise", "high"])
def test_noise_is_not_pruned(kind: str) -> None:
    """Where most of the energy lies above every cut, no step is useful."""
    rng = np.random.default_rng(2)
    x = signal(kind, 100_000, rng)
    template = make_template(x[5_000:9_000])
    assert pruning.useful_steps([x[:16_000]], template, 0.5) == []


@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize("width", [1, 3, 8])
def test_the_first_look_sees_all_that_interpolation_draws_on(
    width: int, compiled: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cell c is interpolated from values c to c + 2 T - 1; one of them that is high is enough."""
    if not compiled:
        monkeypatch.setattr(lower, "_lower", None)
    low = low_pass(8)
    short = low_template(make_template(np.sin(np.arange(800) / 50)), low)
    ones, zeros = np.ones(20), np.zeros(20)
    windows = Windows(ones, zeros, zeros, 1e-9 * ones)
    for high in range(width * 20 + 2 * REACH - 1):
        coarse = np.zeros(width * 20 + 2 * REACH - 1, np.float32)
        coarse[high] = -0.5
        _, reach = lower.first_look(coarse, 1.0, 0.5, windows, short, low, width, 0.0)
        cells = np.arange(max(0, high - 2 * REACH + 1), min(high, width * 20 - 1) + 1)
        assert reach[np.unique(cells // width)].all()
        assert reach.sum() < 2 * REACH + 3


def test_peaks_are_local_maxima() -> None:
    """Above the left neighbour, not below the right one; lags that were left out are lower."""
    found = pruning.High(np.array([3, 4, 5, 9, 10, 20]), np.array([0.5, 0.7, 0.7, 0.6, -0.8, 0.5]))
    assert found.offsets[pruning.peaks(found, 0)].tolist() == [4, 10, 20]
    assert found.offsets[pruning.peaks(found, 1)].tolist() == [4, 9, 20]


def tables(x: np.ndarray, snippets: dict[str, np.ndarray], **options) -> list[pd.DataFrame]:
    """Return the tables with pruning, and with every lag scored."""
    with pytest.MonkeyPatch.context() as patch:
        # Short signals are enough to tell.
        patch.setattr(sample, "_LONG", 1 << 12)
        patch.setattr(sample, "_WINDOWS", 8)
        pruned = Finder(x).find_all(snippets, **options)
        patch.setattr(finder, "gather", partial(gather.gather, prune=False))
        return [pruned, Finder(x).find_all(snippets, **options)]


@given(
    kind=st.sampled_from(KINDS),
    m=st.integers(200, 1_500),
    threshold=st.floats(0.15, 0.95),
    polarity=st.sampled_from(["either", "positive", "negative"]),
    exclusion=st.sampled_from([None, 0, 40]),
    top=st.sampled_from([None, 1, 5]),
    n_gaps=st.integers(0, 2),
    seed=st.integers(0, 2**32 - 1),
)
@settings(max_examples=30, deadline=None)
def test_the_table_is_the_same_either_way(
    kind: str,
    m: int,
    threshold: float,
    polarity: str,
    exclusion: int | None,
    top: int | None,
    n_gaps: int,
    seed: int,
) -> None:
    """Every column, p-values included, for signals of all kinds, with repeats, gaps and noise."""
    rng = np.random.default_rng(seed)
    x = signal(kind, 14_000, rng)
    x += 1e-4 * np.std(x) * rng.standard_normal(x.size)  # no two scores tie
    part = x[3_000 : 3_000 + m].copy()
    x[9_000 : 9_000 + m] = 0.5 * part + 0.1 * np.std(part) * rng.standard_normal(m)
    x[rng.integers(0, x.size, n_gaps)] = np.nan
    snippets = {"part": part, "other": np.cumsum(rng.standard_normal(m))}
    pruned, full = tables(
        x, snippets, threshold=threshold, polarity=polarity, exclusion=exclusion, top=top
    )
    pd.testing.assert_frame_equal(pruned, full)


def test_lags_are_left_out_of_music_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """`find` scores every lag of noise, and only a few of music, with the same table."""
    calls = []
    monkeypatch.setattr(gather, "scan", lambda *a, **k: calls.append(1) or scan(*a, **k))
    rng = np.random.default_rng(3)
    for kind, n_scans in (("music", 0), ("noise", 1)):
        calls.clear()
        x = signal(kind, 300_000, rng)
        table = find(x, x[70_000:75_000], threshold=0.8)
        assert table["offset"].tolist()[:1] == [70_000]
        assert len(calls) == n_scans
