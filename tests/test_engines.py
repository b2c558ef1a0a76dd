"""The engines on plain arrays: all give the naive answer, under every kind of input.

Order: values, gaps and infinities, large values, shapes and edges, choice, recursions, errors.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import naive_engines as naive
import numpy as np
import pytest
import scipy.ndimage
import scipy.signal
from hypothesis import given, settings
from hypothesis import strategies as st

from tsconv.engines import (
    ENGINES,
    METHODS,
    _loops,
    convolve_same,
    convolve_valid,
    cost,
    fourier,
    recursive_filter,
    sos_filter,
)
from tsconv.engines.gaps import reached, tap_runs

GENERAL = [name for name in METHODS if name != "box"]
TRANSFORMS = ["fft", "overlap"]
EPS = np.finfo(float).eps

SIZES = [
    (1, 1),
    (2, 1),
    (2, 2),
    (17, 5),
    (40, 40),
    (100, 99),
    (300, 7),
    (1000, 65),
    (900, 151),
    (2500, 40),
]


def tolerance(x, taps):
    """Return what rounding may cost any engine: m eps sum|taps| max|x|, or a transform's log."""
    m = len(taps)
    return max(m, 8 * np.log2(2 * len(x))) * EPS * np.abs(taps).sum() * np.abs(x).max()


@pytest.fixture(scope="module")
def rng():
    return np.random.default_rng(20240117)


# Values


@pytest.mark.parametrize("method", GENERAL)
@pytest.mark.parametrize(("n", "m"), SIZES)
def test_engine_equals_naive(method, n, m, rng):
    """Every engine gives the correctly rounded sums to rounding, for short and long kernels."""
    x, taps = rng.normal(size=n), rng.normal(size=m)
    got = convolve_valid(x, taps, method=method)
    np.testing.assert_allclose(got, naive.convolve_valid(x, taps), rtol=0, atol=tolerance(x, taps))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("n", "m"), SIZES)
def test_engine_equals_naive_on_equal_taps(method, n, m, rng):
    """Every engine, the box included, averages like the naive loop."""
    x, taps = rng.normal(size=n), np.full(m, -1.7 / m)
    got = convolve_valid(x, taps, method=method)
    np.testing.assert_allclose(got, naive.convolve_valid(x, taps), rtol=0, atol=tolerance(x, taps))


@pytest.mark.parametrize("method", GENERAL)
def test_engine_equals_scipy(method, rng):
    """A second opinion on a longer series: scipy.signal's direct method."""
    x, taps = rng.normal(size=30_000), rng.normal(size=700)
    expected = scipy.signal.convolve(x, taps, mode="valid", method="direct")
    got = convolve_valid(x, taps, method=method)
    np.testing.assert_allclose(got, expected, rtol=0, atol=tolerance(x, taps))


