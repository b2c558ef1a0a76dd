"""Kernels as probabilities and random draws: densities, the central limit, mean and variance."""

from __future__ import annotations

import itertools
import math

import naive_probability as naive
import numpy as np
import pandas as pd
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tsconv import (
    Kernel,
    ar,
    binomial,
    convolve,
    convolve_random,
    difference,
    draw_variance,
    exponential,
    gaussian,
    moving_average,
    propagator,
)

few = settings(max_examples=40)

weights = hnp.arrays(np.float64, st.integers(1, 9), elements=st.floats(-50, 50))
some_weight = weights.filter(lambda w: np.abs(w).max() > 1e-3)
methods = pytest.mark.parametrize("method", ["abs", "softmax"])


# ------------------------------------------------------------------ densities


@methods
@few
@given(w=some_weight, origin=st.integers(-3, 12))
def test_every_kernel_becomes_a_density(method, w, origin):
    """Nothing negative, a sum of one, the same lags; moments by their definition."""
    p = propagator(Kernel(w, origin=origin), method=method)
    density = p.density
    assert (density >= 0).all()
    assert math.fsum(density) == pytest.approx(1, abs=1e-15)
    assert density.index.tolist() == [k - origin for k in range(w.size)]
    mean = sum(lag * q for lag, q in density.items())
    variance = sum((lag - mean) ** 2 * q for lag, q in density.items())
    assert p.mean == pytest.approx(mean, abs=1e-12)
    assert p.spread == pytest.approx(math.sqrt(max(variance, 0)), abs=1e-7)
    assert p.entropy == pytest.approx(scipy.stats.entropy(density), abs=1e-12)


def test_methods_by_hand():
    """Shares of the sum, of absolute values, of exponentials."""
    assert propagator([1, 3]).density.tolist() == [0.25, 0.75]
    assert propagator([1, -3], method="abs").density.tolist() == [0.25, 0.75]
    soft = propagator([0.0, math.log(3)], method="softmax")
    assert soft.density.tolist() == pytest.approx([0.25, 0.75])
    cold = propagator([0.0, 1.0, 2.0], method="softmax", temperature=1e-3)
    assert cold.density.tolist() == pytest.approx([0, 0, 1])
    huge = propagator([1e300, 1e308], method="softmax")
    assert huge.density.tolist() == [0, 1]
    assert propagator([1e-310, 3e-310]).density.tolist() == pytest.approx([0.25, 0.75])


def test_named_kernels_have_known_moments():
    """Uniform, binomial, Gaussian, geometric: textbook mean, spread and entropy."""
    box = propagator(moving_average(5))
    assert (box.mean, box.spread) == pytest.approx((0, math.sqrt(2)))
    assert box.entropy == pytest.approx(math.log(5))
    assert propagator(binomial(8)).spread == pytest.approx(math.sqrt(2))
    bell = propagator(gaussian(3.0))
    assert bell.spread == pytest.approx(3, rel=1e-3)
    assert bell.entropy == pytest.approx(math.log(3 * math.sqrt(2 * math.pi * math.e)), rel=1e-3)
    geometric = propagator(exponential(alpha=0.25))
    assert (geometric.mean, geometric.spread) == pytest.approx((3.0, math.sqrt(12)), rel=1e-9)
    single = propagator(Kernel([1.0]).shift(4))
    assert (single.mean, single.spread, single.entropy) == (4, 0, 0)
    assert single.gaussian().tolist() == [1.0]
    assert propagator(ar([0.5]).shift(2)).mean == pytest.approx(3.0)


@few
@given(
    p=hnp.arrays(np.float64, st.integers(1, 4), elements=st.floats(0.01, 1)), n=st.integers(0, 4)
)
def test_iterating_adds_independent_lags(p, n):
    """The n-fold density equals that of all outcomes; mean and variance grow n-fold."""
    one = propagator(p)
    many = one.iterate(n)
    np.testing.assert_allclose(many.kernel.taps, naive.sum_of_lags(one.kernel.taps, n), atol=1e-14)
    assert many.mean == pytest.approx(n * one.mean, abs=1e-12)
    assert many.spread**2 == pytest.approx(n * one.spread**2, abs=1e-10)


