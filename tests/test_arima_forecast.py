"""Errors, forecasts and simulated paths against dense covariances, statsmodels, and laws."""

from __future__ import annotations

from typing import Any

import naive_arima
import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from statsmodels.tsa.statespace.sarimax import SARIMAX

from tsconv import datasets
from tsconv.arima import ArimaFit, fit_arima
from tsconv.arima.forecast import psi_weights
from tsconv.arima.path import find_path, loglike_at
from tsconv.arima.sample import Sample
from tsconv.arima.spec import ArimaSpec

# Rounding of the dense solution, times the size of integrated series.
ROUNDING = 1e-8

NONE = (0, 0, 0, 0)
MODELS: dict[str, tuple[Any, Any, list[float], int, list[int]]] = {
    "white noise": ((0, 0, 0), NONE, [], 12, []),
    "ar": ((1, 0, 0), NONE, [0.7], 40, []),
    "ar near a unit root": ((2, 0, 0), NONE, [1.15, -0.16], 40, [0, 39]),
    "ma": ((0, 0, 2), NONE, [0.5, -0.4], 40, []),
    "ma with a unit root": ((0, 0, 1), NONE, [1.0], 40, []),
    "arma, gaps": ((2, 0, 1), NONE, [0.5, 0.3, 0.4], 40, [0, 1, 5, 6, 20, 38]),
    "p > q": ((3, 0, 1), NONE, [0.4, -0.2, 0.3, 0.6], 30, [4]),
    "q > p": ((1, 0, 4), NONE, [0.4, 0.3, -0.5, 0.1, 0.2], 30, [4, 28]),
    "shorter than its memory": ((1, 0, 5), NONE, [0.4, 0.3, -0.9, 0.1, 0.1, 0.3], 4, [2]),
    "one observation": ((1, 0, 1), NONE, [0.4, 0.3], 1, []),
    "integrated, gaps": ((1, 1, 1), NONE, [0.5, 0.4], 40, [0, 5, 6, 7, 20, 38, 39]),
    "one observation, integrated": ((1, 1, 1), NONE, [0.4, 0.3], 1, []),
    "twice integrated": ((2, 2, 1), NONE, [0.5, 0.2, -0.4], 30, [1, 2, 20, 27, 28]),
    "airline": ((0, 1, 1), (0, 1, 1, 4), [-0.4, -0.6], 40, []),
    "airline, gaps in the first season": ((0, 1, 1), (0, 1, 1, 4), [-0.4, -0.6], 40, [2, 3, 7, 9]),
    "airline, a long gap": ((0, 1, 1), (0, 1, 1, 4), [-0.4, -0.6], 40, list(range(12, 30))),
    "seasonal ar": ((1, 0, 0), (1, 1, 1, 4), [0.4, 0.3, -0.9], 45, [1, 2, *range(20, 27), 43]),
    "several blocks": (
        (1, 1, 1),
        (0, 1, 1, 4),
        [0.5, -0.8, -0.9],
        150,
        [2, 30, 31, 62, 63, 64, 65, 66, 90, 127, 128, 140],
    ),
    "every other row": ((1, 1, 1), NONE, [0.5, 0.9], 100, list(range(1, 98, 2))),
    "sparse": (([1, 5], 0, [3]), NONE, [0.5, -0.3, 0.4], 35, [7, 8]),
    "noninvertible season": ((0, 1, 0), (0, 1, 1, 4), [-1.0], 30, [6]),
}


@pytest.fixture(params=MODELS)
def case(request: pytest.FixtureRequest) -> tuple[ArimaFit, Any, Any]:
    """Return a model on a series with gaps, and the dense structure of 8 more rows."""
    order, seasonal, coefs, n, missing = MODELS[request.param]
    spec = ArimaSpec(order, seasonal, "n")
    params = np.array([*coefs, 1.7])
    y = np.cumsum(np.random.default_rng(1).normal(size=n))
    y[missing] = np.nan
    dense = naive_arima.structure(
        spec.difference_poly(), spec.ar_poly(params), spec.ma_poly(params), n + 8
    )
    fit = ArimaFit(spec, params, 0.0, n - len(missing), _sample=Sample(y, np.zeros((n, 0))))
    return fit, y, dense


