"""``tsconv forecast``: the rows that come next, by a model that is found or named."""

from __future__ import annotations

import contextlib
from typing import Any

import click

from tsconv._tables import read_series, write_table
from tsconv.cli._shared import (
    draw,
    json_option,
    output_option,
    plot_option,
    time_option,
    whole_numbers,
)

_MODELS = ("auto", "mean", "naive", "drift", "seasonal_naive", "ses", "holt", "holt_winters")


@click.command()
@click.argument("file", metavar="FILE|-")
@click.option("--steps", type=click.IntRange(min=1), required=True, help="How many rows.")
@click.option("--period", type=click.IntRange(min=1), help="Season in rows; default: found.")
@click.option("--model", type=click.Choice(_MODELS), default="auto", show_default=True)
@click.option("--order", default="auto", show_default=True, help="p,d,q instead of a search.")
@click.option("--seasonal", default="0,0,0", show_default=True, help="P,D,Q with --order p,d,q.")
@click.option("-c", "--column", help="Column to forecast; by default the only one.")
@time_option
@click.option(
    "--level", multiple=True, type=float, default=(80, 95), show_default=True, help="Per cent."
)
@click.option(
    "--search",
    type=click.Choice(["stepwise", "wide", "exhaustive"]),
    default="stepwise",
    show_default=True,
)
@click.option("--lambda", "lambda_", help='Power of a Box-Cox transformation, or "auto".')
@click.option("--models", is_flag=True, help="Write the models tried instead.")
@click.option(
    "--compare", is_flag=True, help="Write how all models do on the last rows, held back, instead."
)
@json_option
@output_option
@plot_option
def forecast(
    file: str,
    steps: int,
    period: int | None,
    model: str,
    order: str,
    seasonal: str,
    column: str | None,
    time: str | None,
    level: tuple[float, ...],
    search: str,
    lambda_: str | None,
    models: bool,
    compare: bool,
    as_json: bool,
    output: str,
    plot: str | None,
) -> None:
    r"""Forecast a column of a CSV file, with intervals.

    \b
    tsconv forecast nile.csv --steps 10 --plot forecast.png
    tsconv forecast sales.csv --steps 12 --model holt_winters
    tsconv forecast sales.csv --steps 12 --compare
    """
    y = read_series(file, time=time, column=column)
    if compare:
        from tsconv.arima import compare_models

        result = compare_models(y, steps=steps, period=period).rename_axis("name")
        write_table(result, output, as_json=as_json)
        return
    fit = _fit(y, model, order, seasonal, period, search, lambda_)
    if plot:
        from tsconv.arima.pictures import plot_fit

        draw(plot, plot_fit(fit, steps=steps))
    if models:
        write_table(fit.models_tried, output, as_json=as_json, index=False)
    else:
        write_table(fit.forecast(steps, level=level), output, as_json=as_json)


def _fit(
    y: Any,
    model: str,
    order: str,
    seasonal: str,
    period: int | None,
    search: str,
    lambda_: str | None,
) -> Any:
    """Fit what the options ask for."""
    from tsconv.arima import auto_arima, fit_arima, fit_model

    if order != "auto":
        if model != "auto" or lambda_ is not None or search != "stepwise":
            raise ValueError("--order p,d,q goes without --model, --search and --lambda.")
        three = whole_numbers(seasonal, 3, "--seasonal P,D,Q")
        if any(three) and period is None:
            raise ValueError("--seasonal P,D,Q needs the season: give --period.")
        return fit_arima(
            y,
            whole_numbers(order, 3, "--order p,d,q"),
            seasonal_order=(*three, period) if any(three) else (0, 0, 0, 0),
        )
    if model != "auto":
        if lambda_ is not None or search != "stepwise":
            raise ValueError("--search and --lambda go with --model auto.")
        return fit_model(y, model, period=period)
    power: Any = lambda_
    if lambda_ not in (None, "auto"):
        with contextlib.suppress(ValueError):  # `auto_arima` says what is wrong with it
            power = float(str(lambda_))
    return auto_arima(y, period=period, search=search, lambda_=power)
