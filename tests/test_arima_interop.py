"""Models fitted by statsmodels, read in as kernels: the same errors and forecasts."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
from statsmodels.tsa.ar_model import AutoReg
from statsmodels.tsa.arima.model import ARIMA
from statsmodels.tsa.statespace.sarimax import SARIMAX

import tsconv
from tsconv import datasets
from tsconv.arima import ArimaFit, from_statsmodels
from tsconv.arima.interop import compare, to_statsmodels

# Relative to the spread of the errors; what is left is rounding in both programs.
RELATIVE = 1e-8


def monthly(n: int, seed: int) -> tuple[pd.Series, pd.DataFrame]:
    """Return a seasonal series with a trend, and its two regressors."""
    rng = np.random.default_rng(seed)
    index = pd.date_range("2001-01-01", periods=n, freq="MS")
    exog = pd.DataFrame(rng.normal(size=(n, 2)), index=index, columns=["price", "rain"])
    noise = tsconv.sarima(ar=[0.6], seasonal_ar=[0.5], period=12).impulse_response(60)
    z = np.convolve(rng.normal(size=n + 100), noise)[100 : n + 100]
    y = 20 + 0.05 * np.arange(n) + exog @ [1.5, -0.7] + z
    return y.rename("sales"), exog


def sm_fit(model: Any, params: dict[str, float]) -> Any:
    """Statsmodels' results at stated parameters: no search, so nothing is left to chance."""
    known = {"x1": "drift" if "x2" in model.param_names else None, "x2": "trend.2"}
    names = [known.get(name) or name for name in model.param_names]
    if "x1" in names:  # the only power of time without another name
        names[names.index("x1")] = next(name for name in params if name not in names)
    assert set(names) == set(params)
    return model.filter(np.array([params[name] for name in names]))


def quick_fit(model: Any) -> Any:
    """Let statsmodels search for a few steps only: agreement needs no optimum."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return model.fit(method_kwargs={"maxiter": 5})


REGRESSORS = {"price": 1.4, "rain": -0.6}
STATE_SPACE: dict[str, tuple[Any, dict[str, Any], dict[str, float]]] = {
    "ar": (ARIMA, {"order": (2, 0, 0)}, {"const": 21.0, "ar.L1": 0.5, "ar.L2": 0.2}),
    "ma": (ARIMA, {"order": (0, 0, 2)}, {"const": 22.0, "ma.L1": 0.5, "ma.L2": -0.2}),
    "arma": (ARIMA, {"order": (1, 0, 1), "trend": "n"}, {"ar.L1": 0.95, "ma.L1": -0.3}),
    "trend": (
        ARIMA,
        {"order": (1, 0, 1), "trend": "ct", "exog": True},
        {"const": 20.0, "drift": 0.05, "ar.L1": 0.6, "ma.L1": 0.3, **REGRESSORS},
    ),
    "quadratic": (
        ARIMA,
        {"order": (1, 0, 0), "trend": "ctt"},
        {"const": 20.0, "drift": 0.05, "trend.2": 1e-4, "ar.L1": 0.6},
    ),
    "gaps in the powers": (
        ARIMA,
        {"order": (1, 0, 0), "trend": [1, 0, 1]},
        {"const": 20.0, "trend.2": 1e-4, "ar.L1": 0.6},
    ),
    "drift": (
        ARIMA,
        {"order": (1, 1, 1), "trend": "t", "exog": True},
        {"drift": 0.05, "ar.L1": 0.4, "ma.L1": -0.5, **REGRESSORS},
    ),
    "seasonal": (
        ARIMA,
        {"order": (1, 0, 1), "seasonal_order": (1, 0, 1, 12)},
        {"const": 20.0, "ar.L1": 0.6, "ma.L1": 0.3, "ar.S.L12": 0.5, "ma.S.L12": 0.2},
    ),
    "airline": (
        ARIMA,
        {"order": (0, 1, 1), "seasonal_order": (0, 1, 1, 12)},
        {"ma.L1": -0.5, "ma.S.L12": -0.4},
    ),
    "sparse": (
        ARIMA,
        {"order": ([1, 4], 1, [2])},
        {"ar.L1": 0.3, "ar.L4": -0.2, "ma.L2": 0.4},
    ),
    "sarimax intercept": (
        SARIMAX,
        {"order": (1, 0, 1), "trend": "c", "exog": True},
        {"intercept": 5.0, "ar.L1": 0.7, "ma.L1": 0.3, **REGRESSORS},
    ),
    "sarimax trend": (
        SARIMAX,
        {"order": (2, 0, 1), "trend": "ct", "trend_offset": 3},
        {"intercept": 5.0, "drift": 0.02, "ar.L1": 0.5, "ar.L2": 0.1, "ma.L1": 0.3},
    ),
    "sarimax differenced": (
        SARIMAX,
        {"order": (1, 1, 1), "seasonal_order": (1, 1, 0, 12), "trend": "ct"},
        {"intercept": 0.01, "drift": 1e-4, "ar.L1": 0.3, "ma.L1": -0.6, "ar.S.L12": 0.4},
    ),
    "sarimax sparse trend": (
        SARIMAX,
        {"order": (1, 1, 0), "trend": [0, 1]},
        {"drift": 1e-3, "ar.L1": 0.3},
    ),
}


@pytest.fixture(scope="module", params=STATE_SPACE)
def pair(request: pytest.FixtureRequest) -> tuple[ArimaFit, Any, pd.DataFrame]:
    """Return a model read in, statsmodels' results, and regressors of 24 months to come."""
    kind, options, params = STATE_SPACE[request.param]
    y, exog = monthly(224, 5)
    options = dict(options)
    wants_exog = options.pop("exog", False)
    history = exog.iloc[:200] if wants_exog else None
    model = kind(y.iloc[:200], exog=history, **options)
    results = sm_fit(model, {**params, "sigma2": 0.9})
    return from_statsmodels(results), results, exog.iloc[200:] if wants_exog else None


