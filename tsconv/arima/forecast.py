r"""Forecasts and simulated paths, on plain arrays: the model's recursion run on.

With :math:`a(L) = \phi(L) \Delta(L)` and the errors :math:`\hat e` of the past,

.. math:: \hat z_{n+h} = -\sum_{i \ge 1} a_i \hat z_{n+h-i} + m_{n+h}
          + \sum_{j \ge h} \theta_j \hat e_{n+h-j},

and the forecast error is the colouring kernel convolved with the errors to come: its variance is
:math:`\sigma^2 \sum_{k<h} \psi_k^2`, plus what remains unknown of the past.
"""

from __future__ import annotations

import numpy as np

from tsconv._checks import FloatArray
from tsconv.arima.spec import ArimaSpec
from tsconv.engines import recursive_filter


def run_on(
    noise: FloatArray,
    errors: FloatArray,
    future_errors: FloatArray,
    spec: ArimaSpec,
    params: FloatArray,
    drive: FloatArray | None = None,
) -> FloatArray:
    """Continue `noise` with given errors.

    Parameters
    ----------
    noise, errors : ndarray, shape (n,)
        The past, latest last; the last ``n_lost + ar_degree`` and ``ma_degree`` rows matter.
    future_errors : ndarray, shape (steps,)
        Errors to come: zeros give the forecast, random ones a simulated path.
    drive : ndarray, shape (steps,), optional
        Terms of the equation.

    Returns
    -------
    ndarray, shape (steps,)
    """
    steps = future_errors.size
    if steps == 0:
        return np.zeros(0)
    ma_poly = spec.ma_poly(params)
    past = padded_tail(errors, ma_poly.size - 1)
    driven = np.convolve(np.concatenate([past, future_errors]), ma_poly)[past.size :][:steps]
    if drive is not None:
        driven = driven + drive
    full = np.convolve(spec.ar_poly(params), spec.difference_poly())
    lags = np.flatnonzero(full[1:]) + 1
    before = padded_tail(noise, full.size - 1)
    return np.asarray(recursive_filter(driven, lags, full[lags], initial=before))


def psi_weights(spec: ArimaSpec, params: FloatArray, n: int) -> FloatArray:
    """First `n` weights of the colouring kernel, differences undone."""
    impulse = np.zeros(n)
    impulse[:1] = 1.0
    nothing = np.zeros(0)
    return run_on(nothing, nothing, impulse, spec, params)


def variances(
    spec: ArimaSpec, params: FloatArray, uncertainty: FloatArray, steps: int
) -> FloatArray:
    """Variances of the forecast errors in units of sigma2.

    Parameters
    ----------
    uncertainty : ndarray, shape (k, k), (0, 0) or (n_known,)
        Covariance of what is not known of the past: values first, then errors (see `Path`). Or, in
        one dimension, what it adds to the variances of the first steps; later ones repeat the last
        season.
    """
    own = np.cumsum(psi_weights(spec, params, steps) ** 2)
    if uncertainty.ndim == 1:
        season = max(spec.period, 1)
        at = np.arange(steps)
        beyond = at >= uncertainty.size
        at[beyond] = uncertainty.size - season + (at[beyond] - uncertainty.size) % season
        return own + uncertainty[at]
    return own + extra_variances(spec, params, uncertainty, steps)


def extra_variances(
    spec: ArimaSpec, params: FloatArray, uncertainty: FloatArray, steps: int
) -> FloatArray:
    """Part of the variances, in units of sigma2, that what is not known of the past adds."""
    if not uncertainty.size:
        return np.zeros(steps)
    n_noise = spec.n_lost + spec.ar_degree
    nothing = np.zeros(steps)
    # Row k: what a unit in the k-th unknown does to the coming values.
    reach = np.array(
        [
            run_on(unit[:n_noise], unit[n_noise:], nothing, spec, params)
            for unit in np.eye(uncertainty.shape[0])
        ]
    )
    return np.asarray(np.einsum("ih,ih->h", reach, uncertainty @ reach))


def draw_past(uncertainty: FloatArray, sigma2: float, generator: np.random.Generator) -> FloatArray:
    """Draw the unknown part of the past: values first, then errors."""
    if uncertainty.ndim == 1 or not uncertainty.size:
        return np.zeros(0)
    weights, vectors = np.linalg.eigh(uncertainty)
    scaled = np.sqrt(sigma2 * np.maximum(weights, 0.0)) * generator.standard_normal(weights.size)
    return np.asarray(vectors @ scaled)


def padded_tail(x: FloatArray, n: int) -> FloatArray:
    """Return the last `n` values, zeros before the first."""
    tail = x[max(x.size - n, 0) :]
    return np.concatenate([np.zeros(n - tail.size), tail])
