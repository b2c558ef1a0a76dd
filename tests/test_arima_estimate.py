"""Fits: published ones, R's, laws of the estimate, starts, certificates, degenerate series."""

from __future__ import annotations

import json
import math
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy.optimize import brentq, minimize
from scipy.signal import lfilter
from statsmodels.tsa.arima.datasets.brockwell_davis_2002 import dowj, lake, oshorts
from statsmodels.tsa.arima.model import ARIMA

from tsconv.arima.certificate import apart, shared_root
from tsconv.arima.estimate import fit_arrays
from tsconv.arima.likelihood import loglike, score
from tsconv.arima.spec import ArimaSpec

REFERENCE = json.loads(
    (Path(__file__).parent / "results" / "arima_likelihood.json").read_text(encoding="utf-8")
)
AIRLINE = ArimaSpec((0, 1, 1), (0, 1, 1, 12))


def reference(name):
    """Series, regressors and R's values of one fit."""
    case = REFERENCE[name]
    y = np.array([np.nan if value is None else value for value in case["y"]])
    exog = None if case["exog"] is None else np.array(case["exog"])
    return y, exog, case


def simulate(rng, n, ar=(), ma=()):
    """Draw a stationary ARMA series."""
    noise = rng.standard_normal(n + 300)
    return lfilter(np.r_[1, ma], np.r_[1, -np.asarray(ar)], noise)[300:]


@pytest.mark.parametrize(
    ("name", "spec", "order"),
    [
        ("presidents", ArimaSpec((3, 0, 0)), [1, 2, 3, 0]),
        ("huron", ArimaSpec((1, 0, 1), trend="n"), [0, 1]),
        ("huron_mean", ArimaSpec((1, 0, 1)), [1, 2, 0]),
        ("huron_trend", ArimaSpec((2, 0, 0), exog=("x",)), [2, 3, 0, 1]),
    ],
)
def test_estimates_are_those_of_r(name, spec, order):
    """R's arima, run to the end, has the same maximum; `presidents` has gaps."""
    y, exog, case = reference(name)
    fit = fit_arrays(y, spec, exog=exog)
    assert fit.converged
    assert fit.loglike == pytest.approx(case["loglik"][0], abs=1e-7)
    # R stops at a relative change of 1e-14 in the likelihood: 1e-6 standard errors at best
    close = 1e-4 * np.array(case["se"])
    assert np.all(np.abs(fit.params[order] - case["coef"]) < np.maximum(close, 2e-5))
    assert fit.sigma2 == pytest.approx(case["sigma2"][0], rel=1e-5)


@pytest.mark.parametrize("name", ["airline", "accidents"])
def test_seasonal_estimates_are_those_of_r_but_for_its_prior(name):
    """R starts differenced seasonal models from a variance of 1e6, which moves it by 0.003."""
    y, _, case = reference(name)
    fit = fit_arrays(y, AIRLINE)
    assert fit.loglike == pytest.approx(case["loglik"][0], abs=0.004)
    np.testing.assert_allclose(fit.params[:2], case["coef"], atol=2e-4)
    # at R's own estimates the exact likelihood is no higher than here
    assert loglike(y, AIRLINE, [*case["coef"], case["sigma2"][0]]) <= fit.loglike


def test_lake_huron_of_brockwell_and_davis():
    """Introduction to Time Series and Forecasting, example 5.2.5: 0.7446, 0.3213, 0.4750."""
    y, _, _ = reference("huron")
    fit = fit_arrays(y, ArimaSpec((1, 0, 1), trend="n"))
    np.testing.assert_allclose(fit.params, [0.7446, 0.3213, 0.4750], atol=5.1e-5)


MODELS = [
    ((1, 0, 1), (0, 0, 0, 0), "c"),
    ((2, 1, 2), (0, 0, 0, 0), "n"),
    ((0, 1, 1), (0, 1, 1, 4), "n"),
    ((2, 0, 0), (1, 0, 0, 4), "ct"),
    (([1, 4], 0, [2]), (0, 0, 0, 0), "c"),
    ((0, 0, 0), (0, 0, 0, 0), "c"),
]


