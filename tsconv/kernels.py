r"""Named kernels.

Smoothing kernels are centred and sum to one; with an even number of taps the extra sample lies in
the past, as in pandas' ``rolling(center=True)`` and scipy.ndimage. Model kernels are causal and
turn noise into data: ``arma(ar=phi, ma=theta)`` is :math:`\theta(L)/\phi(L)`; its inverse gives the
noise back.

A width is a number of samples or a time such as ``"90min"``; with a time the result is a
`TimeKernel`, which takes its taps from the index it is applied to.

Smoothing: `moving_average`, `weighted`, `gaussian`, `binomial`, `exponential`.
Models: `difference`, `ar`, `ma`, `arma`, `sarima`.
"""

from __future__ import annotations

import math
import warnings
from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike

from tsconv._checks import FloatArray, check_count, check_positive, check_vector
from tsconv.kernel import Kernel
from tsconv.time_kernel import (
    TimeKernel,
    Width,
    as_width,
    exponential_profile,
    gaussian_profile,
    uniform,
)


@overload
def moving_average(width: int, *, centered: bool = True) -> Kernel: ...
@overload
def moving_average(width: Width, *, centered: bool = True) -> TimeKernel: ...
def moving_average(width: Any, *, centered: bool = True) -> Kernel | TimeKernel:
    """Mean of the samples in a window.

    Parameters
    ----------
    width : int or time
        Number of samples, or a duration (``"7D"``, Timedelta): the samples with a lag in
        ``(-width/2, width/2]``.
    centered : bool, default True
        False averages the present and the past only: lags in ``[0, width)``, as pandas'
        ``rolling``.

    Returns
    -------
    Kernel or TimeKernel

    Examples
    --------
    >>> moving_average(3)
    Kernel([0.3333 0.3333 0.3333], origin=1)
    >>> moving_average("7D").resolve("1D").taps.size
    7
    """
    duration = as_width(width, "width")
    if duration is not None:
        if centered:
            return TimeKernel("moving_average", duration, uniform, (-0.5, 0.5), closed="right")
        return TimeKernel("moving_average", duration, uniform, (0.0, 1.0), closed="left")
    n = check_count(width, "width", minimum=1)
    return Kernel(np.full(n, 1.0 / n), origin=(n - 1) // 2 if centered else 0)


def weighted(weights: ArrayLike, *, centered: bool = True) -> Kernel:
    """Weighted mean; the weights are divided by their sum.

    Parameters
    ----------
    weights : array_like, shape (n_taps,)
        ``weights[k]`` weighs the sample k steps before the newest one in the window.
    centered : bool, default True
        False puts the newest sample of the window at lag 0.

    Returns
    -------
    Kernel

    Raises
    ------
    ValueError
        If the weights sum to zero: then they are no mean; use ``Kernel(weights)``.

    Examples
    --------
    >>> weighted([1, 2, 1])
    Kernel([0.25 0.5 0.25], origin=1)
    """
    values = check_vector(weights, "weights")
    total = math.fsum(values)
    if abs(total) <= 1e-12 * math.fsum(np.abs(values)):
        raise ValueError(
            f"`weights` must not sum to zero, a mean divides by the sum; got a sum of {total:g}."
            " For a difference-like kernel use Kernel(weights)."
        )
    return Kernel(values / total, origin=(values.size - 1) // 2 if centered else 0)


@overload
def gaussian(std: float, *, truncate: float = 4.0) -> Kernel: ...
@overload
def gaussian(std: Width, *, truncate: float = 4.0) -> TimeKernel: ...
def gaussian(std: Any, *, truncate: float = 4.0) -> Kernel | TimeKernel:
    """Bell-shaped weights.

    Parameters
    ----------
    std : float or time
        Standard deviation in samples, or as a duration (``"90min"``).
    truncate : float, default 4.0
        Where the weights end, in standard deviations; rounded to samples as scipy.ndimage does if
        `std` is in samples, exactly there if it is a time.

    Returns
    -------
    Kernel or TimeKernel

    Examples
    --------
    >>> gaussian(1.0, truncate=2).taps.round(4)
    array([0.0545, 0.2442, 0.4026, 0.2442, 0.0545])
    """
    reach = check_positive(truncate, "truncate")
    duration = as_width(std, "std")
    if duration is not None:
        return TimeKernel("gaussian", duration, gaussian_profile, (-reach, reach))
    sigma = check_positive(std, "std")
    radius = int(reach * sigma + 0.5)
    weights = gaussian_profile(np.arange(-radius, radius + 1) / sigma)
    return Kernel(weights / weights.sum(), origin=radius)


def binomial(order: int) -> Kernel:
    """Binomial weights: `order` times the mean of two neighbours, near a Gaussian.

    Parameters
    ----------
    order : int
        The kernel has ``order + 1`` taps and the variance ``order / 4``.

    Returns
    -------
    Kernel

    Examples
    --------
    >>> binomial(4).taps * 16
    array([1., 4., 6., 4., 1.])
    """
    n = check_count(order, "order")
    if n > 1000:
        raise ValueError(
            f"`order` must be at most 1000; got {n}. Use gaussian({math.sqrt(n) / 2:.1f}) instead."
        )
    taps = [math.comb(n, k) / 2**n for k in range(n + 1)]
    return Kernel(taps, origin=n // 2)


@overload
def exponential(*, alpha: float) -> Kernel: ...
@overload
def exponential(*, span: float) -> Kernel: ...
@overload
def exponential(*, halflife: float) -> Kernel: ...
@overload
def exponential(*, halflife: Width) -> TimeKernel: ...
def exponential(
    *, alpha: float | None = None, halflife: float | Width | None = None, span: float | None = None
) -> Kernel | TimeKernel:
    r"""Exponential smoothing, :math:`y_t = \alpha x_t + (1 - \alpha) y_{t-1}`; causal, recursive.

    Parameters
    ----------
    alpha : float
        Weight of the newest sample, in (0, 1].
    halflife : float or time
        Age at which a weight has halved, in samples or as a duration (``"2h"``).
    span : float
        Length, in samples, of the moving average with the same centre of mass:
        ``alpha = 2 / (span + 1)``.

    Returns
    -------
    Kernel or TimeKernel

    Notes
    -----
    Exactly one of the three must be given. The edge decides how the first samples are treated:
    ``boundary="renormalize"`` equals pandas' ``ewm(adjust=True).mean()``, ``boundary="nearest"``
    equals ``ewm(adjust=False).mean()``; the default starts from rest, that is from zero.

    Examples
    --------
    >>> exponential(alpha=0.25)
    Kernel(0.25 / (1 - 0.75 L))
    """
    given = {"alpha": alpha, "halflife": halflife, "span": span}
    names = [name for name, value in given.items() if value is not None]
    if len(names) != 1:
        raise ValueError(
            f"exactly one of `alpha`, `halflife` and `span` must be given; got {names or 'none'}."
        )
    if halflife is not None:
        duration = as_width(halflife, "halflife")
        if duration is not None:
            return TimeKernel("exponential", duration, exponential_profile, (0.0, math.inf))
        alpha = -math.expm1(-math.log(2) / check_positive(halflife, "halflife"))
    elif span is not None:
        if check_positive(span, "span") < 1:
            raise ValueError(f"`span` must be at least 1; got {span:g}.")
        alpha = 2 / (span + 1)
    rate = check_positive(alpha, "alpha")
    if rate > 1:
        raise ValueError(f"`alpha` must lie in (0, 1]; got {rate:g}.")
    return Kernel([rate], denominator=[1.0, rate - 1.0])


def difference(n: int = 1, *, period: int = 1) -> Kernel:
    r"""Differences :math:`(1 - L^s)^n` with period s.

    Parameters
    ----------
    n : int, default 1
        How many times; 0 is the identity. Not the distance: that is `period`.
    period : int, default 1
        Distance of the samples subtracted: 12 for monthly data and a yearly season.

    Returns
    -------
    Kernel
        Its inverse is the running sum.

    Examples
    --------
    >>> difference(2).taps
    array([ 1., -2.,  1.])
    """
    count = check_count(n, "n")
    if count > 3:
        warnings.warn(
            f"difference({count}) subtracts neighbours {count} times over; to subtract the sample"
            f" {count} steps back write difference(period={count}). If it was meant, write"
            f" difference(period={period}) ** {count}.",
            stacklevel=2,
        )
    step = np.zeros(check_count(period, "period", minimum=1) + 1)
    step[0], step[-1] = 1.0, -1.0
    return Kernel.from_factors([step] * count)


def ar(coefs: ArrayLike) -> Kernel:
    r"""Autoregressive model :math:`1 / (1 - \sum_i \phi_i L^i)`: noise in, data out.

    Parameters
    ----------
    coefs : array_like, shape (p,)
        Coefficients without lag 0, ``x[t] = coefs[0] x[t-1] + ... + e[t]``.

    Returns
    -------
    Kernel

    Examples
    --------
    >>> ar([0.5]).inverse().taps
    array([ 1. , -0.5])
    """
    return sarima(ar=coefs)


def ma(coefs: ArrayLike) -> Kernel:
    r"""Moving-average model :math:`1 + \sum_j \theta_j L^j`: noise in, data out.

    Parameters
    ----------
    coefs : array_like, shape (q,)
        Coefficients without lag 0, ``x[t] = e[t] + coefs[0] e[t-1] + ...``.

    Returns
    -------
    Kernel

    Examples
    --------
    >>> ma([0.4])
    Kernel([1 0.4])
    """
    return sarima(ma=coefs)


def arma(*, ar: ArrayLike = (), ma: ArrayLike = ()) -> Kernel:
    r"""ARMA model :math:`\theta(L) / \phi(L)`: noise in, data out.

    Parameters
    ----------
    ar, ma : array_like, shape (p,) and (q,), optional
        Coefficients without lag 0, ``x[t] = sum(ar * past x) + e[t] + sum(ma * past e)``.

    Returns
    -------
    Kernel

    Examples
    --------
    >>> arma(ar=[0.5], ma=[0.4]) * difference().inverse()
    Kernel((1 + 0.4 L) / (1 - 0.5 L)(1 - L))
    """
    return sarima(ar=ar, ma=ma)


def sarima(
    *,
    ar: ArrayLike = (),
    ma: ArrayLike = (),
    seasonal_ar: ArrayLike = (),
    seasonal_ma: ArrayLike = (),
    period: int | None = None,
    d: int = 0,
    seasonal_d: int = 0,
) -> Kernel:
    r"""Seasonal ARIMA model, kept factored: noise in, data out.

    .. math:: \frac{\theta(L)\,\Theta(L^s)}{\phi(L)\,\Phi(L^s)\,(1-L)^d\,(1-L^s)^D}

    Parameters
    ----------
    ar, ma : array_like, shape (p,) and (q,), optional
        Coefficients without lag 0.
    seasonal_ar, seasonal_ma : array_like, shape (P,) and (Q,), optional
        Coefficients at lags s, 2 s, ...
    period : int, optional
        The season s, at least 2; needed with any seasonal part.
    d, seasonal_d : int, default 0
        Orders of differencing.

    Returns
    -------
    Kernel
        Its inverse, the whitening kernel, differences first and then applies the recursions.

    Examples
    --------
    >>> airline = sarima(ma=[-0.4], seasonal_ma=[-0.6], period=12, d=1, seasonal_d=1)
    >>> airline.inverse()
    Kernel((1 - L^12)(1 - L) / (1 - 0.6 L^12)(1 - 0.4 L))
    """
    seasonal = [np.size(seasonal_ar) > 0, np.size(seasonal_ma) > 0, seasonal_d != 0]
    if period is None and any(seasonal):
        raise ValueError("`period` must be given with a seasonal part: 12 for monthly data.")
    season = 1 if period is None else check_count(period, "period", minimum=2)
    differences = difference(check_count(d, "d")) * difference(
        check_count(seasonal_d, "seasonal_d"), period=season
    )
    return Kernel.from_factors(
        [
            _lag_polynomial(ma, "ma", 1, 1.0),
            _lag_polynomial(seasonal_ma, "seasonal_ma", season, 1.0),
        ],
        [
            _lag_polynomial(ar, "ar", 1, -1.0),
            _lag_polynomial(seasonal_ar, "seasonal_ar", season, -1.0),
            *(num for num, _ in differences.factors),
        ],
    )


def _lag_polynomial(coefs: ArrayLike, name: str, step: int, sign: float) -> FloatArray:
    """Write coefficients at lags step, 2 step, ... as a polynomial with 1 at lag 0."""
    values = check_vector(coefs, name, allow_empty=True)
    poly = np.zeros(step * values.size + 1)
    poly[0] = 1.0
    poly[step::step] = sign * values
    return poly
