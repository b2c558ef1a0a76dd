"""How often to difference: the KPSS test, one difference at a time.

    kpss(x, n_lags) -> statistic
    n_differences(x) -> d

The null hypothesis is stationarity round a level, so a series is differenced as long as the test
speaks against that.
"""

from __future__ import annotations

import math

import numpy as np

from tsconv._checks import FloatArray
from tsconv.arima.selection.scale import is_constant

CRITICAL = {0.1: 0.347, 0.05: 0.463, 0.025: 0.574, 0.01: 0.739}
"""Upper quantiles of the statistic under the null: Kwiatkowski et al. (1992), table 1, level."""


def kpss(x: FloatArray, n_lags: int) -> float:
    r"""KPSS statistic of stationarity round a level.

    Parameters
    ----------
    x : ndarray, shape (n,)
        The series, nothing missing.
    n_lags : int
        Autocovariances, with Bartlett's weights, in the long-run variance.

    Returns
    -------
    float
        Compare with `CRITICAL`; NaN for a constant.

    Notes
    -----
    With partial sums :math:`S_t` of the residuals about the mean,
    :math:`\eta = \sum_t S_t^2 / (n^2 \hat\lambda)`, where
    :math:`\hat\lambda = \hat\gamma_0 + 2 \sum_{k=1}^{l} (1 - k / (l + 1)) \hat\gamma_k`.
    Linear in n.

    References
    ----------
    .. [1] Kwiatkowski, D., Phillips, P. C. B., Schmidt, P. and Shin, Y. (1992), Testing the null
       hypothesis of stationarity against the alternative of a unit root, Journal of Econometrics
       54, 159-178.
    """
    n = x.size
    e = x - np.add.reduce(x) / n
    long_run = float(e @ e)
    for k in range(1, min(n_lags, n - 1) + 1):
        long_run += 2.0 * (1.0 - k / (n_lags + 1.0)) * float(e[k:] @ e[:-k])
    sums = np.cumsum(e)
    top = float(sums @ sums)
    return top / (n * long_run) if long_run > 0 else math.nan


def default_lags(n: int) -> int:
    """Lags of the long-run variance: R's ``trunc(3 sqrt(n) / 13)``, short on purpose."""
    return int(3.0 * math.sqrt(n) / 13.0)


LEVELS = (0.05, 0.01)
"""Levels of the test before the first and the second difference. After a second one forecasts
follow the last slope without end: it takes more evidence."""


def n_differences(x: FloatArray, *, levels: tuple[float, ...] = LEVELS) -> int:
    """Count the first differences after which the KPSS test lets a series pass.

    Parameters
    ----------
    x : ndarray, shape (n,)
        The series, nothing missing.
    levels : tuple of 0.1, 0.05, 0.025 or 0.01
        Level of the test before each difference; as many differences at most.
    """
    for d, level in enumerate(levels):
        if x.size < 3 or is_constant(x):
            return d
        statistic = kpss(x, default_lags(x.size))
        if not statistic > CRITICAL[level]:
            return d
        x = np.diff(x)
    return len(levels)