@pytest.mark.parametrize(("order", "seasonal", "trend"), MODELS)
def test_the_end_is_a_stationary_point_of_the_likelihood(order, seasonal, trend, rng):
    """The fit's numbers are those of `loglike` and `score` at its parameters."""
    y = simulate(rng, 160, [0.6], [0.4]) + 10
    y[[7, 80, 81]] = np.nan
    exog = rng.standard_normal((160, 1))
    spec = ArimaSpec(order, seasonal, trend, ["x"])
    fit = fit_arrays(y, spec, exog=exog)
    assert fit.converged
    assert fit.loglike == pytest.approx(loglike(y, spec, fit.params, exog), abs=1e-9)
    slope = score(y, spec, fit.params, exog)
    # a gain of 1e-9 with a standard error of 0.01 leaves a slope of sqrt(2e-9) / 0.01 = 0.005
    assert np.abs(slope).max() < 0.01


@pytest.mark.parametrize(("order", "seasonal", "trend"), MODELS[:4])
def test_no_general_optimiser_finds_more(order, seasonal, trend, rng):
    """Nelder and Mead, started at the end, finds no higher point."""
    y = simulate(rng, 90, [0.6], [0.4]).cumsum() + 10
    spec = ArimaSpec(order, seasonal, trend)
    fit = fit_arrays(y, spec)

    def cost(p):
        return 1e9 if p[-1] <= 0 else -loglike(y, spec, p)

    found = minimize(cost, fit.params, method="Nelder-Mead", options={"maxfev": 400})
    assert -found.fun <= fit.loglike + 1e-8


@pytest.mark.parametrize(("order", "seasonal", "trend"), MODELS[:4])
def test_statsmodels_finds_no_more(order, seasonal, trend, rng):
    """Judged by the exact likelihood, statsmodels' default fit is not higher."""
    y = simulate(rng, 120, [0.7], [0.3]).cumsum()
    spec = ArimaSpec(order, seasonal, trend)
    fit = fit_arrays(y, spec)
    theirs = ARIMA(y, order=order, seasonal_order=seasonal, trend=trend)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # poor starts, no convergence: what is compared here
        result = theirs.fit()
    assert loglike(y, spec, result.params) <= fit.loglike + 1e-7


@example(1e-8, 1e6, MODELS[0], True)
@example(-1e8, -1e6, MODELS[2], True)
@example(1e8, 1e6, MODELS[3], False)
@given(
    scale=st.builds(
        lambda sign, power: sign * 10.0**power, st.sampled_from([-1, 1]), st.floats(-8, 8)
    ),
    shift=st.floats(-100, 100) | st.floats(-1e6, 1e6),
    case=st.sampled_from(MODELS),
    regressor=st.booleans(),
)
def test_fits_are_equivariant(scale, shift, case, regressor):
    """Moving y to a*y + b changes the parameters as it must, to 1e-6, whatever the unit."""
    rng = np.random.default_rng(7)
    order, seasonal, trend = case
    y = simulate(rng, 80, [0.6], [0.4]).cumsum()
    y[[30, 31]] = np.nan
    exog = rng.standard_normal((80, 1)) if regressor else None
    spec = ArimaSpec(order, seasonal, trend, ["x"] if regressor else ())
    fit = fit_arrays(y, spec, exog=exog)
    moved = fit_arrays(scale * (y + shift), spec, exog=exog)
    k = spec.n_regressors
    np.testing.assert_allclose(moved.params[k:-1], fit.params[k:-1], atol=1e-6)
    beta = moved.params[:k] / scale
    if spec.trend_powers and not spec.n_lost:
        beta[0] -= shift
    np.testing.assert_allclose(beta, fit.params[:k], rtol=1e-6, atol=1e-6)
    assert moved.sigma2 == pytest.approx(scale**2 * fit.sigma2, rel=1e-6)
    assert moved.loglike == pytest.approx(
        fit.loglike - fit.n_obs * math.log(abs(scale)), rel=1e-8, abs=1e-6
    )


