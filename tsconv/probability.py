r"""Kernels as probabilities: `propagator`, and convolution by chance: `convolve_random`.

A kernel with non-negative weights that sum to one is a probability density over lags: each output
is the *expected* value of a neighbour drawn with these probabilities. Composing kernels adds
independent lags, so iterating any such kernel approaches a Gaussian (the central limit theorem),
and drawing neighbours instead of averaging them gives a random output whose mean is the
convolution.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from tsconv._checks import (
    FloatArray,
    check_choice,
    check_complete,
    check_count,
    check_positive,
)
from tsconv._frames import Taken, take_apart
from tsconv.convolution.boundaries import EXTENSIONS, extend
from tsconv.kernel import Kernel, as_kernel

# Weights of a recursive kernel are followed until they stay below this share of the largest.
_FORGOTTEN = 1e-12

# Draws made at a time: few enough for the cache.
_AT_ONCE = 1 << 15

# Up to so many bounds, comparing with each is faster than bisection.
_FEW = 12


@dataclass(frozen=True)
class Propagator:
    """A probability density over lags; made by `propagator`.

    Attributes
    ----------
    kernel : Kernel
        Non-negative taps that sum to one: apply it with `convolve`.
    """

    kernel: Kernel

    @cached_property
    def density(self) -> pd.Series:
        """Probability of each lag, indexed by `lag` in samples."""
        lags = pd.Index(self.kernel.lags, name="lag")
        return pd.Series(self.kernel.taps.copy(), index=lags, name="probability")

    @property
    def mean(self) -> float:
        """Mean lag in samples: how late the output is."""
        return float(self.kernel.taps @ self.kernel.lags)

    @property
    def spread(self) -> float:
        """Standard deviation of the lag in samples: how wide the kernel is."""
        return math.sqrt(float(self.kernel.taps @ (self.kernel.lags - self.mean) ** 2))

    @property
    def entropy(self) -> float:
        """Uncertainty of the lag in nats: 0 for one lag, ``log(n)`` for n equally likely ones."""
        p = self.kernel.taps[self.kernel.taps > 0]
        return -float(p @ np.log(p)) + 0.0

    def iterate(self, n: int) -> Propagator:
        """Apply it `n` times: the sum of n independent lags.

        Mean and variance grow n-fold. Computed with one Fourier transform, so that probabilities
        below about 1e-16 are rounding; they are set to zero where negative.
        """
        import scipy.fft

        count = check_count(n, "n")
        taps = self.kernel.taps
        length = count * (taps.size - 1) + 1
        padded = scipy.fft.next_fast_len(length, real=True)
        response = scipy.fft.rfft(taps, padded) ** count
        power = np.maximum(scipy.fft.irfft(response, padded)[:length], 0.0)
        return Propagator(Kernel(power / power.sum(), origin=count * self.kernel.origin))

    def gaussian(self) -> FloatArray:
        """Gaussian with this mean and spread at the same lags, shape (n_taps,)."""
        if self.spread == 0:
            return self.kernel.taps.copy()
        z = (self.kernel.lags - self.mean) / self.spread
        return np.asarray(np.exp(-0.5 * z**2) / (self.spread * math.sqrt(2 * math.pi)))

    def __repr__(self) -> str:
        return (
            f"Propagator({self.kernel.taps.size} lags, mean={self.mean:.4g},"
            f" spread={self.spread:.4g}, entropy={self.entropy:.4g})"
        )


def propagator(
    kernel: Kernel | ArrayLike,
    *,
    method: Literal["normalize", "abs", "softmax"] = "normalize",
    temperature: float = 1.0,
    n_taps: int | None = None,
) -> Propagator:
    r"""Turn a kernel into a probability density over lags.

    Parameters
    ----------
    kernel : Kernel or array_like
        Any kernel; a list of taps is causal.
    method : {"normalize", "abs", "softmax"}, default "normalize"
        Divide the weights by their sum (none may be negative); do so with their absolute values;
        or take :math:`e^{w / T}` divided by its sum, which gives every lag a chance.
    temperature : float, default 1.0
        T of ``"softmax"``: near 0 only the largest weight remains, large ones make all equal.
    n_taps : int, optional
        How many weights of a recursive kernel; by default until they have died out
        (``"softmax"`` needs a number, since weights of zero have a chance too).

    Returns
    -------
    Propagator
        With `density`, `mean`, `spread`, `entropy` and `iterate`.

    Raises
    ------
    ValueError
        If all weights are zero, one is negative with ``"normalize"``, or the kernel is not stable.

    See Also
    --------
    convolve_random : Draw neighbours with these probabilities.
    diffuse : The Gaussian limit of iterating.

    Notes
    -----
    Convolving with the density gives the expected value of a neighbour at a random lag. After n
    times the lag is a sum of n independent ones, so the density approaches the Gaussian with n
    times the mean and the variance; its distance falls like :math:`1 / \sqrt n` (Berry-Esseen), for
    symmetric kernels like 1 / n. A kernel that skips every second lag keeps skipping.

    References
    ----------
    .. [1] Feller, W. (1971), An Introduction to Probability Theory and Its Applications, vol. 2,
       2nd ed., sections XV.5 (lattices) and XVI.5.

    Examples
    --------
    >>> p = propagator([1, 2, 1])
    >>> p
    Propagator(3 lags, mean=1, spread=0.7071, entropy=1.04)
    >>> p.iterate(2).density.round(6).tolist()
    [0.0625, 0.25, 0.375, 0.25, 0.0625]
    >>> propagator([1, -3], method="abs").density.tolist()
    [0.25, 0.75]
    """
    check_choice(method, "method", ("normalize", "abs", "softmax"))
    shape = as_kernel(kernel)
    taps, origin = _weights(shape, method, n_taps)
    if not taps.any():
        raise ValueError(
            "a kernel needs a weight other than zero to become probabilities; all are zero."
        )
    if method == "softmax":
        scaled = taps / check_positive(temperature, "temperature")
        taps = np.exp(scaled - scaled.max())
    elif method == "abs":
        taps = np.abs(taps)
    elif (taps < 0).any():
        where = int(np.flatnonzero(taps < 0)[0])
        raise ValueError(
            f"probabilities cannot be negative; the kernel has {taps[where]:g} at lag"
            f' {where - origin}. Try method="abs" or method="softmax".'
        )
    taps = taps / np.max(taps)  # so that neither tiny nor huge weights lose digits in the sum
    return Propagator(Kernel(taps / math.fsum(taps), origin=origin))


def convolve_random(
    x: pd.Series | ArrayLike,
    kernel: Kernel | Propagator | ArrayLike,
    n_draws: int = 1,
    *,
    rng: Any = None,
    boundary: Literal["missing", "zero", "reflect", "mirror", "nearest", "wrap"] = "missing",
) -> Any:
    r"""Convolve by chance: each output is one neighbour, drawn with the kernel's probability.

    Parameters
    ----------
    x : Series or array_like, shape (n,) or (n_rows, n_columns)
        The signal, or an image.
    kernel : Kernel, Propagator or array_like
        What to draw from; taps of any sign and sum. For an image a 2-D array of weights, centred
        (an even side has its extra sample before, as in `moving_average`).
    n_draws : int, default 1
        How many random outputs.
    rng : seed or Generator, optional
        Handed to ``numpy.random.default_rng``.
    boundary : str, default "missing"
        What lies beyond the ends, as in `convolve`; with ``"missing"`` an output is NaN where the
        kernel hangs over.

    Returns
    -------
    draws : DataFrame or ndarray, shape (n, n_draws) or (n_rows, n_columns, n_draws)
        For a Series a DataFrame on its index with the columns `draw`, else an array.

    Raises
    ------
    ValueError
        If all weights are zero, values are missing, or dimensions do not fit.

    See Also
    --------
    draw_variance : The variance to expect.
    convolve : The mean over infinitely many draws.

    Notes
    -----
    With :math:`S = \sum_k |w_k|` the lag k is drawn with probability :math:`|w_k| / S` and the
    sample is multiplied by :math:`S\,\mathrm{sign}(w_k)` (by 1 for a density). Hence

    .. math:: E[y_t] = (w * x)_t, \qquad
              \mathrm{var}[y_t] = S\,(|w| * x^2)_t - (w * x)_t^2 .

    Draws are independent of each other, also at neighbouring t. Lags are found in the sums of
    probabilities by bisection, O(n n_draws log n_taps).

    Examples
    --------
    >>> x = pd.Series([0.0, 0.0, 8.0, 0.0, 0.0])
    >>> convolve_random(x, [0.5, 0.5], 4, rng=1).loc[2].tolist()
    [0.0, 8.0, 0.0, 0.0]
    >>> draws = convolve_random(x, [0.5, 0.5], 10_000, rng=1)
    >>> draws.mean(axis=1).round(1).tolist()
    [nan, 0.0, 4.0, 4.0, 0.0]
    """
    count = check_count(n_draws, "n_draws", minimum=1)
    taken, values, weights, origin, padded = _prepared(x, kernel, boundary)
    generator = np.random.default_rng(rng)
    draws = np.empty((*values.shape, count))
    # Row-major places in the padded array: of each sample, and of each tap relative to it.
    places = _places(values.shape, padded.shape, weights.shape).reshape(-1, 1)
    tap_places = np.ravel_multi_index(np.indices(weights.shape), padded.shape).reshape(-1)
    steps = weights.reshape(-1)
    total = math.fsum(np.abs(steps))
    factors = np.sign(steps) * total
    is_density = not (steps < 0).any() and abs(total - 1) <= 1e-15 * steps.size
    by_sample, neighbours = draws.reshape(-1, count), padded.reshape(-1)
    at_once = max(_AT_ONCE // count, 1)
    for first in range(0, len(by_sample), at_once):
        part = slice(first, first + at_once)
        lag = _drawn(np.abs(steps), generator.random(by_sample[part].shape))
        # All places lie inside; "clip" only spares a copy of the output.
        source = places[part] - tap_places[lag]
        np.take(neighbours, source, out=by_sample[part], mode="clip")
        if not is_density:
            by_sample[part] *= factors[lag]
    if boundary == "missing":
        draws[_hanging_over(values.shape, weights.shape, origin)] = np.nan
    if isinstance(taken.source, pd.Series):
        columns = pd.RangeIndex(count, name="draw")
        return pd.DataFrame(draws, index=taken.source.index, columns=columns)
    return draws


def _drawn(weights: FloatArray, uniform: FloatArray) -> NDArray[Any]:
    """Return which weight each uniform number in [0, 1) falls on."""
    cumulative = np.cumsum(weights)
    bounds = cumulative[:-1] / cumulative[-1]
    if bounds.size > _FEW:
        return np.searchsorted(bounds, uniform, side="right")
    lag = np.zeros(uniform.shape, dtype=np.uint8)
    for bound in bounds:
        lag += uniform >= bound
    return lag


def draw_variance(
    x: pd.Series | ArrayLike,
    kernel: Kernel | Propagator | ArrayLike,
    *,
    boundary: Literal["missing", "zero", "reflect", "mirror", "nearest", "wrap"] = "missing",
) -> Any:
    """Variance of each output of `convolve_random` over draws.

    Parameters
    ----------
    x, kernel, boundary
        As for `convolve_random`.

    Returns
    -------
    variance : Series or ndarray, shape of `x`

    Notes
    -----
    Computed about a level inside the data, so that a large mean costs no digits. O(n n_taps).

    Examples
    --------
    >>> draw_variance([0.0, 8.0, 0.0], [0.5, 0.5]).tolist()
    [nan, 16.0, 16.0]
    """
    import scipy.signal

    taken, values, weights, origin, padded = _prepared(x, kernel, boundary)
    size = np.abs(weights)
    total = math.fsum(size.reshape(-1))
    # A density shifts with the data; signed weights multiply the samples themselves.
    is_density = not (weights < 0).any() and abs(total - 1) < 1e-12
    field = padded - np.mean(values) if is_density else padded
    mean = scipy.signal.convolve(field, weights, mode="valid")
    variance = total * scipy.signal.convolve(field**2, size, mode="valid") - mean**2
    variance = np.maximum(variance, 0.0)
    if boundary == "missing":
        variance[_hanging_over(values.shape, weights.shape, origin)] = np.nan
    return taken.rebuild(variance)


def _weights(kernel: Kernel, method: str, n_taps: int | None) -> tuple[FloatArray, int]:
    """Return the weights of a kernel, those of a recursive one cut off, and where lag 0 is."""
    if kernel.is_finite:
        if n_taps is not None:
            raise ValueError("`n_taps` is for recursive kernels; a finite kernel has its taps.")
        return kernel.taps, kernel.origin
    length = kernel.memory(_FORGOTTEN) if n_taps is None else check_count(n_taps, "n_taps")
    if method == "softmax" and n_taps is None:
        raise ValueError('method="softmax" needs `n_taps` for a recursive kernel.')
    if not length:
        raise ValueError("the weights of a kernel that is not stable never die out; give `n_taps`.")
    return kernel.impulse_response(length), max(kernel.origin, 0)


def _prepared(
    x: Any, kernel: Any, boundary: str
) -> tuple[Taken, FloatArray, FloatArray, tuple[int, ...], FloatArray]:
    """Return the signal, the weights, their origin and the signal with its surroundings."""
    check_choice(boundary, "boundary", ("missing", *EXTENSIONS))
    taken = take_apart(x)
    values = check_complete(taken.values, "x", "Fill or drop them first.")
    weights, origin = _trimmed(*_weights_of(kernel, values.ndim))
    padded = values
    edge = "zero" if boundary == "missing" else boundary
    for axis, (n, o) in enumerate(zip(weights.shape, origin, strict=True)):
        moved = np.moveaxis(padded, axis, 0)
        moved = extend(np.ascontiguousarray(moved), n - 1 - o, o, edge)
        padded = np.moveaxis(moved, 0, axis)
    return taken, values, weights, origin, np.ascontiguousarray(padded)


def _weights_of(kernel: Any, ndim: int) -> tuple[FloatArray, tuple[int, ...]]:
    if isinstance(kernel, Propagator):
        kernel = kernel.kernel
    if ndim == 1:
        taps, place = _weights(as_kernel(kernel), "abs", None)
        return taps, (place,)
    weights = np.asarray(kernel, dtype=np.float64) if not isinstance(kernel, Kernel) else None
    if weights is None or weights.ndim != 2:
        raise ValueError(
            "an image needs a 2-D array of weights; got"
            f" {'a Kernel' if weights is None else f'shape {weights.shape}'}."
            " For a product of two kernels give numpy.outer(a.taps, b.taps)."
        )
    weights = check_complete(weights, "kernel", "Every weight must be a number.")
    return weights, tuple((n - 1) // 2 for n in weights.shape)


def _trimmed(weights: FloatArray, origin: tuple[int, ...]) -> tuple[FloatArray, tuple[int, ...]]:
    """Cut zeros off the ends: they hang over nothing."""
    if not weights.any():
        raise ValueError("`kernel` must have a weight other than zero to draw from; all are zero.")
    used = [(int(where.min()), int(where.max()) + 1) for where in np.nonzero(weights)]
    inner = weights[tuple(slice(first, stop) for first, stop in used)]
    return inner, tuple(o - first for o, (first, _) in zip(origin, used, strict=True))


def _places(
    shape: tuple[int, ...], padded: tuple[int, ...], taps: tuple[int, ...]
) -> NDArray[np.int64]:
    """Return where in the flattened padded array tap 0 of each sample looks."""
    grid = [np.arange(n) + k - 1 for n, k in zip(shape, taps, strict=True)]
    return np.asarray(np.ravel_multi_index(np.meshgrid(*grid, indexing="ij"), padded))


def _hanging_over(
    shape: tuple[int, ...], taps: tuple[int, ...], origin: tuple[int, ...]
) -> NDArray[np.bool_]:
    outside = np.ones(shape, dtype=bool)
    inside = tuple(
        slice(max(n_taps - 1 - o, 0), max(n - o, 0))
        for n, n_taps, o in zip(shape, taps, origin, strict=True)
    )
    outside[inside] = False
    return outside