def test_innovations_are_those_of_the_dense_covariance(case: Any) -> None:
    """Each one-step error and its variance equal those from all rows before, by dense algebra."""
    fit, y, (X, C) = case
    seen = np.flatnonzero(~np.isnan(y))
    for row in seen:
        mean, variance = naive_arima.predict(y, seen[seen < row], row, X, C)
        np.testing.assert_allclose(fit.innovations[row], y[row] - mean, atol=ROUNDING)
        np.testing.assert_allclose(fit.innovations_var[row], variance, rtol=ROUNDING)


def test_fitted_values_are_there_in_gaps_too(case: Any) -> None:
    """Fitted values of missing rows are expectations given the rows before."""
    fit, y, (X, C) = case
    seen = np.flatnonzero(~np.isnan(y))
    for row in range(y.size):
        mean, _ = naive_arima.predict(y, seen[seen < row], row, X, C)
        np.testing.assert_allclose(fit.fitted[row], mean, atol=ROUNDING)


def test_forecasts_are_those_of_the_dense_covariance(case: Any) -> None:
    """Means and standard errors of forecasts equal dense conditioning on all observations."""
    fit, y, (X, C) = case
    seen = np.flatnonzero(~np.isnan(y))
    table = fit.forecast(8)
    for step in range(8):
        mean, variance = naive_arima.predict(y, seen, y.size + step, X, C)
        np.testing.assert_allclose(table["mean"].iloc[step], mean, atol=ROUNDING)
        np.testing.assert_allclose(
            table["std_error"].iloc[step], np.sqrt(1.7 * variance), rtol=ROUNDING
        )


def test_missing_values_are_expected_given_all_rows(case: Any) -> None:
    """What stands in for a missing value inside the series is its expectation given all others."""
    fit, y, (X, C) = case
    seen = np.flatnonzero(~np.isnan(y))
    noise = fit._path.noise
    for row in np.flatnonzero(np.isnan(y)):
        if seen[0] < row < seen[-1]:
            mean, _ = naive_arima.predict(y, seen, row, X, C)
            place = row - seen[-1] - 1
            np.testing.assert_allclose(noise[place], mean, atol=ROUNDING, err_msg=f"row {row}")


def test_loglike_of_the_rows_is_the_compiled_one(case: Any) -> None:
    """The likelihood from innovations equals the one the fit maximises."""
    from tsconv.arima.likelihood import loglike

    fit, y, _ = case
    own = loglike_at(fit._data, fit.spec, fit.estimates, None)
    # One observation, differenced, leaves nothing: the empty product has the likelihood 1.
    nothing_left = np.count_nonzero(~np.isnan(y)) <= fit.spec.n_lost
    expected = 0.0 if nothing_left else loglike(y, fit.spec, fit.estimates)
    assert own == pytest.approx(expected, abs=1e-8)


@settings(max_examples=20)
@example(0.99, 1.0, 1.0, 1, 0.6, 0)
@example(-0.99, -1.0, -1.0, 0, 0.6, 1)
@example(0.5, -1.0, 1.0, 1, 0.0, 2)
@example(0.0, 0.0, 0.0, 1, 0.3, 3)
@given(
    ar=st.floats(-0.99, 0.99),
    ma=st.floats(-1, 1),
    season=st.floats(-1, 1),
    d=st.integers(0, 1),
    share=st.floats(0, 0.6),
    seed=st.integers(0, 1000),
)
def test_long_series_with_many_gaps_have_the_compiled_likelihood(
    ar: float, ma: float, season: float, d: int, share: float, seed: int
) -> None:
    """Over many blocks, and many gaps, innovations add up to the likelihood by dummy columns."""
    from tsconv.arima.likelihood import loglike

    rng = np.random.default_rng(seed)
    y = rng.normal(size=400)
    y[rng.random(400) < share] = np.nan
    y[[0, 1, 2, 399]] = 0.3, -1.0, 0.5, 0.2
    spec = ArimaSpec((1, d, 1), (0, 0, 1, 7), trend="n")
    params = np.array([ar, ma, season, 1.3])
    own = loglike_at(Sample(y, np.zeros((400, 0))), spec, params, None)
    assert own == pytest.approx(loglike(y, spec, params), abs=1e-6)


