"""What a fit tells: tables, standard errors, tests, pictures, files, and itself beside others."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from statsmodels.tsa.arima.model import ARIMA
from statsmodels.tsa.statespace.sarimax import SARIMAX

import tsconv
from tsconv import datasets
from tsconv.arima import ArimaFit, fit_arima, from_statsmodels, load
from tsconv.arima import storage as storage_module
from tsconv.arima.elsewhere import CALLED_HERE
from tsconv.arima.sample import take_sample
from tsconv.arima.spec import ArimaSpec
from tsconv.arima.uncertainty import covariance

mpl.use("Agg")

R_VALUES = pd.read_csv(Path(__file__).parent / "results" / "arima_fit.csv")
NONE = (0, 0, 0, 0)
R_MODELS: dict[str, tuple[Any, Any]] = {
    "lh_ar1": ((1, 0, 0), NONE),
    "lh_ar3": ((3, 0, 0), NONE),
    "lh_arma": ((1, 0, 1), NONE),
    "deaths": ((0, 1, 1), (0, 1, 1, 12)),
    "huron": ((2, 0, 0), NONE),
    "presidents": ((3, 0, 0), NONE),
    "presidents_gaps_differenced": ((0, 1, 1), NONE),
    "nile": ((1, 0, 1), NONE),
}


@pytest.fixture(scope="module")
def nile() -> ArimaFit:
    """Fit the Nile by ARMA(1, 1)."""
    return fit_arima(datasets.load_nile(), (1, 0, 1))


@pytest.fixture(scope="module")
def seasonal() -> ArimaFit:
    """Fit sea surface temperatures with a season."""
    return fit_arima(datasets.load_elnino().iloc[-240:], (1, 0, 0), seasonal_order=(0, 1, 1, 12))


# ---------------------------------------------------------------------- against R


@pytest.fixture(scope="module", params=R_MODELS)
def beside_r(request: pytest.FixtureRequest) -> tuple[ArimaFit, Any, Any]:
    """Fit a model that R has fitted; return R's values by quantity, and future regressors."""
    order, season = R_MODELS[request.param]
    rows = R_VALUES[R_VALUES["model"] == request.param]

    def values(quantity: str) -> pd.Series:
        return rows[rows["quantity"] == quantity].set_index("name")["value"]

    exog = values("xreg").to_numpy() if values("xreg").size else None
    future = values("newxreg").to_numpy() if values("xreg").size else None
    fit = fit_arima(values("series").to_numpy(), order, seasonal_order=season, exog=exog)
    return fit, values, future


def tolerance(fit: ArimaFit, exact: float, differenced: float) -> float:
    """R's prior for what differencing leaves open has the variance 1e6, not infinity."""
    return differenced if fit.spec.n_lost else exact


def test_likelihood_and_variance_are_those_of_r(beside_r: Any) -> None:
    """R's arima reaches the same log-likelihood and noise variance."""
    fit, values, _ = beside_r
    expected = values("fit")
    assert fit.loglike == pytest.approx(expected["loglike"], abs=tolerance(fit, 1e-7, 2e-3))
    assert fit.sigma2 == pytest.approx(expected["sigma2"], rel=tolerance(fit, 1e-6, 1e-4))
    assert fit.aic == pytest.approx(expected["aic"], abs=tolerance(fit, 1e-6, 4e-3))


def test_estimates_and_standard_errors_are_those_of_r(beside_r: Any) -> None:
    """Coefficients and their standard errors from the observed information equal R's."""
    fit, values, _ = beside_r
    # R's order: ar, ma, sar, sma, intercept, regressors.
    order = [name for name in fit.names if name[:2] in ("ar", "ma")]
    order += [name for name in ("const", "x1") if name in fit.names]
    np.testing.assert_allclose(
        fit.params[order], values("coef"), rtol=tolerance(fit, 2e-5, 1e-3), atol=1e-7
    )
    np.testing.assert_allclose(
        fit.std_errors[order], values("std_error"), rtol=tolerance(fit, 2e-5, 1e-3)
    )


