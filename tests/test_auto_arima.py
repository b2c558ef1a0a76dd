"""`auto_arima`: the public face of order selection, from index to saved file."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import boxcox1p
from scipy.stats import boxcox, t

import tsconv
from tsconv import auto_arima, datasets, fit_arima, fit_panel
from tsconv.arima import load
from tsconv.arima.choice import inflation
from tsconv.arima.selection.box_cox import choose_lambda, restore, transform
from tsconv.arima.selection.period import estimate_period, period_of_index


@pytest.fixture
def growing(rng):
    """Monthly series that grows by per cent, with a season of per cents."""
    n = 120
    steps = 0.01 + 0.02 * rng.standard_normal(n)
    season = np.resize(0.2 * np.sin(2 * np.pi * np.arange(12) / 12), n)
    values = 100 * np.exp(np.cumsum(steps) + season)
    return pd.Series(values, pd.date_range("2015", periods=n, freq="MS"), name="sales")


@pytest.mark.parametrize(
    ("freq", "period"),
    [
        ("YS", 1),
        ("YE-JUN", 1),
        ("QS-OCT", 4),
        ("QE", 4),
        ("MS", 12),
        ("BME", 12),
        ("3MS", 4),
        ("W-WED", 52),
        ("7D", 52),
        ("D", 7),
        ("B", 5),
        ("h", 24),
        ("2h", 12),
        ("15min", 96),
        ("min", 60),
        ("s", 60),
        ("5h", 1),
        ("2D", 1),
    ],
)
def test_season_follows_from_the_step_of_the_index(freq, period):
    """Each step has the season people mean, as dates, and 1 where it divides none."""
    assert period_of_index(pd.date_range("2020-01-06", periods=40, freq=freq)) == period


@pytest.mark.parametrize(("freq", "period"), [("Y", 1), ("Q", 4), ("M", 12), ("W", 52), ("h", 24)])
def test_season_follows_from_periods(freq, period):
    """Periods have the season of their dates."""
    assert period_of_index(pd.period_range("2020", periods=40, freq=freq)) == period


def test_season_of_numbers_is_left_to_the_values():
    """Numbers, text, irregular times and no index say nothing about the season."""
    assert period_of_index(None) is None
    assert period_of_index(pd.RangeIndex(5)) is None
    assert period_of_index(pd.Index([1.0, 2.0, 3.0])) is None
    assert period_of_index(pd.DatetimeIndex(["2020-01-01", "2020-01-03", "2020-02-01"])) is None


@pytest.mark.parametrize("period", [4, 7, 12, 24])
def test_season_is_estimated_from_values(rng, period):
    """A season under noise and a trend is found, not a multiple of it."""
    n = 10 * period
    pattern = np.resize(np.linspace(-1.5, 1.5, period) ** 3, n)
    y = pattern + 0.3 * rng.standard_normal(n) + 0.05 * np.arange(n)
    assert estimate_period(y) == period


def test_noise_and_walks_have_no_season():
    """Out of 100 random series of each kind at most two seem to have a season."""
    draws = np.random.default_rng(5).standard_normal((100, 80))
    assert sum(estimate_period(x) > 1 for x in draws) <= 2
    assert sum(estimate_period(np.cumsum(x)) > 1 for x in draws) <= 2


def test_result_is_a_fit_of_the_chosen_orders(growing):
    """Parameters and likelihood are those `fit_arima` finds for the same model."""
    fit = auto_arima(growing)
    assert fit.spec.period == 12
    assert fit.choice.period == 12
    same = fit_arima(growing, fit.order, seasonal_order=fit.seasonal_order, trend=fit.trend)
    assert fit.loglike == pytest.approx(same.loglike, abs=1e-6)
    pd.testing.assert_series_equal(fit.params, same.params, rtol=1e-3)
    assert fit.models_tried["model"].is_unique
    assert fit.models_tried["aicc"].iloc[0] == pytest.approx(fit.aicc, rel=1e-12)
    assert fit_arima(growing, (0, 1, 1)).models_tried.empty


def test_intervals_allow_for_coefficients(growing):
    """Widths are those of the given model times the root of n / (n - k)."""
    fit = auto_arima(growing)
    given_model = fit_arima(growing, fit.order, seasonal_order=fit.seasonal_order, trend=fit.trend)
    ratio = fit.forecast(6)["std_error"] / given_model.forecast(6)["std_error"]
    k = fit.spec.n_params - 1
    np.testing.assert_allclose(ratio, math.sqrt(fit.n_used / (fit.n_used - k)), rtol=1e-3)
    assert inflation(10, 4) == pytest.approx(10 / 6)
    ahead = fit.forecast(1)
    reach = (ahead["upper_95"] - ahead["mean"]) / ahead["std_error"]
    assert reach.iloc[0] == pytest.approx(t.ppf(0.975, fit.n_used - k))


def test_forecasts_with_a_power_are_those_of_the_transform(growing):
    """Lambda 0 is the logarithm: medians and limits are exponentials of those of log y."""
    fit = auto_arima(growing, lambda_=0)
    logs = auto_arima(np.log(growing))
    ours, theirs = fit.forecast(12), logs.forecast(12)
    for column in ("mean", "lower_80", "upper_95"):
        np.testing.assert_allclose(ours[column], np.exp(theirs[column]), rtol=1e-9)
    pd.testing.assert_series_equal(fit.observed, growing)
    np.testing.assert_allclose(fit.fitted.iloc[20:], np.exp(logs.fitted.iloc[20:]), rtol=1e-9)
    assert "Box-Cox" in repr(fit)


def test_bias_adjusted_forecast_is_the_mean_of_simulations(growing):
    """The mean over many futures is the adjusted forecast; the median is the plain one."""
    fit = auto_arima(growing, lambda_=0, bias_adjust=True)
    plain = auto_arima(growing, lambda_=0)
    draws = np.array([fit.simulate(3, rng=k).to_numpy() for k in range(2000)])
    error = draws.std(axis=0) / math.sqrt(len(draws))
    assert np.all(np.abs(draws.mean(axis=0) - fit.forecast(3)["mean"]) < 4 * error)
    assert np.all(np.abs(np.median(draws, axis=0) - plain.forecast(3)["mean"]) < 5 * error)


@settings(max_examples=60)
@given(
    st.lists(st.floats(1e-3, 1e3), min_size=1, max_size=20),
    st.sampled_from([-1.0, -0.5, 0.0, 0.2, 0.5, 1.0, 1.7]),
)
def test_a_power_is_undone(values, power):
    """Restoring the transform gives the values back, and the transform is scipy's."""
    y = np.array(values)
    x = transform(y, power)
    np.testing.assert_allclose(restore(x, power), y, rtol=1e-9)
    np.testing.assert_allclose(x, boxcox1p(y - 1.0, power), rtol=1e-6, atol=1e-9)


