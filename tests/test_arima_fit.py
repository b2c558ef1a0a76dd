"""The public fit: conventions, agreement with statsmodels, laws, degenerate input, indexes."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.tsa.arima.model import ARIMA

from tsconv import datasets
from tsconv.arima import ArimaFit, fit_arima
from tsconv.arima.fit import ConvergenceWarning, refit

# Estimates of a smooth optimum: the square root of what the likelihood is good to.
OPTIMUM = 1e-5


def arma_series(n: int, seed: int) -> np.ndarray:
    """Make an ARMA(1, 1) series of mean 5."""
    from tsconv import arma

    e = np.random.default_rng(seed).normal(size=n + 50)
    return 5 + np.convolve(e, arma(ar=[0.6], ma=[0.3]).impulse_response(50))[50 : n + 50]


# ---------------------------------------------------------------------- conventions


@pytest.mark.parametrize(
    ("order", "seasonal", "options", "names"),
    [
        ((1, 0, 1), (0, 0, 0, 0), {}, ["const", "ar.L1", "ma.L1", "sigma2"]),
        ((1, 1, 0), (0, 0, 0, 0), {}, ["ar.L1", "sigma2"]),
        ((0, 0, 0), (0, 1, 0, 4), {}, ["sigma2"]),
        ((0, 1, 0), (0, 0, 0, 0), {"trend": "t"}, ["drift", "sigma2"]),
        ((1, 0, 0), (0, 0, 0, 0), {"trend": "ct"}, ["const", "drift", "ar.L1", "sigma2"]),
        ((0, 0, 0), (0, 0, 0, 0), {"trend": [1, 0, 1]}, ["const", "trend.2", "sigma2"]),
        ((1, 0, 0), (0, 0, 0, 0), {"trend": "n"}, ["ar.L1", "sigma2"]),
        (([1, 4], 0, [2]), (0, 0, 0, 0), {}, ["const", "ar.L1", "ar.L4", "ma.L2", "sigma2"]),
        ((1, 0, 1), (1, 0, 1, 4), {}, ["const", "ar.L1", "ma.L1", "ar.S.L4", "ma.S.L4", "sigma2"]),
    ],
)
def test_parameters_are_named_as_in_statsmodels(
    order: Any, seasonal: Any, options: Any, names: list[str]
) -> None:
    """Default trend is a mean without differences and nothing with them; names are statsmodels'."""
    fit = fit_arima(arma_series(60, 1), order, seasonal_order=seasonal, **options)
    assert list(fit.params.index) == names


def test_the_constant_is_the_mean_of_the_process() -> None:
    """A constant beside an AR part is the level the series returns to."""
    fit = fit_arima(arma_series(500, 2), (1, 0, 0))
    assert fit.forecast(200)["mean"].iloc[-1] == pytest.approx(fit.params["const"], rel=1e-12)


def test_drift_is_the_slope_per_row() -> None:
    """With one difference and a drift, forecasts rise by the drift."""
    y = np.cumsum(0.5 + np.random.default_rng(0).normal(size=200))
    fit = fit_arima(y, (0, 1, 0), trend="t")
    assert fit.params["drift"] == pytest.approx((y[-1] - y[0]) / 199, rel=1e-9)
    np.testing.assert_allclose(np.diff(fit.forecast(4)["mean"]), fit.params["drift"])


def test_an_array_and_a_list_equal_a_series() -> None:
    """Arrays, lists, integers, read-only input and Series give the same fit."""
    values = np.round(arma_series(80, 3) * 10).astype(int)
    expected = fit_arima(pd.Series(values.astype(float)), (1, 0, 1)).params
    frozen = values.astype(float)
    frozen.setflags(write=False)
    for y in (values, values.tolist(), frozen, pd.Series(values, dtype="Int64"), values[:, None]):
        pd.testing.assert_series_equal(fit_arima(y, (1, 0, 1)).params, expected)