@pytest.mark.parametrize(
    ("kernel", "order"),
    [
        ([1.0, 1.0, 1.0], 1.0),
        ([5.0, 1.0, 1.0, 0.5], 0.5),
        (exponential(alpha=0.4), 0.5),
        ([0.1, -2.0, 0.3, 1.0], 0.5),
    ],
    ids=["symmetric", "skewed", "geometric", "any"],
)
def test_central_limit(kernel, order):
    """Distance to the Gaussian falls like 1 / n for symmetric kernels, 1 / sqrt(n) for others."""
    one = propagator(kernel, method="abs")
    apart = []
    for n in (16, 64, 256):
        many = one.iterate(n)
        apart.append(np.abs(many.kernel.taps - many.gaussian()).sum())
    assert apart[2] < 0.1
    for wide, narrow in itertools.pairwise(apart):
        assert wide / narrow == pytest.approx(4**order, rel=0.15)


@pytest.mark.parametrize(
    ("kernel", "options", "message"),
    [
        ([0.0, 0.0], {}, "all are zero"),
        ([0.0, 0.0], {"method": "softmax"}, "all are zero"),
        (difference(), {}, "the kernel has -1 at lag 1. Try method="),
        ([1.0], {"method": "square"}, "`method` must be one of"),
        ([1.0], {"method": "softmax", "temperature": 0}, "`temperature` must be positive"),
        ([1.0], {"n_taps": 3}, "for recursive kernels"),
        (difference().inverse(), {}, "never die out"),
        (ar([0.5]), {"method": "softmax"}, "needs `n_taps`"),
    ],
)
def test_bad_kernels_are_refused(kernel, options, message):
    """Zeros, negative weights, endless weights."""
    with pytest.raises(ValueError, match=message):
        propagator(kernel, **options)


def test_a_recursive_kernel_may_be_cut():
    """A running sum of so many terms is a moving average."""
    assert propagator(difference().inverse(), n_taps=4).density.tolist() == [0.25] * 4


# ------------------------------------------------------------------ random draws


def bounds(draws, variance):
    """Five standard errors of a mean over draws, and of rounding where nothing varies."""
    return 5 * np.sqrt(variance / draws) + 1e-12


@pytest.mark.parametrize("boundary", ["missing", "zero", "reflect", "nearest", "wrap", "mirror"])
@pytest.mark.parametrize(
    "kernel",
    [
        gaussian(1.0),
        difference(period=2),
        exponential(alpha=0.5),
        Kernel([0.2, 0.3]).shift(-4),
        Kernel([0.0, 1.0, 2.0, 0.0], origin=1),
        propagator([1, 1, 4]),
    ],
    ids=["bell", "signed", "recursive", "ahead", "zeros", "density"],
)
def test_mean_is_the_convolution_and_variance_as_predicted(kernel, boundary):
    """Over 4,000 draws the mean is within five standard errors, the variance within 25 %."""
    x = np.random.default_rng(0).normal(size=12) * 3 + 7
    draws = convolve_random(x, kernel, 4000, rng=1, boundary=boundary)
    variance = draw_variance(x, kernel, boundary=boundary)
    taps = kernel if isinstance(kernel, Kernel) else kernel.kernel
    if taps.is_finite:
        mean = convolve(x, taps, boundary=boundary)
    else:  # cut off where its weights have died out, so that it ends
        mean = convolve(x, Kernel(taps.impulse_response(taps.memory(1e-12))), boundary=boundary)
    there = ~np.isnan(mean)
    np.testing.assert_array_equal(np.isnan(variance), ~there)
    np.testing.assert_array_equal(np.isnan(draws).all(axis=1), ~there)
    apart = np.abs(draws.mean(axis=1) - mean)
    assert (apart <= bounds(4000, variance))[there].all()
    observed = draws.var(axis=1)
    np.testing.assert_allclose(observed[there], variance[there], rtol=0.25, atol=1e-9)


