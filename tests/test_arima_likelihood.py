"""The exact likelihood and its score: dense covariances, statsmodels, differences."""

from __future__ import annotations

import naive_arima_dense as naive
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.tsa.statespace.sarimax import SARIMAX

from tsconv.arima._core import Held
from tsconv.arima.likelihood import loglike, score
from tsconv.arima.spec import ArimaSpec

ORDERS = [
    ((0, 0, 0), (0, 0, 0, 0)),
    ((1, 0, 0), (0, 0, 0, 0)),
    ((0, 0, 1), (0, 0, 0, 0)),
    ((3, 0, 1), (0, 0, 0, 0)),
    ((1, 0, 3), (0, 0, 0, 0)),
    ((0, 1, 1), (0, 1, 1, 12)),
    ((1, 0, 1), (1, 0, 1, 4)),
    ((2, 1, 0), (1, 0, 0, 7)),
    ((0, 0, 2), (0, 0, 2, 3)),
    (([1, 5], 0, [2]), (0, 0, 0, 0)),
    ((1, 0, 1), (1, 1, 1, 24)),
]


def draw_factor(rng, lags, sign, edge=0.8):
    """Coefficients of a factor with its roots outside the circle; sparse ones are kept small."""
    k = len(lags)
    if k == 0 or lags[-1] != k * lags[0]:
        return sign * rng.uniform(-0.4, 0.4, k)
    f = np.zeros(0)
    for kappa in rng.uniform(-edge, edge, k):
        f = np.r_[f - kappa * f[::-1], kappa]
    return sign * f


def draw_params(rng, spec, edge=0.8):
    """Parameters of a stationary, invertible model."""
    return np.r_[
        rng.standard_normal(spec.n_regressors),
        draw_factor(rng, spec.ar_lags, 1, edge),
        draw_factor(rng, spec.ma_lags, -1, edge),
        draw_factor(rng, spec.seasonal_ar_lags, 1, edge),
        draw_factor(rng, spec.seasonal_ma_lags, -1, edge),
        1.7,
    ]


def walk(rng, n, gaps=()):
    """Draw a random walk with gaps."""
    y = rng.standard_normal(n).cumsum() + 5.0
    y[list(gaps)] = np.nan
    return y


def differences(f, params, step=1e-3):
    """Central differences of a function of the parameters, extrapolated from two steps.

    A long step: the dense likelihood of twice differenced series has rounding errors of 1e-8.
    """
    out = []
    for i in range(len(params)):
        e = np.zeros(len(params))
        e[i] = step
        wide = (f(params + e) - f(params - e)) / (2 * step)
        narrow = (f(params + e / 2) - f(params - e / 2)) / step
        out.append((4 * narrow - wide) / 3)
    return np.array(out)


@pytest.mark.parametrize(("order", "seasonal"), ORDERS)
@pytest.mark.parametrize("n", [90, 33])
def test_loglike_is_that_of_the_dense_covariance(order, seasonal, n, rng):
    """The likelihood equals that of the joint normal law, over orders and lengths."""
    spec = ArimaSpec(order, seasonal, "n")
    y, params = walk(rng, n), draw_params(rng, spec)
    expected = naive.loglike(y, spec, params)
    assert loglike(y, spec, params) == pytest.approx(expected, rel=1e-10, abs=1e-9)


@pytest.mark.parametrize(("order", "seasonal"), ORDERS)
def test_loglike_is_that_of_statsmodels(order, seasonal, rng):
    """The likelihood equals statsmodels' exact filter on the differenced series."""
    spec = ArimaSpec(order, seasonal, "n")
    y, params = walk(rng, 120), draw_params(rng, spec)
    model = SARIMAX(y, order=order, seasonal_order=seasonal, simple_differencing=True)
    # the filter stops updating at a tolerance of its own; here it goes on
    model.ssm.tolerance = 0
    assert loglike(y, spec, params) == pytest.approx(model.loglike(params), rel=1e-9, abs=1e-8)