def test_the_callers_objects_are_left_alone() -> None:
    """Neither the series nor the regressors change, and later changes do not reach the fit."""
    y = pd.Series(arma_series(60, 4), index=pd.date_range("2000", periods=60, freq="MS"), name="y")
    exog = pd.DataFrame({"x": np.random.default_rng(0).normal(size=60)}, index=y.index)
    before, exog_before = y.copy(), exog.copy()
    fit = fit_arima(y, (1, 0, 0), exog=exog)
    forecast = fit.forecast(1, exog=[[0.0]])
    pd.testing.assert_series_equal(y, before)
    pd.testing.assert_frame_equal(exog, exog_before)
    again = fit_arima(y, (1, 0, 0), exog=exog)
    y.iloc[:] = 0.0
    exog.iloc[:] = 0.0
    pd.testing.assert_frame_equal(again.forecast(1, exog=[[0.0]]), forecast)


def test_rows_may_be_fixed_in_a_frame_of_one_column() -> None:
    """A DataFrame of one column is that column."""
    frame = datasets.load_nile().to_frame()
    fit = fit_arima(frame, (1, 0, 0))
    assert fit.residuals.index.equals(frame.index)
    assert fit.loglike == fit_arima(datasets.load_nile(), (1, 0, 0)).loglike


# ---------------------------------------------------------------------- outside opinions


CASES: dict[str, tuple[Any, Any, dict[str, Any]]] = {
    "ar": ((2, 0, 0), (0, 0, 0, 0), {}),
    "ma": ((0, 0, 1), (0, 0, 0, 0), {}),
    "arma with trend": ((1, 0, 1), (0, 0, 0, 0), {"trend": "ct"}),
    "regression with arma errors": ((1, 0, 1), (0, 0, 0, 0), {"exog": True}),
    "pure regression": ((0, 0, 0), (0, 0, 0, 0), {"exog": True}),
    "seasonal": ((1, 0, 0), (1, 0, 0, 4), {"exog": True}),
    "sparse": (([1, 3], 0, [2]), (0, 0, 0, 0), {}),
}


@pytest.mark.parametrize("name", CASES)
def test_estimates_are_those_of_statsmodels(name: str) -> None:
    """Statsmodels' search, started at our optimum, finds nothing higher and stays there."""
    order, seasonal, options = CASES[name]
    rng = np.random.default_rng(9)
    y = pd.Series(arma_series(150, 7))
    options = dict(options)
    if options.pop("exog", False):
        options["exog"] = pd.DataFrame(rng.normal(size=(150, 2)), columns=["a", "b"])
        y = y + options["exog"] @ [1.0, -2.0]
    fit = fit_arima(y, order, seasonal_order=seasonal, **options)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results = ARIMA(y, order=order, seasonal_order=seasonal, **options).fit(
            start_params=fit.params.to_numpy(), method_kwargs={"maxiter": 20}
        )
    assert fit.loglike == pytest.approx(results.llf, abs=1e-7)
    np.testing.assert_allclose(fit.params, results.params, atol=1e-3)
    assert fit.aic == pytest.approx(results.aic, abs=1e-6)
    assert fit.aicc == pytest.approx(results.aicc, abs=1e-6)
    assert fit.bic == pytest.approx(results.bic, abs=1e-6)


def test_the_nile_of_durbin_and_koopman() -> None:
    """ARIMA(0,1,1) on the Nile is Durbin and Koopman's local level model in reduced form.

    Durbin and Koopman (2012), Time Series Analysis by State Space Methods, 2nd ed., section 2.10:
    the variances are estimated as 15099 (observation) and 1469.1 (level). With their ratio q a
    local level model is ARIMA(0,1,1) with theta = (sqrt(q**2 + 4 q) - 2 - q) / 2.
    """
    q = 1469.1 / 15099
    theta = (np.sqrt(q**2 + 4 * q) - 2 - q) / 2
    fit = fit_arima(datasets.load_nile(), (0, 1, 1))
    assert fit.params["ma.L1"] == pytest.approx(theta, abs=2e-4)
    assert fit.sigma2 == pytest.approx(15099 / -theta, rel=2e-4)