def test_powers_of_nonpositive_values():
    """A positive power takes any sign; others refuse and say what to do."""
    y = np.array([-4.0, 0.0, 9.0])
    np.testing.assert_allclose(restore(transform(y, 0.5), 0.5), y, atol=1e-12)
    for power in (0, -1.0, "auto"):
        with pytest.raises(ValueError, match=r"positive for a Box-Cox"):
            auto_arima(np.r_[y, 1.0, 2.0], lambda_=power)
    with pytest.raises(ValueError, match=r'number or "auto"'):
        auto_arima([1.0, 2.0, 4.0], lambda_="log")


def test_automatic_power_is_scipys(growing):
    """The power is the maximum-likelihood one, whatever the unit and the gaps."""
    values = growing.to_numpy()
    expected = boxcox(values)[1]
    assert choose_lambda(values) == pytest.approx(expected, abs=1e-4)
    assert choose_lambda(1e6 * np.r_[values, np.nan]) == pytest.approx(expected, abs=1e-4)
    assert choose_lambda(np.full(5, 3.0)) == 1.0


@pytest.mark.parametrize("power", [None, 0.3])
def test_saved_choices_come_back(growing, tmp_path, power):
    """Forecasts, tables and the scale survive a file; `load` with data takes them as given."""
    fit = auto_arima(growing, lambda_=power)
    path = tmp_path / "fit.json"
    fit.save(path)
    assert path.stat().st_size < 10_000
    for again in (load(path), load(path, y=growing)):
        pd.testing.assert_frame_equal(again.forecast(5), fit.forecast(5))
        pd.testing.assert_frame_equal(again.models_tried, fit.models_tried.head(20))
        np.testing.assert_allclose(again.observed, growing, rtol=1e-12)


def test_new_observations_are_transformed(growing):
    """Appending to a fit with a power takes values in the unit of the series."""
    fit = auto_arima(growing.iloc[:100], lambda_=0)
    longer = fit.append(growing.iloc[100:])
    np.testing.assert_allclose(longer.observed, growing, rtol=1e-12)
    assert longer.forecast(1)["mean"].iloc[0] == pytest.approx(growing.iloc[-1], rel=0.3)


def test_regressors_are_taken_off_before_the_tests(rng):
    """A step in a regressor is no unit root; the coefficient is found and asked for ahead."""
    x = np.repeat([0.0, 30.0], 60)
    y = 5 + 2.0 * x + rng.standard_normal(120)
    fit = auto_arima(y, exog=pd.Series(x, name="step"), period=1)
    assert fit.spec.d == 0
    assert fit.params["step"] == pytest.approx(2.0, abs=0.05)
    with pytest.raises(ValueError, match="give `exog`"):
        fit.forecast(2)


