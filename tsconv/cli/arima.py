"""``tsconv arima``: fit a model to a column, forecast, compare."""

from __future__ import annotations

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


@click.command()
@click.argument("file", metavar="FILE|-")
@click.option("--order", default="1,0,0", show_default=True, help="p,d,q")
@click.option("--seasonal", default="0,0,0,0", help="P,D,Q,s with the season s in samples.")
@click.option(
    "--trend", type=click.Choice(["n", "c", "t", "ct"]), help="Default: c without differencing."
)
@click.option("-c", "--column", help="Column to model; by default the only one.")
@time_option
@click.option("--forecast", "steps", type=click.IntRange(min=1), help="Write a forecast instead.")
@click.option(
    "--level", multiple=True, type=float, default=(80, 95), show_default=True, help="Per cent."
)
@click.option("--compare", is_flag=True, help="Write tsconv beside statsmodels instead.")
@click.option(
    "--html", type=click.Path(dir_okay=False), help="Write a report of the fit (needs plotly)."
)
@json_option
@output_option
@plot_option
def arima(
    file: str,
    order: str,
    seasonal: str,
    trend: str | None,
    column: str | None,
    time: str | None,
    steps: int | None,
    level: tuple[float, ...],
    compare: bool,
    html: str | None,
    as_json: bool,
    output: str,
    plot: str | None,
) -> None:
    r"""Fit an ARIMA model to a column; write its parameters.

    \b
    tsconv arima nile.csv --order 1,0,1
    tsconv arima co2.csv --order 0,1,1 --seasonal 0,1,1,52 --forecast 52 --plot forecast.png
    """
    from tsconv.arima import fit_arima

    y = read_series(file, time=time, column=column)
    fit = fit_arima(
        y,
        whole_numbers(order, 3, "--order p,d,q"),
        seasonal_order=whole_numbers(seasonal, 4, "--seasonal P,D,Q,s"),
        trend=trend,
    )
    if html:
        fit.report(html, steps=steps)
    if plot:
        from tsconv.arima.pictures import plot_fit

        draw(plot, plot_fit(fit, steps=steps or 0))
    if steps:
        result = fit.forecast(steps, level=level)
    else:
        result = fit.compare() if compare else fit.table()
    write_table(result, output, as_json=as_json)
