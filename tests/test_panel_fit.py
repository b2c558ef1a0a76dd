"""Many series at once say what each says alone; a bad one stops none of the others."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tsconv import auto_arima, fit_arima, fit_model, fit_panel, forecast_panel
from tsconv.panel import load_panel
from tsconv.panel.run import shares


def long_frame(series: dict, times) -> pd.DataFrame:
    """Stack series under their names."""
    return pd.concat(
        [
            pd.DataFrame({"unique_id": name, "ds": times[: len(y)], "y": y})
            for name, y in series.items()
        ],
        ignore_index=True,
    )


@pytest.fixture
def months():
    """Sixty starts of months."""
    return pd.date_range("2015-01-01", periods=60, freq="MS")


@pytest.fixture
def walks(rng):
    """Five random walks with a season."""
    wave = 5 * np.sin(2 * np.pi * np.arange(60) / 12)
    return {f"s{k}": 100 + wave + rng.standard_normal(60).cumsum() for k in (3, 1, 4, 0, 2)}


MODELS = [
    {"order": (1, 0, 0)},
    {"order": (0, 1, 1), "trend": "t"},
    {"order": (0, 1, 1), "seasonal_order": (0, 1, 1)},
    {"order": (1, 0, 0), "trend": "ct"},
    {"order": ([2], 1, 0), "seasonal_order": (1, 0, 0, 4)},
]


@pytest.mark.parametrize("model", MODELS, ids=str)
@pytest.mark.parametrize("gap", [False, True])
def test_each_series_is_fitted_as_alone(model, gap, months, walks):
    """Parameters, criteria and forecasts are those of `fit_arima`, with gaps near the end too."""
    if gap:
        walks = {
            name: np.where(np.isin(np.arange(60), [20, 56, 59]), np.nan, y)
            for name, y in walks.items()
        }
    panel = fit_panel(long_frame(walks, months), **model)
    forecasts = panel.forecast(7, level=(50, 95))
    assert panel.fits["unique_id"].tolist() == list(walks)
    seasonal = model.get("seasonal_order", (0, 0, 0))
    if len(seasonal) == 3:
        seasonal = (*seasonal, 12) if any(seasonal) else (0, 0, 0, 0)
    for name, y in walks.items():
        series = pd.Series(y, index=months)
        alone = fit_arima(series, model["order"], seasonal_order=seasonal, trend=model.get("trend"))
        fits = panel.fits.set_index("unique_id").loc[name]
        for column in ("loglike", "aic", "aicc", "bic"):
            np.testing.assert_allclose(fits[column], getattr(alone, column), rtol=1e-8)
        assert fits["n_obs"] == alone.n_obs
        params = panel.params.query("unique_id == @name").set_index("name")["estimate"]
        pd.testing.assert_series_equal(
            params, alone.params, check_names=False, rtol=1e-4, atol=1e-5, check_index_type=False
        )
        mine = forecasts.query("unique_id == @name")
        theirs = alone.forecast(7, level=(50, 95))
        assert mine["ds"].tolist() == theirs.index.tolist()
        np.testing.assert_allclose(mine[theirs.columns], theirs, rtol=1e-5)


@pytest.mark.parametrize("options", [{}, {"lambda_": 0.3, "bias_adjust": True}, {"d": 1}], ids=str)
def test_chosen_orders_are_those_of_auto_arima(options, months, walks):
    """Models, criteria and forecasts of `auto_arima`, transformations and all."""
    walks = {name: walks[name] for name in ("s1", "s2")}
    walks["s2"][30] = np.nan
    panel = fit_panel(long_frame(walks, months), **options)
    forecasts = panel.forecast(6)
    for name, y in walks.items():
        alone = auto_arima(pd.Series(y, index=months), **options)
        fits = panel.fits.set_index("unique_id").loc[name]
        np.testing.assert_allclose(fits["aicc"], alone.aicc, rtol=1e-9)
        theirs = alone.forecast(6)
        mine = forecasts.query("unique_id == @name")
        np.testing.assert_allclose(mine[theirs.columns], theirs, rtol=1e-8)


@pytest.mark.parametrize("name", ["mean", "drift", "seasonal_naive", "ses", "holt", "holt_winters"])
def test_baselines_are_those_of_fit_model(name, months, walks):
    """Criteria and forecasts, Student's intervals included, are those of the single series."""
    panel = fit_panel(long_frame(walks, months), order=name)
    y = pd.Series(walks["s4"], index=months)
    alone = fit_model(y, name)
    np.testing.assert_allclose(panel.fits.query("unique_id == 's4'")["aicc"], alone.aicc, rtol=1e-8)
    theirs = alone.forecast(6)
    mine = panel.forecast(6).query("unique_id == 's4'")
    np.testing.assert_allclose(mine[theirs.columns], theirs, rtol=1e-6)