@example((0.0, 0.0, 0.001953125))  # leads to a unit root that both parts share
@example((0.0, 0.5, 0.0))
@given(kappa=st.lists(st.floats(-0.9, 0.9), min_size=3, max_size=3))
def test_the_end_does_not_depend_on_the_start(kappa):
    """A well-determined model has one maximum; each start reaches it, also where roots cancel."""
    rng = np.random.default_rng(3)
    y = simulate(rng, 300, [1.2, -0.5], [0.6])
    spec = ArimaSpec((2, 0, 1), trend="n")
    a, b, c = kappa
    start = [a - b * a, b, c, 1.0]
    fit = fit_arrays(y, spec, start=start, n_starts=0)
    expected = fit_arrays(y, spec)
    assert fit.loglike == pytest.approx(expected.loglike, abs=1e-7)
    np.testing.assert_allclose(fit.params, expected.params, atol=1e-4)


@pytest.mark.parametrize(
    ("series", "order", "published"),
    [
        pytest.param(np.diff(dowj), (1, 0, 0), [0.4471], id="Example 5.2.4, Dow Jones"),
        pytest.param(lake, (1, 0, 1), [0.7446, 0.3213, 0.4750], id="Example 5.2.5, lake Huron"),
        pytest.param(oshorts, (0, 0, 1), [-0.818], id="Example 5.4.1, overshorts"),
    ],
)
def test_published_estimates(series, order, published):
    """Brockwell and Davis (2016), sections 5.2 (2nd ed., 2002: p. 158 ff.) and 5.4; less mean."""
    x = np.asarray(series, dtype=float)
    fit = fit_arrays(x - x.mean(), ArimaSpec(order, trend="n"))
    digits = 3 if order == (0, 0, 1) else 4
    np.testing.assert_allclose(fit.params[: len(published)], published, atol=10.0**-digits)


@pytest.mark.parametrize(
    ("order", "printed", "benchmark", "likelihood"),
    [
        ((1, 0, 1), [0.92, -0.58], [0.908685, -0.575841], -50.745092),
        ((0, 1, 1), [-0.70], [-0.699384], -53.508690),
    ],
)
def test_box_and_jenkins_series_a(order, printed, benchmark, likelihood):
    """Box and Jenkins (1976), p. 239, by sums of squares; exact by TSP and Gauss ("bja.tsp")."""
    path = Path(__file__).parent / "results" / "arima_series_a.json"
    fit = fit_arrays(json.loads(path.read_text(encoding="utf-8"))["y"], ArimaSpec(order))
    coefs = fit.spec.arma(fit.params)
    np.testing.assert_allclose(coefs, printed, atol=0.0150)
    np.testing.assert_allclose(coefs, benchmark, atol=1.5e-6)
    assert fit.loglike == pytest.approx(likelihood, abs=1e-6)


def test_an_ma_unit_root_is_a_legitimate_end(rng):
    """Overdifferenced noise: theta = -1, converged, reported."""
    fit = fit_arrays(np.diff(rng.standard_normal(101)), ArimaSpec((0, 0, 1), trend="n"))
    assert fit.converged
    assert fit.params[0] == pytest.approx(-1, abs=1e-5)
    assert fit.certificate.ma_distance < 1e-5
    assert fit.certificate.at_unit_root


def test_the_certificate_counts_agreeing_starts(rng):
    """In a regular problem all starts agree and the certificate says so."""
    fit = fit_arrays(simulate(rng, 400, [0.7], [0.4]), ArimaSpec((1, 0, 1)), n_starts=4)
    certificate = fit.certificate
    assert certificate.n_starts == certificate.n_agreed == 4
    assert certificate.runner_up == -math.inf
    assert certificate.gradient_norm < 1e-2
    assert certificate.expected_gain < 1e-8
    assert 0.1 < certificate.smallest_eigenvalue <= 1
    assert certificate.ar_distance == pytest.approx(1 - fit.params[1])