def test_forecasts_are_those_of_r(beside_r: Any) -> None:
    """Means and standard errors of forecasts equal those of R's predict."""
    fit, values, future = beside_r
    table = fit.forecast(6, exog=future)
    np.testing.assert_allclose(table["mean"], values("mean"), rtol=1e-5)
    np.testing.assert_allclose(
        table["std_error"], values("forecast_error"), rtol=tolerance(fit, 1e-5, 1e-4)
    )


# ---------------------------------------------------------------------- tables


def test_table_has_a_row_for_each_parameter(nile: ArimaFit) -> None:
    """Estimate, standard error, z, p-value and 95 % interval, by parameter."""
    table = nile.table()
    assert list(table.columns) == ["estimate", "std_error", "z", "p_value", "lower", "upper"]
    assert list(table.index) == list(nile.params.index)
    np.testing.assert_allclose(table["z"], table["estimate"] / table["std_error"])
    np.testing.assert_allclose(
        table["upper"] - table["lower"], 2 * 1.959963984540054 * table["std_error"]
    )


def test_p_values_are_two_sided_normal(nile: ArimaFit) -> None:
    """p-values equal scipy's normal tail."""
    from scipy.stats import norm

    table = nile.table()
    np.testing.assert_allclose(table["p_value"], 2 * norm.sf(table["z"].abs()), rtol=1e-10)


def test_the_level_of_the_table_widens_its_interval(nile: ArimaFit) -> None:
    """An interval of 99 per cent is wider by the ratio of normal quantiles."""
    width = nile.table()["upper"] - nile.table()["estimate"]
    wide = nile.table(level=99)["upper"] - nile.table()["estimate"]
    np.testing.assert_allclose(wide / width, 2.5758293035489004 / 1.959963984540054)


def test_glances_of_several_fits_make_a_table(nile: ArimaFit, seasonal: ArimaFit) -> None:
    """Rows of `glance` go under one another with their types kept."""
    table = pd.concat([nile.glance(), seasonal.glance()])
    assert list(table.index) == ["ARIMA(1,0,1) with mean", "ARIMA(1,0,0)(0,1,1)[12]"]
    assert list(table.columns) == [
        "n_obs",
        "loglike",
        "aic",
        "aicc",
        "bic",
        "sigma2",
        "converged",
    ]
    assert table["converged"].dtype == bool
    assert table["n_obs"].tolist() == [100, 240]


def test_criteria_count_parameters_and_rows(seasonal: ArimaFit) -> None:
    """Criteria use sigma2 as a parameter and the rows left by differencing."""
    k, n = 3, 228
    assert seasonal.n_used == n
    assert seasonal.aic == pytest.approx(-2 * seasonal.loglike + 2 * k)
    assert seasonal.aicc == pytest.approx(seasonal.aic + 2 * k * (k + 1) / (n - k - 1))
    assert seasonal.bic == pytest.approx(-2 * seasonal.loglike + k * np.log(n))


def test_aicc_of_a_series_too_short_for_it_is_infinite() -> None:
    """With as many parameters as rows the correction is infinite, not negative."""
    assert fit_arima([1.0, 2.0, 4.0], (1, 0, 0)).aicc == np.inf


def test_repr_says_model_estimates_and_likelihood(nile: ArimaFit) -> None:
    """Three lines that read well."""
    lines = repr(nile).splitlines()
    assert lines[0] == "<ArimaFit ARIMA(1,0,1) with mean, 100 observations>"
    assert lines[1] == "  const 920.7, ar.L1 0.861, ma.L1 -0.5177, sigma2 1.989e+04"
    assert lines[2] == "  loglike -637.039, aic 1282.08"


def test_repr_of_large_models_stays_short() -> None:
    """Many parameters are cut, sparse lags and regressors are told."""
    rng = np.random.default_rng(0)
    fit = fit_arima(rng.normal(size=60), ([1, 7], 0, 1), exog=rng.normal(size=(60, 5)), trend="ct")
    text = repr(fit)
    assert "ARIMA([1,7],0,1) with mean, trend, 5 regressors" in text
    assert "..., sigma2" in text
    assert "drift" in repr(fit_arima(rng.normal(size=20), (0, 1, 0), trend="t"))
    assert "t^2" in repr(fit_arima(rng.normal(size=20), (0, 0, 0), trend=[0, 0, 1]))