@pytest.mark.parametrize("n", [1, 2, 5, 12])
@pytest.mark.parametrize(("order", "seasonal"), [((3, 0, 2), (0, 0, 0, 0)), ORDERS[6]])
def test_series_shorter_than_the_memory(order, seasonal, n, rng):
    """Only as much of the time before the sample counts as the sample can see."""
    spec = ArimaSpec(order, seasonal, "n")
    y, params = walk(rng, n), draw_params(rng, spec)
    assert loglike(y, spec, params) == pytest.approx(naive.loglike(y, spec, params), abs=1e-10)
    found = score(y, spec, params)
    expected = differences(lambda p: naive.loglike(y, spec, p), params)
    np.testing.assert_allclose(found, expected, atol=1e-6 * (1 + np.abs(expected).max()))


GAPS = [
    ((1, 0, 1), (0, 0, 0, 0), "c", [3, 4, 10]),
    ((0, 0, 0), (0, 0, 0, 0), "c", [0, 20, 39]),
    ((1, 1, 1), (0, 0, 0, 0), "n", [0, 1, 5, 38, 39]),
    ((0, 1, 1), (0, 1, 1, 4), "n", [2, 3, 17]),
    ((2, 0, 0), (1, 0, 0, 4), "ct", [7, 8, 30]),
    ((1, 2, 1), (0, 0, 0, 0), "n", [10, 20, 21]),
    ((0, 1, 1), (0, 1, 1, 12), "n", [0, 1, 2, 3, 20]),
    ((0, 0, 2), (0, 0, 0, 0), "n", list(range(1, 40, 2))),
]


@pytest.mark.parametrize(("order", "seasonal", "trend", "gaps"), GAPS)
def test_gaps_are_integrated_out(order, seasonal, trend, gaps, rng):
    """With gaps anywhere, differencing and regressors, the likelihood is that of the observed."""
    spec = ArimaSpec(order, seasonal, trend, ["x"])
    y, exog, params = walk(rng, 40, gaps), rng.standard_normal((40, 1)), draw_params(rng, spec)
    expected = naive.loglike(y, spec, params, exog)
    assert loglike(y, spec, params, exog) == pytest.approx(expected, rel=1e-10, abs=1e-9)


def test_gaps_are_those_of_statsmodels(rng):
    """Without differencing statsmodels' filter gives the same likelihood with gaps."""
    spec = ArimaSpec((2, 0, 1), (0, 0, 1, 6), "n")
    y, params = walk(rng, 100, [0, 7, 8, 9, 50, 99]), draw_params(rng, spec)
    model = SARIMAX(y, order=(2, 0, 1), seasonal_order=(0, 0, 1, 6))
    assert loglike(y, spec, params) == pytest.approx(model.loglike(params), rel=1e-9, abs=1e-8)


@pytest.mark.parametrize("d", [1, 2])
def test_gaps_and_differences_are_those_of_an_exact_diffuse_start(d, rng):
    """The likelihood is statsmodels' diffuse one but for its constant, d/2 log(2 pi)."""
    spec = ArimaSpec((1, d, 1), trend="n")
    y, params = walk(rng, 60, [0, 3, 20, 21]), draw_params(rng, spec)
    model = SARIMAX(y, order=(1, d, 1), use_exact_diffuse=True)
    model.loglikelihood_burn = 0
    expected = model.loglike(params) + d / 2 * np.log(2 * np.pi)
    assert loglike(y, spec, params) == pytest.approx(expected, rel=1e-9, abs=1e-8)


@pytest.mark.parametrize(("order", "seasonal", "trend", "gaps"), GAPS[:-1])
def test_score_is_the_derivative_of_the_dense_likelihood(order, seasonal, trend, gaps, rng):
    """Every entry of the score, regression and variance included, is a derivative."""
    spec = ArimaSpec(order, seasonal, trend, ["x"])
    y, exog, params = walk(rng, 40, gaps), rng.standard_normal((40, 1)), draw_params(rng, spec)
    expected = differences(lambda p: naive.loglike(y, spec, p, exog), params)
    found = score(y, spec, params, exog)
    np.testing.assert_allclose(found, expected, atol=1e-6 * (1 + np.abs(expected).max()))


@pytest.mark.parametrize(("order", "seasonal"), ORDERS)
def test_score_is_the_derivative_of_the_likelihood(order, seasonal, rng):
    """The score agrees with differences to 1e-6 over orders."""
    spec = ArimaSpec(order, seasonal, "n")
    y, params = walk(rng, 120), draw_params(rng, spec, 0.6)
    expected = differences(lambda p: loglike(y, spec, p), params)
    found = score(y, spec, params)
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-7 * np.abs(expected).max())


