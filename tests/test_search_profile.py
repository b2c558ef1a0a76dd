"""Scores at every lag: equal to the formula whatever the scale, offset and dynamics."""

from __future__ import annotations

import naive_search as naive
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tsconv.search import correlation_profile, profile
from tsconv.search.profile import exact_scores, make_template, score_at

# The promise of the documentation; measured errors are 1e-10 or less.
PROMISE = 1e-6


def signals() -> dict[str, np.ndarray]:
    """Signals that spoil running sums or transforms in single or double precision."""
    rng = np.random.default_rng(5)
    n = 6_000
    noise = rng.standard_normal(n)
    step = noise.copy()
    step[n // 2 :] += 1e6
    spike = noise.copy()
    spike[n // 2] = 1e17
    silence = noise.copy()
    silence[2_000:4_000] = 0.0
    level = noise.copy()
    level[2_000:4_000] = 0.1  # not a binary fraction: the mean of the window is rounded
    quiet = np.where(np.arange(n) // 1_000 % 2, 1.0, 1e-4)
    quieter = np.where(np.arange(n) // 1_000 % 2, 1.0, 1e-6)
    return {
        "noise": noise,
        "small": noise * 1e-6,
        "large": noise * 1e6,
        "mean of 1e6 in float32": (noise + 1e6).astype(np.float32),
        "step of 1e6": step,
        "step of 1e6 in float32": step.astype(np.float32),
        "spike of 1e17": spike,
        "silence": silence,
        "constant stretch": level,
        "quiet passages, -80 dB": noise * quiet,
        "quiet passages, -120 dB": noise * quieter,
        "fade by 240 dB": noise * np.geomspace(1, 1e-12, n),
        "random walk": np.cumsum(noise),
        "sine": np.sin(0.1 * np.arange(n)),
        "integers": rng.integers(-3, 4, n),
        "booleans": rng.random(n) > 0.5,
    }


@pytest.mark.parametrize("m", [2, 3, 25, 300, 2_500])
@pytest.mark.parametrize("name", signals())
def test_scores_equal_the_formula(name: str, m: int) -> None:
    """At every lag the score is Pearson's correlation, to the stated 1e-6."""
    signal = signals()[name]
    snippet = signal[100 : 100 + m].astype(float)
    snippet = snippet + 0.1 * snippet.std() * np.random.default_rng(6).standard_normal(m)
    if m == 2:
        snippet = np.array([0.0, 1.0])
    expected = naive.profile(signal, snippet)
    assert np.abs(correlation_profile(signal, snippet) - expected).max() < PROMISE


@pytest.mark.parametrize("m", [901, 1_000, 2_345, 5_999])
def test_a_snippet_in_pieces_scores_the_same(m: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Long snippets, cut in pieces, give the scores of one transform."""
    signal = signals()["step of 1e6"]
    snippet = signal[1:][:m] + np.random.default_rng(7).standard_normal(m)
    expected = naive.profile(signal, snippet)
    monkeypatch.setattr(profile, "MAX_PIECE", 300)
    assert np.abs(correlation_profile(signal, snippet) - expected).max() < PROMISE


@given(
    signal=arrays(np.float64, st.integers(2, 60), elements=st.floats(-1e6, 1e6, width=32)),
    data=st.data(),
)
@settings(max_examples=150, deadline=None)
def test_scores_are_right_for_any_numbers(signal: np.ndarray, data: st.DataObject) -> None:
    """Whatever the numbers, scores equal the formula and lie in [-1, 1]."""
    m = data.draw(st.integers(2, signal.size))
    # Steps of a thousandth keep the correlation itself defined to 1e-6.
    signal = np.round(signal, 3)
    snippet = np.round(data.draw(arrays(np.float64, m, elements=st.floats(-100, 100))), 3)
    if snippet.min() == snippet.max():
        snippet[0] += 1
    scores = correlation_profile(signal, snippet)
    assert np.abs(scores).max() <= 1
    np.testing.assert_allclose(scores, naive.profile(signal, snippet), atol=PROMISE)


@given(scale=st.sampled_from([1e-6, 1e-3, 1.0, 1e3, 1e6]), offset=st.floats(-100, 100))
@settings(max_examples=30, deadline=None)
def test_scale_and_offset_do_not_matter(scale: float, offset: float) -> None:
    """A positive gain and an offset of either side leave the scores as they are."""
    rng = np.random.default_rng(8)
    signal, snippet = rng.standard_normal(500), rng.standard_normal(40)
    scores = correlation_profile(signal, snippet)
    moved = correlation_profile(scale * (signal + offset), snippet)
    np.testing.assert_allclose(moved, scores, atol=1e-9)
    np.testing.assert_allclose(
        correlation_profile(signal, -scale * (snippet + offset)), -scores, atol=1e-9
    )


def test_scores_agree_with_numpy_and_pandas() -> None:
    """One lag equals numpy.corrcoef; against a moving window, pandas' rolling correlation."""
    rng = np.random.default_rng(9)
    signal, snippet = rng.standard_normal(300), rng.standard_normal(20)
    scores = correlation_profile(signal, snippet)
    assert scores[123] == pytest.approx(np.corrcoef(signal[123:143], snippet)[0, 1], abs=1e-14)
    periodic = np.resize(snippet, 300)
    rolled = pd.Series(signal).rolling(20).corr(pd.Series(periodic)).to_numpy()
    # Every 20th window of `periodic` is the snippet itself.
    np.testing.assert_allclose(scores[::20], rolled[19::20], atol=1e-12)


def test_only_windows_that_touch_a_gap_are_missing() -> None:
    """M windows around one missing value have no score; all others are as without it."""
    rng = np.random.default_rng(10)
    signal, snippet = rng.standard_normal(2_000), rng.standard_normal(50)
    holed = signal.copy()
    holed[[0, 1_000, 1_001]] = np.nan
    scores = correlation_profile(holed, snippet)
    expected = naive.profile(holed, snippet)
    np.testing.assert_array_equal(np.isnan(scores), np.isnan(expected))
    assert np.isnan(scores).sum() == 1 + 51
    np.testing.assert_allclose(scores, expected, atol=1e-12)


def test_constant_windows_score_zero() -> None:
    """A window of one value correlates with nothing, and the score says 0, not NaN."""
    signal = np.concatenate((np.full(50, 0.1), [1.0, 2.0, 0.5], np.full(50, 0.3)))
    scores = correlation_profile(signal, [1.0, 3.0, 2.0])
    assert (scores[:48] == 0).all()
    assert (scores[53:] == 0).all()
    assert np.isfinite(scores).all()


def test_a_series_gives_a_series() -> None:
    """Scores of a Series are labelled by the first sample of their window."""
    index = pd.date_range("2024-01-01", periods=100, freq="h")
    series = pd.Series(np.random.default_rng(11).standard_normal(100), index=index, name="x")
    before = series.copy()
    scores = correlation_profile(series, series.iloc[10:20])
    assert scores.name == "score"
    assert scores.idxmax() == index[10]
    assert scores.size == 91
    pd.testing.assert_series_equal(series, before)


def test_read_only_and_nullable_input() -> None:
    """Read-only arrays, nullable and Arrow-backed Series are taken as they are."""
    values = np.random.default_rng(12).standard_normal(60)
    values.flags.writeable = False
    expected = correlation_profile(values, values[:10])
    for dtype in ("Float64", "float64[pyarrow]"):
        series = pd.Series(values).astype(dtype)
        np.testing.assert_array_equal(correlation_profile(series, values[:10]), expected)


@pytest.mark.parametrize(
    ("signal", "snippet", "message"),
    [
        ([1.0, np.inf, 2.0, 3.0], [1.0, 2.0], r"got inf at position 1.*missing value"),
        ([1.0, 2.0, 3.0, 4.0], [1.0, 1.0], r"`snippet` must vary; it is flat \(2 samples of 1\)"),
        ([1.0, 2.0, 3.0, 4.0], [1.0], "at least 2 samples"),
        ([1.0, 2.0], [1.0, 2.0, 3.0], "longer than `signal`.*swap"),
        ([1.0, 2.0, 3.0], [1.0, np.nan], "`snippet` must be complete.*position 1"),
        ([], [1.0, 2.0], "1-D with at least one element"),
        (np.ones((4, 2)), [1.0, 2.0], r"1-D.*shape \(4, 2\).*one channel"),
        ([1e200, 2.0, 1.0], [1.0, 2.0], "below 1e150"),
    ],
)
def test_values_that_cannot_be_searched(signal, snippet, message: str) -> None:
    """Bad values are refused with what, where and what to do."""
    with pytest.raises(ValueError, match=message):
        correlation_profile(signal, snippet)


@pytest.mark.parametrize(
    ("signal", "message"),
    [
        (["a", "b", "c"], "real numbers"),
        ([1j, 2.0, 3.0], "real numbers"),
        (pd.DataFrame({"a": [1.0, 2.0]}), "one series; got a DataFrame"),
        (pd.Series(["a", "b", "c"]), "numbers"),
        (7, "array, a Series, the path"),
    ],
)
def test_kinds_that_cannot_be_searched(signal, message: str) -> None:
    """Objects that are no series of numbers are refused by kind."""
    with pytest.raises(TypeError, match=message):
        correlation_profile(signal, [1.0, 2.0])


def test_infinity_deep_in_a_stream_is_located() -> None:
    """The position of an infinite value is that in the whole signal, also from blocks."""
    blocks = [np.random.default_rng(13).standard_normal(100) for _ in range(5)]
    blocks[3][7] = -np.inf
    with pytest.raises(ValueError, match="got -inf at position 307"):
        correlation_profile(iter(blocks), [1.0, 2.0])


@pytest.mark.parametrize("m", [150, 5_000])
def test_long_profiles_in_single_precision(m: int) -> None:
    """Beyond 131,072 lags samples go through float32: gaps, a level of 1e6, quiet beside loud."""
    rng = np.random.default_rng(m)
    n = 400_000
    x = np.cumsum(rng.standard_normal(n)) * 1e-2 + rng.standard_normal(n)
    x[90_000:120_000] *= 1e-6  # -120 dB
    x[150_000:160_000] = 0.0
    x[200_000:250_000] += 1e6
    x[300_000:300_040] = np.nan
    x[350_000] = 1e5
    signal = x.astype(np.float32)
    snippet = x[20_000 : 20_000 + m] + 0.1 * rng.standard_normal(m)
    scores = correlation_profile(signal, snippet)
    touched = np.r_[300_000 - m + 1 : 300_040]
    assert np.isnan(scores[touched]).all()
    assert np.isnan(scores).sum() == touched.size
    edges = [20_000, 90_000, 120_000, 150_000, 160_000, 200_000, 250_000, 300_040, 350_000]
    near = [edge + shift for edge in edges for shift in (-m, -m // 2, -1, 0, 3)]
    for lag in (*near, *rng.integers(0, n - m, 300)):
        window = signal[lag : lag + m].astype(np.float64)
        if not np.isnan(window).any():
            expected = 0.0 if np.ptp(window) == 0 else np.corrcoef(window, snippet)[0, 1]
            assert scores[lag] == pytest.approx(expected, abs=PROMISE), lag


@settings(max_examples=40)
@given(
    seed=st.integers(0, 2**32 - 1),
    n_lags=st.integers(1, 48),
    level=st.sampled_from([0.0, 1e6, -3e-5]),
    step=st.sampled_from([0.0, 1e6]),
    silent=st.booleans(),
)
def test_few_lags_are_scored_from_shared_sums(
    seed: int, n_lags: int, level: float, step: float, silent: bool
) -> None:
    """Neighbouring windows scored at once have the score of each alone, silence and steps too."""
    rng = np.random.default_rng(seed)
    m = 4 * n_lags + int(rng.integers(1, 200))
    x = rng.standard_normal(n_lags + m - 1) + level
    x[: x.size // 2] += step
    if silent:
        x[: m + n_lags // 2] = level
    template = make_template(rng.standard_normal(m))
    expected = [score_at(x[lag : lag + m], template) for lag in range(n_lags)]
    np.testing.assert_allclose(exact_scores(x, template), expected, rtol=0, atol=2e-12)
