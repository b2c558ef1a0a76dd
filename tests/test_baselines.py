"""Baselines as ARIMA models, and the table that compares models on held-back rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tsconv import compare_models, datasets, fit_model
from tsconv.arima.likelihood import loglike
from tsconv.arima.selection.baselines import MODELS, accuracy
from tsconv.arima.selection.smoothing import fit_holt_winters, holt_winters_ma
from tsconv.arima.spec import ArimaSpec


@pytest.fixture
def monthly(rng):
    """Monthly series with a trend, a season and noise."""
    n = 72
    values = 50 + 0.4 * np.arange(n) + np.resize(8 * rng.standard_normal(12), n)
    return pd.Series(values + rng.standard_normal(n), pd.date_range("2018", periods=n, freq="MS"))


def test_naive_forecasts_are_what_their_names_say(monthly):
    """Last value, last season, the line through both ends, the mean."""
    values = monthly.to_numpy()
    ahead = {name: fit_model(monthly, name).forecast(14)["mean"].to_numpy() for name in MODELS[1:5]}
    slope = (values[-1] - values[0]) / (values.size - 1)
    np.testing.assert_allclose(ahead["naive"], values[-1])
    np.testing.assert_allclose(ahead["drift"], values[-1] + slope * np.arange(1, 15), rtol=1e-9)
    np.testing.assert_allclose(ahead["seasonal_naive"], np.r_[values[-12:], values[-12:-10]])
    np.testing.assert_allclose(ahead["mean"], values.mean(), rtol=1e-9)


def test_ses_forecast_is_the_smoothed_value():
    """The forecast of ARIMA(0,1,1) is an exponentially weighted mean with weight 1 + theta."""
    y = datasets.load_nile()
    fit = fit_model(y, "ses")
    alpha = 1 + fit.params["ma.L1"]
    smoothed = y.ewm(alpha=alpha, adjust=True).mean().iloc[-1]
    assert fit.forecast(1)["mean"].iloc[0] == pytest.approx(smoothed, rel=1e-9)


@pytest.mark.parametrize("period", [2, 4, 12])
def test_coefficients_are_those_of_the_smoothing_recursions(rng, period):
    """Level, slope and season updated by their errors make the ARIMA model's series."""
    alpha, beta, gamma = 0.4, 0.1, 0.3
    e = rng.standard_normal(60)
    level, slope, season = 3.0, 0.2, list(rng.standard_normal(period))
    y = np.empty(60)
    for t, error in enumerate(e):
        y[t] = level + slope + season[t % period] + error
        level, slope = level + slope + alpha * error, slope + beta * error
        season[t % period] += gamma * error
    w = np.diff(y)[period:] - np.diff(y)[:-period]
    theta = np.r_[1.0, holt_winters_ma(alpha, beta, gamma, period)]
    np.testing.assert_allclose(w, np.convolve(e, theta)[period + 1 : 60], atol=1e-10)


def test_holt_winters_is_at_its_maximum(monthly):
    """No nearby weights have a higher likelihood, and three coefficients are counted."""
    y = monthly.to_numpy()
    fit, weights = fit_holt_winters(y, 12)
    spec = ArimaSpec((0, 1, 13), (0, 1, 0, 12))
    for change in np.vstack([np.eye(3), -np.eye(3)]) * 0.01:
        near = np.clip(np.array(weights) + change, 1e-6, 1 - 1e-6)
        if near[1] < near[0] and near[2] < 1 - near[0]:
            theta = holt_winters_ma(*near, 12)
            assert loglike(y, spec, np.r_[theta, fit.sigma2]) < fit.loglike + 1e-3
    named = fit_model(monthly, "holt_winters")
    assert named.n_free == 4
    assert named.loglike == fit.loglike
    assert np.isfinite(named.aicc)


def test_without_a_season_models_lose_theirs():
    """Seasonal baselines of yearly data are their plain ones."""
    y = datasets.load_nile()
    assert fit_model(y, "seasonal_naive").order == (0, 1, 0)
    assert fit_model(y, "holt_winters").order == (0, 2, 2)


def test_one_call_compares_all_models(monthly):
    """Every model has a row, the seasonal ones win on seasonal data, and nothing was looked at."""
    table = compare_models(monthly, steps=12)
    assert set(table.index) == set(MODELS)
    assert table["mase"].is_monotonic_increasing
    assert set(table.index[:3]) == {"auto", "holt_winters", "seasonal_naive"}
    changed = monthly.copy()
    changed.iloc[-12:] += 1000.0
    again = compare_models(changed, steps=12, models=["ses", "drift"])
    assert again["model"].to_dict() == table["model"].reindex(again.index).to_dict()
    assert (again["coverage"] == 0).all()


def test_measures_by_hand():
    """The measures of four rows, one of them missing, from their definitions."""
    past = np.array([1.0, 3.0, 2.0, 6.0])
    found = accuracy(
        past,
        np.array([4.0, np.nan, 8.0, 0.0]),
        np.array([5.0, 5.0, 5.0, 0.0]),
        np.zeros(4),
        np.full(4, 6.0),
        1,
    )
    step = np.array([2.0, 1.0, 4.0])
    assert found["mase"] == pytest.approx((4 / 3) / step.mean())
    assert found["rmsse"] == pytest.approx(np.sqrt((10 / 3) / (step**2).mean()))
    assert found["smape"] == pytest.approx((200 / 9 + 600 / 13 + 0) / 3)
    assert found["coverage"] == pytest.approx(2 / 3)


def test_wrong_names_and_lengths_are_refused(monthly):
    """Unknown models and more rows held back than there are say so; short series have a reason."""
    with pytest.raises(ValueError, match="`model` must be one of 'auto', 'mean'"):
        fit_model(monthly, "prophet")
    with pytest.raises(ValueError, match="fewer than the 72 rows"):
        compare_models(monthly, steps=72)
    table = compare_models(monthly.iloc[:14], steps=6, models=["naive", "holt_winters"])
    assert table.loc["holt_winters", "model"].startswith("the series must have")
    assert np.isnan(table.loc["holt_winters", "mase"])
