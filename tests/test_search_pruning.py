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

from tsconv.search import Finder, find, finder, gather, lower, peaks, pruning, sample, walk
from tsconv.search.blocks import open_signal
from tsconv.search.bound import Windows, low_template
from tsconv.search.lowpass import REACH, STEPS, low_pass
from tsconv.search.profile import make_template


def frames(
    x: np.ndarray,
    snippets: list[np.ndarray],
    floor: float,
    step: int,
    sign: int = 0,
    hop: int = 1,
    never: bool = False,
) -> list[np.ndarray | None]:
    """Frames that are left; of one lag each, unless `hop` says otherwise."""
    templates = [make_template(snippet) for snippet in snippets]
    n_frames = -(-(x.size - min(map(len, snippets)) + 1) // hop)
    with open_signal(x) as source, pytest.MonkeyPatch.context() as patch:
        if never:
            patch.setattr(pruning, "_GIVE_UP", 1)
            patch.setattr(pruning, "_EARLY", 2)
        return pruning.frames_to_score(
            source, templates, [floor] * len(templates), step, sign, hop, n_frames
        )


@given(
    kind=st.sampled_from(KINDS),
    step=st.sampled_from(STEPS),
    m=st.integers(30, 600),
    floor=st.floats(0.2, 0.95),
    sign=st.sampled_from([-1, 0, 1]),
    n_gaps=st.integers(0, 3),
    seed=st.integers(0, 2**32 - 1),
)
@settings(max_examples=60, deadline=None)
def test_no_lag_that_counts_is_lost(
    kind: str, step: int, m: int, floor: float, sign: int, n_gaps: int, seed: int
) -> None:
    """Every lag that reaches the floor is left, whatever surrounds it: frames are of one lag."""
    rng = np.random.default_rng(seed)
    x = signal(kind, 2_000, rng)
    start = int(rng.integers(0, x.size - m))
    snippet = x[start : start + m] + 0.3 * np.std(x) * rng.standard_normal(m)
    x[rng.integers(0, x.size, n_gaps)] = np.nan
    (left,) = frames(x, [snippet], floor, step, sign, never=True)
    scores = naive.profile(x, snippet)
    rated = np.abs(scores) if sign == 0 else sign * scores
    assert left[rated >= floor].all()


def test_music_is_pruned() -> None:
    """In a signal with little above the cut hardly any lag is left, and the match is."""
    rng = np.random.default_rng(1)
    x = signal("music", 200_000, rng)
    snippet = x[70_000:78_000]
    steps = list(pruning.useful_steps([x[:16_000], x[90_000:106_000]], make_template(snippet), 0.7))
    assert steps
    left, other = frames(x, [snippet, -x[10_000:15_000]], 0.7, steps[-1], hop=1_000)
    assert left[70]
    assert other[10]
    assert max(left.sum(), other.sum()) < 10


def test_the_walk_gives_up() -> None:
    """Where most frames are left, there is nothing to gain from leaving out the rest."""
    x = np.random.default_rng(1).standard_normal(100_000)
    assert frames(x, [x[:3_000]], 0.5, 8, hop=1_000) == [None]


@pytest.mark.parametrize("kind", ["noise", "high"])
def test_noise_is_not_pruned(kind: str) -> None:
    """Where most of the energy lies above every cut, no step is useful."""
    rng = np.random.default_rng(2)
    x = signal(kind, 100_000, rng)
    template = make_template(x[5_000:9_000])
    assert list(pruning.useful_steps([x[:16_000]], template, 0.5)) == []


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


def tables(x: np.ndarray, snippets: dict[str, np.ndarray], **options) -> list[pd.DataFrame]:
    """Return the tables with pruning, and with every lag scored."""
    with pytest.MonkeyPatch.context() as patch:
        # Short signals are enough to tell.
        patch.setattr(sample, "_LONG", 1 << 15)
        patch.setattr(walk, "_FRAME", 1)
        pruned = Finder(x).find_all(snippets, **options)
        patch.setattr(finder, "gather", partial(gather.gather, prune=False))
        return [pruned, Finder(x).find_all(snippets, **options)]


@given(
    kind=st.sampled_from(KINDS),
    m=st.integers(400, 1_500),
    threshold=st.floats(0.15, 0.95),
    polarity=st.sampled_from(["either", "positive", "negative"]),
    exclusion=st.sampled_from([(None, None), (None, 1), (0, 6), (40, 3)]),
    n_gaps=st.integers(0, 2),
    seed=st.integers(0, 2**32 - 1),
)
@settings(max_examples=25, deadline=None)
def test_the_table_is_the_same_either_way(
    kind: str,
    m: int,
    threshold: float,
    polarity: str,
    exclusion: tuple[int | None, int | None],
    n_gaps: int,
    seed: int,
) -> None:
    """Every digit, p-values too: signals of all kinds, gaps, repeats, and four equal copies."""
    rng = np.random.default_rng(seed)
    distance, top = exclusion
    x = signal(kind, 50_000, rng)
    part = x[3_000 : 3_000 + m].copy()
    if part.min() == part.max():
        part += np.arange(m)
    x[9_000 : 9_000 + m] = 0.5 * part + 0.1 * np.std(part) * rng.standard_normal(m)
    for place in (14_000, 31_000, 42_000):
        x[place : place + m] = part
    x[rng.integers(0, x.size, n_gaps)] = np.nan
    snippets = {"part": part, "other": np.cumsum(rng.standard_normal(m))}
    pruned, full = tables(
        x, snippets, threshold=threshold, polarity=polarity, exclusion=distance, top=top
    )
    pd.testing.assert_frame_equal(pruned, full, check_exact=True)


@given(
    levels=st.lists(st.integers(0, 6), min_size=1, max_size=60),
    hop=st.integers(1, 9),
    keep_all=st.booleans(),
)
@settings(max_examples=200, deadline=None)
def test_maxima_at_the_edges_of_frames_are_found(
    levels: list[int], hop: int, keep_all: bool
) -> None:
    """As in all scores at once, though frames where nothing is high are left out."""
    scores = np.array(levels) / 10
    found = peaks.Peaks(np.abs, scores.size)
    offsets = [np.empty(0, np.int64)]
    for start in range(0, scores.size, hop):
        part = scores[start : start + hop]
        if keep_all or part.max() >= 0.4:
            lags = np.flatnonzero(part >= 0.35)
            one = walk.Sifted(part.size, lags, part[lags])
            offsets.append(found.among(start, one, 0.4)[0])
    offsets.append(found.rest()[0])
    padded = [-1.0, *scores, -1.0]
    expected = [
        k
        for k, (left, here, right) in enumerate(zip(padded, padded[1:], padded[2:], strict=False))
        if here >= 0.4 and left < here and right <= here
    ]
    assert np.concatenate(offsets).tolist() == expected
    assert peaks.local_maxima(scores, 0.4, first=True, last=True).tolist() == expected


@pytest.mark.parametrize("top", [1, 2, 3])
@pytest.mark.parametrize("kind", ["music", "noise"])
def test_of_equal_copies_the_earlier_comes_first(kind: str, top: int) -> None:
    """Four copies of one excerpt: rounding in the walk does not decide which of them are kept."""
    rng = np.random.default_rng(4)
    x = signal(kind, 60_000, rng)
    part = x[31_007:32_007].copy()
    for place in (2_003, 11_111, 47_001):
        x[place : place + 1_000] = part
    for table in tables(x, {"part": part}, threshold=0.9, top=top):
        assert table["offset"].tolist() == [2_003, 11_111, 31_007][:top]


def test_of_copies_within_the_exclusion_distance_the_earlier_is_kept() -> None:
    """Though a later one may seem better by rounding."""
    rng = np.random.default_rng(5)
    x = signal("noise", 60_000, rng)
    part = x[31_007:32_007].copy()
    for place in (20_003, 25_111, 41_001):
        x[place : place + 1_000] = part
    for table in tables(x, {"part": part}, threshold=0.9, exclusion=9_000):
        assert table["offset"].tolist() == [20_003, 31_007, 41_001]


def test_windows_with_gaps_are_not_found() -> None:
    """Of two copies that one is lost whose window touches a missing sample, at either end too."""
    rng = np.random.default_rng(6)
    x = signal("music", 60_000, rng)
    part = x[31_000:32_000].copy()
    x[11_000:12_000] = part
    for gap in (11_000, 11_500, 11_999):
        holed = x.copy()
        holed[gap] = np.nan
        for table in tables(holed, {"part": part}, threshold=0.9):
            offsets = table["offset"].to_numpy()
            assert 31_000 in offsets
            assert np.all((offsets > gap) | (offsets + 1_000 <= gap))
    for gap in (10_999, 12_000):
        holed = x.copy()
        holed[gap] = np.nan
        for table in tables(holed, {"part": part}, threshold=0.9):
            assert table["offset"].tolist() == [11_000, 31_000]


def test_frames_are_left_out_of_music_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """`find` scores every lag of noise, and only a few frames of music, with the same table."""
    scored = []
    run = walk._run
    monkeypatch.setattr(
        walk, "_run", lambda *a, **k: scored.append(float(np.mean(a[3]))) or run(*a, **k)
    )
    monkeypatch.setattr(sample, "_LONG", 1 << 18)
    monkeypatch.setattr(walk, "_FRAME", 1)
    rng = np.random.default_rng(3)
    for kind, share in (("music", 0.3), ("noise", 1.0)):
        scored.clear()
        x = signal(kind, 900_000, rng)
        table = find(x, x[70_000:75_000], threshold=0.8)
        assert table["offset"].tolist()[:1] == [70_000]
        assert len(scored) == 1
        assert scored[0] <= share