def test_mean_and_variance_of_white_noise_are_the_samples() -> None:
    """ARIMA(0,0,0) is the sample mean and the variance with divisor n."""
    y = arma_series(50, 1)
    fit = fit_arima(y, (0, 0, 0))
    np.testing.assert_allclose(fit.params, [y.mean(), y.var()], rtol=1e-12)


def test_a_pure_regression_is_least_squares() -> None:
    """Without ARMA part the coefficients are those of ordinary least squares."""
    rng = np.random.default_rng(4)
    X = rng.normal(size=(40, 2))
    y = 1 + X @ [2.0, 3.0] + rng.normal(size=40)
    expected = np.linalg.lstsq(np.column_stack([np.ones(40), X]), y)[0]
    np.testing.assert_allclose(fit_arima(y, (0, 0, 0), exog=X).params[:3], expected, rtol=1e-10)


# ---------------------------------------------------------------------- laws


@settings(max_examples=25)
@given(
    scale=st.floats(1e-3, 1e3) | st.floats(-1e3, -1e-3),
    shift=st.floats(-1e3, 1e3),
    seed=st.integers(0, 20),
)
def test_the_fit_is_equivariant(scale: float, shift: float, seed: int) -> None:
    """For a y + b: the same coefficients, a times the mean plus b, a**2 times the variance."""
    y = arma_series(60, seed)
    fit, moved = fit_arima(y, (1, 0, 1)), fit_arima(scale * y + shift, (1, 0, 1))
    np.testing.assert_allclose(
        moved.params[["ar.L1", "ma.L1"]], fit.params[["ar.L1", "ma.L1"]], atol=1e-6
    )
    size = abs(shift) + abs(scale)
    expected = scale * fit.params["const"] + shift
    assert moved.params["const"] == pytest.approx(expected, abs=1e-6 * size)
    assert moved.sigma2 == pytest.approx(scale**2 * fit.sigma2, rel=1e-6)
    assert moved.loglike == pytest.approx(fit.loglike - 60 * np.log(abs(scale)), abs=1e-6)


def test_a_shifted_regressor_moves_only_the_constant() -> None:
    """Adding to a regressor changes the constant by its coefficient, and nothing else."""
    rng = np.random.default_rng(5)
    x = rng.normal(size=80)
    y = arma_series(80, 5) + 2 * x
    fit, moved = fit_arima(y, (1, 0, 1), exog=x), fit_arima(y, (1, 0, 1), exog=x + 100)
    np.testing.assert_allclose(moved.params[1:], fit.params[1:], atol=1e-6)
    assert moved.params["const"] == pytest.approx(fit.params["const"] - 100 * fit.params["x1"])


def test_more_starts_never_end_lower() -> None:
    """The best of many starts is at least as high."""
    y = datasets.load_nile()
    few, many = fit_arima(y, (2, 0, 2), n_starts=1), fit_arima(y, (2, 0, 2), n_starts=20)
    assert many.loglike >= few.loglike - 1e-8


def test_refit_finds_the_same_optimum() -> None:
    """Fitting once more changes nothing."""
    fit = fit_arima(datasets.load_sunspots(), (2, 0, 1))
    np.testing.assert_array_equal(refit(fit).estimates, fit.estimates)


def test_missing_rows_are_as_if_their_dummies_were_there() -> None:
    """A regressor that is 1 in one row takes that row out, as missing does (Gomez et al. 1999)."""
    y = arma_series(80, 6)
    gap = y.copy()
    gap[30] = np.nan
    dummy = np.zeros(80)
    dummy[30] = 1
    # The likelihoods differ by the determinant of the dummy, so only at given ARMA coefficients
    # do estimates agree.
    known = {"ar.L1": 0.6, "ma.L1": 0.3}
    missing = fit_arima(gap, (1, 0, 1), fixed=known)
    with_dummy = fit_arima(y, (1, 0, 1), exog=dummy, fixed=known)
    assert missing.params["const"] == pytest.approx(with_dummy.params["const"], rel=1e-10)
    assert missing._path.noise[30] + missing.params["const"] == pytest.approx(
        y[30] - with_dummy.params["x1"], rel=1e-9
    )


