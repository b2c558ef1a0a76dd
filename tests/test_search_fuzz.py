"""Whatever is searched for whatever: the answer of brute force, or a line that says why not."""

from __future__ import annotations

import warnings
from typing import Any

import naive_search as naive
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tsconv.search import Finder, correlation_profile, find

DTYPES = ("float64", "float32", "int16", "uint8", "bool", "float16", ">f8")
OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "threshold": st.sampled_from([0.0, 0.3, 0.9, 1.0, -0.1, 2.0, float("nan")]),
        "false_alarm": st.sampled_from([None, 0.01, 0.5, 1.0, 0.0, -1.0]),
        "top": st.sampled_from([None, 1, 3, 0, -1]),
        "exclusion": st.sampled_from([None, 0, 1, 5, 10_000]),
        "polarity": st.sampled_from(["either", "positive", "negative", "up"]),
        "whiten": st.sampled_from(["auto", "snippet", "signal", None, "both"]),
        "min_overlap": st.sampled_from([None, 0.5, 1.0, 0.0, 3.0]),
    },
)


@st.composite
def arrays(draw: st.DrawFn, longest: int) -> np.ndarray:
    """Noise, steps, constants, few values, at any scale and level, with gaps and infinities."""
    size = draw(st.one_of(st.integers(0, 3), st.integers(0, longest)))
    rng = np.random.default_rng(draw(st.integers(0, 9)))
    kind = draw(st.sampled_from(["noise", "walk", "flat", "coarse", "steps"]))
    x = {
        "noise": rng.standard_normal(size),
        "walk": np.cumsum(rng.standard_normal(size)),
        "flat": np.ones(size),
        "coarse": rng.integers(-1, 2, size).astype(float),
        "steps": np.repeat(rng.standard_normal(size), 3)[:size],
    }[kind]
    dtype = draw(st.sampled_from(DTYPES))
    wide = dtype in ("float64", ">f8")
    scale = draw(st.sampled_from([1e-6, 1.0, 40.0] + ([1e-200, 1e6, 1e100] if wide else [])))
    x = scale * (x + draw(st.sampled_from([0.0, 2.0] + ([1e6] if wide else []))))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # numpy's, of the casts of this test
        x = x.astype(dtype)
    if x.dtype.kind == "f" and size:
        for bad in draw(st.lists(st.sampled_from([np.nan, np.nan, np.inf, -np.inf]), max_size=2)):
            first = draw(st.integers(0, size - 1))
            x[first : first + draw(st.integers(1, 4))] = bad
    return x


def usable(signal: np.ndarray, snippet: np.ndarray) -> bool:
    """Whether the two can be searched at all."""
    return bool(
        2 <= snippet.size <= signal.size
        and np.isfinite(snippet).all()
        and not np.isinf(signal).any()
        and snippet.min() != snippet.max()
    )


@given(signal=arrays(120), snippet=arrays(24))
@settings(max_examples=100, deadline=None)
def test_any_profile_is_right_or_refused(signal: np.ndarray, snippet: np.ndarray) -> None:
    """Scores equal the loops', or a ValueError says what must hold."""
    if not usable(signal, snippet):
        with pytest.raises(ValueError, match=r"`(signal|snippet)` \(|`(signal|snippet)` must"):
            correlation_profile(signal, snippet)
        return
    scores = correlation_profile(signal, snippet)
    # What single scores are worth: rounding in double precision, of values far from their mean.
    x, s = signal.astype(float), snippet.astype(float)
    expected = naive.profile(x, s)
    np.testing.assert_array_equal(np.isnan(scores), np.isnan(expected))
    sure = np.isfinite(expected)
    windows = np.lib.stride_tricks.sliding_window_view(x, s.size)[sure]
    level = np.abs(windows).max(axis=1, initial=0.0)
    spread = np.maximum(np.ptp(windows, axis=1), 1e-300) if sure.any() else np.ones(0)
    own = np.abs(s).max() / max(np.ptp(s), 1e-300)
    slack = 1e-6 + 1e-14 * (level / spread + own) * s.size
    assert (np.abs(scores - expected)[sure] <= slack).all()


@given(signal=arrays(120), snippet=arrays(24), options=OPTIONS)
@settings(max_examples=100, deadline=None)
def test_any_search_gives_a_sound_table_or_is_refused(
    signal: np.ndarray, snippet: np.ndarray, options: dict[str, Any]
) -> None:
    """Never a warning, a crash, or a number that is none; every match has the score it claims."""
    try:
        table = find(signal, snippet, **options)
    except (ValueError, TypeError) as error:
        message = str(error)
    else:
        message = ""
    if message:
        assert "\n" not in message
        assert "`" in message
        return
    assert usable(signal, snippet)
    numbers = table.drop(columns=["offset_std_error"]).to_numpy(float)
    assert np.isfinite(numbers).all()
    assert (table["offset_std_error"].isna() | (table["offset_std_error"] >= 0)).all()
    assert table["p_value"].between(0, 1).all()
    assert (table["polarity"].abs() == 1).all()
    distance = snippet.size if options.get("exclusion") is None else options["exclusion"]
    assert (np.diff(np.sort(table["offset"])) >= max(distance, 1)).all()
    assert len(table) <= (options.get("top") or len(table))
    if options.get("min_overlap") is None and len(table):
        expected = naive.profile(signal.astype(float), snippet.astype(float))
        np.testing.assert_allclose(table["score"], expected[table["offset"]], atol=1e-5)


@pytest.mark.parametrize("signal", [[], [[1.0, 2.0]], ["a", "b"], [1 + 1j, 2], 3.0, None, object()])
def test_what_is_no_signal(signal: Any) -> None:
    """Other shapes and kinds are refused by name."""
    with pytest.raises((TypeError, ValueError), match="`signal` must be"):
        find(signal, [0.0, 1.0])
    with pytest.raises((TypeError, ValueError), match="`snippet` must be"):
        Finder([0.0, 1.0, 3.0]).find(signal)