def test_html_shows_the_table(nile: ArimaFit) -> None:
    """Notebooks show a heading and the table of estimates."""
    text = nile._repr_html_()
    assert "<b>ARIMA(1,0,1) with mean</b>" in text
    assert "<table" in text
    assert "920.7" in text


def test_a_fit_does_not_change(nile: ArimaFit) -> None:
    """Fields cannot be set."""
    with pytest.raises(AttributeError, match="cannot assign"):
        nile.loglike = 0.0  # type: ignore[misc]


# ---------------------------------------------------------------------- kernels


def test_whitening_undoes_coloring(seasonal: ArimaFit) -> None:
    """The two kernels compose to the identity, differences included."""
    assert repr(seasonal.coloring * seasonal.whitening) == "Kernel([1])"


def test_kernels_are_those_of_the_parameters(seasonal: ArimaFit) -> None:
    """The colouring kernel is `sarima` of the estimates."""
    p = seasonal.params
    expected = tsconv.sarima(ar=[p["ar.L1"]], seasonal_ma=[p["ma.S.L12"]], period=12, seasonal_d=1)
    np.testing.assert_allclose(seasonal.psi_weights(40), expected.impulse_response(40))
    np.testing.assert_allclose(
        seasonal.pi_weights(40), expected.inverse().impulse_response(40), atol=1e-15
    )


def test_kernels_of_sparse_models_skip_lags() -> None:
    """Lags that are not in the model have no tap."""
    fit = fit_arima(np.random.default_rng(1).normal(size=80), ([1, 4], 0, 0))
    taps = fit.whitening.taps
    assert np.flatnonzero(taps).tolist() == [0, 1, 4]


def test_residuals_are_a_convolution(seasonal: ArimaFit) -> None:
    """After the start, residuals are `whitening` convolved with the series, by `convolve`."""
    y = seasonal._data.on_index(seasonal._data.y)
    fit = fit_arima(y, (1, 0, 0), seasonal_order=(0, 1, 0, 12))
    by_hand = tsconv.convolve(y, fit.whitening, boundary="valid")
    np.testing.assert_allclose(fit.residuals.iloc[13:], by_hand.iloc[13:], atol=1e-10)


def test_residuals_and_fitted_add_up_to_the_series(seasonal: ArimaFit) -> None:
    """Observed is fitted plus residual, where either is there."""
    y = datasets.load_elnino().iloc[-240:]
    total = (seasonal.fitted + seasonal.residuals).iloc[12:]
    np.testing.assert_allclose(total, y.iloc[12:])
    assert seasonal.residuals.iloc[:12].isna().all()


def test_standardized_innovations_have_unit_variance(nile: ArimaFit) -> None:
    """At the maximum, the mean square of the standardized innovations is one, exactly."""
    assert (nile.standardized**2).mean() == pytest.approx(1.0, rel=1e-9)


# ---------------------------------------------------------------------- standard errors


def test_outer_products_and_sandwich_are_those_of_statsmodels() -> None:
    """OPG and robust standard errors agree with statsmodels' at the same parameters."""
    y = np.random.default_rng(5).normal(size=200).cumsum() * 0.3
    y = y + np.random.default_rng(6).normal(size=200)
    for cov_type in ("opg", "oim"):
        fit = fit_arima(y, (1, 0, 1), cov_type=cov_type)
        results = ARIMA(y, order=(1, 0, 1)).smooth(fit.params.to_numpy())
        theirs = results.cov_params_opg if cov_type == "opg" else results.cov_params_approx
        np.testing.assert_allclose(fit.std_errors, np.sqrt(np.diag(theirs)), rtol=2e-3)


def test_the_sandwich_is_put_together_from_both() -> None:
    """Robust covariance is J^-1 G J^-1."""
    y = datasets.load_nile()
    oim, opg, robust = (
        fit_arima(y, (1, 0, 1), cov_type=kind).cov_params.to_numpy()
        for kind in ("oim", "opg", "robust")
    )
    np.testing.assert_allclose(robust, oim @ np.linalg.inv(opg) @ oim, rtol=1e-6)


