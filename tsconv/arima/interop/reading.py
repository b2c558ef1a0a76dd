"""Models fitted by statsmodels, read in as kernels: AutoReg, ARIMA and SARIMAX."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from tsconv._checks import FloatArray
from tsconv.arima.equation import EquationTerms, seasons_of
from tsconv.arima.path import loglike_at
from tsconv.arima.result import ArimaFit
from tsconv.arima.sample import Sample, take_sample
from tsconv.arima.spec import ArimaSpec, dense
from tsconv.kernel import CIRCLE_TOLERANCE
from tsconv.polynomials.stability import all_inside

# Names of statsmodels' trend terms inside an equation, by power of time.
_EQUATION_NAMES = {0: "intercept", 1: "drift"}


def from_statsmodels(results: Any) -> ArimaFit:
    r"""Read in a model fitted by statsmodels: its kernels, errors and forecasts by convolution.

    Parameters
    ----------
    results : AutoRegResults, ARIMAResults or SARIMAXResults
        What ``fit()`` (or ``smooth``, ``filter``) of `AutoReg`, `ARIMA` or `SARIMAX` returned.

    Returns
    -------
    ArimaFit
        The same model and parameters. `loglike` is evaluated here, exactly, except for AutoReg and
        for models without a stationary start, where it is statsmodels' own.

    Raises
    ------
    TypeError
        If `results` is something else.
    ValueError
        If the model has parts that are not convolutions of the series: measurement error,
        regression coefficients that vary in time or are states, data differenced beforehand,
        deterministic terms given by the user, an MA part that cannot be inverted.

    Notes
    -----
    Names are statsmodels', but for AutoReg, whose lags are called ``ar.L1`` as elsewhere. A
    constant *in the equation* is called `intercept`, one that is the mean of the process `const`.

    Residuals and forecasts equal statsmodels' up to the start of the sample. There, statsmodels
    takes a variance of 1e6 for what differencing leaves open; here it is infinite. The
    difference dies out as the MA part forgets.

    Examples
    --------
    >>> from statsmodels.tsa.ar_model import AutoReg
    >>> from tsconv import datasets
    >>> from tsconv.arima import from_statsmodels
    >>> results = AutoReg(datasets.load_sunspots(), lags=2).fit()
    >>> fit = from_statsmodels(results)
    >>> fit.whitening
    Kernel([1 -1.392 0.6903])
    >>> bool(abs(fit.residuals - results.resid).max() < 1e-10)
    True
    """
    from statsmodels.tsa.ar_model import AutoReg
    from statsmodels.tsa.arima.model import ARIMA
    from statsmodels.tsa.statespace.sarimax import SARIMAX

    model = getattr(results, "model", None)
    if model is not None and hasattr(results, "params"):
        if isinstance(model, ARIMA):
            return _from_state_space(results, model, beside=True)
        if isinstance(model, SARIMAX):
            return _from_state_space(results, model, beside=False)
        if isinstance(model, AutoReg):
            return _from_autoreg(results, model)
    if hasattr(results, "fit"):
        raise TypeError(
            f"`results` must be fitted; got the model {type(results).__name__}."
            " Call `.fit()` first."
        )
    raise TypeError(
        "`results` must come from statsmodels' AutoReg, ARIMA or SARIMAX; got"
        f" {type(results).__name__}."
    )


def _from_state_space(results: Any, model: Any, *, beside: bool) -> ArimaFit:
    """Read ARIMA (trend beside the process) or SARIMAX (trend in the equation)."""
    refused = {
        "measurement_error": "is not an ARIMA model of the series",
        "time_varying_regression": "has no fixed regression coefficients",
        "simple_differencing": "has lost the undifferenced series",
        "hamilton_representation": "states the trend differently",
    }
    for option, reason in refused.items():
        if getattr(model, option, False):
            raise ValueError(
                f"a model with {option}=True {reason} and cannot be read in; refit with"
                f" {option}=False."
            )
    if model.state_regression:
        raise ValueError(
            "a model with mle_regression=False has regression coefficients as states and cannot be"
            " read in; refit with mle_regression=True."
        )
    powers = tuple(int(k) for k in np.flatnonzero(np.asarray(model.polynomial_trend)))
    exog_names = tuple(str(name) for name in (model.exog_names or ()))
    if beside:
        # ARIMA makes its trend the first columns of exog.
        powers = _beside_powers(model)
        exog_names = exog_names[len(powers) :]
        if powers and model.trend_offset != 1:
            raise ValueError(
                "a trend must count time from 1 at the first row to be read in; got"
                f" trend_offset={model.trend_offset}. Fit or `append` the whole series."
            )
    p, d, q = model.order
    P, D, Q, s = model.seasonal_order
    fixed = _fixed_values(results) if getattr(results, "fixed_params", None) else None
    spec = ArimaSpec(
        (_as_lags(p), d, _as_lags(q)),
        (_as_lags(P), D, _as_lags(Q), s),
        [int(k in powers) for k in range(max(powers, default=-1) + 1)] if beside else "n",
        exog_names,
        fixed,
    )
    estimates = np.asarray(results.params, dtype=float)
    covariance = np.asarray(results.cov_params(), dtype=float)
    if model.concentrate_scale:
        estimates = np.append(estimates, float(results.scale))
        covariance = np.pad(covariance, (0, 1), constant_values=np.nan)
    equation = None
    if not beside and powers:
        names = tuple(_EQUATION_NAMES.get(k, f"trend.{k}") for k in powers)
        # The state's intercept of one row acts on the next.
        equation = EquationTerms(
            names, estimates[: len(powers)], powers, offset=float(model.trend_offset) - 1.0
        )
        estimates = estimates[len(powers) :]
    names = ((equation.names if equation else ()) + spec.names)[: len(results.params)]
    # statsmodels calls a trend beside the process x1, x2 where there are no other regressors.
    skip = len(powers) if beside else 0
    _check_names(names[skip:], model.param_names[skip:])
    exog = None if model.exog is None else np.asarray(model.exog)
    if exog is not None and beside:
        exog = exog[:, len(powers) :] if exog.shape[1] > len(powers) else None
    return _assemble(results, model, spec, estimates, equation, covariance, exog)


def _from_autoreg(results: Any, model: Any) -> ArimaFit:
    """Read AutoReg: everything but the lags is a term of the equation."""
    if model.deterministic is not None:
        raise ValueError(
            "deterministic terms given to AutoReg by the user cannot be read in; use `trend`,"
            " `seasonal`, or give the columns as `exog`."
        )
    lags = [int(lag) for lag in model.ar_lags or ()]
    spec = ArimaSpec((lags, 0, 0), trend="n")
    params = np.asarray(results.params, dtype=float)
    n_exog = 0 if model.exog is None else int(model.exog.shape[1])
    n_before = params.size - n_exog - len(lags)
    labels = [str(name) for name in model.exog_names[:n_before]]
    power_of = {"const": 0, "trend": 1, "trend_squared": 2}
    trend_names = [label for label in labels if label in power_of]
    season_names = [label for label in labels if label.startswith("s(")]
    powers = tuple(power_of[label] for label in trend_names)
    exog_names = tuple(str(name) for name in model.exog_names[n_before + len(lags) :])
    names = tuple(_EQUATION_NAMES.get(k, f"trend.{k}") for k in powers)
    names += tuple(season_names) + exog_names
    period, seasons = seasons_of(season_names) if season_names else (0, ())
    # [deterministic, lags, exog] becomes [deterministic, exog | lags, sigma2].
    move = np.r_[0:n_before, n_before + len(lags) : params.size, n_before : n_before + len(lags)]
    moved = params[move]
    equation = None
    if names:
        equation = EquationTerms(names, moved[: len(names)], powers, 1.0, period, seasons, n_exog)
    estimates = np.append(moved[len(names) :], float(results.sigma2))
    covariance = np.asarray(results.cov_params(), dtype=float)[np.ix_(move, move)]
    covariance = np.pad(covariance, (0, 1), constant_values=np.nan)
    exog = None if model.exog is None else np.asarray(model.exog, dtype=float)
    _check_columns(model, equation, exog, n_before, len(lags))
    return _assemble(
        results, model, spec, estimates, equation, covariance, exog, exog_names, conditional=True
    )


def _assemble(
    results: Any,
    model: Any,
    spec: ArimaSpec,
    estimates: FloatArray,
    equation: EquationTerms | None,
    covariance: FloatArray,
    exog: FloatArray | None,
    exog_names: tuple[str, ...] | None = None,
    conditional: bool = False,
) -> ArimaFit:
    y = model.data.orig_endog
    if isinstance(y, pd.DataFrame):
        y = y.iloc[:, 0]
    names = tuple(spec.exog) if exog_names is None else exog_names
    bare = take_sample(y, check_index=False)
    columns = np.empty((bare.n, 0)) if exog is None else np.array(exog, dtype=float, order="C")
    index = bare.index
    if index is not None and getattr(index, "freq", None) is None:
        # statsmodels works out the frequency, and keeps it.
        index = model._index if model._index_freq is not None else index
    sample = Sample(bare.y, columns, names, index, bare.name)
    if not all(all_inside(dense(k, 1.0), 1 + CIRCLE_TOLERANCE) for k in spec.ma_factors(estimates)):
        raise ValueError(
            "the MA part must be invertible to be undone by a convolution; this one has roots"
            " inside the unit circle. Refit with enforce_invertibility=True."
        )
    returned = getattr(results, "mle_retvals", None) or {}
    loglike = None if conditional else loglike_at(sample, spec, estimates, equation)
    return ArimaFit(
        spec,
        estimates,
        float(results.llf) if loglike is None else loglike,
        int(results.nobs) if conditional else int(np.count_nonzero(~np.isnan(sample.y))),
        converged=bool(returned.get("converged", True)),
        cov_type=str(getattr(results, "cov_type", "oim")),
        equation=equation,
        source=f"statsmodels' {type(model).__name__}",
        _sample=sample,
        _covariance=covariance,
        _origin=results,
    )


def _beside_powers(model: Any) -> tuple[int, ...]:
    """Powers of time in statsmodels' ARIMA, whatever way its trend was given."""
    trend = model._spec_arima.trend if hasattr(model._spec_arima, "trend") else model.trend
    if isinstance(trend, str):
        return {"n": (), "c": (0,), "t": (1,), "ct": (0, 1), "ctt": (0, 1, 2)}[trend]
    return tuple(int(k) for k in np.flatnonzero(np.asarray(trend)))