def settled(fit: ArimaFit) -> slice:
    """Rows after the start of the sample."""
    return slice(100, None)


def test_one_step_errors_are_statsmodels_errors(pair: Any) -> None:
    """After the start, residuals by convolution equal statsmodels' one-step errors."""
    fit, results, _ = pair
    rows = settled(fit)
    gap = np.abs(fit.residuals.iloc[rows] - results.resid.iloc[rows]).max()
    assert gap <= RELATIVE * results.resid.iloc[rows].std()


def test_fitted_values_are_statsmodels_predictions(pair: Any) -> None:
    """After the start, fitted values equal statsmodels' one-step predictions."""
    fit, results, _ = pair
    rows = settled(fit)
    np.testing.assert_allclose(fit.fitted.iloc[rows], results.fittedvalues.iloc[rows], rtol=1e-8)


def test_forecasts_and_their_errors_are_statsmodels(pair: Any) -> None:
    """Means and standard errors of forecasts equal statsmodels', 24 months ahead."""
    fit, results, future = pair
    expected = results.get_forecast(24, exog=future)
    own = fit.forecast(24, exog=future)
    np.testing.assert_allclose(own["mean"], expected.predicted_mean, rtol=1e-8)
    np.testing.assert_allclose(own["std_error"], expected.se_mean, rtol=1e-8)
    assert own.index.equals(expected.predicted_mean.index)


def test_intervals_are_statsmodels_intervals(pair: Any) -> None:
    """The 95 % interval equals statsmodels'."""
    fit, results, future = pair
    expected = results.get_forecast(
        6, exog=future if future is None else future.iloc[:6]
    ).conf_int()
    own = fit.forecast(6, exog=future if future is None else future.iloc[:6], level=95)
    np.testing.assert_allclose(own[["lower_95", "upper_95"]], expected, rtol=1e-8)