@pytest.mark.parametrize("theta", [-1.0, 1.0])
def test_ma_root_on_the_circle(theta, rng):
    """On the unit circle the likelihood holds, and its slope vanishes: it is symmetric there."""
    spec = ArimaSpec((0, 0, 1), trend="n")
    y = walk(rng, 60)
    params = np.array([theta, 1.3])
    assert loglike(y, spec, params) == pytest.approx(naive.loglike(y, spec, params), abs=1e-9)
    assert score(y, spec, [theta, np.var(y)])[0] * 0 == 0
    # theta -> 1/theta with sigma2 -> theta^2 sigma2 leaves the law: so at |theta| = 1
    slope = score(y, spec, params)
    assert slope[0] * theta == pytest.approx(slope[1] * params[1], rel=1e-7)


@pytest.mark.parametrize("distance", [1e-2, 1e-4, 1e-6])
def test_ar_root_near_the_circle(distance, rng):
    """Near an AR unit root the likelihood keeps the digits that the coefficients carry."""
    spec = ArimaSpec((2, 0, 0), trend="n")
    y = walk(rng, 50)
    params = np.array([1.5 - distance, -0.5 + distance / 2, 1.0])
    expected = naive.loglike(y, spec, params)
    tolerance = 1e-14 / distance * 100
    assert loglike(y, spec, params) == pytest.approx(expected, rel=1e-10, abs=tolerance + 1e-9)


def test_two_seasonal_ma_roots_on_the_circle(rng):
    """(1 - L)(1 - L^12) as MA polynomial: nothing dies out, and all is exact."""
    spec = ArimaSpec((0, 1, 1), (0, 1, 1, 12))
    y, params = walk(rng, 80), [-1.0, -1.0, 1.0]
    assert loglike(y, spec, params) == pytest.approx(naive.loglike(y, spec, params), rel=1e-9)


def test_lagged_products_equal_the_general_way(rng):
    """A pure autoregression costs one pass, and gives what the general evaluation gives."""
    spec = ArimaSpec((3, 0, 0), (1, 0, 0, 5), "ct")
    y, params = walk(rng, 70), draw_params(rng, spec)
    zero_ma = ArimaSpec((3, 0, 1), (1, 0, 0, 5), "ct")
    with_zero = np.insert(params, 5, 0.0)
    assert loglike(y, spec, params) == pytest.approx(loglike(y, zero_ma, with_zero), abs=1e-9)
    np.testing.assert_allclose(
        score(y, spec, params), np.delete(score(y, zero_ma, with_zero), 5), rtol=1e-8, atol=1e-8
    )


def test_a_season_that_is_missing_throughout(rng):
    """A season without observations under seasonal differencing says nothing and costs nothing."""
    spec = ArimaSpec((0, 0, 1), (0, 1, 0, 4), "n")
    y = walk(rng, 40)
    y[2::4] = np.nan
    params = np.array([0.4, 1.0])
    expected = differences(lambda p: naive.loglike(y, spec, p), params)
    np.testing.assert_allclose(score(y, spec, params), expected, rtol=1e-6, atol=1e-6)


def test_nonstationary_parameters_have_no_likelihood(rng):
    """Outside the stationary region the likelihood is zero and the score an error."""
    spec = ArimaSpec((1, 0, 0), trend="n")
    assert loglike(walk(rng, 20), spec, [1.2, 1.0]) == -np.inf
    with pytest.raises(ValueError, match="not stationary"):
        score(walk(rng, 20), spec, [1.2, 1.0])


def test_innovations_are_the_exact_one_step_errors(rng):
    """Recursive least squares on the start gives errors and variances of the dense law."""
    spec = ArimaSpec((2, 0, 1), (0, 0, 1, 4), "n")
    y, params = walk(rng, 40), draw_params(rng, spec)
    held = Held(y.reshape(1, -1).copy(), 0, spec.sizes, spec.lags, spec.period, params[-1])
    held.evaluate(spec.arma(params))
    errors, variances = held.innovations()
    expected, expected_var = naive.innovations(y, spec, params)
    np.testing.assert_allclose(errors, expected, atol=1e-9)
    np.testing.assert_allclose(variances * params[-1], expected_var, rtol=1e-9)