@pytest.mark.parametrize(
    ("spec", "arma", "shared"),
    [
        pytest.param(ArimaSpec((1, 0, 1)), [0.5, -0.5], 0.5, id="one root"),
        pytest.param(ArimaSpec((2, 0, 2)), [1.0, -0.5, -1.0, 0.5], 0.5 + 0.5j, id="a pair"),
        pytest.param(
            ArimaSpec((0, 0, 0), (1, 0, 1, 4)), [0.7, -0.71], 0.7, id="a seasonal root, nearly"
        ),
        pytest.param(
            ArimaSpec((1, 0, 0), (0, 1, 1, 4)), [0.999, -0.999], 0.999, id="regular beside seasonal"
        ),
        pytest.param(ArimaSpec((1, 0, 1)), [0.5, 0.5], None, id="apart"),
        pytest.param(ArimaSpec((0, 0, 1)), [0.5], None, id="no AR part"),
    ],
)
def test_roots_that_both_parts_share_are_found_and_taken_apart(spec, arma, shared):
    """Each point to climb on from lacks the shared root and stays at the lags of the model."""
    found = shared_root(spec, np.array(arma))
    if shared is None:
        assert found is None
        return
    assert found is not None
    assert abs(found.ar.real - complex(shared).real) < 1e-9
    assert abs(abs(found.ar.imag) - complex(shared).imag) < 1e-9
    points = list(apart(spec, np.array(arma), found))
    assert all(point.shape == (len(arma),) for point in points)
    assert np.abs(points[0]).max() < 1e-9 or spec.seasonal_d
    assert shared_root(spec, points[1]) is None


def test_a_climb_that_rests_on_a_shared_root_is_not_called_converged(monkeypatch):
    """Where noise is fitted with a shared root, the score vanishes: a saddle, not a maximum."""
    y = np.random.default_rng(1).standard_normal(200)
    spec = ArimaSpec((1, 0, 1), trend="n")
    v = np.mean(y**2)
    root = brentq(lambda phi: score(y, spec, [phi, -phi, v])[0], -0.8, 0.8, xtol=1e-14)
    left = fit_arrays(y, spec, start=[root, -root, v], n_starts=0)
    assert left.converged
    monkeypatch.setattr("tsconv.arima.estimate.apart", lambda *_: [])
    fit = fit_arrays(y, spec, start=[root, -root, v], n_starts=0)
    np.testing.assert_allclose(fit.params[:2], [root, -root], atol=1e-9)
    assert fit.loglike < left.loglike - 1
    assert not fit.converged