@pytest.mark.parametrize("gaps", [[], [3, 20, 21, 80, 118, 119]])
def test_statsmodels_exact_diffuse_filter_agrees_from_the_first_row(gaps: list[int]) -> None:
    """With exact diffuse initialisation, statsmodels' errors and forecasts agree everywhere."""
    rng = np.random.default_rng(3)
    y = pd.Series(np.cumsum(rng.normal(size=120)) + 3 * np.sin(np.arange(120) * np.pi / 6))
    y.iloc[gaps] = np.nan
    model = SARIMAX(y, order=(1, 1, 1), seasonal_order=(0, 1, 1, 12), use_exact_diffuse=True)
    results = model.filter([0.3, 0.4, -0.6, 1.2])
    spec = ArimaSpec((1, 1, 1), (0, 1, 1, 12))
    fit = ArimaFit(
        spec,
        np.array([0.3, 0.4, -0.6, 1.2]),
        0.0,
        0,
        _sample=Sample(y.to_numpy(), np.zeros((120, 0))),
    )
    there = fit.innovations.notna()
    np.testing.assert_allclose(fit.innovations[there], results.resid[there], atol=1e-6)
    expected = results.get_forecast(30)
    own = fit.forecast(30)
    np.testing.assert_allclose(own["mean"], expected.predicted_mean, rtol=0, atol=1e-6)
    np.testing.assert_allclose(own["std_error"], expected.se_mean, rtol=1e-6)


@given(
    coef=st.floats(-0.95, 0.95),
    ma=st.floats(-1, 1),
    d=st.integers(0, 2),
    seed=st.integers(0, 1000),
    cut=st.integers(8, 30),
)
def test_more_rows_leave_earlier_innovations_alone(
    coef: float, ma: float, d: int, seed: int, cut: int
) -> None:
    """An innovation knows only the past: appending rows changes none before."""
    rng = np.random.default_rng(seed)
    y = rng.normal(size=40)
    y[rng.random(40) < 0.15] = np.nan
    y[:3] = 1.0, 2.0, 0.5
    spec, params = ArimaSpec((1, d, 1), trend="n"), np.array([coef, ma, 1.0])
    whole = find_path(Sample(y, np.zeros((40, 0))), spec, params, None)
    head = find_path(Sample(y[:cut], np.zeros((cut, 0))), spec, params, None)
    np.testing.assert_allclose(whole.innovations[:cut], head.innovations, atol=1e-9)
    np.testing.assert_allclose(whole.innovations_var[:cut], head.innovations_var, rtol=1e-9)


def test_append_is_the_filter_run_again() -> None:
    """Appending equals evaluating the longer series at the same parameters."""
    y = datasets.load_sunspots()
    fit = fit_arima(y.iloc[:200], (2, 0, 1))
    longer = fit.append(y.iloc[200:])
    pd.testing.assert_series_equal(longer.params, fit.params)
    whole = find_path(Sample(y.to_numpy(), np.zeros((309, 0))), fit.spec, fit.estimates, None)
    np.testing.assert_array_equal(longer.innovations, whole.innovations)
    assert longer.innovations.index.equals(y.index)
    assert longer.n_obs == 309
    assert longer.forecast(3).index.equals(pd.date_range("2009", periods=3, freq="YS"))


def test_append_row_by_row_equals_append_at_once() -> None:
    """It does not matter in how many pieces the rows come."""
    y = datasets.load_nile()
    at_once = fit_arima(y.iloc[:60], (1, 1, 1)).append(y.iloc[60:])
    one = fit_arima(y.iloc[:60], (1, 1, 1))
    for k in range(60, 100):
        one = one.append(y.iloc[k : k + 1])
    assert one.loglike == pytest.approx(at_once.loglike, abs=1e-9)
    pd.testing.assert_frame_equal(one.forecast(4), at_once.forecast(4))