@pytest.mark.parametrize("cov_type", ["opg", "robust"])
@pytest.mark.parametrize(
    ("order", "season", "held"),
    [
        ((1, 1, 1), (0, 0, 0, 0), ["ma.L1"]),
        ((1, 1, 2), (0, 0, 0, 0), ["ma.L1", "ma.L2"]),
        ((1, 0, 0), (0, 1, 1, 4), ["ma.S.L4"]),
    ],
)
def test_outer_products_say_nothing_of_a_unit_root(
    cov_type: str, order: Any, season: Any, held: list[str]
) -> None:
    """A MA factor on the circle has no standard error from outer products; the rest as if fixed."""
    y = np.random.default_rng(0).normal(size=100)
    fit = fit_arima(y, order, seasonal_order=season, cov_type=cov_type)
    assert fit.std_errors[held].isna().all()
    fixed = dict(fit.params[held])
    same = fit_arima(y, order, seasonal_order=season, cov_type=cov_type, fixed=fixed)
    others = [name for name in fit.names if name not in held]
    assert fit.std_errors[others].notna().all()
    np.testing.assert_allclose(fit.std_errors[others], same.std_errors[others], rtol=1e-4)


def test_curvature_at_a_unit_root_is_that_of_r() -> None:
    """The observed information reports the curvature across a MA root on the circle, as R does."""
    # R 4.2.2: arima(x, c(1, 1, 1), optim.control = list(reltol = 1e-14), transform.pars = FALSE)
    x = np.resize([3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0, 6.0, 5.0, 3.0, 5.0], 33) + np.arange(33) % 4
    fit = fit_arima(x, (1, 1, 1))
    np.testing.assert_allclose(fit.params[["ar.L1", "ma.L1"]], [-0.140254108, -1.0], rtol=1e-6)
    np.testing.assert_allclose(
        fit.std_errors[["ar.L1", "ma.L1"]], [0.176336350, 0.108938669], rtol=1e-5
    )


@pytest.mark.parametrize("cov_type", ["oim", "opg", "robust"])
def test_an_ar_part_at_its_limit_leaves_the_others_their_errors(cov_type: str) -> None:
    """Where no step fits between an AR root and the circle, the rest is as if it were fixed."""
    y = np.random.default_rng(3).normal(size=80).cumsum()
    limit = ArimaSpec((1, 0, 1), trend="n")
    sample = take_sample(y, None)
    params = np.array([1.0 - 1e-7, 0.1, 1.0])
    matrix = covariance(sample, limit, params, cov_type)
    held = ArimaSpec((1, 0, 1), trend="n", fixed={"ar.L1": params[0]})
    expected = covariance(sample, held, params, cov_type)
    assert np.isfinite(expected[1:, 1:]).all()
    np.testing.assert_allclose(matrix, expected, rtol=1e-9)


def test_standard_errors_scale_with_the_series() -> None:
    """Standard errors of coefficients do not depend on the unit, those of the mean do."""
    y = datasets.load_nile()
    one, other = fit_arima(y, (1, 0, 1)), fit_arima(1000 * y, (1, 0, 1))
    factors = pd.Series({"const": 1e3, "ar.L1": 1.0, "ma.L1": 1.0, "sigma2": 1e6})
    np.testing.assert_allclose(other.std_errors, factors * one.std_errors, rtol=1e-6)


def test_covariance_is_labelled(nile: ArimaFit) -> None:
    """Rows and columns carry the parameters' names; the diagonal is the squared errors."""
    names = list(nile.params.index)
    assert list(nile.cov_params.index) == names
    assert list(nile.cov_params.columns) == names
    np.testing.assert_allclose(np.diag(nile.cov_params), nile.std_errors**2)


# ---------------------------------------------------------------------- tests of residuals


def test_diagnostics_are_those_of_statsmodels() -> None:
    """Statistics and p-values of the three tests equal statsmodels'."""
    y = datasets.load_sunspots()
    fit = fit_arima(y, (2, 0, 1))
    table = fit.diagnostics(n_lags=10)
    results = ARIMA(y, order=(2, 0, 1)).smooth(fit.params.to_numpy())
    ljung_box = results.test_serial_correlation("ljungbox", lags=[10], df_adjust=True)[0]
    normal = results.test_normality("jarquebera")[0]
    variance = results.test_heteroskedasticity("breakvar")[0]
    # statsmodels also takes sigma2 and the constant for coefficients when it adjusts.
    assert table.loc["ljung_box", "statistic"] == pytest.approx(ljung_box[0, 0], rel=1e-6)
    assert table.loc["ljung_box", "df"] == 7
    expected = [normal[0], normal[1], variance[0], variance[1]]
    own = table.loc[["jarque_bera", "heteroskedasticity"], ["statistic", "p_value"]]
    np.testing.assert_allclose(own.to_numpy().ravel(), expected, rtol=1e-6)