@pytest.mark.parametrize("seed", [1, 5])
def test_a_narrow_valley_along_the_unit_circle_is_climbed_to_its_end(seed):
    """Roots that nearly cancel on the circle tell of a season that repeats; the fit converges."""
    t, rng = np.arange(504), np.random.default_rng(seed)
    day = np.sin(2 * np.pi * t / 24) + 0.4 * np.sin(4 * np.pi * t / 24 + 1)
    week = 1 - 0.2 * (t // 24 % 7 >= 5)
    load = 30 + 6 * day * week + lfilter([0.6, 0.12], [1.0, -0.9], rng.standard_normal(t.size))
    spec = ArimaSpec((1, 0, 1), (1, 0, 1, 24))
    fit = fit_arrays(load, spec)
    onward = fit_arrays(load, spec, start=fit.params, n_starts=0)
    assert fit.converged
    assert onward.loglike < fit.loglike + 2e-3


def test_an_open_model_is_searched_further(rng):
    """White noise as ARMA(2,2) has many maxima: more climbs, and none of 20 random ones higher."""
    y = rng.standard_normal(200)
    spec = ArimaSpec((2, 0, 2))
    ours = fit_arrays(y, spec)
    assert ours.certificate.n_starts > 10
    for start in rng.uniform(-0.5, 0.5, (20, 4)):
        fit = fit_arrays(y, spec, start=[0.0, *start, 1.0], n_starts=0)
        assert fit.loglike < ours.loglike + 0.01


def test_random_starts_do_not_beat_the_default(rng):
    """On short noisy differences, ARMA(2,2) has many maxima; 20 random starts find no higher."""
    for _ in range(5):
        y = simulate(rng, 60, [0.5], [-0.4]).cumsum()
        spec = ArimaSpec((2, 1, 2))
        ours = fit_arrays(y, spec)
        best = -math.inf
        for _ in range(20):
            a, b, c, d = rng.uniform(-0.9, 0.9, 4)
            start = [a - b * a, b, c + d * c, d, 1.0]
            best = max(best, fit_arrays(y, spec, start=start, n_starts=0).loglike)
        assert ours.loglike > best - 0.01


def test_pure_autoregressions_pass_over_the_data_once(rng):
    """The fit by lagged products is the fit of the same model with a fixed, empty MA part."""
    y = simulate(rng, 200, [0.5, -0.3])
    fast = fit_arrays(y, ArimaSpec((2, 0, 0), (1, 0, 0, 4)))
    slow = fit_arrays(y, ArimaSpec((2, 0, 1), (1, 0, 0, 4), fixed={"ma.L1": 0.0}))
    assert fast.loglike == pytest.approx(slow.loglike, abs=1e-8)
    np.testing.assert_allclose(fast.params, np.delete(slow.params, 3), atol=1e-5)


def test_a_long_series_is_fitted_from_its_head(rng):
    """Twenty thousand points end at the same maximum as from a given start."""
    y = simulate(rng, 20_000, [0.8], [0.3])
    spec = ArimaSpec((1, 0, 1))
    fit = fit_arrays(y, spec)
    again = fit_arrays(y, spec, start=[0, 0.1, 0.1, 1], n_starts=0)
    assert fit.converged
    assert fit.loglike == pytest.approx(again.loglike, abs=1e-6)


def test_fixed_parameters_stay(rng):
    """Fixed values of every kind are kept, the rest is fitted."""
    y = simulate(rng, 100, [0.5])
    fixed = {"const": 0.3, "ar.L1": 0.4, "sigma2": 1.2}
    spec = ArimaSpec((2, 0, 1), fixed=fixed)
    fit = fit_arrays(y, spec)
    values = dict(zip(spec.names, fit.params, strict=True))
    for name, value in fixed.items():
        assert values[name] == pytest.approx(value)
    slope = dict(zip(spec.names, score(y, spec, fit.params), strict=True))
    assert abs(slope["ar.L2"]) < 1e-2
    assert abs(slope["ma.L1"]) < 1e-2


def test_everything_fixed_is_an_evaluation(rng):
    """With all parameters fixed the fit is the likelihood."""
    y = simulate(rng, 50)
    fixed = {"const": 0.1, "ar.L1": 0.4, "sigma2": 1.2}
    spec = ArimaSpec((1, 0, 0), fixed=fixed)
    assert fit_arrays(y, spec).loglike == pytest.approx(loglike(y, spec, [0.1, 0.4, 1.2]))


def test_leading_and_trailing_gaps_say_nothing(rng):
    """Cutting missing ends off changes nothing but the time of the trend."""
    y = simulate(rng, 80, [0.5]).cumsum()
    padded = np.r_[np.full(3, np.nan), y, np.full(5, np.nan)]
    spec = ArimaSpec((1, 1, 1), trend="t")
    np.testing.assert_allclose(fit_arrays(padded, spec).params, fit_arrays(y, spec).params)


def test_values_of_gaps_are_their_expectation(rng):
    """In an AR(1) a gap lies at phi / (1 + phi^2) times the sum of its neighbours."""
    y = simulate(rng, 100, [0.7])
    y[40] = np.nan
    spec = ArimaSpec((1, 0, 0), trend="n")
    fit = fit_arrays(y, spec)
    phi = fit.params[0]
    np.testing.assert_array_equal(fit.gaps, [40])
    assert fit.gap_values[0] == pytest.approx(phi / (1 + phi**2) * (y[39] + y[41]))


def test_a_constant_series_is_its_constant():
    """Nothing is left to explain: the constant, no noise, no dynamics."""
    fit = fit_arrays(np.full(30, 7.0), ArimaSpec((1, 0, 1)))
    np.testing.assert_array_equal(fit.params, [7.0, 0.0, 0.0, 0.0])
    assert fit.loglike == math.inf


@pytest.mark.parametrize("order", [(1, 0, 1), (0, 1, 1)])
@pytest.mark.parametrize("level", [1e12, -1e13])
def test_a_high_level_does_not_hide_the_series(order, level, rng):
    """Whether a series is constant is judged by rounding, not by its level."""
    y = np.round(simulate(rng, 200, [0.8]), 2) * 128  # multiples of 1/128 at most are lost
    fit, moved = (fit_arrays(v, ArimaSpec(order)) for v in (y, np.round(y) + level))
    k = moved.spec.n_regressors
    np.testing.assert_allclose(moved.params[k:-1], fit.params[k:-1], atol=0.01)
    assert moved.sigma2 == pytest.approx(fit.sigma2, rel=1e-3)


@pytest.mark.parametrize("scale", [1e-310, 1e-200, 1e-160, 1e155, 1e200, 1e307])
def test_a_variance_beyond_float64_is_refused(scale, rng):
    """No estimate of sigma2 could be stated; the error says what to do."""
    y = simulate(rng, 50, [0.5])
    with pytest.raises(ValueError, match="Fit it in another unit"):
        fit_arrays(y / np.abs(y).max() * scale, ArimaSpec((1, 0, 0)))


@pytest.mark.parametrize("scale", [2.0**-480, 2.0**480])
def test_scales_within_float64_change_nothing(scale, rng):
    """Close to the limits the fit is that of the series at its usual scale."""
    y = simulate(rng, 60, [0.5])
    fit, moved = (fit_arrays(v, ArimaSpec((1, 0, 1))) for v in (y, scale * y))
    np.testing.assert_allclose(moved.params[1:3], fit.params[1:3], rtol=1e-9)
    assert moved.loglike == pytest.approx(fit.loglike - 60 * math.log(scale), rel=1e-10)


@pytest.mark.parametrize("level", [0.1, 1e-300, 1e149])
def test_constants_of_any_size_are_constant(level):
    """Rounding of the mean is not taken for a series."""
    fit = fit_arrays(np.full(1001, level), ArimaSpec((1, 0, 1)))
    np.testing.assert_array_equal(fit.params, [level, 0.0, 0.0, 0.0])


def test_a_line_has_a_drift_and_no_noise():
    """A straight line under differencing with drift is fitted without error."""
    fit = fit_arrays(0.5 * np.arange(30.0), ArimaSpec((1, 1, 0), trend="t"))
    np.testing.assert_allclose(fit.params, [0.5, 0.0, 0.0])


@pytest.mark.parametrize(
    ("y", "spec", "message"),
    [
        ([], ArimaSpec((1, 0, 0)), "at least one element"),
        ([np.nan] * 4, ArimaSpec((1, 0, 0)), "all 4 are missing"),
        ([1.0, np.inf, 2.0], ArimaSpec((1, 0, 0)), "infinite; got inf at position 1"),
        (np.arange(4.0) ** 2, ArimaSpec((2, 0, 2)), "at least 6 observations"),
        (np.arange(10.0), AIRLINE, "more than 13 observations"),
        (np.arange(9.0) ** 2, ArimaSpec((1, 0, 0), fixed={"ar.L1": 1.5}), "not stationary"),
    ],
)
def test_series_that_cannot_be_fitted(y, spec, message):
    """Each degenerate input has its error."""
    with pytest.raises(ValueError, match=message):
        fit_arrays(y, spec)


def test_collinear_regressors_are_named(rng):
    """The error names the column that the others explain."""
    base = rng.standard_normal((40, 2))
    exog = np.column_stack([base, base @ [1.0, 2.0]])
    spec = ArimaSpec((1, 0, 0), exog=["price", "wage", "both"])
    with pytest.raises(ValueError, match="both is a combination"):
        fit_arrays(rng.standard_normal(40), spec, exog=exog)


def test_a_regressor_seen_only_in_gaps_is_named(rng):
    """A regressor that moves only where the series is missing cannot be estimated."""
    y, x = rng.standard_normal(40), np.zeros(40)
    y[7], x[7] = np.nan, 1.0
    with pytest.raises(ValueError, match="pulse depends"):
        fit_arrays(y, ArimaSpec((1, 0, 0), exog=["pulse"]), exog=x)


def test_a_regressor_that_differencing_removes_is_named(rng):
    """A constant column vanishes with d = 1."""
    with pytest.raises(ValueError, match="level is zero throughout"):
        fit_arrays(rng.standard_normal(40), ArimaSpec((1, 1, 0), exog=["level"]), exog=np.ones(40))


def test_exog_must_fit_the_series(rng):
    """Shape and finiteness of the regressors are checked."""
    spec = ArimaSpec((1, 0, 0), exog=["x"])
    with pytest.raises(ValueError, match=r"shape \(40, 1\)"):
        fit_arrays(rng.standard_normal(40), spec, exog=np.ones(39))
    with pytest.raises(ValueError, match="must be finite; got nan in column 'x', row 3"):
        fit_arrays(rng.standard_normal(5), spec, exog=[0, 1, 2, np.nan, 4])


def test_a_long_season_is_fitted(rng):
    """A season of 168 with 700 values: factors one by one, a result at the maximum."""
    w = simulate(rng, 532, [0.6], np.convolve([1, 0.3], np.r_[1, np.zeros(167), -0.6])[1:])
    y = np.r_[np.zeros(168), w]
    for t in range(168, 700):
        y[t] += y[t - 168]
    fit = fit_arrays(y, ArimaSpec((1, 0, 1), (0, 1, 1, 168)), n_starts=1)
    assert fit.converged
    np.testing.assert_allclose(fit.params, [0.6, 0.3, -0.6, 1.0], atol=0.2)


@pytest.mark.parametrize("roots", [(0.999, 0.998), (0.9999, -0.9999)])
def test_two_ar_roots_near_the_circle(roots, rng):
    """Nearly integrated autoregressions end inside the circle, at a maximum."""
    a, b = roots
    y = simulate(rng, 400, [a + b, -a * b])
    spec = ArimaSpec((2, 0, 0), trend="n")
    fit = fit_arrays(y, spec)
    assert fit.converged
    assert fit.certificate.ar_distance > 0
    assert np.abs(score(y, spec, fit.params) * fit.params).max() < 1.0


def test_nearly_cancelling_roots(rng):
    """White noise as ARMA(1,1): the end is at least as high as white noise itself."""
    y = rng.standard_normal(200)
    fit = fit_arrays(y, ArimaSpec((1, 0, 1), trend="n"))
    plain = fit_arrays(y, ArimaSpec((0, 0, 0), trend="n"))
    assert plain.loglike <= fit.loglike
    assert fit.converged


def test_fits_with_many_gaps_do_not_depend_on_the_engine(rng, monkeypatch):
    """The filter, taken where gaps are many, ends where dummy columns end."""
    y = simulate(rng, 300, [0.7], [0.4]).cumsum()
    y[rng.permutation(300)[:70]] = np.nan
    exog = rng.standard_normal((300, 1))
    spec = ArimaSpec((1, 1, 1), trend="t", exog=["x"])
    filtered = fit_arrays(y, spec, exog=exog)
    monkeypatch.setattr("tsconv.arima.likelihood.filter_is_cheaper", lambda *_: False)
    dummies = fit_arrays(y, spec, exog=exog)
    assert np.isnan(filtered.gap_values).all()
    assert np.isfinite(dummies.gap_values).all()
    assert filtered.n_obs == dummies.n_obs
    assert filtered.loglike == pytest.approx(dummies.loglike, abs=1e-7)
    np.testing.assert_allclose(filtered.params, dummies.params, atol=1e-4)


def test_half_of_a_long_series_missing(rng):
    """Five thousand values with half of them missing are fitted in well under a second."""
    y = simulate(rng, 5000, [0.8])
    y[rng.permutation(5000)[:2500]] = np.nan
    fit = fit_arrays(y, ArimaSpec((1, 0, 0)))
    assert fit.converged
    assert fit.params[1] == pytest.approx(0.8, abs=0.03)