@given(scale=st.floats(1e-6, 1e6), seed=st.integers(0, 999))
def test_scale_moves_the_likelihood_by_its_logarithm(scale, seed):
    """`loglike(c y)` at `c^2 sigma2` is lower by n log(c)."""
    rng = np.random.default_rng(seed)
    spec = ArimaSpec((1, 1, 1), (0, 0, 1, 4))
    y, params = walk(rng, 30, [4, 5]), draw_params(rng, spec)
    scaled = params.copy()
    scaled[-1] *= scale**2
    expected = loglike(y, spec, params) - 27 * np.log(scale)
    assert loglike(scale * y, spec, scaled) == pytest.approx(expected, rel=1e-9)


@given(seed=st.integers(0, 999), n=st.integers(1, 40))
def test_likelihood_of_parts_multiplies_at_infinite_distance(seed, n):
    """White noise: the likelihood of a series is that of its parts."""
    rng = np.random.default_rng(seed)
    spec = ArimaSpec((0, 0, 0), trend="n")
    y = rng.standard_normal(n + 5)
    parts = loglike(y[:n], spec, [2.0]) + loglike(y[n:], spec, [2.0])
    assert loglike(y, spec, [2.0]) == pytest.approx(parts)


def test_sigma2_must_be_positive():
    """A variance of zero is refused."""
    with pytest.raises(ValueError, match="must be positive"):
        loglike([1.0, 2.0], ArimaSpec((0, 0, 0), trend="n"), [0.0])


def test_inputs_are_left_alone(rng):
    """The caller's arrays are read only."""
    y, exog = walk(rng, 30, [3]), rng.standard_normal((30, 1))
    y.flags.writeable = exog.flags.writeable = False
    spec = ArimaSpec((1, 1, 1), exog=["x"])
    score(y, spec, [0.1, 0.2, 0.3, 1.0], exog)


@pytest.mark.parametrize(("order", "seasonal", "trend", "gaps"), GAPS)
def test_the_filter_for_many_gaps_is_the_same_likelihood(
    order, seasonal, trend, gaps, rng, monkeypatch
):
    """A Kalman filter and dummy columns are two ways to one number and one score."""
    spec = ArimaSpec(order, seasonal, trend, ["x"])
    y, exog, params = walk(rng, 40, gaps), rng.standard_normal((40, 1)), draw_params(rng, spec)
    value, slope = loglike(y, spec, params, exog), score(y, spec, params, exog)
    monkeypatch.setattr("tsconv.arima.likelihood.filter_is_cheaper", lambda *_: True)
    assert loglike(y, spec, params, exog) == pytest.approx(value, rel=1e-11, abs=1e-10)
    # the filter's score is a difference with step 1e-5
    np.testing.assert_allclose(
        score(y, spec, params, exog), slope, atol=1e-8 * (1 + np.abs(slope).max())
    )


@pytest.mark.parametrize(
    ("order", "seasonal", "at"),
    [
        ((1, 0, 1), (0, 0, 0, 0), [0.2, 0.7, 0.4, 1.1]),
        ((1, 0, 1), (0, 0, 0, 0), [0.2, 0.99, -0.95, 1.1]),
        ((2, 1, 1), (0, 0, 1, 7), [0.5, -0.3, 0.4, -0.5, 1.1]),
    ],
)
def test_the_score_beside_many_gaps_is_exact_to_1e_6(order, seasonal, at, rng, monkeypatch):
    """The filter takes its score from differences: six digits of the one from dummy columns."""
    spec = ArimaSpec(order, seasonal)
    y = walk(rng, 400, [])
    y[rng.permutation(np.arange(1, 399))[:120]] = np.nan
    slope = score(y, spec, at)
    monkeypatch.setattr("tsconv.arima.likelihood.filter_is_cheaper", lambda *_: False)
    exact = score(y, spec, at)
    assert not np.array_equal(slope, exact)
    np.testing.assert_allclose(slope, exact, rtol=1e-6, atol=1e-6 * np.abs(exact).max())


def test_many_gaps_are_filtered(rng):
    """With every third value missing the answer is still that of the dense covariance."""
    spec = ArimaSpec((1, 1, 1), trend="t")
    y = walk(rng, 240, range(1, 240, 3))
    params = np.array([0.1, 0.5, 0.3, 1.2])
    assert loglike(y, spec, params) == pytest.approx(naive.loglike(y, spec, params), rel=1e-9)