def test_given_differences_and_limits_hold(growing):
    """Orders that are given are not searched for, and limits are kept."""
    fit = auto_arima(growing, d=0, seasonal_d=1, max_order=(1, 0), max_seasonal_order=(0, 1))
    assert (fit.spec.d, fit.spec.seasonal_d) == (0, 1)
    assert fit.spec.sizes[1] == fit.spec.sizes[2] == 0
    assert auto_arima(growing, period=1).spec.period == 0
    assert not auto_arima(growing, constant=False).spec.trend_powers


def test_wrong_options_are_named():
    """Options that do not exist are refused with those that do."""
    y = datasets.load_nile()
    with pytest.raises(ValueError, match="`search` must be one of 'stepwise', 'wide'"):
        auto_arima(y, search="random")
    with pytest.raises(ValueError, match="`criterion` must be one of"):
        auto_arima(y, criterion="mse")
    with pytest.raises(ValueError, match="`period` must be at least 1"):
        auto_arima(y, period=0)


def test_gaps_infinities_and_nothing(growing):
    """Gaps are fine, and forecasts go on; infinities and empty series are refused."""
    holes = growing.copy()
    holes.iloc[[0, 30, 31, 119]] = np.nan
    forecast = auto_arima(holes).forecast(3)
    assert np.isfinite(forecast.to_numpy()).all()
    assert forecast.index[0] == pd.Timestamp("2025-01-01")
    with pytest.raises(ValueError, match="finite"):
        auto_arima([1.0, np.inf, 2.0])
    with pytest.raises(ValueError, match="all 3 are missing"):
        auto_arima([np.nan] * 3)


def test_constant_series_are_forecast_by_their_constant():
    """A constant and a straight line go on as they are, without uncertainty."""
    assert auto_arima([7.0] * 20).forecast(2)["upper_95"].tolist() == [7.0, 7.0]
    line = auto_arima(np.arange(30.0)).forecast(3)
    np.testing.assert_allclose(line["mean"], [30.0, 31.0, 32.0], rtol=1e-9)


def test_the_name_is_public():
    """`tsconv.auto_arima` is this function."""
    assert tsconv.auto_arima is auto_arima


@pytest.mark.parametrize(
    ("options", "error", "match"),
    [
        ({"d": 1.0}, TypeError, "`d` must be a whole number; got 1.0"),
        ({"seasonal_d": -1}, ValueError, "`seasonal_d` must be at least 0"),
        ({"seasonal_d": 1, "period": 1}, ValueError, "seasonal differences need a season"),
        ({"max_order": 3}, ValueError, r"`max_order` must be \(p, q\)"),
        ({"max_seasonal_order": (1, -1)}, ValueError, "`max_seasonal_order` must be at least 0"),
        ({"constant": "yes"}, ValueError, "`constant` must be True, False or None"),
        ({"lambda_": np.inf}, ValueError, "`lambda_` must be a finite number"),
    ],
)
def test_options_that_make_no_sense_are_named(growing, options, error, match):
    """Each wrong option is an error that says which, for one series and, at once, for a panel."""
    with pytest.raises(error, match=match):
        auto_arima(growing, **options)
    if "period" not in options:
        df = pd.DataFrame({"unique_id": 1, "ds": range(3), "y": 0.0})
        with pytest.raises(error, match=match):
            fit_panel(df, **options)


@pytest.mark.parametrize("search", ["stepwise", "exhaustive"])
@pytest.mark.parametrize("d", [0, 1])
def test_a_constant_that_is_asked_for_is_there(rng, search, d):
    """The mean or drift is in the model, or is not, whatever the criterion says."""
    y = rng.standard_normal(50)
    for constant in (True, False):
        fit = auto_arima(np.cumsum(y) if d else y, d=d, constant=constant, search=search)
        assert (fit.trend != "n") == constant


def test_very_short_series_keep_their_level():
    """Three or four values are forecast by their mean, not by zero."""
    for y in ([3.0, 4.0, 2.0], [30.0, 40.0, 20.0, 35.0]):
        np.testing.assert_allclose(auto_arima(y).forecast(2)["mean"], np.mean(y))


def test_what_no_model_can_fit_says_why(growing):
    """Values beyond squares, regressors that repeat each other: the reason, not another one."""
    y = growing.to_numpy()
    for size in (1e300, 1e-300):
        with pytest.raises(ValueError, match="Fit it in another unit"):
            auto_arima(y * size)
    x = np.arange(y.size) % 7.0
    with pytest.raises(ValueError, match="must not be collinear; x2"):
        auto_arima(y, exog=np.column_stack([x, 2 * x]))


def test_extreme_powers(growing):
    """Below the range of a negative power limits are infinite; powers that overflow are refused."""
    forecast = auto_arima(growing, lambda_=-3).forecast(24)
    assert not forecast.isna().any(axis=None)
    assert (forecast["upper_95"] >= forecast["mean"]).all()
    with pytest.raises(ValueError, match="with `lambda_`=1000 are not"):
        auto_arima(growing, lambda_=1000)
