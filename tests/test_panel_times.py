"""Times of a long frame: steps, gaps, seasons, and the labels that come next."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tsconv import fit_panel
from tsconv.panel.frames import Names, take_panel


def panel_of(times, freq=None, **options):
    """Fit a mean to one value for each time."""
    y = np.arange(len(times), dtype=float) % 5
    df = pd.DataFrame({"unique_id": "a", "ds": times, "y": y})
    return fit_panel(df, order=(0, 0, 0), freq=freq, **options)


@pytest.mark.parametrize(
    ("freq", "season"),
    [
        ("MS", 12),
        ("ME", 12),
        ("QS", 4),
        ("QE-NOV", 4),
        ("YS", 1),
        ("W-SUN", 52),
        ("W-WED", 52),
        ("D", 7),
        ("2D", 1),
        ("B", 5),
        ("h", 24),
        ("30min", 48),
        ("15min", 96),
        ("7min", 1),
        ("s", 60),
    ],
)
@pytest.mark.parametrize("zone", [None, "Europe/Berlin"])
def test_labels_go_on_and_seasons_are_known(freq, season, zone):
    """The next times are those of pandas' own frequency, across changes of the clock too."""
    times = pd.date_range("2023-10-27", periods=40, freq=freq, tz=zone)
    known, later = times[:30], times[30:]
    for given_freq in (None, freq):
        panel = panel_of(known, given_freq)
        forecast = panel.forecast(10)
        assert forecast["ds"].tolist() == later.tolist()
        assert forecast["ds"].dtype == times.dtype
        assert panel.fits["period"][0] == season
        assert panel.warnings.empty


@pytest.mark.parametrize("freq", ["M", "Q", "W", "D", "h"])
def test_periods(freq):
    """Periods go on as periods."""
    periods = pd.period_range("2023-01-01", periods=30, freq=freq)
    forecast = panel_of(periods[:25]).forecast(5)
    assert forecast["ds"].tolist() == periods[25:].tolist()


def test_numbers_durations_and_text():
    """Whole numbers, durations and ISO dates are times too; other text is not."""
    assert panel_of(np.arange(10, 40, 3)).forecast(2)["ds"].tolist() == [40, 43]
    assert panel_of(np.arange(5.0)).forecast(1)["ds"].tolist() == [5]
    hours = pd.timedelta_range("0h", periods=6, freq="2h")
    assert panel_of(hours).forecast(1)["ds"].tolist() == [pd.Timedelta(hours=12)]
    text = [f"2024-{month:02d}-01" for month in range(1, 13)]
    assert panel_of(text).forecast(1)["ds"].tolist() == [pd.Timestamp("2025-01-01")]
    with pytest.raises(TypeError, match="must hold times or whole numbers"):
        panel_of(["monday", "tuesday"])
    with pytest.raises(TypeError, match="must hold times or whole numbers"):
        panel_of([0.5, 1.0])


@pytest.mark.parametrize("freq", ["MS", "ME", "B", "D", "h", "W-MON"])
def test_gaps_are_counted_in_steps(freq):
    """Absent times are found whatever the calendar, and labels go on from the last."""
    times = pd.date_range("2024-01-01", periods=40, freq=freq)
    panel = panel_of(times.delete([12, 13, 30]))
    assert panel.fits["n_missing"][0] == 3
    assert "3 times are absent" in panel.warnings["note"][0]
    assert panel.forecast(1)["ds"][0] == times[-1] + times.freq


def test_times_on_no_grid():
    """Irregular times are a failure that names one; a grid finer than all else is one too."""
    times = pd.date_range("2024-01-01", periods=20, freq="D").to_series().reset_index(drop=True)
    times[5] += pd.Timedelta(hours=5)
    reason = panel_of(times).failures["reason"][0]
    assert "0 days 19:00:00, does not lead from 2024-01-01 00:00:00 to 2024-01-02" in reason
    times[5] = times[4] + pd.Timedelta(seconds=1)
    assert "shortest steps" in panel_of(times).failures["reason"][0]
    reason = panel_of(times, "W-MON").failures["reason"][0]
    assert "W-MON" in reason or "equally spaced" in reason


def test_series_of_several_frequencies_live_together():
    """Each series has its own step, season and labels."""
    frames = []
    for freq in ("MS", "D", "QE", "h"):
        times = pd.date_range("2024-01-01", periods=30, freq=freq)
        frames.append(pd.DataFrame({"unique_id": freq, "ds": times, "y": np.arange(30.0)}))
    df = pd.concat(frames).sample(frac=1, random_state=1)
    panel = fit_panel(df, order="drift")
    seasons = panel.fits.set_index("unique_id")["period"]
    assert seasons.to_dict() == {"MS": 12, "D": 7, "QE": 4, "h": 24}
    for name, part in panel.forecast(3).groupby("unique_id"):
        expected = pd.date_range("2024-01-01", periods=33, freq=name)[30:]
        assert part["ds"].tolist() == expected.tolist()
        np.testing.assert_allclose(part["mean"], [30, 31, 32])


@given(
    keep=st.sets(st.integers(1, 58), min_size=10, max_size=50),
    freq=st.sampled_from(["MS", "D", "B", "h", "QE"]),
    zone=st.sampled_from([None, "America/New_York"]),
)
def test_any_rows_left_out_are_found(keep, freq, zone):
    """With the frequency given, what is left out is missing, whatever it is."""
    times = pd.date_range("2024-01-01", periods=60, freq=freq, tz=zone)
    known = times[[0, *sorted(keep), 59]]
    df = pd.DataFrame({"unique_id": "a", "ds": known, "y": 1.0})
    panel = take_panel(df, Names("unique_id", "ds", "y"), freq=freq)
    assert not panel.reasons
    assert np.flatnonzero(~np.isnan(panel.values)).tolist() == [0, *sorted(keep), 59]
    assert panel.labels(np.zeros(1, dtype=int), np.ones(1, dtype=int))[0] == times[-1] + times.freq


@pytest.mark.parametrize("zone", [None, "America/New_York"])
def test_series_with_the_times_of_the_one_before_are_as_if_alone(zone):
    """Steps, gaps and reasons are shared by neighbours with equal times, and by no others."""
    days = pd.date_range("2024-01-01", periods=30, freq="D", tz=zone)
    months = pd.date_range("2024-01-01", periods=30, freq="MS", tz=zone)
    gappy, off = days.delete([4, 5]), days.delete([7, 8]).to_series()
    off.iloc[3] += pd.Timedelta(hours=5)
    later = days[2:].to_series()
    later.iloc[-1] += pd.Timedelta(days=1)
    calendars = [days, days, months, gappy, gappy, off, off, later, days[:28], gappy, days[:1]]
    rng = np.random.default_rng(4)
    frames = [
        pd.DataFrame({"unique_id": k, "ds": pd.Index(times), "y": rng.normal(size=len(times))})
        for k, times in enumerate(calendars)
    ]
    names = Names("unique_id", "ds", "y")
    whole = take_panel(pd.concat(frames), names)
    assert sorted(whole.reasons) == [5, 6]
    for k, frame in enumerate(frames):
        alone = take_panel(frame, names)
        assert whole.reasons.get(k) == alone.reasons.get(0)
        assert whole.steps[k] == alone.steps[0]
        assert whole.n_absent[k] == alone.n_absent[0]
        np.testing.assert_array_equal(whole.values[whole.rows(k)], alone.values)