def test_append_to_an_array_takes_an_array() -> None:
    """Rows without labels are numbered on."""
    fit = fit_arima([1.0, 2, 1, 3, 2, 4, 3, 5], (1, 0, 0)).append([4.0, 6.0])
    assert fit.residuals.index.equals(pd.RangeIndex(10))


def test_append_refuses_rows_that_do_not_follow() -> None:
    """A gap between old and new rows is an error that names the next label."""
    y = datasets.load_nile()
    with pytest.raises(ValueError, match="next label is 1921-01-01"):
        fit_arima(y.iloc[:50], (1, 0, 0)).append(y.iloc[60:])


def test_append_missing_rows_moves_the_forecast_on() -> None:
    """Missing rows at the end change nothing but where the forecast begins."""
    y = datasets.load_nile()
    fit = fit_arima(y, (1, 0, 1))
    later = fit.append([np.nan, np.nan])
    np.testing.assert_allclose(later.forecast(3), fit.forecast(5).iloc[2:], rtol=1e-12)
    assert later.loglike == pytest.approx(fit.loglike, abs=1e-9)


def test_forecast_columns_follow_the_levels() -> None:
    """Each level has a lower and an upper column, around the mean."""
    table = fit_arima(datasets.load_nile(), (1, 0, 0)).forecast(2, level=[50, 99.9])
    assert list(table.columns) == [
        "mean",
        "std_error",
        "lower_50",
        "upper_50",
        "lower_99.9",
        "upper_99.9",
    ]
    reach = (table["upper_50"] - table["lower_50"]) / (2 * table["std_error"])
    np.testing.assert_allclose(reach, 0.6744897501960817, rtol=1e-12)


@pytest.mark.parametrize("level", [0, 100, -5, 150])
def test_levels_are_per_cent(level: float) -> None:
    """Levels outside (0, 100) are refused."""
    with pytest.raises(ValueError, match="between 0 and 100"):
        fit_arima(datasets.load_nile(), (1, 0, 0)).forecast(2, level=level)


def test_fractions_are_no_levels() -> None:
    """0.95 for 95 per cent would give hair-thin intervals: it is refused with what to write."""
    with pytest.raises(ValueError, match="For 95 per cent give 95"):
        fit_arima(datasets.load_nile(), (1, 0, 0)).forecast(2, level=0.95)


def test_steps_must_be_positive() -> None:
    """A forecast of no steps is refused."""
    with pytest.raises(ValueError, match="`steps` must be at least 1"):
        fit_arima(datasets.load_nile(), (1, 0, 0)).forecast(0)


def with_regressors() -> tuple[ArimaFit, pd.DataFrame]:
    """Fit with two regressors; return the regressors of five days to come too."""
    rng = np.random.default_rng(5)
    index = pd.date_range("2020-01-01", periods=105, freq="D")
    exog = pd.DataFrame(rng.normal(size=(105, 2)), index=index, columns=["a", "b"])
    y = (3 + exog @ [2.0, -1.0] + rng.normal(size=105)).rename("y")
    return fit_arima(y.iloc[:100], (1, 0, 0), exog=exog.iloc[:100]), exog.iloc[100:]


def test_forecast_takes_regressors_in_any_order_of_columns() -> None:
    """Columns of a DataFrame are found by name."""
    fit, future = with_regressors()
    pd.testing.assert_frame_equal(
        fit.forecast(5, exog=future[["b", "a"]]), fit.forecast(5, exog=future)
    )
    pd.testing.assert_frame_equal(
        fit.forecast(5, exog=future.to_numpy()), fit.forecast(5, exog=future)
    )


def test_forecast_moves_with_its_regressors() -> None:
    """One more in a regressor is its coefficient more in the forecast."""
    fit, future = with_regressors()
    gap = fit.forecast(5, exog=future.assign(a=future["a"] + 1))["mean"]
    np.testing.assert_allclose(gap - fit.forecast(5, exog=future)["mean"], fit.params["a"])