@pytest.mark.parametrize("order", [(1, 0, 1), (0, 1, 1), (1, 1, 0)])
def test_leading_and_trailing_missing_rows_hold_no_information(order: Any) -> None:
    """Missing rows around the series change neither likelihood nor estimates."""
    y = arma_series(60, 8)
    around = np.concatenate([np.full(4, np.nan), y, np.full(3, np.nan)])
    fit, padded = fit_arima(y, order), fit_arima(around, order)
    assert padded.loglike == pytest.approx(fit.loglike, abs=1e-9)
    np.testing.assert_allclose(padded.params, fit.params, atol=OPTIMUM)
    np.testing.assert_allclose(padded.forecast(1), fit.forecast(4).iloc[3:], rtol=1e-4)


def test_fixed_parameters_stay_where_they_are() -> None:
    """A fixed parameter keeps its value, has no standard error, and is not counted."""
    free = fit_arima(datasets.load_nile(), (1, 0, 1))
    fit = fit_arima(datasets.load_nile(), (1, 0, 1), fixed={"ar.L1": 0.5})
    assert fit.params["ar.L1"] == 0.5
    assert np.isnan(fit.std_errors["ar.L1"])
    assert fit.std_errors.notna().sum() == 3
    assert fit.n_free == free.n_free - 1
    assert fit.loglike < free.loglike


def test_standard_errors_are_computed_only_when_read() -> None:
    """A fit on its own evaluates neither covariance nor residuals."""
    fit = fit_arima(datasets.load_nile(), (1, 0, 1))
    assert not {"cov_params", "std_errors", "_path", "params"} & set(vars(fit))


# ---------------------------------------------------------------------- degenerate input


CONSTANTS: dict[str, tuple[Any, Any, dict[str, Any]]] = {
    "mean": ((1, 0, 1), (0, 0, 0, 0), {}),
    "white noise": ((0, 0, 0), (0, 0, 0, 0), {}),
    "no mean": ((2, 0, 0), (0, 0, 0, 0), {"trend": "n"}),
    "difference": ((1, 1, 1), (0, 0, 0, 0), {}),
    "season": ((0, 1, 1), (0, 1, 1, 4), {}),
    "drift": ((0, 1, 0), (0, 0, 0, 0), {"trend": "t"}),
}


def test_a_series_lost_in_rounding_is_taken_as_constant_with_a_warning() -> None:
    """Values a few units of rounding apart hold no dynamics."""
    y = 4e15 + np.random.default_rng(0).standard_normal(50)
    with pytest.warns(UserWarning, match="taken as constant: its values, from 3999999999999997"):
        fit = fit_arima(y, (1, 0, 0))
    assert fit.sigma2 == 0


@pytest.mark.parametrize("gap", [False, True])
@pytest.mark.parametrize("name", CONSTANTS)
def test_a_constant_is_forecast_by_its_constant(name: str, gap: bool) -> None:
    """A constant series has no noise; its forecast is the constant, for certain."""
    order, seasonal, options = CONSTANTS[name]
    y = np.full(30, 7.25)
    if gap:
        y[[3, 17, 29]] = np.nan
    fit = fit_arima(y, order, seasonal_order=seasonal, **options)
    table = fit.forecast(6)
    np.testing.assert_allclose(table["mean"], 7.25, rtol=1e-12)
    np.testing.assert_array_equal(table["std_error"], 0.0)
    assert fit.sigma2 == 0.0
    assert fit.std_errors.isna().all()
    assert fit.converged
    assert "sigma2 0" in repr(fit)


def test_a_straight_line_goes_on() -> None:
    """A line, differenced, is a constant: the forecast continues it."""
    fit = fit_arima(np.arange(20.0), (1, 1, 0))
    np.testing.assert_allclose(fit.forecast(3)["mean"], [20, 21, 22], rtol=1e-12)


