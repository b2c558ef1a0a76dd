"""Rolling origins: scores by hand, what is left out, and that no future is seen."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from naive_panel import naive_scores

from tsconv import compare_models, evaluate_panel, fit_panel
from tsconv.arima.selection.scores import coverage, errors, scales


def quarters(series: dict) -> pd.DataFrame:
    """Quarterly series, some shorter than others, rows in no order."""
    frames = []
    for name, y in series.items():
        times = pd.date_range("2010-01-01", periods=len(y), freq="QS")
        frames.append(pd.DataFrame({"unique_id": name, "ds": times, "y": y}))
    return pd.concat(frames).sample(frac=1, random_state=2)


@pytest.fixture
def series(rng):
    """Three seasonal walks of different lengths."""
    wave = np.tile([3.0, -1.0, 2.0, -4.0], 12)
    return {
        name: 50 + wave[:n] + rng.standard_normal(n).cumsum()
        for name, n in zip("bac", (48, 40, 44), strict=True)
    }


@pytest.mark.parametrize(("n_windows", "step"), [(1, None), (3, 2)])
def test_scores_are_those_of_the_naive_twin(series, n_windows, step):
    """MASE, sMAPE, RMSSE and coverage, window by window and row by row."""
    models = {"fixed": {"order": (0, 1, 1), "seasonal_order": (0, 1, 0)}}
    found = evaluate_panel(
        quarters(series), 3, models=models, n_windows=n_windows, step=step, level=50
    )
    table = found.by_series.set_index(["unique_id", "model"])
    for name, y in series.items():
        for model, order, seasonal in (
            ("fixed", (0, 1, 1), (0, 1, 0, 4)),
            ("seasonal_naive", "seasonal_naive", None),
        ):
            expected = naive_scores(y, order, seasonal, 4, 3, n_windows, step or 3, 50)
            mine = table.loc[(name, model), ["mase", "smape", "rmsse", "coverage_50"]]
            np.testing.assert_allclose(mine.to_numpy(float), expected, rtol=1e-6)
    assert (table["n_windows"] == n_windows).all()
    means = found.by_series.groupby("model")["mase"].mean()
    assert found.by_model.loc["fixed", "mase"] == pytest.approx(means["fixed"])
    ratio = means["fixed"] / means["seasonal_naive"]
    assert found.by_model.loc["fixed", "mase_ratio"] == pytest.approx(ratio)


def test_known_scores():
    """Errors of 1 and 3 against a scale of 1: MASE 2, RMSSE sqrt(5); half of the values inside."""
    assert scales(np.array([1.0, 2, 3, np.nan, 4]), 1) == (1.0, 1.0)
    mae, rmse, smape = errors(np.array([7.0, 9, np.nan]), np.array([6.0, 6, 6]))
    assert (mae, rmse) == (2.0, pytest.approx(np.sqrt(5)))
    assert smape == pytest.approx(100 * (1 / 6.5 + 3 / 7.5) / 2)
    assert errors(np.zeros(2), np.zeros(2))[2] == 0.0
    assert coverage(np.array([1.0, 5, np.nan]), np.zeros(3), np.full(3, 2.0)) == 50.0
    assert np.isnan(scales(np.ones(9), 4)).all()


def test_the_future_is_not_seen(series):
    """Forecasts from an origin are those of a panel that ends there, times included."""
    df = quarters(series)
    found = evaluate_panel(df, 4, models="ses", n_windows=2)
    last = df.groupby("unique_id")["ds"].transform("max")
    known = df[df["ds"] <= last - pd.DateOffset(months=12)]
    expected = fit_panel(known, order="ses").forecast(4)
    second = found.forecasts.query("model == 'ses' and window == 1")
    pd.testing.assert_frame_equal(
        second[expected.columns].reset_index(drop=True), expected, check_exact=True
    )
    merged = second.merge(df, on=["unique_id", "ds"])
    assert merged["actual"].tolist() == merged["y"].tolist()


def test_short_and_bad_series_are_failures(series):
    """They have rows in `failures`, and means are over the series that all models could do."""
    df = quarters({**series, "short": np.arange(5.0), "empty": np.full(30, np.nan)})
    models = {"seasonal": {"order": (0, 1, 1), "seasonal_order": (0, 1, 1)}}
    found = evaluate_panel(df, 4, models=models, n_windows=2)
    assert set(found.failures["unique_id"]) == {"short", "empty"}
    assert found.failures["reason"].str.contains("held back; it has 5").any()
    assert found.by_model["n_series"].tolist() == [3, 3]
    shown = found._repr_html_()
    assert "2 windows" in shown
    assert "<td>seasonal_naive</td>" in shown
    assert f"{len(found.failures)} fits failed" in shown
    assert "held back; it has 5" in shown
    assert found.by_model.loc["seasonal_naive", "mase_ratio"] == 1.0


def test_regressors_of_the_forecast_rows_come_from_the_frame(rng):
    """A series that is its regressor is forecast without error where that is known."""
    x = rng.standard_normal(40)
    df = pd.DataFrame({"unique_id": "a", "ds": range(40), "y": 3 * x + 1, "x": x})
    df["y"] += 0.001 * rng.standard_normal(40)
    found = evaluate_panel(df, 5, models={"regression": (0, 0, 0)}, n_windows=2)
    assert found.by_model.loc["regression", "mase"] < 0.01


def test_threads_change_nothing(series):
    """All tables are the same for one and two threads, with chosen orders as well."""
    df = quarters(series)
    one = evaluate_panel(df, 4, n_threads=1, search="stepwise")
    two = evaluate_panel(df, 4, n_threads=2, search="stepwise")
    assert one.forecasts.equals(two.forecasts)
    assert one.by_series.equals(two.by_series)
    assert "auto" in repr(one)


def test_both_tables_of_scores_share_their_unit(series):
    """`compare_models` and `evaluate_panel` tell the same MASE and RMSSE of the same forecast."""
    y = series["b"]
    months = pd.date_range("2010-01-01", periods=len(y), freq="QS")
    alone = compare_models(pd.Series(y, index=months), steps=4, models=["drift"]).loc["drift"]
    found = evaluate_panel(quarters({"b": y}), 4, models="drift").by_model.loc["drift"]
    for name in ("mase", "rmsse", "smape"):
        assert alone[name] == pytest.approx(found[name], rel=1e-9)


@pytest.mark.parametrize("n_rows", [0, 8])
def test_a_panel_of_which_nothing_can_be_held_back(n_rows):
    """No series, or none long enough: empty tables of scores, and failures that say so."""
    df = pd.DataFrame({"unique_id": "a", "ds": range(n_rows), "y": np.arange(n_rows, dtype=float)})
    found = evaluate_panel(df, 10, models="naive", period=1)
    assert found.by_series.empty
    assert found.by_model.empty
    assert "by_model" not in repr(found)
    assert (
        found.failures["reason"].str.contains("longer than the 10 rows").sum() == (n_rows > 0) * 2
    )
