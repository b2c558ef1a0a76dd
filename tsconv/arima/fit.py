"""`fit_arima`: an ARIMA model of a series by exact maximum likelihood."""

from __future__ import annotations

from typing import Any

from tsconv._checks import FloatArray
from tsconv.arima.equation import EquationTerms
from tsconv.arima.interop import from_statsmodels
from tsconv.arima.path import loglike_at
from tsconv.arima.result import ArimaFit
from tsconv.arima.sample import Sample, take_sample
from tsconv.arima.spec import ArimaSpec, Lags


def fit_arima(
    y: Any,
    order: tuple[Lags, int, Lags],
    *,
    seasonal_order: tuple[Lags, int, Lags, int] = (0, 0, 0, 0),
    exog: Any = None,
    trend: Any = None,
    cov_type: str = "oim",
    n_starts: int = 2,
    fixed: dict[str, float] | None = None,
    freq: Any = None,
) -> ArimaFit:
    from statsmodels.tsa.arima.model import ARIMA
    import pandas as pd

    sample = take_sample(y, exog, freq=freq)
    spec = ArimaSpec(order, seasonal_order, trend, sample.exog_names, fixed)
    series = sample.on_index(sample.y, sample.name)
    columns = (
        pd.DataFrame(sample.exog, index=series.index, columns=list(sample.exog_names))
        if sample.exog_names
        else None
    )
    P, D, Q, s = spec.seasonal_order
    seasonal = (
        spec.seasonal_order if spec.seasonal_ar_lags or spec.seasonal_ma_lags or D else (0, 0, 0, 0)
    )
    model = ARIMA(series, order=spec.order, seasonal_order=seasonal, exog=columns, trend=spec.trend)
    return from_statsmodels(model.fit())


def refit(fit: ArimaFit) -> None:
    pass


def evaluate_at(
    sample: Sample, spec: ArimaSpec, params: FloatArray, equation: EquationTerms | None
) -> float:
    return loglike_at(sample, spec, params, equation) or float("nan")