SERIES = arma_series(50, 1)
DAYS = pd.date_range("2020-01-01", periods=50, freq="D")
BAD_VALUES: dict[str, tuple[Any, type[Exception], str]] = {
    "infinite": (np.append(SERIES, np.inf), ValueError, "got inf at position 50"),
    "all missing": (np.full(5, np.nan), ValueError, "all 5 are missing"),
    "empty": ([], ValueError, "at least one observation; got none"),
    "too short": ([1.0, 2.0, 4.0], ValueError, "at least 4 observations"),
    "text": (pd.Series([1, None, "a"], dtype=object), TypeError, "got 'a' .str. at position 2"),
    "complex": (SERIES + 1j, TypeError, "`y` must be real"),
    "dates": (DAYS, TypeError, "must hold numbers"),
    "two columns": (np.ones((9, 2)), ValueError, "single series; got 2 columns"),
}


@pytest.mark.parametrize("name", BAD_VALUES)
def test_unusable_values_are_refused(name: str) -> None:
    """Each unusable series has an error that says what was given and what to do."""
    y, error, message = BAD_VALUES[name]
    with pytest.raises(error, match=message):
        fit_arima(y, (1, 0, 1))


def test_too_short_to_be_differenced() -> None:
    """Differencing that leaves nothing is refused with the numbers."""
    with pytest.raises(ValueError, match="more than 13 observations"):
        fit_arima([1.0, 2.0, 3.0], (0, 1, 1), seasonal_order=(0, 1, 1, 12))


def test_objects_that_are_numbers_are_fitted() -> None:
    """Object dtype with numbers and None is read as float with missing values."""
    y = pd.Series([1, None, 2.5, 3, 4, 2, 1, 2], dtype=object)
    assert fit_arima(y, (1, 0, 0)).n_obs == 7


BAD_OPTIONS: dict[str, tuple[dict[str, Any], str]] = {
    "covariance": ({"cov_type": "hc0"}, "`cov_type` must be one of 'oim', 'opg', 'robust'"),
    "trend": ({"trend": "x"}, "`trend` must be"),
    "trend removed": ({"order": (1, 1, 0), "trend": "c"}, "powers of time that differencing"),
    "season": ({"seasonal_order": (1, 0, 0, 1)}, "the period, must be at least 2"),
    "fixed": ({"fixed": {"ar.L2": 0.1}}, "`fixed` must name parameters of the model"),
    "order": ({"order": (1, 0)}, "`order` must be"),
    "starts": ({"n_starts": 0}, "`n_starts` must be at least 1"),
}


@pytest.mark.parametrize("name", BAD_OPTIONS)
def test_impossible_options_are_refused(name: str) -> None:
    """Each impossible option has its message."""
    options, message = BAD_OPTIONS[name]
    options = {"order": (1, 0, 0), **options}
    with pytest.raises(ValueError, match=message):
        fit_arima(SERIES, **options)


REGRESSORS = pd.DataFrame(np.random.default_rng(8).normal(size=(50, 2)), columns=["a", "b"])
BAD_EXOG: dict[str, tuple[Any, dict[str, Any], str]] = {
    "collinear": (REGRESSORS.assign(c=lambda x: x["a"] - 2 * x["b"]), {}, "collinear; c is"),
    "constant": (REGRESSORS.assign(one=1.0), {}, "collinear; one is"),
    "constant, differenced": (
        REGRESSORS.assign(one=1.0),
        {"order": (0, 1, 0)},
        "vanish after differencing; one",
    ),
    "missing": (REGRESSORS.drop(3).reindex(range(50)), {}, "a is nan at position 3"),
    "rows": (REGRESSORS.iloc[:9], {}, "`exog` must have 50 rows; got 9"),
    "other days": (REGRESSORS.set_index(DAYS.shift(2)), {}, "at position 0 it has 2020-01-03"),
    "a parameter's name": (REGRESSORS.set_axis(["a", "ar.L1"], axis=1), {}, "names must differ"),
    "complex": (REGRESSORS * 1j, {}, "`exog` must be real"),
}