def test_threads_rows_and_other_series_change_nothing(months, walks, rng):
    """The same bytes for any number of threads, order of rows, and company."""
    df = long_frame(walks, months)
    for options in ({"order": (1, 1, 1)}, {}):
        one = fit_panel(df, n_threads=1, **options)
        three = fit_panel(df, n_threads=3, **options)
        assert one.table.equals(three.table)
        shuffled = df.sample(frac=1, random_state=7)
        other = fit_panel(shuffled, n_threads=2, **options)
        assert other.fits["unique_id"].tolist() == shuffled["unique_id"].unique().tolist()
        by_id = other.table.set_index("unique_id").loc[one.table["unique_id"]].reset_index()
        assert by_id.equals(one.table)
        alone = fit_panel(df[df["unique_id"] == "s4"], **options)
        assert alone.table.equals(one.table.query("unique_id == 's4'").reset_index(drop=True))


@pytest.mark.parametrize("n", [0, 1, 7, 3000])
def test_shares_of_threads_shrink(n):
    """Each series is in one share, in order; none is larger than allowed, the last are single."""
    parts = shares(np.arange(n), 2, 256)
    assert [k for part in parts for k in part] == list(range(n))
    sizes = [len(part) for part in parts]
    assert sizes == sorted(sizes, reverse=True)
    assert max(sizes, default=0) <= 256
    assert sizes[-8:] == [1] * min(n, 8)


def test_one_bad_series_stops_none(months, walks):
    """Each way to be bad is a row of `failures` with its reason; the rest is as if alone."""
    good = long_frame(walks, months)
    bad = {
        "empty": np.full(60, np.nan),
        "infinite": np.r_[np.inf, np.arange(59.0)],
        "short": np.array([1.0]),
    }
    df = long_frame(bad, months)
    twice = long_frame({"twice": np.arange(60.0)}, months)
    twice.loc[5, "ds"] = twice.loc[4, "ds"]
    nowhen = long_frame({"nowhen": np.arange(60.0)}, months)
    nowhen.loc[3, "ds"] = pd.NaT
    off = long_frame({"off": np.arange(60.0)}, pd.date_range("2015-01-01", periods=60, freq="D"))
    off.loc[7, "ds"] += pd.Timedelta(hours=7)
    whole = pd.concat([df, good, twice, nowhen, off], ignore_index=True)
    panel = fit_panel(whole, order=(0, 1, 1))
    reasons = panel.failures.set_index("unique_id")["reason"]
    assert reasons.index.tolist() == ["empty", "infinite", "short", "twice", "nowhen", "off"]
    expected = ["missing", "finite", "observations", "more than once", "time", "equally spaced"]
    for reason, word in zip(reasons, expected, strict=True):
        assert word in reason
    assert panel.fits["unique_id"].tolist() == list(walks)
    alone = fit_panel(good, order=(0, 1, 1))
    assert panel.table[panel.table["spec"].notna()].reset_index(drop=True).equals(alone.table)
    assert "6 failed" in repr(panel)
    found = fit_panel(whole.query("unique_id in ['empty', 'infinite', 'twice', 's1']"))
    assert found.failures["unique_id"].tolist() == ["empty", "infinite", "twice"]
    assert not found.failures["reason"].str.contains("Error").any()
    with pytest.warns(UserWarning, match=r"6 of 11 series could not be fitted.*'empty'"):
        forecast = forecast_panel(whole, 2, order=(0, 1, 1))
    pd.testing.assert_frame_equal(forecast, alone.forecast(2))


def test_notes_on_single_series(months, walks):
    """Absent times, constants and searches that ended early are told, series by series."""
    walks = {**walks, "flat": np.full(60, 3.0)}
    df = long_frame(walks, months).drop([3, 4])
    panel = fit_panel(df, order=(1, 0, 1))
    assert panel.warnings["unique_id"].tolist()[0] == "s3"
    assert panel.warnings["note"].str.contains("2 times are absent").iloc[0]
    fits = panel.fits.set_index("unique_id")
    assert fits.loc["s3", "n_missing"] == 2
    assert fits.loc["flat", "sigma2"] == 0
    forecast = panel.forecast(2).query("unique_id == 'flat'")
    assert forecast["mean"].tolist() == [3.0, 3.0]
    assert forecast["std_error"].tolist() == [0.0, 0.0]