def test_white_noise_passes_and_a_cycle_fails() -> None:
    """The Ljung-Box test sees what a wrong model leaves over."""
    noise = np.random.default_rng(3).normal(size=300)
    cycle = noise + 2 * np.sin(np.arange(300))
    assert fit_arima(noise, (0, 0, 0)).diagnostics().loc["ljung_box", "p_value"] > 0.05
    assert fit_arima(cycle, (0, 0, 0)).diagnostics().loc["ljung_box", "p_value"] < 1e-6


def test_lags_must_exceed_the_coefficients(nile: ArimaFit) -> None:
    """As many lags as coefficients leave no degree of freedom."""
    with pytest.raises(ValueError, match="must exceed the number of ARMA coefficients, 2; got 2"):
        nile.diagnostics(n_lags=2)


def test_diagnostics_of_a_short_series_are_missing() -> None:
    """Too few rows give NaN, not an error."""
    table = fit_arima([1.0, 2.0, 0.0], (0, 0, 0)).diagnostics()
    assert np.isnan(table.loc["ljung_box", "p_value"])


# ---------------------------------------------------------------------- files


SAVED: dict[str, Any] = {
    "plain": lambda: fit_arima(datasets.load_nile(), (1, 0, 1)),
    "gaps": lambda: fit_arima(datasets.load_co2().iloc[:150], (1, 1, 1)),
    "array": lambda: fit_arima(np.random.default_rng(0).normal(size=50), (1, 0, 0)),
    "periods": lambda: fit_arima(
        pd.Series(np.random.default_rng(0).normal(size=50), pd.period_range("2001Q1", periods=50)),
        (0, 0, 1),
    ),
    "time zone": lambda: fit_arima(
        pd.Series(
            np.random.default_rng(0).normal(size=50),
            pd.date_range("2020-03-01", periods=50, freq="D", tz="Europe/Berlin"),
            name=("a", 1),
        ),
        (0, 0, 1),
    ),
    "durations": lambda: fit_arima(
        pd.Series(
            np.random.default_rng(0).normal(size=50), pd.timedelta_range("1s", periods=50, freq="s")
        ),
        (0, 0, 1),
    ),
    "numbers": lambda: fit_arima(
        pd.Series(np.random.default_rng(0).normal(size=50), np.arange(50) / 4), (0, 0, 1)
    ),
    "years": lambda: fit_arima(
        pd.Series(np.random.default_rng(0).normal(size=50), np.arange(1950, 2000)), (0, 0, 1)
    ),
    "fixed, sparse": lambda: fit_arima(
        datasets.load_nile(), ([1, 3], 0, 0), trend=[1, 0, 1], fixed={"ar.L3": 0.1}
    ),
    "season": lambda: fit_arima(
        datasets.load_elnino(), (1, 0, 1), seasonal_order=(0, 1, 1, 12), cov_type="opg"
    ),
    "constant": lambda: fit_arima(np.full(20, 3.0), (1, 0, 0)),
    "sarimax": lambda: from_statsmodels(
        SARIMAX(datasets.load_nile(), order=(1, 1, 0), trend="c").smooth([1.0, -0.3, 2e4])
    ),
    "long": lambda: fit_arima(np.random.default_rng(0).normal(size=20_000), (2, 0, 1)),
    "long, long season": lambda: ArimaFit(
        tsconv.arima.spec.ArimaSpec((1, 0, 1), (0, 1, 1, 168)),
        np.array([0.5, 0.3, -0.9, 1.0]),
        0.0,
        1500,
        _sample=tsconv.arima.sample.Sample(
            np.random.default_rng(0).normal(size=1500), np.zeros((1500, 0))
        ),
        _covariance=np.eye(4),
    ),
}


