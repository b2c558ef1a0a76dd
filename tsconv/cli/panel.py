"""``tsconv panel``: forecast the series of a long table, or say how good forecasts would be."""

from __future__ import annotations

import sys
from typing import Any

import click
import pandas as pd

from tsconv._tables import read_csv, write_table
from tsconv.cli._shared import NOTHING_FOUND, json_option, output_option, whole_numbers


@click.command()
@click.argument("file", metavar="FILE|-")
@click.option("--steps", type=click.IntRange(min=1), required=True, help="Rows to forecast.")
@click.option("--order", default="auto", show_default=True, help="auto, p,d,q, or a baseline.")
@click.option("--seasonal", help="P,D,Q or P,D,Q,s with a fixed order.")
@click.option("--period", type=click.IntRange(min=1), help="Rows of a season; else from times.")
@click.option("--id", "id_col", default="unique_id", show_default=True, metavar="COLUMN")
@click.option("--time", "time_col", default="ds", show_default=True, metavar="COLUMN")
@click.option("-c", "--column", "target_col", default="y", show_default=True, metavar="COLUMN")
@click.option("--freq", help="Time between rows, such as D or MS; else from times.")
@click.option(
    "--level", multiple=True, type=float, default=(80, 95), show_default=True, help="Per cent."
)
@click.option("--evaluate", type=click.IntRange(min=1), help="Score this many windows instead.")
@click.option("--threads", type=click.IntRange(min=1), help="By default one a processor.")
@click.option("--failures", metavar="FILE", help="Write series without a model, and why, as CSV.")
@json_option
@output_option
def panel(
    file: str,
    steps: int,
    order: str,
    seasonal: str | None,
    period: int | None,
    id_col: str,
    time_col: str,
    target_col: str,
    freq: str | None,
    level: tuple[float, ...],
    evaluate: int | None,
    threads: int | None,
    failures: str | None,
    as_json: bool,
    output: str,
) -> None:
    r"""Forecast many series in long form; regressors are left alone.

    \b
    tsconv panel sales.csv --steps 12
    tsconv panel sales.csv --steps 12 --order 0,1,1 --seasonal 0,1,1 --id shop --time month
    tsconv panel sales.csv --steps 12 --evaluate 3
    """
    from tsconv.panel import evaluate_panel, fit_panel

    table = read_csv(file)
    model = _model(order, seasonal)
    common: dict[str, Any] = {
        "period": period,
        "id_col": id_col,
        "time_col": time_col,
        "target_col": target_col,
        "exog_cols": (),
        "freq": freq,
        "n_threads": threads,
    }
    if evaluate:
        found = evaluate_panel(
            table, steps, models={order: model}, n_windows=evaluate, level=level, **common
        )
        failed, result, index = found.failures, found.by_model, True
    else:
        fitted = fit_panel(table, **model, **common)
        failed, result, index = fitted.failures, fitted.forecast(steps, level=level), False
    if failures:
        write_table(failed, failures, as_json=False, index=False)
    else:
        for row in failed.itertuples(index=False):
            click.echo(f"tsconv: {row[0]}: {row[-1]}", err=True)
    if table.empty:
        click.echo(f"tsconv: {file} has no rows.", err=True)
    write_table(result, output, as_json=as_json, index=index)
    if result.empty or not result.get("n_series", pd.Series([1])).any():
        sys.exit(NOTHING_FOUND)


def _model(order: str, seasonal: str | None) -> dict[str, Any]:
    """Keywords of the model: a name, or whole numbers."""
    if not order[:1].isdigit():
        return {"order": order}
    model: dict[str, Any] = {"order": whole_numbers(order, 3, "--order p,d,q")}
    if seasonal:
        count = 4 if seasonal.count(",") == 3 else 3
        model["seasonal_order"] = whole_numbers(seasonal, count, "--seasonal P,D,Q")
    return model