def test_absent_times_equal_missing_values(months, walks):
    """Leaving rows out is the same as rows without a value."""
    df = long_frame(walks, months)
    df.loc[[10, 11, 70], "y"] = np.nan
    marked = fit_panel(df, order=(0, 1, 1)).table
    left_out = fit_panel(df.dropna(), order=(0, 1, 1)).table
    assert left_out["state"].tolist() == marked["state"].tolist()
    assert left_out["n_missing"].tolist() == [2, 1, 0, 0, 0]


@pytest.mark.parametrize("kind", ["str", "category", "int", "float"])
def test_ids_keep_their_kind(kind, months, walks):
    """Ids of any dtype come back in it, in the order in which they appear."""
    df = long_frame(walks, months)
    if kind in ("int", "float"):
        df["unique_id"] = df["unique_id"].str[1:].astype(kind)
    else:
        df["unique_id"] = df["unique_id"].astype(kind)
    panel = fit_panel(df, order=(0, 1, 0))
    for table in (panel.fits, panel.params, panel.forecast(2)):
        assert table["unique_id"].dtype == df["unique_id"].dtype
        assert table["unique_id"].unique().tolist() == df["unique_id"].unique().tolist()


def test_other_names_of_columns(months, walks):
    """Any names will do, and come back in the tables."""
    df = long_frame(walks, months)
    renamed = df.rename(columns={"unique_id": "shop", "ds": "month", "y": "sales"})
    names = {"id_col": "shop", "time_col": "month", "target_col": "sales"}
    mine = forecast_panel(renamed, 3, order=(1, 0, 0), **names)
    theirs = forecast_panel(df, 3, order=(1, 0, 0))
    assert mine.columns[:2].tolist() == ["shop", "month"]
    pd.testing.assert_frame_equal(mine.set_axis(theirs.columns, axis=1), theirs)
    with pytest.raises(ValueError, match="'unique_id' is not among shop, month, sales"):
        fit_panel(renamed)


def test_regressors(months, walks, rng):
    """Other columns are regressors; forecasts take theirs by series and time, in any order."""
    df = long_frame(walks, months)
    df["price"] = rng.standard_normal(len(df))
    df["promo"] = rng.standard_normal(len(df))
    df["y"] += 3 * df["price"]
    later = pd.date_range("2020-01-01", periods=4, freq="MS")
    future = long_frame(dict.fromkeys(walks, np.zeros(4)), later).drop(columns="y")
    future["promo"] = rng.standard_normal(len(future))
    future["price"] = rng.standard_normal(len(future))
    panel = fit_panel(df, order=(0, 1, 1))
    shuffled = future.sample(frac=1, random_state=3)
    forecast = panel.forecast(4, exog=shuffled)
    name = "s4"
    part = df[df["unique_id"] == name].set_index("ds")
    alone = fit_arima(part["y"], (0, 1, 1), exog=part[["price", "promo"]])
    ahead = future[future["unique_id"] == name].set_index("ds")[["price", "promo"]]
    theirs = alone.forecast(4, exog=ahead)
    mine = forecast.query("unique_id == @name")
    np.testing.assert_allclose(mine[theirs.columns], theirs, rtol=1e-6)
    with pytest.raises(
        ValueError, match=r"give `exog`, a DataFrame with unique_id, ds, price, promo"
    ):
        panel.forecast(4)
    with pytest.raises(ValueError, match=r"'s3' at 2020-04-01 .* has none \(5 such rows\)"):
        panel.forecast(4, exog=future[future["ds"] < "2020-04-01"])
    assert fit_panel(df, order=(0, 1, 1), exog_cols=()).params["name"].unique().tolist() == [
        "ma.L1",
        "sigma2",
    ]
    with pytest.raises(TypeError, match=r"column 'kind' must hold numbers.*exog_cols"):
        fit_panel(df.assign(kind="a"), order=(0, 1, 1))


def test_missing_regressors_are_a_matter_of_their_series(months, walks):
    """Where the series is observed a regressor must be; elsewhere it may be unknown."""
    df = long_frame(walks, months)
    df["price"] = np.arange(300.0) % 7
    df.loc[5, "price"] = np.nan
    df.loc[70, ["y", "price"]] = np.nan
    panel = fit_panel(df, order=(0, 1, 1))
    assert panel.failures["unique_id"].tolist() == ["s3"]
    assert "price is nan in row 5" in panel.failures["reason"][0]