def test_parameters_keep_their_names_and_values(pair: Any) -> None:
    """Parameters carry statsmodels' names; its x1, x2 are told as drift and trend.2."""
    fit, results, _ = pair
    np.testing.assert_array_equal(fit.params, results.params)
    pairs = zip(fit.params.index, results.params.index, strict=True)
    assert all(own == theirs for own, theirs in pairs if theirs not in ("x1", "x2"))


def test_residuals_are_the_whitening_kernel_convolved_with_the_series() -> None:
    """By the public kernel and the public convolution the same residuals come out."""
    y = datasets.load_nile()
    results = quick_fit(ARIMA(y, order=(1, 0, 1)))
    fit = from_statsmodels(results)
    by_hand = tsconv.convolve(y - fit.params["const"], fit.whitening, boundary="zero")
    np.testing.assert_allclose(by_hand.iloc[60:], results.resid.iloc[60:], rtol=0, atol=1e-6)


def test_colouring_and_whitening_are_inverse_kernels() -> None:
    """Psi and pi weights are those of statsmodels' ARMA representation."""
    from statsmodels.tsa.arima_process import arma2ar, arma2ma

    results = quick_fit(ARIMA(datasets.load_sunspots(), order=(2, 0, 1)))
    fit = from_statsmodels(results)
    ar_poly, ma_poly = np.r_[1, -results.arparams], np.r_[1, results.maparams]
    np.testing.assert_allclose(fit.psi_weights(20), arma2ma(ar_poly, ma_poly, 20), atol=1e-13)
    np.testing.assert_allclose(fit.pi_weights(20), arma2ar(ar_poly, ma_poly, 20), atol=1e-13)
    assert repr(fit.coloring * fit.whitening) == "Kernel([1])"


REAL = {
    "nile": (datasets.load_nile, (1, 0, 1), (0, 0, 0, 0)),
    "sunspots": (datasets.load_sunspots, (3, 0, 2), (0, 0, 0, 0)),
    "elnino": (datasets.load_elnino, (2, 0, 1), (1, 0, 0, 12)),
}


@pytest.mark.parametrize("name", REAL)
def test_real_data_agree_after_the_start(name: str) -> None:
    """Fits of real series: residuals and forecasts agree to 1e-8 of the spread of the errors."""
    load, order, seasonal = REAL[name]
    y = load()
    y = y.iloc[:, 0] if isinstance(y, pd.DataFrame) else y
    results = quick_fit(ARIMA(y, order=order, seasonal_order=seasonal))
    fit = from_statsmodels(results)
    half = len(y) // 2
    gap = np.abs(fit.residuals - results.resid).iloc[half:].max()
    assert gap <= RELATIVE * results.resid.iloc[half:].std()
    np.testing.assert_allclose(fit.forecast(10)["mean"], results.forecast(10), rtol=1e-8)


def test_logarithms_of_monthly_carbon_dioxide_agree() -> None:
    """An airline model of log CO2: all one-step errors and forecasts, from the first row on.

    statsmodels starts exactly here (its default takes a variance of 1e6, and the difference lives
    on for decades), and the logarithms are in units of 1e-5: in units of 1 its errors, with a
    variance of 1e-6, are off by 1e-3 of their spread through rounding.
    """
    co2 = datasets.load_co2().resample("MS").mean()
    y = 1e5 * np.log(co2)
    assert y.isna().sum() == 5
    model = SARIMAX(y, order=(0, 1, 1), seasonal_order=(0, 1, 1, 12), use_exact_diffuse=True)
    results = model.filter([-0.38, -0.85, 9100.0])
    fit = from_statsmodels(results)
    there = fit.residuals.notna()
    assert there.sum() == 526 - 13 - 5
    gap = np.abs(fit.residuals - results.resid)[there].max()
    assert gap <= RELATIVE * fit.residuals.std()
    expected = results.get_forecast(24)
    own = fit.forecast(24)
    np.testing.assert_allclose(own["mean"], expected.predicted_mean, rtol=1e-8)
    np.testing.assert_allclose(own["std_error"], expected.se_mean, rtol=1e-8)