def test_known_values():
    """A case to check by hand: first differences, and weights 1 2 3 read backwards in time."""
    np.testing.assert_array_equal(convolve_valid([1, 4, 9, 16], [1, -1]), [3, 5, 7])
    np.testing.assert_array_equal(convolve_valid([1, 10, 100, 1000], [1, 2, 3]), [123, 1230])


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("columns", [1, 3, 9])
@pytest.mark.parametrize("kind", [float, complex])
@pytest.mark.parametrize(("n", "m"), [(3, 3), (50, 3), (300, 41)])
def test_columns_and_complex_values(method, columns, kind, n, m, rng):
    """Columns are convolved apart along axis 0, and so are real and imaginary parts."""
    x = rng.normal(size=(n, columns)).astype(kind)
    if kind is complex:
        x += 1j * rng.normal(size=(n, columns))
    taps = np.full(m, 0.3) if method == "box" else rng.normal(size=m)
    got = convolve_valid(x, taps, method=method)
    assert got.shape == (n - m + 1, columns)
    assert got.dtype == kind
    for c in sorted({0, columns // 2, columns - 1}):
        expected = naive.convolve_valid(x[:, c], taps)
        np.testing.assert_allclose(got[:, c], expected, rtol=0, atol=2 * tolerance(x, taps))


@pytest.mark.parametrize("method", GENERAL)
def test_zero_taps_around_and_within(method, rng):
    """Zeros at the ends of the taps and between them change nothing but the lags."""
    x = rng.normal(size=400)
    taps = np.zeros(90)
    taps[[11, 12, 40, 71]] = [1.0, -2.0, 0.5, 3.0]
    got = convolve_valid(x, taps, method=method)
    np.testing.assert_allclose(got, naive.convolve_valid(x, taps), rtol=0, atol=tolerance(x, taps))


@pytest.mark.parametrize("method", METHODS)
def test_all_taps_zero(method):
    """Zero taps give zero, also where they meet a NaN."""
    x = np.array([1.0, np.nan, np.inf, 2.0])
    np.testing.assert_array_equal(convolve_valid(x, [0.0, 0.0], method=method), np.zeros(3))


@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_engines_are_linear_and_shift_with_the_input(data):
    """conv(a x + z) = a conv(x) + conv(z), and a delayed input gives the delayed output."""
    n = data.draw(st.integers(2, 600), "n")
    m = data.draw(st.integers(1, n), "m")
    method = data.draw(st.sampled_from(GENERAL), "method")
    rng = np.random.default_rng(data.draw(st.integers(0, 10**6), "seed"))
    x, z, taps = rng.normal(size=n), rng.normal(size=n), rng.normal(size=m)
    a = rng.normal()
    y = convolve_valid(x, taps, method=method)
    both = convolve_valid(a * x + z, taps, method=method)
    bound = 4 * (abs(a) + 1) * max(tolerance(x, taps), tolerance(z, taps))
    apart = a * y + convolve_valid(z, taps, method=method)
    np.testing.assert_allclose(both, apart, rtol=0, atol=bound)
    late = convolve_valid(np.concatenate([z[:5], x]), taps, method=method)[-y.size :]
    np.testing.assert_allclose(late, y, rtol=0, atol=bound)


@settings(deadline=None, max_examples=40)
@given(n=st.integers(1, 200), m=st.integers(1, 200), seed=st.integers(0, 10**6))
def test_convolution_theorem(n, m, seed):
    """The transform of the full convolution is the product of the transforms."""
    rng = np.random.default_rng(seed)
    x, taps = rng.normal(size=n), rng.normal(size=m)
    full = convolve_same(np.concatenate([x, np.zeros(m - 1)]), taps, 0, method="direct")
    size = n + m - 1
    product = np.fft.rfft(x, size) * np.fft.rfft(taps, size)
    np.testing.assert_allclose(np.fft.rfft(full), product, rtol=0, atol=size * tolerance(x, taps))


# Gaps and infinities


@pytest.mark.parametrize("method", GENERAL)
def test_one_gap_touches_exactly_the_kernel(method, rng):
    """One NaN in 20,000 points and 2,001 taps loses 2,001 outputs and leaves the others as good."""
    x = rng.normal(size=20_000)
    taps = scipy.signal.windows.gaussian(2001, 300)
    whole = convolve_valid(x, taps, method=method)
    x[7000] = np.nan
    got = convolve_valid(x, taps, method=method)
    lost = np.flatnonzero(np.isnan(got))
    np.testing.assert_array_equal(lost, np.arange(7000 - 2000, 7001))
    kept = ~np.isnan(got)
    np.testing.assert_allclose(got[kept], whole[kept], rtol=0, atol=tolerance(x[:5000], taps))


@pytest.mark.parametrize("method", GENERAL)
def test_gap_meets_nonzero_taps_only(method, rng):
    """A seasonal difference of period 12 loses t and t + 12, nothing between."""
    x = rng.normal(size=300)
    x[100] = np.nan
    got = convolve_valid(x, [1.0, *np.zeros(11), -1.0], method=method)
    np.testing.assert_array_equal(np.flatnonzero(np.isnan(got)) + 12, [100, 112])


@pytest.mark.parametrize("method", METHODS)
def test_infinities_carry_the_sign_and_cancel_to_nan(method):
    """+inf stays +inf within the taps' reach, and +inf with -inf gives NaN."""
    x = np.ones(50)
    x[[10, 30, 32]] = [np.inf, np.inf, -np.inf]
    got = convolve_valid(x, [2.0, 2.0, 2.0], method=method)
    np.testing.assert_array_equal(np.flatnonzero(np.isposinf(got)), [8, 9, 10, 28, 29])
    np.testing.assert_array_equal(np.flatnonzero(np.isneginf(got)), [31, 32])
    np.testing.assert_array_equal(np.flatnonzero(np.isnan(got)), [30])


@settings(deadline=None, max_examples=150)
@given(data=st.data())
def test_nonfinite_values_as_in_the_naive_sum(data):
    """NaN and +-inf appear in every engine exactly where the naive sum has them."""
    n = data.draw(st.integers(1, 80), "n")
    m = data.draw(st.integers(1, n), "m")
    special = st.sampled_from([0.0, 1.0, -2.0, np.nan, np.inf, -np.inf])
    x = np.array(data.draw(st.lists(special, min_size=n, max_size=n), "x"))
    taps = np.array(
        data.draw(st.lists(st.sampled_from([0.0, 0.0, 1.0, -0.5]), min_size=m, max_size=m), "taps")
    )
    method = data.draw(st.sampled_from(GENERAL), "method")
    expected = naive.convolve_valid(x, taps)
    np.testing.assert_allclose(convolve_valid(x, taps, method=method), expected, rtol=0, atol=1e-13)


@pytest.mark.parametrize("method", GENERAL)
def test_gaps_in_one_column_or_part_stay_there(method, rng):
    """A NaN in one column, or in the imaginary part, leaves the others alone."""
    x = rng.normal(size=(200, 3))
    x[50, 1] = np.nan
    got = convolve_valid(x, np.ones(9) / 9, method=method)
    np.testing.assert_array_equal(np.isnan(got).sum(axis=0), [0, 9, 0])
    z = np.ones(200, dtype=complex)
    z[50] = complex(1.0, np.nan)
    got = convolve_valid(z, np.ones(9), method=method)
    assert np.isnan(got.imag).sum() == 9
    assert not np.isnan(got.real).any()


def test_reached_counts_runs():
    """Marks reach a window through any run of taps, and not through the hole between them."""
    marks = np.zeros(12, dtype=bool)
    marks[[5, 6]] = True
    runs = tap_runs(np.array([True, False, False, True, True]))
    np.testing.assert_array_equal(runs.starts, [0, 4])
    np.testing.assert_array_equal(runs.stops, [2, 5])
    np.testing.assert_array_equal(np.flatnonzero(reached(marks, runs, 8)), [1, 2, 4, 5, 6])


# Large values


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("m", [31, 1001])
def test_large_value_spoils_no_other_window(method, m, rng):
    """1e17 in one place: windows without it are as accurate as if it were not there."""
    x = rng.normal(size=12_000)
    taps = np.full(m, 1.0 / m) if method == "box" else scipy.signal.windows.hann(m + 2)[1:-1]
    clean = convolve_valid(x, taps, method="direct")
    bound = tolerance(x, taps)
    x[6000] = 1e17
    got = convolve_valid(x, taps, method=method)
    without = np.r_[0 : 6001 - m, 6001 : got.size]
    np.testing.assert_allclose(got[without], clean[without], rtol=0, atol=bound)


@pytest.mark.parametrize("method", METHODS)
def test_silence_stays_silent(method, rng):
    """Windows of exact zeros give exact zeros beside loud stretches."""
    x = rng.normal(size=9000) * 1e6
    x[2000:5000] = 0.0
    got = convolve_valid(x, np.full(300, 0.1), method=method)
    np.testing.assert_array_equal(got[2000:4701], 0.0)
    assert np.all(got[:1701] != 0)


def local_bound(x, taps, size):
    """Return the bound stated in tsconv.engines.fourier."""
    scale = naive.window_maxima(x, taps) * np.abs(taps).sum()
    return EPS * fourier.RANGE * np.log2(max(size, 2)) * scale + np.finfo(float).tiny


@settings(deadline=None, max_examples=120)
@given(data=st.data())
def test_transform_errors_are_bounded_by_the_window(data):
    """The documented bound holds for values over 60 decades, spikes, steps and silences."""
    n = data.draw(st.integers(1, 500), "n")
    m = data.draw(st.integers(1, min(n, 90)), "m")
    rng = np.random.default_rng(data.draw(st.integers(0, 10**6), "seed"))
    x = rng.normal(size=n)
    for _ in range(data.draw(st.integers(0, 5), "stretches")):
        start = data.draw(st.integers(0, n - 1))
        stop = data.draw(st.integers(start + 1, n))
        x[start:stop] *= 10.0 ** data.draw(st.sampled_from([-30, -9, -4, -2, 2, 3, 9, 17, 30]))
    for at in data.draw(st.lists(st.integers(0, n - 1), max_size=5), "points"):
        x[at] = data.draw(st.sampled_from([0.0, 1e17, -1e4, 1e-20]))
    x[rng.uniform(size=n) < data.draw(st.sampled_from([0.0, 0.5]), "share of zeros")] = 0.0
    taps = rng.normal(size=m)
    taps[rng.uniform(size=m) < data.draw(st.sampled_from([0.0, 0.0, 0.6]), "holes")] = 0.0
    if not taps.any():
        taps[0] = 1.0
    exact = naive.convolve_valid(x, taps)
    for method in TRANSFORMS:
        got = convolve_valid(x, taps, method=method)
        assert np.all(np.abs(got - exact) <= local_bound(x, taps, 2 * n))
        assert np.all(got[naive.window_maxima(x, taps) == 0] == 0)


@pytest.mark.parametrize("method", TRANSFORMS)
@pytest.mark.parametrize(
    ("large", "tap"), [(1e306, 1.0), (1e-10, 1e307), (1e-300, 1e-3), (1e200, 1e-200)]
)
def test_extreme_magnitudes_neither_overflow_nor_vanish(method, large, tap, rng):
    """Transforms of values near the ends of the number range are scaled by powers of two."""
    x = rng.uniform(1, 2, size=500) * large
    taps = rng.uniform(1, 2, size=20) * tap
    got = convolve_valid(x, taps, method=method)
    np.testing.assert_allclose(got, convolve_valid(x, taps, method="direct"), rtol=1e-12)


@pytest.mark.parametrize("method", TRANSFORMS)
def test_growth_over_many_decades(method):
    """Exponential growth over 300 decades keeps its relative accuracy everywhere."""
    t = np.arange(3000)
    x = np.exp(0.23 * (t - 1500))
    taps = np.full(50, 0.02)
    expected = np.exp(0.23 * (t[:-49] - 1500)) * np.exp(0.23 * np.arange(50)).sum() * 0.02
    np.testing.assert_allclose(convolve_valid(x, taps, method=method), expected, rtol=1e-10)


@pytest.mark.parametrize("method", TRANSFORMS)
def test_large_column_leaves_its_neighbours_alone(method, rng):
    """A spike in one column costs nothing in the others."""
    x = rng.normal(size=(3000, 3))
    taps = rng.normal(size=100)
    before = convolve_valid(x, taps, method=method)
    x[1234, 1] = 1e20
    got = convolve_valid(x, taps, method=method)
    bound = tolerance(x[:1000], taps)
    np.testing.assert_allclose(got[:, [0, 2]], before[:, [0, 2]], rtol=0, atol=bound)
    np.testing.assert_allclose(got[1235:, 1], before[1235:, 1], rtol=0, atol=bound)


# Shapes and edges


@pytest.mark.parametrize("method", GENERAL)
@pytest.mark.parametrize("n", [1, 5, 30, 400])
@pytest.mark.parametrize("m", [1, 2, 7, 40])
def test_same_length_with_head_and_tail(method, n, m, rng):
    """Each origin, with zeros or given values beyond the ends, equals the naive extension."""
    x, taps = rng.normal(size=n), rng.normal(size=m)
    for origin in sorted({0, m // 2, m - 1}):
        head, tail = rng.normal(size=m - 1 - origin), rng.normal(size=origin)
        bound = tolerance(np.concatenate([head, x, tail]), taps)
        got = convolve_same(x, taps, origin, head=head, tail=tail, method=method)
        expected = naive.convolve_same(x, taps, origin, head, tail)
        np.testing.assert_allclose(got, expected, rtol=0, atol=bound)
        got = convolve_same(x, taps, origin, method=method)
        expected = naive.convolve_same(x, taps, origin, 0 * head, 0 * tail)
        np.testing.assert_allclose(got, expected, rtol=0, atol=bound)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("origin", [0, 2, 8])
def test_same_length_on_a_long_signal(method, origin, rng):
    """Beyond 20,000 samples only the ends are copied: the same as extending the whole signal."""
    x, taps = rng.normal(size=(25_000, 2)), np.full(9, 0.2)
    head, tail = rng.normal(size=(8 - origin, 2)), rng.normal(size=(origin, 2))
    got = convolve_same(x, taps, origin, head=head, tail=tail, method=method)
    expected = convolve_valid(np.concatenate([head, x, tail]), taps, method="direct")
    np.testing.assert_allclose(got, expected, rtol=0, atol=tolerance(x[:50], taps))


def test_same_equals_scipy_ndimage(rng):
    """Centred with zeros outside: scipy.ndimage.convolve1d with mode constant, column by column."""
    x, taps = rng.normal(size=(500, 3)), rng.normal(size=21)
    expected = scipy.ndimage.convolve1d(x, taps, axis=0, mode="constant")
    np.testing.assert_allclose(convolve_same(x, taps, 10), expected, rtol=0, atol=1e-13)


@pytest.mark.parametrize("method", METHODS)
def test_caller_arrays_are_read_only_and_untouched(method, rng):
    """Read-only input is accepted by every engine and stays as it is, gaps and spikes included."""
    x = rng.normal(size=(500, 2))
    x[[3, 77], 0] = np.nan, 1e20
    taps = np.full(20, 0.05)
    x_before = x.copy()
    x.setflags(write=False)
    taps.setflags(write=False)
    convolve_valid(x, taps, method=method)
    convolve_same(x, taps, 3, method=method)
    np.testing.assert_array_equal(x, x_before)
    np.testing.assert_array_equal(taps, np.full(20, 0.05))


@pytest.mark.parametrize("method", METHODS)
def test_other_types_and_layouts(method, rng):
    """Integers, float32, lists, reversed and Fortran-ordered arrays convolve as float64."""
    whole = rng.integers(-50, 50, size=(300, 2))
    taps = [0.5, 0.5, 0.5]
    expected = convolve_valid(np.ascontiguousarray(whole, dtype=float), taps, method=method)
    for x in (whole, whole.astype(np.float32), whole.tolist(), np.asfortranarray(whole)):
        np.testing.assert_array_equal(convolve_valid(x, taps, method=method), expected)
    backwards = convolve_valid(whole[::-1], taps, method=method)[::-1]
    np.testing.assert_allclose(backwards, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("method", METHODS)
def test_no_columns(method):
    """A table without columns gives a table without columns."""
    assert convolve_valid(np.empty((10, 0)), [1.0, 1.0], method=method).shape == (9, 0)


@pytest.mark.parametrize("method", METHODS)
def test_threads_do_not_share_work(method, rng):
    """Calls from several threads at once give what they give one after the other."""
    signals = rng.normal(size=(16, 20_000))
    taps = np.full(300, 0.1)
    expected = [convolve_valid(x, taps, method=method) for x in signals]
    with ThreadPoolExecutor(4) as pool:
        got = list(pool.map(lambda x: convolve_valid(x, taps, method=method), signals))
    np.testing.assert_array_equal(got, expected)


def test_out_is_filled_in_place(rng):
    """`out` may be a slice of a longer array."""
    x, taps = rng.normal(size=100), rng.normal(size=5)
    longer = np.full(100, np.nan)
    got = convolve_valid(x, taps, out=longer[4:])
    assert got.base is longer
    np.testing.assert_array_equal(longer[4:], convolve_valid(x, taps))
    assert np.isnan(longer[:4]).all()


# Choice


@settings(deadline=None, max_examples=100)
@given(
    n_out=st.integers(1, 10**8),
    m=st.integers(1, 10**6),
    share=st.floats(0, 1),
    constant=st.booleans(),
    width=st.integers(1, 50),
)
def test_choice_is_an_engine_that_applies(n_out, m, share, constant, width):
    """The cheapest engine exists, and box is chosen for equal taps only."""
    costs = cost.engine_costs(n_out, m, max(1, round(share * m)), constant, width)
    assert set(costs) <= set(ENGINES)
    assert ("box" in costs) == constant
    assert all(0 < cost < float("inf") for cost in costs.values())


def test_sparse_taps_are_added_term_by_term():
    """Two taps a thousand samples apart are no work for a transform."""
    assert cost.choose(10**6, 1001, 2, False, 1) == "direct"
    assert cost.choose(10**6, 1001, 1001, False, 1) == "overlap"
    assert cost.choose(10**6, 1001, 1001, True, 1) == "box"


@given(n=st.integers(1, 10**7))
def test_fast_length_is_the_next_product_of_2_3_5(n):
    """Transform lengths equal scipy's choice for real transforms."""
    assert fourier.fast_length(n) == scipy.fft.next_fast_len(n, real=True)


def test_fast_length_beyond_the_table():
    """Lengths above 2**30 are found by halving."""
    assert fourier.fast_length(2**31 - 5) == 2**31


@given(st.lists(st.sampled_from([0.0, 1.0, 1.0, -2.0]), max_size=8))
def test_describe_taps(values):
    """Count, first, last and constancy of the nonzero taps, by comprehension."""
    taps = np.array(values)
    used = [k for k, tap in enumerate(values) if tap]
    n_nonzero, first, last, constant, finite = _loops.describe_taps(taps)
    assert n_nonzero == len(used)
    assert finite
    if used:
        assert (first, last) == (used[0], used[-1])
        assert bool(constant) == (len(set(values[first : last + 1])) == 1)
    else:
        assert first > last


# Recursions


RECURSIONS = [
    ([1], [-0.9]),
    ([1, 2], [-1.2, 0.5]),
    ([2], [0.3]),
    ([1, 2, 3, 5], [0.1, -0.4, 0.2, 0.1]),
    ([12], [-0.6]),
    ([1, 12, 13], [-0.5, -0.6, 0.3]),
    ([12, 24], [-0.6, 0.1]),
    ([13, 1, 12], [0.3, -0.5, -0.6]),
    ([400], [0.9]),
]


@pytest.mark.parametrize(("lags", "coefs"), RECURSIONS)
@pytest.mark.parametrize("n", [1, 3, 700])
@pytest.mark.parametrize("kind", [float, complex])
def test_recursive_filter_equals_naive(lags, coefs, n, kind, rng):
    """Short, long and seasonal lags, in any order, from rest and from given outputs."""
    x = rng.normal(size=(n, 2)).astype(kind)
    if kind is complex:
        x += 1j * rng.normal(size=(n, 2))
    before = rng.normal(size=(max(lags) + 2, 2)).astype(kind)
    for initial in (None, before):
        got = recursive_filter(x, lags, coefs, initial=initial)
        assert got.shape == x.shape
        for c in range(2):
            start = None if initial is None else initial[:, c]
            expected = naive.recursive_filter(x[:, c], lags, coefs, start)
            np.testing.assert_allclose(got[:, c], expected, rtol=1e-12, atol=1e-12)
            alone = recursive_filter(x[:, c], lags, coefs, initial=start)
            np.testing.assert_allclose(alone, expected, rtol=1e-12, atol=1e-12)


def test_recursive_filter_equals_scipy(rng):
    """scipy.signal.lfilter with the same denominator."""
    x = rng.normal(size=5000)
    expected = scipy.signal.lfilter([1.0], [1.0, -1.1, 0.6, -0.2], x)
    got = recursive_filter(x, [1, 2, 3], [-1.1, 0.6, -0.2])
    np.testing.assert_allclose(got, expected, rtol=1e-10, atol=1e-12)


@settings(deadline=None, max_examples=50)
@given(
    lags=st.lists(st.integers(1, 60), min_size=1, max_size=5, unique=True),
    n=st.integers(1, 400),
    seed=st.integers(0, 10**6),
)
def test_recursion_undoes_the_finite_filter(lags, n, seed):
    """Feedback with the taps of a stable polynomial is undone by convolving with it."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    coefs = rng.uniform(-0.9, 0.9, size=len(lags)) / len(lags)
    taps = np.zeros(max(lags) + 1)
    taps[0] = 1.0
    taps[lags] = coefs
    back = convolve_same(recursive_filter(x, lags, coefs), taps, 0)
    np.testing.assert_allclose(back, x, rtol=0, atol=1e-11)


def test_recursion_in_two_pieces_equals_one(rng):
    """The last outputs of the first piece are the `initial` of the second."""
    x = rng.normal(size=1000)
    whole = recursive_filter(x, [1, 7], [-0.5, -0.3])
    first = recursive_filter(x[:300], [1, 7], [-0.5, -0.3])
    second = recursive_filter(x[300:], [1, 7], [-0.5, -0.3], initial=first)
    np.testing.assert_array_equal(np.concatenate([first, second]), whole)


def test_recursion_keeps_a_gap_for_ever(rng):
    """Once NaN enters, all later outputs of its column are NaN, and none before or beside."""
    x = rng.normal(size=(1000, 2))
    x[400, 0] = np.nan
    got = recursive_filter(x, [1], [-0.5])
    assert np.isnan(got[400:, 0]).all()
    assert np.isfinite(got[:400, 0]).all()
    assert np.isfinite(got[:, 1]).all()
    seasonal = recursive_filter(x[:, 0], [12], [-0.5])
    np.testing.assert_array_equal(np.flatnonzero(np.isnan(seasonal)), np.arange(400, 1000, 12))


@pytest.mark.parametrize(("lags", "coefs"), [([1], [-0.99]), ([1, 2], [-1.8, 0.81])])
def test_decaying_recursion_ends_in_exact_zero(lags, coefs):
    """An impulse dies out to zero instead of lingering among the subnormal numbers."""
    x = np.zeros(120_000)
    x[0] = 1.0
    got = recursive_filter(x, lags, coefs)
    assert np.all((got == 0) | (np.abs(got) >= 1e-300))
    assert got[-1] == 0
    sections = sos_filter(x, [[1.0, 0.0, 0.0, 1.0, *(*coefs, 0.0)[:2]]])
    assert np.all((sections == 0) | (np.abs(sections) >= 1e-300))
    assert sections[-1] == 0


def test_recursion_without_lags_or_samples():
    """No lags: a copy. No samples: an empty result."""
    x = np.arange(3.0)
    got = recursive_filter(x, [], [])
    np.testing.assert_array_equal(got, x)
    assert not np.shares_memory(got, x)
    assert recursive_filter(np.empty((0, 2)), [1], [0.5]).shape == (0, 2)
    assert sos_filter(np.empty(0), [[1, 0, 0, 1, 0, 0]]).shape == (0,)


@pytest.mark.parametrize("kind", [float, complex])
def test_sos_filter_equals_scipy_and_naive(kind, rng):
    """A Butterworth filter of order 10 equals scipy.signal.sosfilt and the difference equations."""
    x = rng.normal(size=(600, 3)).astype(kind)
    if kind is complex:
        x += 1j * rng.normal(size=x.shape)
    sos = scipy.signal.butter(10, 0.2, output="sos")
    got = sos_filter(x, sos)
    np.testing.assert_allclose(got, scipy.signal.sosfilt(sos, x, axis=0), rtol=0, atol=1e-13)
    np.testing.assert_allclose(got[:, 1], naive.sos_filter(x[:, 1], sos), rtol=0, atol=1e-11)


def test_sos_filter_from_a_state(rng):
    """`initial` is scipy's zi, and sections need not be scaled to a0 = 1."""
    x = rng.normal(size=300)
    sos = scipy.signal.butter(4, 0.2, output="sos")
    zi = scipy.signal.sosfilt_zi(sos) * x[0]
    expected, _ = scipy.signal.sosfilt(sos, x, zi=zi)
    np.testing.assert_allclose(sos_filter(x, 2.0 * sos, initial=zi), expected, atol=1e-13)
    turned = sos_filter(x, sos, initial=1j * zi)
    assert turned.dtype == complex
    assert abs(turned.imag[0]) > 0


# Errors


def test_errors_say_what_must_hold():
    """Wrong arguments are refused by name."""
    x = np.ones(10)
    with pytest.raises(ValueError, match=r"`taps` \(11\) must not be longer than `x` \(10\)"):
        convolve_valid(x, np.ones(11))
    with pytest.raises(ValueError, match="`taps` must be 1-D"):
        convolve_valid(x, np.ones((2, 2)))
    with pytest.raises(TypeError, match="`taps` must be real"):
        convolve_valid(x, [1j])
    with pytest.raises(ValueError, match="`taps` must be finite"):
        convolve_valid(x, [1.0, np.nan])
    with pytest.raises(ValueError, match="`method` must be one of 'auto', 'direct'"):
        convolve_valid(x, [1.0], method="magic")
    with pytest.raises(ValueError, match="takes equal taps only"):
        convolve_valid(x, [1.0, 2.0], method="box")
    with pytest.raises(ValueError, match="`x` must be 1-D or 2-D"):
        convolve_valid(np.ones((2, 2, 2)), [1.0])
    with pytest.raises(ValueError, match="`out` must have shape"):
        convolve_valid(x, [1.0, 1.0], out=np.empty(10))
    with pytest.raises(ValueError, match="`origin` must be a tap"):
        convolve_same(x, [1.0, 1.0], 2)
    with pytest.raises(ValueError, match="`head` must have shape"):
        convolve_same(x, [1.0, 1.0], 0, head=[1.0, 2.0])
    with pytest.raises(ValueError, match="`lags` and `coefs` must be 1-D"):
        recursive_filter(x, [0], [1.0])
    with pytest.raises(ValueError, match="`initial` must hold at least the last 3 outputs"):
        recursive_filter(x, [3], [1.0], initial=[1.0])
    with pytest.raises(ValueError, match="`sos` must have rows of six numbers"):
        sos_filter(x, [[1.0, 2.0]])
    with pytest.raises(ValueError, match="`initial` must have shape"):
        sos_filter(x, [[1.0, 0, 0, 1, 0, 0]], initial=np.ones((2, 2)))


@pytest.mark.parametrize("m", [16, 101, 1_500, 9_000])
def test_long_columns_go_through_the_correlator(m: int) -> None:
    """Values that range little, with a mean and taps that have a sum, equal numpy's convolution."""
    rng = np.random.default_rng(m)
    x, taps = rng.standard_normal(29_000 + m) + 5.0, rng.random(m) + 0.1
    out = np.empty((29_001, 1))
    if not np.isfinite(cost.lanes_cost(out.size, m)):
        pytest.skip("the compiled correlator has no vectors here")
    assert fourier._by_lanes(x[:, np.newaxis], taps, out)
    bound = 1e-15 * np.log2(x.size) * np.abs(x).max() * np.abs(taps).sum()
    assert np.abs(out[:, 0] - np.convolve(x, taps, "valid")).max() <= bound
    x[20_000] = 1e17  # ranges widely: not for one transform
    assert not fourier._by_lanes(x[:, np.newaxis], taps, out)
    expected, got = np.convolve(x, taps, "valid"), convolve_valid(x, taps, method="overlap")
    assert np.abs(got - expected)[: 20_000 - m].max() <= fourier.RANGE * bound