@pytest.mark.parametrize("name", BAD_EXOG)
def test_unusable_regressors_are_refused_by_name(name: str) -> None:
    """Collinear, missing, misplaced regressors: the message names them."""
    exog, options, message = BAD_EXOG[name]
    y = pd.Series(SERIES, index=DAYS)
    with pytest.raises((ValueError, TypeError), match=message):
        fit_arima(y, options.get("order", (1, 0, 0)), exog=exog)


def test_regressors_may_be_missing_where_the_series_is() -> None:
    """A regressor of a missing row does not matter."""
    y, x = SERIES.copy(), REGRESSORS["a"].to_numpy().copy()
    y[3] = np.nan
    expected = fit_arima(y, (1, 0, 0), exog=x).params
    x[3] = np.nan
    np.testing.assert_allclose(fit_arima(y, (1, 0, 0), exog=x).params, expected, atol=OPTIMUM)


def test_a_search_that_ends_early_warns(monkeypatch: pytest.MonkeyPatch) -> None:
    """If the certificate shows no maximum, the fit says so and warns with a remedy."""
    import dataclasses

    from tsconv.arima import fit as module

    honest = module.fit_arrays

    def too_early(*args: Any, **kwargs: Any) -> Any:
        return dataclasses.replace(honest(*args, **kwargs), converged=False)

    monkeypatch.setattr(module, "fit_arrays", too_early)
    with pytest.warns(ConvergenceWarning, match="one more step promises"):
        fit = fit_arima(SERIES, (1, 0, 0))
    assert not fit.converged
    assert "not converged" in repr(fit)


# ---------------------------------------------------------------------- indexes


REGULAR: dict[str, tuple[pd.Index, Any]] = {
    "days": (DAYS, "2020-02-20"),
    "days without frequency": (pd.DatetimeIndex(DAYS.to_list()), "2020-02-20"),
    "month ends": (
        pd.DatetimeIndex(pd.date_range("2000-01-31", periods=50, freq="ME").to_list()),
        "2004-03-31",
    ),
    "business days": (
        pd.DatetimeIndex(pd.bdate_range("2020-01-01", periods=50).to_list()),
        "2020-03-11",
    ),
    "clock changes": (
        pd.DatetimeIndex(pd.date_range("2020-03-01", periods=50, tz="Europe/Berlin").to_list()),
        pd.Timestamp("2020-04-20", tz="Europe/Berlin"),
    ),
    "seconds": (pd.DatetimeIndex(DAYS.as_unit("s"), freq="D"), "2020-02-20"),
    "quarters": (pd.period_range("2001Q1", periods=50, freq="Q"), pd.Period("2013Q3", "Q")),
    "two days": (pd.period_range("2001-01-01", periods=50, freq="2D"), None),
    "durations": (pd.timedelta_range("0s", periods=50, freq="90min"), pd.Timedelta("75h")),
    "years as numbers": (pd.Index(np.arange(1950, 2000)), 2000),
    "steps of a half": (pd.Index(np.arange(50) / 2), 25.0),
    "every other": (pd.RangeIndex(100, 200, 2), 200),
    "labels": (pd.Index([f"row {k}" for k in range(50)]), 50),
}


@pytest.mark.parametrize("name", REGULAR)
def test_forecasts_stand_on_the_next_labels(name: str) -> None:
    """Whatever the index, residuals keep it and forecasts continue it."""
    index, first = REGULAR[name]
    fit = fit_arima(pd.Series(SERIES, index=index, name="y"), (1, 0, 0))
    assert fit.residuals.index.equals(index)
    labels = fit.forecast(3).index
    if first is None:
        first = index[-1] + 1
    elif isinstance(first, str):
        first = pd.Timestamp(first)
    assert labels[0] == first
    assert len(labels) == 3


def test_the_name_of_the_index_travels() -> None:
    """Forecasts keep the name of the index."""
    y = datasets.load_nile()
    assert fit_arima(y, (1, 0, 0)).forecast(2).index.name == y.index.name