def test_gaps_are_treated_as_in_statsmodels() -> None:
    """Missing values of a stationary model: errors, fitted values and forecasts agree."""
    y = datasets.load_nile().copy()
    y.iloc[[0, 1, 20, 50, 51, 52, 98, 99]] = np.nan
    results = ARIMA(y, order=(2, 0, 1)).filter([900.0, 0.5, 0.2, 0.3, 2e4])
    fit = from_statsmodels(results)
    scale = results.resid.std()
    np.testing.assert_allclose(fit.residuals, results.resid, atol=RELATIVE * scale)
    np.testing.assert_allclose(fit.fitted, results.fittedvalues, rtol=1e-8)
    np.testing.assert_allclose(fit.forecast(4)["mean"], results.forecast(4), rtol=1e-8)
    assert fit.loglike == pytest.approx(results.llf, abs=1e-8)


def test_models_on_arrays_are_read_in() -> None:
    """Results without pandas are numbered from 0."""
    y = datasets.load_nile().to_numpy()
    results = ARIMA(y, order=(1, 0, 0)).filter([900.0, 0.5, 2e4])
    fit = from_statsmodels(results)
    np.testing.assert_allclose(fit.residuals, results.resid, atol=1e-8)
    assert fit.forecast(2).index.tolist() == [100, 101]


AUTOREG = {
    "plain": {"lags": 2},
    "no constant": {"lags": 2, "trend": "n"},
    "lags chosen": {"lags": [1, 3, 12], "trend": "ct"},
    "seasonal": {"lags": 1, "trend": "c", "seasonal": True},
    "seasonal without constant": {"lags": 1, "trend": "n", "seasonal": True},
    "quadratic, seasonal, exog": {"lags": [2], "trend": "ctt", "seasonal": True, "exog": True},
    "no lags": {"lags": 0, "trend": "ct", "exog": True},
    "period": {"lags": 3, "seasonal": True, "period": 5},
    "hold back": {"lags": 2, "hold_back": 10},
}


@pytest.mark.parametrize("name", AUTOREG)
def test_autoreg_errors_and_forecasts(name: str) -> None:
    """AutoReg with any deterministic terms: errors and forecasts equal statsmodels'."""
    options = dict(AUTOREG[name])
    y, exog = monthly(130, 8)
    past = future = None
    if options.pop("exog", False):
        past, future = exog.iloc[:120], exog.iloc[120:]
    results = AutoReg(y.iloc[:120], exog=past, **options).fit()
    fit = from_statsmodels(results)
    scale = results.resid.std()
    own = fit.residuals.loc[results.resid.index]
    np.testing.assert_allclose(own, results.resid, rtol=0, atol=RELATIVE * scale)
    np.testing.assert_allclose(fit.fitted.loc[results.resid.index], results.fittedvalues, rtol=1e-8)
    expected = results.get_prediction(start=120, end=129, exog_oos=future)
    forecast = fit.forecast(10, exog=future)
    np.testing.assert_allclose(forecast["mean"], expected.predicted_mean, rtol=1e-8)
    np.testing.assert_allclose(forecast["std_error"], expected.se_mean, rtol=1e-8)


def test_autoreg_keeps_parameters_by_name() -> None:
    """The intercept of the equation is called intercept; lags are called as in ARIMA."""
    y, exog = monthly(120, 8)
    results = AutoReg(y, [1, 12], trend="ct", exog=exog).fit()
    fit = from_statsmodels(results)
    names = ["intercept", "drift", "price", "rain", "ar.L1", "ar.L12", "sigma2"]
    assert list(fit.params.index) == names
    assert fit.params["ar.L12"] == results.params["sales.L12"]
    assert fit.std_errors["rain"] == pytest.approx(results.bse["rain"], rel=1e-12)
    assert fit.aic == pytest.approx(results.aic, rel=1e-12)
    assert fit.bic == pytest.approx(results.bic, rel=1e-12)