@few
@given(
    x=hnp.arrays(np.float64, (3, 4), elements=st.floats(-9, 9)),
    w=hnp.arrays(np.float64, hnp.array_shapes(min_dims=2, max_dims=2, max_side=4),
                 elements=st.floats(-3, 3)).filter(lambda w: np.abs(w).max() > 1e-3),
)  # fmt: skip
def test_moments_are_those_of_all_outcomes(x, w):
    """In two dimensions, every outcome listed: the variance equals its definition."""
    variance = draw_variance(x, w, boundary="wrap")
    origin = [(n - 1) // 2 for n in w.shape]
    offsets = [(i - origin[0], j - origin[1]) for i in range(w.shape[0]) for j in range(w.shape[1])]

    def sample(place):
        return x[place[0] % 3, place[1] % 4]

    for place in itertools.product(range(3), range(4)):
        _, expected = naive.moments(x, w.ravel().tolist(), offsets, place, sample)
        assert variance[place] == pytest.approx(expected, abs=1e-9)


def test_an_image_by_chance(rng):
    """Two dimensions: mean over draws and variance, and what hangs over is missing."""
    image = rng.normal(size=(9, 11)) + 2
    kernel = np.outer([1, 2, 1], [1, 1]) / 8
    draws = convolve_random(image, kernel, 5000, rng=2)
    assert draws.shape == (9, 11, 5000)
    rows = convolve(image, Kernel([0.25, 0.5, 0.25], origin=1))
    mean = convolve(rows.T, Kernel([0.5, 0.5])).T
    there = ~np.isnan(mean)
    np.testing.assert_array_equal(np.isnan(draws[..., 0]), ~there)
    variance = draw_variance(image, kernel)
    apart = np.abs(draws.mean(axis=2) - mean)
    assert (apart <= bounds(5000, variance))[there].all()
    np.testing.assert_allclose(draws.var(axis=2)[there], variance[there], rtol=0.2)


def test_each_draw_is_a_neighbour():
    """With a density every output is one of the samples the kernel reaches, as often as weighed."""
    x = np.arange(1000.0)
    draws = convolve_random(x, [0.1, 0.0, 0.6, 0.3], 30, rng=3, boundary="wrap")
    lags = (x[:, None] - draws) % 1000
    shares = [(lags == k).mean() for k in range(4)]
    assert shares[1] == 0
    assert shares == pytest.approx([0.1, 0.0, 0.6, 0.3], abs=0.01)


def test_draws_are_independent():
    """Neighbouring outputs, and draws of the same output, are uncorrelated."""
    draws = convolve_random(np.random.default_rng(1).normal(size=4), [0.5, 0.5], 40_000, rng=4)
    correlation = np.corrcoef(draws[1:])
    assert np.abs(correlation - np.eye(3)).max() < 0.025
    assert np.abs(np.corrcoef(draws[2, :-1], draws[2, 1:])[0, 1]) < 0.025


def test_seeds_indexes_and_shapes():
    """A Series gives a table on its index; the same seed gives the same draws."""
    x = pd.Series([1.0, 2.0, 5.0], index=pd.date_range("2024", periods=3), name="x")
    table = convolve_random(x, [0.5, 0.5], 7, rng=5)
    assert table.index.equals(x.index)
    assert table.columns.name == "draw"
    pd.testing.assert_frame_equal(table, convolve_random(x, [0.5, 0.5], 7, rng=5))
    np.testing.assert_array_equal(
        convolve_random(x.to_numpy(), [0.5, 0.5], 7, rng=np.random.default_rng(5)), table
    )
    assert draw_variance(x, [0.5, 0.5]).name == "x"
    assert convolve_random(x, [1.0]).shape == (3, 1)


def test_a_large_level_costs_the_variance_no_digits():
    """Samples around 1e8 have the variance of their differences."""
    x = np.array([0.0, 1.0, 0.0, 1.0, 1.0])
    far = draw_variance(x + 1e8, [0.5, 0.5])
    np.testing.assert_allclose(far, draw_variance(x, [0.5, 0.5]), atol=1e-7)


@pytest.mark.parametrize(
    ("x", "kernel", "options", "message"),
    [
        ([1.0, 2.0], [0.0], {}, "all are zero"),
        ([1.0, np.nan], [1.0], {}, "at position 1"),
        ([1.0, 2.0], [1.0], {"n_draws": 0}, "`n_draws` must be at least 1"),
        ([1.0, 2.0], [1.0], {"boundary": "renormalize"}, "`boundary` must be one of"),
        ([[1.0, 2.0]], [1.0], {}, "2-D array of weights; got shape .1,."),
        ([[1.0, 2.0]], Kernel([1.0]), {}, "got a Kernel"),
        ([[1.0, 2.0]], [[np.nan]], {}, "`kernel` must have no missing"),
        ([1.0, 2.0], difference().inverse(), {}, "never die out"),
    ],
)
def test_bad_draws_are_refused(x, kernel, options, message):
    """Zeros, gaps, and dimensions that do not fit."""
    with pytest.raises(ValueError, match=message):
        convolve_random(x, kernel, **options)
