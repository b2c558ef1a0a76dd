r"""Holt and Winters' additive smoothing as the ARIMA model it is, by exact maximum likelihood.

With smoothing weights of level, slope and season, the errors of one-step forecasts obey

.. math:: (1 - L)(1 - L^s)\, y_t = \theta(L)\, e_t, \qquad
          \theta_1 = \alpha + \beta - 1,\;
          \theta_j = \beta\ (1 < j < s),\;
          \theta_s = \beta + \gamma - 1,\;
          \theta_{s+1} = 1 - \alpha - \gamma .

(Updates: level :math:`\alpha e`, slope :math:`\beta e`, season :math:`\gamma e`; Roberts 1982.)
"""

from __future__ import annotations

import math

import numpy as np

from tsconv._checks import FloatArray
from tsconv.arima.estimate import ArrayFit, fit_arrays
from tsconv.arima.likelihood import loglike
from tsconv.arima.spec import ArimaSpec


def holt_winters_ma(alpha: float, beta: float, gamma: float, period: int) -> FloatArray:
    """Return MA coefficients of lags 1 to ``period + 1`` from the three smoothing weights."""
    theta = np.full(period + 1, beta)
    theta[0] += alpha - 1.0
    theta[period - 1] += gamma - 1.0
    theta[period] = 1.0 - alpha - gamma
    return theta


def fit_holt_winters(y: FloatArray, period: int) -> tuple[ArrayFit, tuple[float, float, float]]:
    """Fit the three smoothing weights of additive Holt-Winters by exact likelihood.

    Parameters
    ----------
    y : ndarray, shape (n,)
        The series, missing values NaN.
    period : int
        Length of the season, at least 2.

    Returns
    -------
    fit : ArrayFit
        An ARIMA(0, 1, period + 1)(0, 1, 0)[period] whose coefficients are fixed.
    weights : (alpha, beta, gamma)
        In ``0 < alpha < 1``, ``0 < beta < alpha``, ``0 < gamma < 1 - alpha``.
    """
    from scipy.optimize import minimize

    plain = ArimaSpec((0, 1, period + 1), (0, 1, 0, period))
    scale = fit_arrays(y, ArimaSpec((0, 1, 0), (0, 1, 0, period))).sigma2
    if scale == 0.0:
        weights = (0.5, 0.05, 0.05)
    else:

        def loss(z: FloatArray) -> float:
            theta = holt_winters_ma(*_weights(z), period)
            # The variance is a parameter like the others: its logarithm is the last of z.
            return -loglike(y, plain, np.append(theta, scale * math.exp(min(z[3], 50.0))))

        start = np.array([-0.5, -2.5, -1.5, -0.5])
        found = minimize(loss, start, method="BFGS", options={"gtol": 1e-4, "maxiter": 200})
        weights = _weights(found.x)
    theta = holt_winters_ma(*weights, period)
    fixed = {f"ma.L{lag}": value for lag, value in enumerate(theta.tolist(), 1)}
    fit = fit_arrays(y, ArimaSpec((0, 1, period + 1), (0, 1, 0, period), fixed=fixed))
    return fit, weights


def _weights(z: FloatArray) -> tuple[float, float, float]:
    """Weights within their bounds from three unbounded numbers."""
    share = [0.5 * (1.0 + math.tanh(0.5 * value)) for value in z[:3].tolist()]
    alpha = share[0]
    return alpha, share[1] * alpha, share[2] * (1.0 - alpha)