@pytest.mark.parametrize(
    ("exog", "message"),
    [
        (lambda _: None, "give `exog`, 5 rows of a, b"),
        (lambda x: x.iloc[:3], "`exog` must have 5 rows; got 3"),
        (lambda x: x[["a"]], "`exog` must have the columns a, b; got 1 columns"),
        (lambda x: x.rename(columns={"b": "c"}), "must have the columns a, b; got a, c"),
        (lambda x: x.shift(1, freq="D"), "at position 0 it has 2020-04-11"),
        (lambda x: x.where(x > 10), "`exog` must be finite"),
    ],
)
def test_wrong_regressors_of_the_future_are_refused(exog: Any, message: str) -> None:
    """Regressors that are missing, too few, misnamed or on other days: each has its message."""
    fit, future = with_regressors()
    with pytest.raises(ValueError, match=message):
        fit.forecast(5, exog=exog(future))


def test_regressors_for_a_model_without_are_refused() -> None:
    """A model without regressors takes none."""
    with pytest.raises(ValueError, match="no regressors; leave `exog` out"):
        fit_arima(datasets.load_nile(), (1, 0, 0)).forecast(2, exog=[1, 2])


def test_simulated_paths_average_to_the_forecast() -> None:
    """The mean and spread of many simulated futures are those of the forecast."""
    fit = fit_arima(datasets.load_nile(), (1, 1, 1))
    rng = np.random.default_rng(11)
    paths = np.array([fit.simulate(5, rng=rng) for _ in range(1500)])
    table = fit.forecast(5)
    error = table["std_error"].to_numpy()
    np.testing.assert_array_less(np.abs(paths.mean(axis=0) - table["mean"]), 4 * error / 1500**0.5)
    np.testing.assert_allclose(paths.std(axis=0), error, rtol=0.07)


def test_simulation_repeats_with_its_seed() -> None:
    """The same seed gives the same path, on the next labels, under the series' name."""
    fit = fit_arima(datasets.load_nile(), (1, 0, 0))
    one, two = fit.simulate(4, rng=7), fit.simulate(4, rng=7)
    pd.testing.assert_series_equal(one, two)
    assert one.index.equals(fit.forecast(4).index)
    assert one.name == datasets.load_nile().name


def test_simulation_knows_what_is_not_known_of_the_past() -> None:
    """With an MA unit root the last error stays uncertain, and simulated futures show it."""
    spec, params = ArimaSpec((0, 0, 1), trend="n"), np.array([1.0, 1.0])
    y = np.random.default_rng(0).normal(size=3)
    fit = ArimaFit(spec, params, 0.0, 3, _sample=Sample(y, np.zeros((3, 0))))
    rng = np.random.default_rng(1)
    draws = np.array([fit.simulate(1, rng=rng).iloc[0] for _ in range(1500)])
    assert draws.std() == pytest.approx(fit.forecast(1)["std_error"].iloc[0], rel=0.06)
    assert fit.forecast(1)["std_error"].iloc[0] > 1.05


def test_psi_weights_cumulate_with_differences() -> None:
    """A random walk's weights are ones, a twice integrated walk's count up."""
    one = psi_weights(ArimaSpec((0, 1, 0)), np.ones(1), 4)
    two = psi_weights(ArimaSpec((0, 2, 0)), np.ones(1), 4)
    np.testing.assert_array_equal(one, [1, 1, 1, 1])
    np.testing.assert_array_equal(two, [1, 2, 3, 4])


def test_long_seasons_stay_cheap() -> None:
    """Innovations and forecasts of a season of 168 need no seconds and little memory."""
    import tracemalloc

    rng = np.random.default_rng(2)
    y = rng.normal(size=700) + np.tile(rng.normal(size=168), 5)[:700]
    spec = ArimaSpec((1, 0, 1), (0, 1, 1, 168))
    fit = ArimaFit(
        spec, np.array([0.3, 0.2, -0.5, 1.0]), 0.0, 700, _sample=Sample(y, np.zeros((700, 0)))
    )
    tracemalloc.start()
    assert np.isfinite(fit.forecast(200)).all(axis=None)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 50e6
