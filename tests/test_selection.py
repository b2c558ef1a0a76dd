"""Orders chosen from the data: differences, seasons, the search, and what is tried."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest

from tsconv.arima.estimate import fit_arrays
from tsconv.arima.selection import select_arrays
from tsconv.arima.selection.candidates import (
    MIN_ROOT,
    Candidate,
    Trials,
    information,
    smallest_root,
)
from tsconv.arima.selection.choose import differences
from tsconv.arima.selection.season import decompose, n_seasonal_differences, seasonal_strength
from tsconv.arima.selection.unit_roots import kpss, n_differences
from tsconv.arima.spec import ArimaSpec


def airline_like(rng, n, period):
    """Draw from ARIMA(0,1,1)(0,1,1)[period]."""
    e = rng.standard_normal(n + 2 * period)
    w = e.copy()
    w[1:] -= 0.4 * e[:-1]
    w[period:] -= 0.6 * e[:-period]
    w[period + 1 :] += 0.24 * e[: -period - 1]
    for lag in (1, period):
        for t in range(lag, w.size):
            w[t] += w[t - lag]
    return w[-n:]


@pytest.mark.parametrize("n", [5, 30, 144, 1000])
@pytest.mark.parametrize("n_lags", [0, 1, 7])
def test_kpss_is_that_of_statsmodels(rng, n, n_lags):
    """The statistic equals statsmodels' to rounding, whatever the number of lags."""
    from statsmodels.tsa.stattools import kpss as reference

    lags = min(n_lags, n - 1)
    x = 1e3 + np.cumsum(rng.standard_normal(n))
    with warnings.catch_warnings():
        # its p-value may lie outside its table; the form of its result is going to change
        warnings.simplefilter("ignore")
        expected = reference(x, regression="c", nlags=lags)[0]
    assert kpss(x, lags) == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize(
    ("n", "period"), [(9, 4), (25, 12), (45, 4), (53, 12), (120, 12), (200, 2), (700, 24)]
)
def test_decomposition_is_stl(rng, n, period):
    """Season and trend equal statsmodels' STL with R's windows to rounding."""
    from statsmodels.tsa.seasonal import STL

    x = np.cumsum(rng.standard_normal(n)) + np.resize(rng.standard_normal(period), n)
    trend = math.ceil(1.5 * period / (1 - 1.5 / 11)) // 2 * 2 + 1
    low = period + 1
    expected = STL(
        x,
        period=period,
        seasonal=11,
        trend=trend,
        low_pass=low,
        seasonal_deg=0,
        seasonal_jump=2,
        trend_jump=-(-trend // 10),
        low_pass_jump=-(-low // 10),
    ).fit(inner_iter=2, outer_iter=0)
    seasonal, smooth = decompose(x, period)
    assert np.abs(seasonal - expected.seasonal).max() < 1e-11
    assert np.abs(smooth - expected.trend).max() < 1e-11


def test_differences_are_those_of_the_process(rng):
    """White noise, a random walk, its sum and a seasonal walk get 0, 1, 2 and a seasonal one."""
    e = rng.standard_normal(240)
    assert n_differences(e) == 0
    assert n_differences(np.cumsum(e)) == 1
    assert n_differences(np.cumsum(np.cumsum(e))) == 2
    assert differences(airline_like(rng, 240, 12), 12) == (1, 1)
    assert n_seasonal_differences(e, 12) == 0


def test_strength_lies_between_nothing_and_all(rng):
    """Noise has a weak season, a repeated pattern a perfect one, two seasons none at all."""
    e = rng.standard_normal(120)
    pattern = np.resize(rng.standard_normal(12), 120)
    assert seasonal_strength(e, 12) < 0.5
    assert seasonal_strength(pattern, 12) == pytest.approx(1.0)
    assert seasonal_strength(pattern[:24], 12) == 0.0


def test_the_chosen_model_is_the_best_of_those_tried(rng):
    """The criterion of the choice is the smallest in the table, whose rows say why others fell."""
    selection = select_arrays(airline_like(rng, 120, 12), 12)
    table = selection.table()
    assert table["aicc"].iloc[0] == information(selection.fit, "aicc")
    assert table["aicc"].is_monotonic_increasing
    rejected = table[np.isinf(table["aicc"])]
    assert (rejected["reason"] != "").all()
    assert (table.loc[np.isfinite(table["aicc"]), "reason"] == "").all()


@pytest.mark.parametrize("seed", range(3))
def test_the_chosen_model_is_fitted_from_all_starts(seed):
    """Its likelihood is at least what a single fit of the same model reaches."""
    rng = np.random.default_rng(seed)
    fit = select_arrays(airline_like(rng, 60, 4), 4).fit
    assert (
        fit.loglike
        >= fit_arrays(airline_like(np.random.default_rng(seed), 60, 4), fit.spec).loglike
    )


def test_a_higher_maximum_at_a_unit_root_is_rejected_after_all():
    """A model that looked well inside from one start gives way if all starts show a unit root."""
    e = np.random.default_rng(6).standard_normal(42)
    y = e[2:] + 0.5 * e[1:-1]
    for t in range(1, 40):
        y[t] += 0.4 * y[t - 1]
    selection = select_arrays(y, d=0)
    assert smallest_root(selection.fit) >= MIN_ROOT
    given_up = [row for row in selection.tried if row.reason.startswith("root of modulus")]
    assert any(row.spec == ArimaSpec((2, 0, 1), trend="c") for row in given_up)
    one_start = fit_arrays(y, ArimaSpec((2, 0, 1), trend="c"), n_starts=1)
    assert information(one_start, "aicc") < information(selection.fit, "aicc")
    assert smallest_root(one_start) > MIN_ROOT


def test_roots_are_those_of_the_polynomials(rng):
    """The smallest root equals numpy's, for factors of every degree and the season's length."""
    y = airline_like(rng, 150, 4)
    for spec in (ArimaSpec((3, 1, 1), (1, 0, 0, 4)), ArimaSpec((1, 0, 2), (0, 1, 2, 4))):
        fit = fit_arrays(y, spec, n_starts=1)
        polys = (spec.ar_poly(fit.params), spec.ma_poly(fit.params))
        roots = np.concatenate([np.roots(poly[::-1]) for poly in polys])
        assert smallest_root(fit) == pytest.approx(np.abs(roots).min(), rel=1e-6)


@pytest.mark.parametrize("search", ["stepwise", "wide", "exhaustive"])
def test_every_search_finds_an_autoregression(rng, search):
    """With a long series of an AR(2) process each search finds the order."""
    e = rng.standard_normal(600)
    y = np.zeros(600)
    for t in range(2, 600):
        y[t] = 1.2 * y[t - 1] - 0.6 * y[t - 2] + e[t]
    selection = select_arrays(y, search=search, criterion="bic")
    assert selection.spec.order == (2, 0, 0)


def test_wider_searches_are_never_worse(rng):
    """A wide search tries what the stepwise one does, and more."""
    y = airline_like(rng, 80, 4)
    narrow = select_arrays(y, 4)
    wide = select_arrays(y, 4, search="wide")
    assert {row.spec for row in narrow.tried} <= {row.spec for row in wide.tried}
    assert information(wide.fit, "aicc") <= information(narrow.fit, "aicc") + 1e-6


@pytest.mark.parametrize(
    "y",
    [
        [5.0] * 30,
        [0.0] * 12,
        list(range(20)),
        [3.0, 3.0],
        [1.0, 2.0],
        [1.0, 5.0, 2.0],
        [7.0, np.nan, 7.0],
    ],
)
def test_constant_and_short_series_have_a_model(y):
    """Constants, straight lines and a handful of values are fitted, not refused."""
    selection = select_arrays(np.array(y), 4)
    assert np.isfinite(selection.fit.params).all()
    assert selection.spec.n_arma == 0


def test_gaps_change_little(rng):
    """A few missing values leave the differences alone and do not fail."""
    y = airline_like(rng, 120, 12)
    holes = y.copy()
    holes[[3, 40, 41, 77]] = np.nan
    assert differences(holes, 12) == differences(y, 12)
    assert select_arrays(holes, 12).fit.n_obs == select_arrays(y, 12).fit.n_obs - 4


def test_sharing_the_differenced_series_changes_no_fit(rng):
    """Candidates of one series are fitted to the last digit as each would be alone."""
    y = rng.standard_normal(60).cumsum() + 5
    trials = Trials(y, None, (), 1, 0, 1)
    for candidate in (Candidate(1, 1, 0, 0, True), Candidate(0, 1, 0, 0, True)):
        trials.value(candidate)
        alone = fit_arrays(y, trials.spec(candidate), n_starts=1, trial=True)
        assert trials.fits[candidate].loglike == alone.loglike
        assert trials.fits[candidate].params.tolist() == alone.params.tolist()


def test_a_trial_is_good_to_its_tolerance(rng):
    """From the same start a trial ends at most 1e-4 below a fit, and with fewer evaluations."""
    y = airline_like(rng, 90, 12)
    saved = 0
    for spec in (ArimaSpec((1, 1, 1)), ArimaSpec((0, 1, 2), (0, 1, 1, 12))):
        trial, fit = (fit_arrays(y, spec, n_starts=2, trial=rough) for rough in (True, False))
        assert trial.converged
        assert 0 <= fit.loglike - trial.loglike + 1e-9 < 1e-4
        saved += fit.n_evaluations - trial.n_evaluations
    assert saved > 0


def test_what_a_trial_leaves_open_is_fitted_in_full(rng, monkeypatch):
    """With trials that end after a step the same model is chosen, at the same height."""
    y = airline_like(rng, 80, 4)
    chosen = select_arrays(y, 4).fit
    monkeypatch.setattr("tsconv.arima.estimate._TRIAL_ITERATIONS", 1)
    monkeypatch.setattr("tsconv.arima.estimate._SCORING_STEPS", 1)
    monkeypatch.setattr("tsconv.arima.estimate._TRIAL_TOLERANCE", 1e-12)
    open_ended = select_arrays(y, 4)
    monkeypatch.undo()
    assert open_ended.spec == chosen.spec
    assert open_ended.fit.loglike == pytest.approx(chosen.loglike, abs=1e-6)