def test_autoreg_may_be_explosive() -> None:
    """An unstable autoregression has a whitening kernel and forecasts all the same."""
    y = pd.Series(1.05 ** np.arange(80) + np.random.default_rng(2).normal(size=80))
    results = AutoReg(y, 1).fit()
    assert results.params.iloc[1] > 1
    np.testing.assert_allclose(
        from_statsmodels(results).forecast(5)["mean"], results.forecast(5), rtol=1e-8
    )


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "measurement error": ({"measurement_error": True}, "measurement_error=True is not an ARIMA"),
    "simple differencing": ({"simple_differencing": True}, "refit with simple_differencing=False"),
    "hamilton": (
        {"hamilton_representation": True, "order": (1, 0, 0)},
        "refit with hamilton_representation=False",
    ),
    "time-varying": (
        {"time_varying_regression": True, "mle_regression": False, "exog": True},
        "time_varying_regression=True has no fixed",
    ),
    "states": ({"mle_regression": False, "exog": True}, "refit with mle_regression=True"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_models_that_are_no_convolutions_are_refused(name: str) -> None:
    """Options under which the model is no convolution of the series are named in the error."""
    options, message = REFUSED[name]
    options = {"order": (1, 1, 0), **options}
    y, exog = monthly(60, 3)
    if options.pop("exog", False):
        options["exog"] = exog
    model = SARIMAX(y, **options)
    results = model.filter(model.start_params)
    with pytest.raises(ValueError, match=message):
        from_statsmodels(results)


def test_user_made_deterministic_terms_are_refused() -> None:
    """AutoReg with its own deterministic process cannot be read in, and says what can."""
    from statsmodels.tsa.deterministic import DeterministicProcess

    y, _ = monthly(60, 3)
    terms = DeterministicProcess(y.index, constant=True, fourier=1, period=12)
    results = AutoReg(y, 1, trend="n", deterministic=terms).fit()
    with pytest.raises(ValueError, match="deterministic terms given to AutoReg"):
        from_statsmodels(results)


def test_an_ma_part_that_cannot_be_inverted_is_refused() -> None:
    """An MA root inside the unit circle has no causal inverse, and the error says what to do."""
    model = SARIMAX(datasets.load_nile(), order=(0, 1, 1), enforce_invertibility=False)
    with pytest.raises(ValueError, match="Refit with enforce_invertibility=True"):
        from_statsmodels(model.filter([2.0, 1e4]))


def test_an_unfitted_model_is_refused() -> None:
    """A model that was never fitted gets a hint."""
    with pytest.raises(TypeError, match=r"Call `\.fit\(\)` first"):
        from_statsmodels(ARIMA(datasets.load_nile(), order=(1, 0, 0)))


def test_other_results_are_refused() -> None:
    """Results of other models are refused by name."""
    with pytest.raises(TypeError, match="AutoReg, ARIMA or SARIMAX; got dict"):
        from_statsmodels({})


def test_concentrated_scale_is_read_in() -> None:
    """A noise variance that was concentrated out is among the parameters."""
    y = datasets.load_nile()
    results = ARIMA(y, order=(1, 0, 0), concentrate_scale=True).fit()
    fit = from_statsmodels(results)
    assert fit.sigma2 == results.scale
    np.testing.assert_allclose(fit.forecast(3)["mean"], results.forecast(3), rtol=1e-8)


def test_to_statsmodels_returns_the_object_read() -> None:
    """What was read in is handed back."""
    results = ARIMA(datasets.load_nile(), order=(1, 0, 0)).fit()
    assert to_statsmodels(from_statsmodels(results)) is results


def test_compare_sets_both_side_by_side() -> None:
    """For a model read in, parameters agree exactly and forecasts to rounding."""
    results = ARIMA(datasets.load_nile(), order=(1, 0, 1)).fit()
    table = compare(from_statsmodels(results))
    assert list(table.columns) == ["tsconv", "statsmodels", "difference"]
    assert (table.loc["params", "difference"] == 0).all()
    assert table.loc["forecast", "difference"].abs().max() < 1e-6
    assert abs(table.loc[("residuals", "largest difference"), "difference"]) < 1e-5