@pytest.mark.parametrize("name", SAVED)
def test_a_saved_fit_comes_back_under_10_kb(name: str, tmp_path: Path) -> None:
    """Forecasts, parameters, errors and names come back to the last bit, from a small file."""
    fit = SAVED[name]()
    path = tmp_path / "fit.json"
    fit.save(path)
    assert path.stat().st_size < 10_000
    again = load(path)
    pd.testing.assert_frame_equal(again.forecast(30), fit.forecast(30), rtol=1e-9)
    pd.testing.assert_series_equal(again.params, fit.params)
    pd.testing.assert_series_equal(again.std_errors, fit.std_errors)
    pd.testing.assert_frame_equal(again.glance(), fit.glance())
    assert repr(again) == repr(fit)


@pytest.mark.parametrize("name", ["plain", "gaps", "periods", "time zone", "numbers", "sarimax"])
def test_a_short_series_is_in_the_file(name: str, tmp_path: Path) -> None:
    """With the observations there, residuals come back on their index, and rows can be added."""
    fit = SAVED[name]()
    fit.save(tmp_path / "fit.json")
    again = load(tmp_path / "fit.json")
    pd.testing.assert_series_equal(again.residuals, fit.residuals, check_freq=False)
    pd.testing.assert_frame_equal(again.append([1.0]).forecast(2), fit.append([1.0]).forecast(2))


def test_regressors_are_in_the_file(tmp_path: Path) -> None:
    """A model with regressors forecasts from its file, by name."""
    rng = np.random.default_rng(0)
    x = pd.DataFrame(rng.normal(size=(60, 2)), columns=["a", "b"])
    fit = fit_arima(x @ [1.0, 2.0] + rng.normal(size=60), (1, 0, 0), exog=x)
    fit.save(tmp_path / "fit.json")
    again, future = load(tmp_path / "fit.json"), x.iloc[:3]
    pd.testing.assert_frame_equal(again.forecast(3, exog=future), fit.forecast(3, exog=future))
    pd.testing.assert_series_equal(again.fitted, fit.fitted)


def test_a_long_series_is_not_in_the_file_and_can_be_given_back(tmp_path: Path) -> None:
    """Without its observations a fit forecasts; looking back needs them, and says so."""
    y = pd.Series(np.random.default_rng(0).normal(size=20_000))
    fit = fit_arima(y, (1, 0, 0))
    fit.save(tmp_path / "fit.json")
    again = load(tmp_path / "fit.json")
    with pytest.raises(ValueError, match=r"Try `load\(path, y=series\)`"):
        _ = again.residuals
    whole = load(tmp_path / "fit.json", y=y)
    pd.testing.assert_series_equal(whole.residuals, fit.residuals)
    with pytest.raises(ValueError, match="the 20000 rows of the fit; got 7"):
        load(tmp_path / "fit.json", y=y.iloc[:7])


def test_the_certificate_comes_back(nile: ArimaFit, tmp_path: Path) -> None:
    """What the search found out is kept, roots included."""
    nile.save(tmp_path / "fit.json")
    again = load(tmp_path / "fit.json").certificate
    assert again.gradient_norm == nile.certificate.gradient_norm
    assert again.ar_distance == nile.certificate.ar_distance


def test_files_of_another_kind_are_refused(tmp_path: Path) -> None:
    """Text, other JSON, and files of a later version have their messages."""
    path = tmp_path / "file"
    path.write_text("no json")
    with pytest.raises(ValueError, match="is not JSON"):
        load(path)
    path.write_text("[1, 2]")
    with pytest.raises(ValueError, match="is something else"):
        load(path)
    path.write_text(json.dumps({"format": storage_module.FORMAT, "version": 99}))
    with pytest.raises(ValueError, match="written by a newer tsconv"):
        load(path)


# ---------------------------------------------------------------------- beside statsmodels


def test_compare_fits_statsmodels_on_demand() -> None:
    """The table has both programs' numbers, times, and says who is higher."""
    fit = fit_arima(datasets.load_nile(), (1, 0, 1))
    table = fit.compare(steps=3)
    assert table.index.names == ["quantity", "item"]
    assert list(table.columns) == ["tsconv", "statsmodels", "difference"]
    assert set(table.index.get_level_values(0)) == {
        "params",
        "std_errors",
        "fit",
        "residuals",
        "forecast",
    }
    np.testing.assert_allclose(table["difference"], table["tsconv"] - table["statsmodels"])
    assert table.loc[("fit", "exact_loglike"), "difference"] >= -1e-6
    assert (table.loc[("fit", "seconds"), ["tsconv", "statsmodels"]] > 0).all()
    assert "likelihood" in table.attrs["verdict"]