def test_residuals_on_request(months, walks):
    """One-step errors by series and time are those of `fit_arima`; unasked there are none."""
    df = long_frame(walks, months)
    panel = fit_panel(df, order=(0, 1, 1), residuals=True)
    table = panel.residuals
    assert table[["unique_id", "ds"]].equals(df[["unique_id", "ds"]])
    alone = fit_arima(walks["s1"], (0, 1, 1)).residuals
    mine = table.query("unique_id == 's1'")["residual"]
    np.testing.assert_allclose(mine, alone, rtol=1e-9)
    with pytest.raises(ValueError, match="residuals=True"):
        _ = fit_panel(df, order=(0, 1, 1)).residuals


def test_a_record_is_under_a_kilobyte(months, walks):
    """Parameters and the past that matters, monthly seasons and gaps included."""
    df = long_frame(walks, months)
    df.loc[50, "y"] = np.nan
    panel = fit_panel(df, order=(1, 1, 1), seasonal_order=(1, 1, 1))
    assert max(map(len, panel.table["state"])) < 500
    assert panel.table.memory_usage(deep=True).drop("Index").sum() / len(panel) < 1_500


def test_files(tmp_path, months, walks):
    """A panel comes back from a file with the same tables and forecasts."""
    df = long_frame({**walks, "bad": np.full(60, np.nan)}, months)
    panel = fit_panel(df, order=(0, 1, 1), freq="MS")
    panel.save(tmp_path / "panel.parquet")
    again = load_panel(tmp_path / "panel.parquet")
    for name in ("fits", "failures", "params"):
        pd.testing.assert_frame_equal(getattr(again, name), getattr(panel, name))
    pd.testing.assert_frame_equal(again.forecast(5), panel.forecast(5))
    df.to_parquet(tmp_path / "other.parquet")
    with pytest.raises(ValueError, match=r"written by `PanelFit\.save`"):
        load_panel(tmp_path / "other.parquet")


@pytest.mark.parametrize(
    ("change", "error", "match"),
    [
        ({"order": "autp"}, ValueError, "must be one of 'auto'"),
        ({"order": (1, 0)}, ValueError, r"must be \(p, d, q\)"),
        ({"order": (1, 0, 0), "search": "wide"}, TypeError, "options of the search"),
        ({"serach": "wide"}, TypeError, "no option 'serach'"),
        ({"engine": "spark"}, ValueError, "must be one of 'threads', 'dask'"),
        ({"period": 0, "order": (1, 0, 0)}, ValueError, "at least 1"),
        ({"period": {"s1": 4}, "order": (1, 0, 0)}, ValueError, r"'s3' is not among its keys \(4"),
        ({"n_threads": -1, "order": (1, 0, 0)}, ValueError, "at least 0"),
    ],
)
def test_what_is_wrong_for_all_is_said_at_once(change, error, match, months, walks):
    """Options that make no sense are errors, not failures of every series."""
    with pytest.raises(error, match=match):
        fit_panel(long_frame(walks, months), **change)


def test_a_frame_that_is_none():
    """Lists, missing ids and text where numbers must be are refused."""
    with pytest.raises(TypeError, match="long form"):
        fit_panel([1, 2, 3])
    df = pd.DataFrame({"unique_id": ["a", None], "ds": [1, 2], "y": [1.0, 2.0]})
    with pytest.raises(ValueError, match="1 rows have no 'unique_id'"):
        fit_panel(df)
    with pytest.raises(TypeError, match="column 'y' must hold numbers"):
        fit_panel(df.assign(unique_id="a", y="x"))
    empty = fit_panel(df.iloc[:0].assign(unique_id=pd.Series(dtype="str")), order=(1, 0, 0))
    assert len(empty) == 0
    assert empty.forecast(3).empty
    assert empty.failures.empty