def _fixed_values(results: Any) -> dict[str, float]:
    names = list(results.model.param_names)
    values = np.asarray(results.params)
    return {name: float(values[names.index(name)]) for name in results.fixed_params}


def _as_lags(order: Any) -> int | list[int]:
    """Orders are counts, or lists of the lags in use."""
    return [int(lag) for lag in order] if isinstance(order, Sequence) else int(order)


def _check_names(names: tuple[str, ...], expected: Sequence[str]) -> None:
    if list(names) != [str(name) for name in expected]:
        raise ValueError(
            f"the parameters {', '.join(map(str, expected))} could not be told apart; got"
            f" {', '.join(names)}. Rename the regressors."
        )


def _check_columns(
    model: Any, equation: EquationTerms | None, exog: FloatArray | None, n_before: int, n_lags: int
) -> None:
    """Make sure that the deterministic columns are the ones AutoReg used."""
    if equation is None:
        return
    n = model.endog.shape[0]
    columns = np.empty((n, 0)) if exog is None else exog
    own = equation.columns(n, columns)[-model._x.shape[0] :]
    used = np.delete(model._x, np.s_[n_before : n_before + n_lags], axis=1)
    if own.shape != used.shape or not np.allclose(own, used, rtol=1e-12, atol=0):
        raise ValueError("the deterministic terms of this AutoReg model could not be read in.")