@pytest.mark.parametrize(
    ("own", "theirs"), [("oim", "approx"), ("opg", "opg"), ("robust", "robust_approx")]
)
def test_compare_asks_for_standard_errors_of_the_same_kind(own: str, theirs: str) -> None:
    """At the same optimum both programs' standard errors agree, whatever their kind."""
    table = fit_arima(datasets.load_nile() / 100, (1, 0, 1), cov_type=own).compare(steps=1)
    assert table.attrs["cov_type"] == theirs
    errors = table.loc["std_errors"]
    np.testing.assert_allclose(errors["tsconv"], errors["statsmodels"], rtol=5e-4)


def test_one_evaluator_judges_both() -> None:
    """The exact log-likelihood of our own estimates is the one reported."""
    fit = fit_arima(datasets.load_nile(), (0, 1, 1))
    table = fit.compare(steps=1)
    assert table.loc[("fit", "exact_loglike"), "tsconv"] == pytest.approx(fit.loglike, abs=1e-9)


def test_compare_with_regressors_leaves_the_future_out() -> None:
    """Regressors to come are not known, so forecasts are not compared."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=60)
    fit = fit_arima(x + rng.normal(size=60), (0, 0, 0), exog=x)
    table = fit.compare()
    assert "forecast" not in table.index.get_level_values(0)
    np.testing.assert_allclose(table.loc["params", "difference"], 0, atol=1e-3)


@pytest.mark.parametrize(
    "index", [pd.Index(range(1950, 2000)), pd.timedelta_range("0s", periods=50, freq="s")]
)
def test_compare_on_an_index_that_statsmodels_cannot_continue(index: pd.Index) -> None:
    """Years as numbers, and durations, are compared by position."""
    y = pd.Series(np.random.default_rng(0).normal(size=50), index=index)
    table = fit_arima(y, (0, 0, 0)).compare(steps=3)
    np.testing.assert_allclose(table.loc["forecast", "difference"], 0, atol=1e-4)


def test_compare_without_the_others_forecasts() -> None:
    """Results on an index that statsmodels cannot continue are compared without forecasts."""
    y = pd.Series(np.random.default_rng(0).normal(size=50), index=np.arange(50) ** 2)
    with pytest.warns(UserWarning, match="unsupported index"):
        results = ARIMA(y, order=(0, 0, 0)).filter([0.0, 1.0])
    table = from_statsmodels(results).compare()
    assert "forecast" not in table.index.get_level_values(0)


def test_the_verdict_names_the_higher_one() -> None:
    """Where likelihoods differ by more than 0.001 the higher one is named."""
    from tsconv.arima.interop.comparing import verdict

    rows = {("fit", "loglike"): (-10.0, -12.5)}
    assert verdict(rows) == "tsconv reached the higher likelihood, by 2.500"
    rows[("fit", "exact_loglike")] = (-10.0, -9.0)
    assert verdict(rows) == "statsmodels reached the higher likelihood, by 1.000"
    rows[("fit", "exact_loglike")] = (-10.0, -10.0)
    assert verdict(rows) == "both reached the same likelihood (to 0.001)"


HANDED: dict[str, Any] = {
    "mean": ((1, 0, 1), NONE, {}),
    "season, regressor": ((0, 1, 1), (0, 1, 1, 4), {"exog": True}),
    "drift": ((1, 1, 0), NONE, {"trend": "t"}),
    "square": ((1, 0, 0), NONE, {"trend": [1, 0, 1]}),
    "sparse": (([1, 3], 0, 0), NONE, {"fixed": {"ar.L3": 0.2}}),
}


@pytest.mark.parametrize("name", HANDED)
def test_to_statsmodels_has_the_same_parameters_and_forecasts(name: str) -> None:
    """Statsmodels' object at our parameters forecasts the same."""
    order, season, options = HANDED[name]
    rng = np.random.default_rng(2)
    options = dict(options)
    future = None
    if options.pop("exog", False):
        options["exog"] = rng.normal(size=120)
        future = np.arange(3.0)
    y = pd.Series(
        10 + rng.normal(size=120), index=pd.date_range("2000", periods=120, freq="QS"), name="y"
    )
    fit = fit_arima(y, order, seasonal_order=season, **options)
    results = fit.to_statsmodels()
    np.testing.assert_allclose(results.params, fit.params)
    np.testing.assert_allclose(
        results.forecast(3, exog=future), fit.forecast(3, exog=future)["mean"], rtol=1e-4
    )