@settings(max_examples=15)
@given(
    lengths=st.lists(st.integers(12, 40), min_size=1, max_size=6),
    seed=st.integers(0, 2**16),
    order=st.sampled_from([(1, 0, 0), (0, 1, 1), (0, 0, 0), (2, 1, 0)]),
)
def test_units_and_levels_do_not_matter(lengths, seed, order):
    """Forecasts of ``a y + b`` are ``a f + b``, for series of any lengths together."""
    rng = np.random.default_rng(seed)
    series = {k: rng.standard_normal(n).cumsum() for k, n in enumerate(lengths)}
    df = long_frame(series, np.arange(40))
    first = forecast_panel(df, 3, order=order)
    second = forecast_panel(df.assign(y=1000 * df["y"] + 500), 3, order=order)
    np.testing.assert_allclose(second["mean"], 1000 * first["mean"] + 500, rtol=1e-5, atol=1e-2)
    np.testing.assert_allclose(second["std_error"], 1000 * first["std_error"], rtol=1e-4)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"order": "seasonal_naive"}, True),
        ({"order": (0, 1, 0), "seasonal_order": (0, 1, 0)}, True),
        ({"order": (0, 1, 0), "seasonal_order": (0, 1, 0), "period": 12}, False),
        ({"order": (0, 1, 0), "seasonal_order": (0, 1, 0, 12)}, False),
        ({"order": (0, 1, 0)}, False),
        ({"order": "ses"}, False),
    ],
    ids=str,
)
def test_whole_numbers_tell_no_season_and_that_is_said(options, said, walks):
    """Where a season would matter and none is given, a note on each series says what was taken."""
    panel = fit_panel(long_frame(walks, np.arange(60)), **options)
    notes = panel.warnings["note"]
    assert notes.str.contains("Give `period`").tolist() == [True] * (len(walks) * said)
    if said:
        assert panel.fits["period"].unique().tolist() == [1]


def test_notebooks_show_models_and_failures_escaped(months, walks):
    """How many series each model has, and the first reasons; names cannot smuggle markup in."""
    df = long_frame({**walks, "<script>&": np.full(60, np.nan)}, months)
    shown = fit_panel(df, order=(0, 1, 1))._repr_html_()
    assert "PanelFit of 5 series" in shown
    assert "<td>ARIMA(0,1,1)</td>\n      <td>5</td>" in shown
    assert "1 series failed" in shown
    assert "&lt;script&gt;&amp;" in shown
    assert "<script>" not in shown
    assert "failed" not in fit_panel(long_frame(walks, months), order=(0, 1, 1))._repr_html_()
    many = {f"bad{k}": np.full(60, np.nan) for k in range(40)}
    assert "37 more" in fit_panel(long_frame(many, months), order=(0, 1, 1))._repr_html_()


def test_ids_of_any_kind_are_found_in_runs_or_apart(months, walks):
    """Texts, numbers, dates, categories, in order or not: the same series, in that order."""
    df = long_frame(walks, months)
    names = df["unique_id"].unique()
    expected = fit_panel(df, order=(0, 1, 1)).fits["loglike"].tolist()
    kinds = [
        names.astype(object),
        np.arange(5) * 7 - 3,
        np.array([0.5, -1.0, 2.0, 3.0, 1e9]),
        pd.date_range("2020", periods=5),
        pd.Categorical(names, categories=[*names[::-1], "none"]),
        pd.array([5, 4, 3, 2, 1], dtype="Int64"),
    ]
    for ids in kinds:
        other = df.assign(unique_id=pd.Series(ids).take(pd.factorize(df["unique_id"])[0]).array)
        for frame in (other, other.sort_values("ds", kind="stable")):
            panel = fit_panel(frame, order=(0, 1, 1))
            assert panel.fits["loglike"].tolist() == expected
            assert panel.fits["unique_id"].tolist() == list(ids)


def test_reasons_for_many_bad_series_take_linear_time(rng):
    """Missing and repeated times of thousands of series are found without a pass for each."""
    df = pd.DataFrame(
        {"unique_id": np.repeat(np.arange(4000), 6), "ds": np.tile(np.arange(6.0), 4000)}
    )
    df["y"] = rng.standard_normal(len(df))
    df.loc[df.index % 12 == 3, "ds"] = np.nan
    df.loc[df.index % 12 == 10, "ds"] = 3.0
    panel = fit_panel(df, order="naive")
    assert len(panel.failures) == 4000
    reasons = panel.failures["reason"]
    assert (reasons[::2] == "every row must have a time; 1 have no 'ds'.").all()
    assert (
        reasons[1::2].str.startswith("times must differ; 3 is there more than once (1 rows").all()
    )


def test_ids_in_the_index_are_told_apart_from_absent_ones(months, walks):
    """The message about a column that is an index level says how to make it a column."""
    df = long_frame(walks, months).set_index("unique_id")
    with pytest.raises(ValueError, match=r"in the index: try `df\.reset_index\(\)`"):
        fit_panel(df)
