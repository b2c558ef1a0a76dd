r"""Heat flow as convolution: `diffuse`.

The heat equation :math:`\partial_t u = D\, \partial_x^2 u` spreads what is at one place as a
Gaussian of variance :math:`2 D t`, its *propagator*; what is everywhere spreads as the convolution
with it. In frequency that is a product with :math:`e^{-D t \omega^2}`, which is how it is computed:
cosine transforms where the ends are insulated, sine transforms where they are held at zero, Fourier
transforms on a ring. Products of exponentials make the semigroup exact: an hour and another hour
are two hours. (Gaussians *sampled* on the grid and cut off have no such property.)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tsconv._checks import FloatArray, check_choice, check_complete, check_positive
from tsconv._frames import take_apart

Field = TypeVar("Field", pd.Series, pd.DataFrame, NDArray[Any])

_ENDS = ("reflect", "wrap", "absorb")


def diffuse(
    x: Field,
    time: float,
    *,
    diffusivity: float | tuple[float, float] = 1.0,
    spacing: float | tuple[float, float] = 1.0,
    boundary: Literal["reflect", "wrap", "absorb"] = "reflect",
    method: Literal["spectral", "lattice"] = "spectral",
) -> Field:
    r"""Let heat flow for a time, in one or two dimensions.

    Parameters
    ----------
    x : Series, DataFrame or array_like, shape (n,) or (n_rows, n_columns)
        The field at time zero, on a regular grid: a line, or a plane in which heat flows both ways.
    time : float
        How long, at least 0.
    diffusivity : float or pair of float, default 1.0
        The constant D, in squared units of `spacing` per unit of `time`; in two dimensions a pair
        gives one along the rows' index and one along the columns.
    spacing : float or pair of float, default 1.0
        Distance of the samples, likewise.
    boundary : {"reflect", "wrap", "absorb"}, default "reflect"
        The ends, half a sample outside: insulated (no flow), joined to a ring, or held at zero.
    method : {"spectral", "lattice"}, default "spectral"
        ``"spectral"`` solves the heat equation for the smooth curve through the samples;
        ``"lattice"`` lets heat hop between neighbouring samples, which never undershoots or
        overshoots.

    Returns
    -------
    u : same kind as `x`
        The field at `time`, on the same index.

    Raises
    ------
    ValueError
        If `time` is negative (heat flow cannot be run backwards: errors would grow without bound),
        or values are missing.

    See Also
    --------
    convolve : ``convolve(x, gaussian(std))`` with ``std = sqrt(2 D t) / spacing`` is nearly this.

    Notes
    -----
    .. math:: u(t) = e^{t D \Delta} u(0), \qquad
              \hat u_k(t) = e^{-D t \lambda_k}\, \hat u_k(0), \qquad
              \lambda_k = \omega_k^2
              \quad\text{or}\quad \lambda_k = \frac{4}{h^2} \sin^2 \frac{\omega_k h}{2}

    with the spacing h, for ``"spectral"`` and ``"lattice"``. Either way the semigroup
    ``diffuse(diffuse(x, s), t) == diffuse(x, s + t)`` holds to rounding, and the sum of the field
    stays what it was (but for ``"absorb"``).

    ``"spectral"`` equals the analytic solution to rounding wherever the samples resolve the field;
    around jumps it rings while :math:`\sqrt{2 D t}` is below about a sample. ``"lattice"`` is the
    exact solution of the usual second-difference equations (what an explicit or implicit scheme
    reaches with endless time steps), within :math:`O(h^2)` of the analytic one, and a convolution
    with positive weights: scaled Bessel functions :math:`e^{-s} I_k(s)`, :math:`s = 2 D t / h^2`.

    O(n log n) whatever the time.

    References
    ----------
    .. [1] Crank, J. (1975), The Mathematics of Diffusion, 2nd ed., chapter 2.
    .. [2] Lindeberg, T. (1990), Scale-space for discrete signals, IEEE Transactions on Pattern
       Analysis and Machine Intelligence 12, 234-254 (the lattice's propagator).

    Examples
    --------
    A hot spot spreads; nothing is lost:

    >>> u = diffuse([0, 0, 0, 1, 0, 0, 0], 0.5, method="lattice")
    >>> u.round(3)
    array([0.009, 0.05 , 0.208, 0.466, 0.208, 0.05 , 0.009])
    >>> round(float(u.sum()), 12)
    1.0
    """
    check_choice(boundary, "boundary", _ENDS)
    check_choice(method, "method", ("spectral", "lattice"))
    duration = _check_time(time)
    taken = take_apart(x)
    values = check_complete(taken.values, "x", "Fill gaps first: heat flows through them.")
    constants = _per_axis(diffusivity, "diffusivity", values.ndim)
    steps = _per_axis(spacing, "spacing", values.ndim)
    if duration == 0:
        return taken.rebuild(values.copy())  # type: ignore[no-any-return]
    factors = [
        np.exp(-(constant * duration / step**2) * _rates(n, boundary, method))
        for n, constant, step in zip(values.shape, constants, steps, strict=True)
    ]
    return taken.rebuild(_spread(values, factors, boundary))  # type: ignore[no-any-return]


def _spread(values: FloatArray, factors: list[FloatArray], boundary: str) -> FloatArray:
    """Multiply the transform along each axis by its factor, and transform back."""
    import scipy.fft

    if boundary == "wrap":
        factors = [*factors[:-1], factors[-1][: values.shape[-1] // 2 + 1]]
        forward: Callable[..., Any] = scipy.fft.rfftn
        spread = forward(values) * _outer(factors)
        return np.asarray(scipy.fft.irfftn(spread, values.shape, overwrite_x=True))
    pair = (scipy.fft.dctn, scipy.fft.idctn)
    if boundary == "absorb":
        pair = (scipy.fft.dstn, scipy.fft.idstn)
    spread = pair[0](values)
    spread *= _outer(factors)
    return np.asarray(pair[1](spread, overwrite_x=True))


def _rates(n: int, boundary: str, method: str) -> FloatArray:
    """Return how fast each component of the transform decays, on a grid of spacing 1."""
    if boundary == "wrap":
        k = np.minimum(np.arange(n), n - np.arange(n))
        omega = 2 * np.pi * k / n
    else:
        omega = np.pi * (np.arange(n) + (boundary == "absorb")) / n
    return np.asarray(omega**2 if method == "spectral" else 4 * np.sin(omega / 2) ** 2)


def _outer(factors: list[FloatArray]) -> FloatArray:
    return factors[0] if len(factors) == 1 else factors[0][:, None] * factors[1]


def _check_time(time: Any) -> float:
    try:
        duration = float(time)
    except (TypeError, ValueError):
        raise TypeError(
            f"`time` must be a number, in the unit of time of `diffusivity`; got {time!r}."
        ) from None
    if not (np.isfinite(duration) and duration >= 0):
        raise ValueError(
            f"`time` must be at least 0 and finite; got {duration:g}."
            " Heat flow cannot be undone: small errors would grow without bound."
        )
    return duration


def _per_axis(value: Any, name: str, ndim: int) -> list[float]:
    """Return one positive number for each axis."""
    if np.ndim(value) == 0:
        return [check_positive(value, name)] * ndim
    values = list(value)
    if len(values) != ndim:
        raise ValueError(
            f"`{name}` must be one number, or one for each of {ndim} dimensions; got {value!r}."
        )
    return [check_positive(number, name) for number in values]
