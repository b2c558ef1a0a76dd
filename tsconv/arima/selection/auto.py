"""`auto_arima`: an ARIMA model whose orders are found from the data."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from tsconv._checks import check_choice, check_count
from tsconv.arima.choice import Choice
from tsconv.arima.estimate import ArrayFit
from tsconv.arima.fit import ConvergenceWarning
from tsconv.arima.result import COV_TYPES, ArimaFit
from tsconv.arima.sample import Sample, take_sample
from tsconv.arima.selection.box_cox import choose_lambda, transform
from tsconv.arima.selection.choose import check_options, select_arrays
from tsconv.arima.selection.period import estimate_period, period_of_index


def auto_arima(
    y: Any,
    *,
    period: int | None = None,
    exog: Any = None,
    d: int | None = None,
    seasonal_d: int | None = None,
    max_order: tuple[int, int] = (5, 5),
    max_seasonal_order: tuple[int, int] = (2, 2),
    constant: bool | None = None,
    search: str = "stepwise",
    criterion: str = "aicc",
    lambda_: float | str | None = None,
    bias_adjust: bool = False,
    cov_type: str = "oim",
    freq: Any = None,
) -> ArimaFit:
    r"""Find the orders of a (seasonal) ARIMA model and fit it by exact maximum likelihood.

    Tests say how often to difference; a search through the orders then minimises an information
    criterion on exact likelihoods.

    Parameters
    ----------
    y : array_like or Series, shape (n,)
        Observations, equally spaced; missing ones (NaN, None, NA) may be anywhere.
    period : int, optional
        Length of the season in samples; 1 for none. By default read from a time index (months 12,
        quarters 4, weeks 52, days 7, hours 24, ...), or else estimated from the values.
    exog : array_like, Series or DataFrame, shape (n, n_exog), optional
        Regressors; on the index of `y` if both have one.
    d, seasonal_d : int, optional
        Differences and seasonal differences. By default `d` is the number of differences after
        which a KPSS test lets the series pass (0 to 2; at the level of 5 %, the second time of
        1 %), and `seasonal_d` is 1 if the strength of
        the season is above 0.64.
    max_order, max_seasonal_order : (int, int)
        Largest (p, q) and (P, Q); a third of the series, in samples or seasons, is a limit, too.
    constant : bool, optional
        Whether the model has a mean (without differences) or a drift (with one). By default the
        criterion decides, but a series of fewer than 10 observations keeps its mean; with two
        differences there is none.
    search : {"stepwise", "wide", "exhaustive"}, default "stepwise"
        "stepwise" goes on to the first better neighbour, after Hyndman and Khandakar; "wide" looks
        at all neighbours of all models near the best; "exhaustive" at every model with at most
        five coefficients. Neighbours start from each other's estimates.
    criterion : {"aicc", "aic", "bic"}, default "aicc"
        What is minimised.
    lambda_ : float or "auto", optional
        Power of a Box-Cox transformation: 0 is the logarithm, "auto" the power of maximum
        likelihood. Forecasts are in the unit of `y`.
    bias_adjust : bool, default False
        With a transformation, forecast means; by default the point forecast is the median.
    cov_type : {"oim", "opg", "robust"}, default "oim"
        Standard errors, as for `fit_arima`.
    freq : str or DateOffset, optional
        Insert missing rows so that the index has this frequency, such as "D".

    Returns
    -------
    ArimaFit
        With ``models_tried``: a DataFrame with a row for each model, best first, and in `reason`
        why it was rejected: a root within 1 % of the unit circle, no convergence, too few
        observations.

    Raises
    ------
    TypeError, ValueError
        As `fit_arima`; if `y` is not positive and `lambda_` needs it to be.

    Warns
    -----
    ConvergenceWarning
        If no model was acceptable and the simplest one was kept without a certificate.

    See Also
    --------
    fit_arima : Fit a model with given orders.

    Notes
    -----
    Likelihoods are compared between models with the same differences only. Intervals of the
    forecast use the sum of squares divided by n - k, with k coefficients, for the variance, and
    Student's t with n - k degrees of freedom: chosen models are fitted closely. The forecasts of a
    given model, `fit_arima`, do not.

    A search tries some 20 models; time grows with the length of the series and the season.

    References
    ----------
    .. [1] Hyndman, R. J. and Khandakar, Y. (2008), Automatic time series forecasting: the forecast
       package for R, Journal of Statistical Software 27(3), section 3, doi:10.18637/jss.v027.i03.

    Examples
    --------
    >>> from tsconv import auto_arima, datasets
    >>> fit = auto_arima(datasets.load_nile())
    >>> fit
    <ArimaFit ARIMA(1,1,1), 100 observations>
      ar.L1 0.2544, ma.L1 -0.8741, sigma2 1.977e+04
      loglike -630.627, aic 1267.25
    >>> fit.models_tried[["model", "aicc"]].round(2).head(3)
                         model     aicc
    0             ARIMA(1,1,1)  1267.51
    1  ARIMA(1,1,1) with drift  1268.06
    2             ARIMA(0,1,2)  1268.21
    """
    check_choice(cov_type, "cov_type", COV_TYPES)
    check_options(lambda_=lambda_)
    sample = take_sample(y, exog, freq=freq)
    season = season_of(sample, period)
    power = None
    if lambda_ is not None:
        power = choose_lambda(sample.y) if lambda_ == "auto" else float(lambda_)
        sample = Sample(
            transform(sample.y, power), sample.exog, sample.exog_names, sample.index, sample.name
        )
    selection = select_arrays(
        sample.y,
        season,
        exog=sample.exog if sample.exog_names else None,
        exog_names=sample.exog_names,
        d=d,
        D=seasonal_d,
        max_order=max_order,
        max_seasonal_order=max_seasonal_order,
        constant=constant,
        search=search,
        criterion=criterion,
    )
    if not selection.fit.converged:
        warnings.warn(
            "the search for the maximum of the likelihood may have ended early, in the only model"
            " left. Give the orders to `fit_arima` with `n_starts=10`.",
            ConvergenceWarning,
            stacklevel=2,
        )
    choice = Choice(selection.table(), season, power, bool(bias_adjust))
    return chosen_fit(selection.fit, sample, choice, cov_type)


def season_of(sample: Sample, period: int | None) -> int:
    """Length of the season: as given, as the index says, or as the values show."""
    if period is None:
        with np.errstate(all="ignore"):  # values whose squares overflow are refused by the fits
            return period_of_index(sample.index) or estimate_period(sample.y)
    return check_count(period, "period", minimum=1)


def chosen_fit(fitted: ArrayFit, sample: Sample, choice: Choice, cov_type: str = "oim") -> ArimaFit:
    """Put a fit on arrays together with its sample, which stands on the scale of the model."""
    return ArimaFit(
        fitted.spec,
        fitted.params,
        fitted.loglike,
        int(np.count_nonzero(~np.isnan(sample.y))),
        fitted.converged,
        cov_type,
        fitted.certificate,
        choice=choice,
        _sample=sample,
    )