GAPS: dict[str, tuple[pd.Index, str]] = {
    "days": (DAYS.delete(slice(10, 15)), r"y\.asfreq\('D'\)"),
    "months": (pd.date_range("2000-01-31", periods=50, freq="ME").delete(7), r"asfreq\('ME'\)"),
    "month starts": (pd.date_range("2000-01-01", periods=50, freq="MS").delete(7), r"freq='MS'"),
    "quarters": (pd.date_range("2000-01-01", periods=50, freq="QS").delete(7), r"freq='QS'"),
    "years": (pd.date_range("1900-01-01", periods=50, freq="YS").delete(7), r"freq='YS'"),
    "weeks": (pd.date_range("2000-01-05", periods=50, freq="W-WED").delete(7), r"freq='W-WED'"),
    "hours": (pd.date_range("2000-01-01", periods=50, freq="h").delete(7), r"freq='h'"),
    "business days": (pd.bdate_range("2020-01-01", periods=50).delete([7, 20]), r"freq='B'"),
    "periods": (pd.period_range("2001-01", periods=50, freq="M").delete(5), "pd.period_range"),
    "numbers": (pd.Index(np.arange(50)).delete(5), r"np.arange\(y.index\[0\]"),
    "random": (DAYS + pd.to_timedelta(np.arange(50) ** 2 % 17, unit="h"), "resample"),
}


@pytest.mark.parametrize("name", GAPS)
def test_an_index_with_gaps_warns_and_says_how_to_fill_them(name: str) -> None:
    """Rows are taken by position, with a warning that holds the remedy; forecasts are numbered."""
    index, hint = GAPS[name]
    y = pd.Series(SERIES[: len(index)], index=pd.Index(index))
    with pytest.warns(UserWarning, match=hint):
        fit = fit_arima(y, (1, 0, 0))
    assert fit.residuals.index.equals(y.index)
    assert list(fit.forecast(2).index) == [len(index), len(index) + 1]


def test_a_frequency_on_request_inserts_the_gaps() -> None:
    """`freq` makes missing days missing rows; the fit is that of the regular series."""
    y = pd.Series(SERIES, index=DAYS).drop(DAYS[10:15])
    x = REGRESSORS.set_index(DAYS).drop(DAYS[10:15])
    fit = fit_arima(y, (1, 0, 0), exog=x, freq="D")
    regular = fit_arima(y.asfreq("D"), (1, 0, 0), exog=x.asfreq("D"))
    pd.testing.assert_series_equal(fit.params, regular.params)
    assert fit.residuals.index.equals(DAYS)
    assert fit.fitted.notna().all()


def test_a_frequency_that_would_lose_rows_is_refused() -> None:
    """Times off the grid are not silently dropped."""
    y = pd.Series(SERIES, index=DAYS + pd.to_timedelta(np.arange(50) % 2, unit="h"))
    with pytest.raises(ValueError, match=r"every time must lie on the grid.*resample\('D'\)"):
        fit_arima(y, (1, 0, 0), freq="D")


@pytest.mark.parametrize(
    ("index", "message"),
    [
        (DAYS[[*range(25), *range(24, 49)]], "2020-01-25.*more than once.*groupby"),
        (DAYS[::-1], "must be in order.*sort_index"),
        (pd.DatetimeIndex([pd.NaT, *DAYS[1:]]), "no missing times"),
        (pd.Index([*range(25), *range(24, 49)]), "24 is there more than once"),
        (pd.period_range("2000", periods=50, freq="M")[[*range(25), *range(24, 49)]], "more than"),
    ],
)
def test_repeated_unsorted_and_missing_times_are_refused(index: pd.Index, message: str) -> None:
    """Labels that cannot be an order of time are errors with a remedy."""
    with pytest.raises(ValueError, match=message):
        fit_arima(pd.Series(SERIES, index=index), (1, 0, 0))


def test_the_result_is_the_documented_type() -> None:
    """fit_arima returns an ArimaFit made here."""
    fit = fit_arima(SERIES, (1, 0, 0))
    assert isinstance(fit, ArimaFit)
    assert fit.source == "tsconv"