def test_models_read_in_compare_and_go_back() -> None:
    """A model with an intercept goes back as SARIMAX, an AutoReg as AutoReg, also from a file."""
    from dataclasses import replace

    from statsmodels.tsa.ar_model import AutoReg

    y = datasets.load_nile()
    for results in (
        SARIMAX(y, order=(1, 0, 0), trend="c").smooth([400.0, 0.5, 2e4]),
        AutoReg(y, 2, trend="ct").fit(),
        AutoReg(y, [1, 3], trend="n").fit(),
        AutoReg(y, 1, trend="c", seasonal=True, period=4).fit(),
    ):
        fit = replace(from_statsmodels(results), _origin=None)
        again = fit.to_statsmodels()
        np.testing.assert_allclose(np.asarray(again.params), np.asarray(results.params))
        assert type(again.model) is type(results.model)


# ---------------------------------------------------------------------- pictures


def test_plot_draws_series_fit_and_forecast(nile: ArimaFit) -> None:
    """One Axes, returned, with a line each and two bands; labels are there."""
    import matplotlib.pyplot as plt

    _, ax = plt.subplots()
    assert nile.plot(steps=5, ax=ax, color="black") is ax
    assert len(ax.lines) == 3
    assert len(ax.collections) == 2
    assert ax.lines[0].get_color() == "black"
    assert ax.get_title() == "ARIMA(1,0,1) with mean"
    assert ax.get_xlabel()
    plt.close("all")


@pytest.mark.parametrize("name", ["array", "periods", "time zone", "durations", "numbers"])
def test_plot_knows_every_index(name: str) -> None:
    """Arrays, periods, zones, durations and numbers can be drawn."""
    import matplotlib.pyplot as plt

    axes = SAVED[name]().plot()
    assert len(axes.lines) == 3
    plt.close("all")


def test_plot_without_a_known_future_draws_the_past() -> None:
    """A model with regressors is drawn without forecast unless regressors are given."""
    import matplotlib.pyplot as plt

    from tsconv.arima.pictures import plot_fit

    rng = np.random.default_rng(0)
    fit = fit_arima(rng.normal(size=40), (0, 0, 0), exog=rng.normal(size=40))
    assert len(fit.plot().lines) == 2
    assert len(plot_fit(fit, steps=2, exog=[0.0, 1.0], n_last=10).lines) == 3
    plt.close("all")


def test_plot_diagnostics_has_four_panels(seasonal: ArimaFit) -> None:
    """Innovations, distribution, quantiles, autocorrelation; each with title and labels."""
    import matplotlib.pyplot as plt

    figure = seasonal.plot_diagnostics()
    assert len(figure.axes) == 4
    assert all(ax.get_title() and ax.get_xlabel() and ax.get_ylabel() for ax in figure.axes)
    plt.close("all")


def test_diagnostics_of_one_observation_cannot_be_drawn() -> None:
    """Too few innovations are an error."""
    with pytest.raises(ValueError, match="at least 2 innovations"):
        fit_arima([1.0, 2.0], (0, 1, 0)).plot_diagnostics()


def test_names_of_other_packages_are_translated() -> None:
    """Who asks for what statsmodels or R call a thing is told what it is called here."""
    fit = fit_arima(datasets.load_nile(), (0, 1, 1))
    with pytest.raises(AttributeError, match=r"no attribute 'resid'\. It is `residuals` here\."):
        fit.resid  # noqa: B018
    with pytest.raises(AttributeError, match=r"no attribute 'residual'\.$"):
        fit.residual  # noqa: B018
    for theirs, ours in CALLED_HERE.items():
        assert not hasattr(fit, theirs)
        assert all(hasattr(fit, name) for name in re.findall(r"`(\w+)", ours))
