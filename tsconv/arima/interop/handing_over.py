"""A fit handed over to statsmodels: its model, its results at our parameters, its own fit."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd

from tsconv.arima.equation import EquationTerms
from tsconv.arima.result import ArimaFit
from tsconv.arima.spec import ArimaSpec

# statsmodels' name for the covariance that is ours: its "oim" is an approximation by Harvey (1989),
# its "approx" the observed information, differentiated numerically.
_THEIR_COV_TYPES = {"oim": "approx", "opg": "opg", "robust": "robust_approx"}


def to_statsmodels(fit: ArimaFit) -> Any:
    """Return statsmodels' results at the parameters of `fit`.

    Parameters
    ----------
    fit : ArimaFit
        A fit with its observations.

    Returns
    -------
    ARIMAResults, SARIMAXResults or AutoRegResults
        The object `fit` was read from, if it was; otherwise ``ARIMA(...).smooth(params)``.
    """
    if fit._origin is not None:
        return fit._origin
    model = model_of(fit)
    if not hasattr(model, "smooth"):
        return model.fit()
    return model.smooth(fit.params.to_numpy())


def model_of(fit: ArimaFit) -> Any:
    """Build the model of the same specification on the same data."""
    from statsmodels.tsa.ar_model import AutoReg
    from statsmodels.tsa.arima.model import ARIMA
    from statsmodels.tsa.statespace.sarimax import SARIMAX

    sample, spec, equation = fit._data, fit.spec, fit.equation
    y = sample.on_index(sample.y, "y" if sample.name is None else sample.name)
    if sample.continuation.kind in ("position", "number", "timedelta"):
        # statsmodels forecasts on dates, periods and plain positions only.
        y = y.reset_index(drop=True)
    exog = None
    if sample.exog.shape[1]:
        exog = pd.DataFrame(sample.exog, index=y.index, columns=list(sample.exog_names))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # on indexes without frequency: we said so already
        if equation is None and not fit.source.endswith("AutoReg"):
            trend = spec.trend if isinstance(spec.trend, str) else list(spec.trend or ())
            return ARIMA(
                y,
                exog=exog,
                order=spec.order,
                seasonal_order=_seasonal(spec),
                trend=trend,
                enforce_stationarity=True,
                enforce_invertibility=True,
            )
        if fit.source.endswith("AutoReg"):
            terms = EquationTerms((), np.zeros(0)) if equation is None else equation
            return AutoReg(
                y,
                list(spec.ar_lags),
                trend="".join("ctt"[k] for k in terms.powers) or "n",
                seasonal=bool(terms.seasons),
                period=terms.period or None,
                exog=exog,
            )
        assert equation is not None
        flags = [int(k in equation.powers) for k in range(max(equation.powers, default=-1) + 1)]
        return SARIMAX(
            y,
            exog=exog,
            order=spec.order,
            seasonal_order=_seasonal(spec),
            trend=flags,
            trend_offset=int(equation.offset) + 1,
        )


def _seasonal(spec: ArimaSpec) -> tuple[Any, ...]:
    """Seasonal order as statsmodels takes it: no period without a seasonal part."""
    P, D, Q, s = spec.seasonal_order
    return (P, D, Q, s) if (spec.seasonal_ar_lags or spec.seasonal_ma_lags or D) else (0, 0, 0, 0)


def fit_theirs(model: Any, fit: ArimaFit) -> Any:
    """Let statsmodels fit its model, with standard errors of our kind."""
    kind = _THEIR_COV_TYPES.get(fit.cov_type, fit.cov_type)
    options = {} if fit.source.endswith("AutoReg") else {"cov_type": kind}
    if not fit.spec.fixed:
        return model.fit(**options)
    with model.fix_params(dict(fit.spec.fixed)):
        return model.fit(**options)
