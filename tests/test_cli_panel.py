"""``tsconv panel``: long CSV in, forecasts or scores out, failures apart."""

from __future__ import annotations

import io
import json

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from tsconv import forecast_panel
from tsconv.cli import BAD_INPUT, NOTHING_FOUND, main


@pytest.fixture
def sales(tmp_path, rng):
    """Write a file with two good series and a bad one."""
    months = pd.date_range("2020-01-01", periods=36, freq="MS").strftime("%Y-%m-%d")
    frames = [
        pd.DataFrame({"shop": name, "month": months, "sold": y})
        for name, y in (
            ("north", rng.standard_normal(36).cumsum()),
            ("none", np.full(36, np.nan)),
            ("south", rng.standard_normal(36).cumsum()),
        )
    ]
    path = tmp_path / "sales.csv"
    pd.concat(frames).to_csv(path, index=False)
    return path


NAMES = ["--id", "shop", "--time", "month", "-c", "sold"]


def run(*arguments: object):
    """Call the command line; a failure says what was printed."""
    return CliRunner().invoke(main, [str(word) for word in arguments])


def test_forecasts_as_csv(sales):
    """The numbers of `forecast_panel`; the bad series is one line on standard error."""
    result = run("panel", sales, "--steps", 3, "--order", "0,1,1", "--level", 90, *NAMES)
    assert result.exit_code == 0
    assert result.stderr.startswith("tsconv: none: the series must have observed values")
    assert len(result.stderr.splitlines()) == 1
    table = pd.read_csv(io.StringIO(result.stdout), parse_dates=["month"])
    df = pd.read_csv(sales)
    expected = forecast_panel(
        df[df["shop"] != "none"],
        3,
        order=(0, 1, 1),
        level=90,
        id_col="shop",
        time_col="month",
        target_col="sold",
    )
    pd.testing.assert_frame_equal(table, expected, check_dtype=False)


def test_failures_and_forecasts_in_files(sales, tmp_path):
    """With --failures, standard error stays empty; seasonal orders and JSON are options."""
    bad, good = tmp_path / "bad.csv", tmp_path / "good.json"
    words = ["--order", "0,1,1", "--seasonal", "0,1,1", "--json", "-o", good, "--failures", bad]
    result = run("panel", sales, "--steps", 2, *words, *NAMES)
    assert result.exit_code == 0
    assert result.output == ""
    assert pd.read_csv(bad)["shop"].tolist() == ["none"]
    assert len(json.loads(good.read_text())) == 4


def test_scores(sales):
    """--evaluate writes a row for each model."""
    result = run("panel", sales, "--steps", 4, "--order", "ses", "--evaluate", 2, *NAMES)
    table = pd.read_csv(io.StringIO(result.stdout))
    assert table["model"].tolist() == ["ses", "seasonal_naive"]
    assert table["n_series"].tolist() == [2, 2]


def test_bad_input_and_nothing_to_do(sales, tmp_path):
    """Unknown columns and models exit with 2, a file without a usable series with 1."""
    result = run("panel", sales, "--steps", 2)
    assert result.exit_code == BAD_INPUT
    assert "'unique_id' is not among shop, month, sold" in result.stderr
    assert run("panel", sales, "--steps", 2, "--order", "best", *NAMES).exit_code == BAD_INPUT
    empty = tmp_path / "empty.csv"
    empty.write_text("")
    assert run("panel", empty, "--steps", 2).exit_code == BAD_INPUT
    pd.read_csv(sales).query("shop == 'none'").to_csv(sales, index=False)
    assert run("panel", sales, "--steps", 2, *NAMES).exit_code == NOTHING_FOUND


def test_nothing_to_score_and_nothing_at_all(sales, tmp_path):
    """Windows longer than the series, a file without rows, a frequency that is none."""
    result = run("panel", sales, "--steps", 50, "--order", "naive", "--evaluate", 1, *NAMES)
    assert result.exit_code == NOTHING_FOUND
    assert "must be longer than the 50 rows held back" in result.stderr
    empty = tmp_path / "empty.csv"
    empty.write_text("unique_id,ds,y\n", encoding="utf-8")
    result = run("panel", empty, "--steps", 2)
    assert result.exit_code == NOTHING_FOUND
    assert result.stderr == f"tsconv: {empty} has no rows.\n"
    result = run("panel", sales, "--steps", 2, "--order", "naive", "--freq", "often", *NAMES)
    assert result.exit_code == BAD_INPUT
    assert "--freq must be a frequency" in result.stderr
