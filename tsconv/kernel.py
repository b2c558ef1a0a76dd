r"""One type for every linear model: `Kernel`, a ratio of lag polynomials, and its algebra.

With the lag operator :math:`(L x)_t = x_{t-1}` a kernel is

.. math:: K = L^{-o}\, \frac{B(L)}{A(L)}, \qquad
          y_t = \sum_k b_k\, x_{t-k+o} - \sum_{k \ge 1} a_k\, y_{t-k},

with the numerator :math:`B` (the taps), the denominator :math:`A` (:math:`a_0 = 1`) and the origin
:math:`o`, the place of lag 0 among the taps. ``A = 1`` is a finite kernel: a moving average, a
difference, a Gaussian. Anything else is recursive: exponential smoothing, AR, ARMA.

Composition of two kernels is the product of the ratios. The product is kept as *factors* (pairs of
a numerator and a denominator) and never multiplied out until somebody asks: seasonal polynomials
stay sparse, and a high-order filter given as second-order sections keeps its digits. A numerator
that meets an equal denominator (each coefficient to rounding) cancels, so ``k * k.inverse()`` is
the identity. Only a sum multiplies out, and only its numerator.
"""

from __future__ import annotations

import functools
import html
import numbers
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tsconv._checks import FloatArray, check_choice, check_count, check_positive, check_vector
from tsconv.polynomials import lag as lagpoly
from tsconv.polynomials.finite_inverse import two_sided_taps, wiener_taps
from tsconv.polynomials.lag import ComplexArray
from tsconv.polynomials.ratio import (
    ZERO,
    Factor,
    Ratio,
    added,
    composed,
    filtered,
    inverted,
    is_zero,
    ratio,
    sections,
)
from tsconv.polynomials.stability import all_inside, decay_length
from tsconv.polynomials.text import kernel_text, roots_text
from tsconv.polynomials.yule_walker import autocovariance_equations

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from statsmodels.tsa.arima_process import ArmaProcess

CIRCLE_TOLERANCE = 1e-10
"""A root whose modulus is within this of one counts as lying on the unit circle."""

# Autocovariances are summed over impulse responses up to this long.
_LONGEST_SUM = 1_000_000


class Kernel:
    r"""A ratio of lag polynomials: what a linear time-series model does to a series.

    Parameters
    ----------
    taps : array_like, shape (n_taps,)
        Numerator coefficients; ``taps[k]`` weighs the sample ``k - origin`` steps back.
    origin : int, default 0
        Index of the tap at lag 0. Positive origins look ahead; a negative one is a pure delay.
    denominator : array_like, shape (n_denominator,), default (1.0,)
        Recursive coefficients :math:`a_0, a_1, \dots` as in ``scipy.signal.lfilter``: an AR model
        :math:`x_t = 0.5 x_{t-1} + e_t` has the denominator ``[1, -0.5]``.

    Raises
    ------
    TypeError
        If the coefficients are complex or not numbers.
    ValueError
        If they are empty, not finite, or the denominator is zero.

    See Also
    --------
    convolve : Apply a kernel to a Series, a DataFrame or an array.
    moving_average, gaussian, exponential, difference, arma, sarima : Named kernels.

    Notes
    -----
    A kernel does not change after construction; every operation returns a new one. Numbers stand
    for multiples of the identity, so ``1 - moving_average(7)`` removes a moving average.

    Examples
    --------
    >>> from tsconv import Kernel, difference, arma
    >>> Kernel([0.25, 0.5, 0.25], origin=1)
    Kernel([0.25 0.5 0.25], origin=1)
    >>> difference(1) * difference(period=12)
    Kernel((1 - L)(1 - L^12))
    >>> model = arma(ar=[0.5], ma=[0.4])
    >>> model
    Kernel((1 + 0.4 L) / (1 - 0.5 L))
    >>> model.impulse_response(4)
    array([1.   , 0.9  , 0.45 , 0.225])
    >>> model * model.inverse()
    Kernel([1])
    """

    _ratio: Ratio

    # numpy leaves `array * kernel` to the kernel, which refuses; else it makes an array of kernels.
    __array_ufunc__ = None

    def __init__(
        self, taps: ArrayLike, *, origin: int = 0, denominator: ArrayLike = (1.0,)
    ) -> None:
        numerator = check_vector(taps, "taps")
        recursion = check_vector(denominator, "denominator")
        place = check_count(origin, "origin", minimum=None)
        if not np.any(recursion):
            raise ValueError("`denominator` must have a non-zero element; got only zeros.")
        recursion, lead = lagpoly.trimmed(recursion)
        with np.errstate(over="ignore"):
            factor = numerator / recursion[0], recursion / recursion[0]
        object.__setattr__(self, "_ratio", ratio([factor], 1.0, place + lead))

    @classmethod
    def _of(cls, made: Ratio) -> Kernel:
        kernel = cls.__new__(cls)
        object.__setattr__(kernel, "_ratio", made)
        return kernel

    def __reduce__(self) -> tuple[Any, ...]:
        return Kernel._of_parts, tuple(self._ratio)

    @classmethod
    def _of_parts(cls, factors: Sequence[Factor], scale: float, origin: int) -> Kernel:
        return cls._of(ratio(factors, scale, origin))

    @classmethod
    def from_factors(
        cls,
        numerators: Sequence[ArrayLike] = (),
        denominators: Sequence[ArrayLike] = (),
        *,
        origin: int = 0,
    ) -> Kernel:
        """Build a product of polynomials over a product of polynomials, kept factored.

        Parameters
        ----------
        numerators, denominators : sequence of array_like
            Lag polynomials, applied in this order, all numerators first.
        origin : int, default 0
            Index of lag 0 in the product of the numerators.

        Returns
        -------
        Kernel

        Examples
        --------
        >>> Kernel.from_factors([[1, -1], [1, 0, 0, 0, -1]])
        Kernel((1 - L)(1 - L^4))
        """
        kernel = cls([1.0], origin=origin)
        for poly in numerators:
            kernel = kernel * cls(poly)
        for poly in denominators:
            kernel = kernel * cls([1.0], denominator=poly)
        return kernel

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(
            f"a Kernel does not change; build a new one instead of setting {name!r}."
        )

    # ------------------------------------------------------------------ what it is made of

    @property
    def origin(self) -> int:
        """Index of lag 0 among the numerator's coefficients."""
        return self._ratio.origin

    @property
    def is_finite(self) -> bool:
        """Whether the impulse response ends: no denominator is left."""
        return not self._ratio.denominators

    @functools.cached_property
    def factors(self) -> tuple[Factor, ...]:
        """Pairs of numerator and denominator, in the order they are applied; read-only arrays."""
        (num, den), *rest = self._ratio.factors
        return ((lagpoly.frozen(self._ratio.scale * num), den), *rest)

    @functools.cached_property
    def numerator(self) -> FloatArray:
        """The numerator multiplied out, shape (n_numerator,), read-only."""
        return lagpoly.frozen(self._ratio.scale * lagpoly.product(self._ratio.numerators))

    @functools.cached_property
    def denominator(self) -> FloatArray:
        """The denominator multiplied out, shape (n_denominator,), first element 1, read-only."""
        return lagpoly.frozen(lagpoly.product(self._ratio.denominators))

    @property
    def taps(self) -> FloatArray:
        """The weights of a finite kernel, shape (n_taps,); ``taps[origin]`` is at lag 0."""
        if not self.is_finite:
            raise ValueError(
                f"only a finite kernel has taps; {self!r} is recursive."
                " Use `impulse_response(n)` for its first n weights."
            )
        return self.numerator

    @property
    def lags(self) -> NDArray[np.int64]:
        """Lags of the taps of a finite kernel, in samples; negative ones look ahead."""
        return np.arange(self.taps.size, dtype=np.int64) - self.origin

    # ------------------------------------------------------------------ algebra

    def __mul__(self, other: object) -> Kernel:
        """Compose: first one, then the other; a number scales."""
        if isinstance(other, numbers.Real):
            return self._scaled(self._ratio.scale * float(other))
        if not isinstance(other, Kernel):
            return NotImplemented
        return Kernel._of(composed(self._ratio, other._ratio))

    __rmul__ = __mul__

    def __truediv__(self, other: object) -> Kernel:
        """Divide by a number, or compose with the other's inverse."""
        if isinstance(other, numbers.Real):
            if float(other) == 0:
                raise ZeroDivisionError("a kernel cannot be divided by zero.")
            return self._scaled(self._ratio.scale / float(other))
        return self * other.inverse() if isinstance(other, Kernel) else NotImplemented

    def __rtruediv__(self, other: object) -> Kernel:
        """Multiply the inverse by a number: ``1 / k`` is ``k.inverse()``."""
        return self.inverse() * other if isinstance(other, numbers.Real) else NotImplemented

    def _scaled(self, scale: float) -> Kernel:
        return Kernel._of(ratio(self._ratio.factors, scale, self.origin) if scale else ZERO)

    def __add__(self, other: object) -> Kernel:
        """Add in parallel: the sum of both outputs; a number is a multiple of the identity."""
        if isinstance(other, numbers.Real):
            other = Kernel([float(other)])
        if not isinstance(other, Kernel):
            return NotImplemented
        return Kernel._of(added(self._ratio, other._ratio))

    __radd__ = __add__

    def __neg__(self) -> Kernel:
        """Change the sign."""
        return self * -1.0

    def __sub__(self, other: object) -> Kernel:
        """Subtract; a number is a multiple of the identity."""
        if isinstance(other, (numbers.Real, Kernel)):
            return self + (-other)
        return NotImplemented

    def __rsub__(self, other: object) -> Kernel:
        """Subtract from a multiple of the identity."""
        return (-self) + other

    def __pow__(self, exponent: object) -> Kernel:
        """Compose with itself; negative exponents compose the inverse."""
        n = check_count(exponent, "exponent", minimum=None)
        base = self if n >= 0 else self.inverse()
        return functools.reduce(lambda kernel, _: kernel * base, range(abs(n)), Kernel([1.0]))

    def inverse(
        self,
        *,
        method: Literal["causal", "two-sided", "regularized"] = "causal",
        n_taps: int | None = None,
        noise: float | None = None,
    ) -> Kernel:
        r"""Kernel that undoes this one.

        Parameters
        ----------
        method : {"causal", "two-sided", "regularized"}, default "causal"
            ``"causal"`` swaps numerator and denominator, exactly. ``"two-sided"`` is a finite
            kernel that looks ahead too, for kernels with zeros outside the unit circle.
            ``"regularized"`` is the Wiener inverse :math:`\bar H / (|H|^2 + \mathrm{noise})`, for
            kernels that (nearly) remove some frequency.
        n_taps : int, optional
            Length of a finite inverse: the stretch of weights with the largest energy. By default
            as long as they matter in double precision.
        noise : float, optional
            Noise-to-signal power ratio of the regularised inverse; must be given with it.

        Returns
        -------
        Kernel

        Raises
        ------
        ValueError
            If the causal inverse would grow without bound; the message names the roots. Roots *on*
            the circle (see `CIRCLE_TOLERANCE`) are allowed: the inverse of a difference is a
            running sum.

        Examples
        --------
        >>> from tsconv import difference
        >>> difference().inverse().impulse_response(4)
        array([1., 1., 1., 1.])
        >>> wide = Kernel([0.3, 1.0, 0.2], origin=1)
        >>> (wide * wide.inverse(method="two-sided")).gain([0.0, 0.2]).round(12)
        array([1., 1.])
        """
        check_choice(method, "method", ("causal", "two-sided", "regularized"))
        if is_zero(self._ratio):
            raise ValueError("the zero kernel has no inverse: nothing of its input is left.")
        if method == "causal":
            if n_taps is not None or noise is not None:
                raise ValueError("`n_taps` and `noise` go with a two-sided or regularized inverse.")
            return self._causal_inverse()
        if method == "two-sided":
            if noise is not None:
                raise ValueError('`noise` goes with method="regularized".')
            return self._finite_inverse(0.0, n_taps)
        if noise is None:
            raise ValueError('method="regularized" needs `noise`, the noise-to-signal power ratio.')
        return self._finite_inverse(check_positive(noise, "noise"), n_taps)

    def _causal_inverse(self) -> Kernel:
        limit = 1 + CIRCLE_TOLERANCE
        if not all(all_inside(num, limit) for num in self._ratio.numerators):
            raise ValueError(
                "a causal inverse is stable only if no zero lies outside the unit circle;"
                f" this kernel has {roots_text(_not_below(self.zeros, limit))}."
                ' Try inverse(method="two-sided") or inverse(method="regularized", noise=...).'
            )
        return Kernel._of(inverted(self._ratio))

    def _finite_inverse(self, noise: float, n_taps: int | None) -> Kernel:
        nums, dens = [num for num, _ in self.factors], self._ratio.denominators
        if noise:
            taps, origin = wiener_taps(nums, dens, noise, n_taps)
        else:
            taps, origin = two_sided_taps(nums, dens, n_taps, CIRCLE_TOLERANCE)
        return Kernel(taps, origin=origin - self.origin)

    def shift(self, lag: int) -> Kernel:
        """Delay by `lag` samples; negative values look ahead."""
        later = self.origin - check_count(lag, "lag", minimum=None)
        return Kernel._of(self._ratio._replace(origin=later))

    def reverse(self) -> Kernel:
        """Reverse time, finite kernels only: convolution becomes correlation."""
        return Kernel(self.taps[::-1], origin=self.taps.size - 1 - self.origin)

    # ------------------------------------------------------------------ time domain

    def impulse_response(self, n: int) -> FloatArray:
        """First `n` weights from lag 0 on, or from lag ``-origin`` on if the kernel looks ahead.

        For an ARMA model these are its psi weights.

        Parameters
        ----------
        n : int
            How many.

        Returns
        -------
        weights : ndarray, shape (n,)
            ``weights[max(origin, 0)]`` is the weight at lag 0.

        Notes
        -----
        Time O(n times the non-zero coefficients), factor by factor.

        Examples
        --------
        >>> Kernel([0.5, 0.5]).shift(1).impulse_response(4)
        array([0. , 0.5, 0.5, 0. ])
        >>> Kernel([0.5, 0.5]).shift(-1).impulse_response(4)
        array([0.5, 0.5, 0. , 0. ])
        """
        impulse = np.zeros(check_count(n, "n"))
        delay = max(-self.origin, 0)
        impulse[delay : delay + 1] = 1.0
        return filtered(self.factors, impulse)

    def step_response(self, n: int) -> FloatArray:
        """Sum `impulse_response` up: the answer to a unit step, shape (n,)."""
        return np.cumsum(self.impulse_response(n))

    def autocovariance(self, n_lags: int, *, sigma2: float = 1.0) -> FloatArray:
        r"""Autocovariances at lags 0 to `n_lags` of the kernel applied to white noise.

        Parameters
        ----------
        n_lags : int
            Largest lag.
        sigma2 : float, default 1.0
            Variance of the noise.

        Returns
        -------
        gamma : ndarray, shape (n_lags + 1,)

        Raises
        ------
        ValueError
            If the kernel is not stable: the variance would not be finite.

        Notes
        -----
        :math:`\gamma_k = \sigma^2 \sum_j h_j h_{j+k}` is the kernel applied to its own impulse
        response reversed in time, so it costs two passes over the kernel's `memory` whatever
        `n_lags`. Where that is more than a million samples, the Yule-Walker equations of the
        multiplied-out model are solved instead (Brockwell and Davis 1991, section 3.3).

        Examples
        --------
        >>> from tsconv import ar
        >>> ar([0.5]).autocovariance(2)
        array([1.33333333, 0.66666667, 0.33333333])
        """
        check_count(n_lags, "n_lags")
        if not self.is_stable:
            raise ValueError(
                "a kernel needs all poles inside the unit circle to have autocovariances;"
                f" this one has {roots_text(_not_below(self.poles, 1 - CIRCLE_TOLERANCE))}."
            )
        memory = self._length(1e-17)
        if memory > _LONGEST_SUM:
            nums = [num for num, _ in self.factors]
            return sigma2 * autocovariance_equations(nums, self._ratio.denominators, n_lags)
        impulse = np.zeros(memory + n_lags)
        impulse[0] = 1.0
        backwards = filtered(self.factors, filtered(self.factors, impulse)[::-1])
        return sigma2 * backwards[::-1][: n_lags + 1]

    def memory(self, tolerance: float = 1e-17) -> int | None:
        """Count the samples until the impulse response stays below `tolerance` of its peak.

        Returns
        -------
        n : int or None
            Exact for a finite kernel (a delay included), a bound for a recursive one, None if it is
            not stable.

        Examples
        --------
        >>> from tsconv import ar, moving_average
        >>> moving_average(5).memory(), ar([0.5]).memory(tolerance=2**-10), ar([1.0]).memory()
        (5, 11, None)
        """
        limit = check_positive(tolerance, "tolerance")
        return self._length(limit) + max(-self.origin, 0) if self.is_stable else None

    def _length(self, tolerance: float) -> int:
        """Length of a stable impulse response after the delay."""
        n = sum(num.size - 1 for num in self._ratio.numerators) + 1
        if self.is_finite or is_zero(self._ratio):
            return n
        impulse = np.zeros(n)
        impulse[0] = 1.0
        peak = np.max(np.abs(filtered(self.factors, impulse)))
        size = np.prod([np.sum(np.abs(num)) for num, _ in self.factors])
        return n + decay_length(self._ratio.denominators, tolerance * float(peak / size))

    # ------------------------------------------------------------------ frequency domain

    def frequency_response(self, freqs: ArrayLike, *, fs: float = 1.0) -> ComplexArray:
        """Complex gain at each frequency, factor by factor.

        Parameters
        ----------
        freqs : array_like
            Frequencies in cycles per sample (0 to 0.5), or in the unit of `fs`.
        fs : float, default 1.0
            Sampling rate.

        Returns
        -------
        response : ndarray of complex, shape of `freqs`
        """
        omega = _angular(freqs, fs)
        response = lagpoly.turn(omega, -self.origin)
        with np.errstate(divide="ignore", invalid="ignore"):
            for num, den in self.factors:
                response = response * lagpoly.on_circle(num, omega) / lagpoly.on_circle(den, omega)
        return np.asarray(response)

    def gain(self, freqs: ArrayLike, *, fs: float = 1.0) -> FloatArray:
        """Amplitude ratio output to input at each frequency."""
        return np.asarray(np.abs(self.frequency_response(freqs, fs=fs)))

    def phase(self, freqs: ArrayLike, *, fs: float = 1.0) -> FloatArray:
        """Phase in radians, unwrapped along `freqs`; negative where the output is late."""
        angle = np.asarray(np.angle(self.frequency_response(freqs, fs=fs)))
        return np.unwrap(angle) if angle.ndim else angle

    def group_delay(self, freqs: ArrayLike, *, fs: float = 1.0) -> FloatArray:
        r"""Delay of the envelope in samples, :math:`-d\,\mathrm{phase} / d\omega`."""
        omega = _angular(freqs, fs)
        delay = np.full(omega.shape, -float(self.origin))
        for num, den in self._ratio.factors:
            delay = delay + lagpoly.delay(num, omega) - lagpoly.delay(den, omega)
        return delay

    def spectral_density(
        self, freqs: ArrayLike, *, sigma2: float = 1.0, fs: float = 1.0
    ) -> FloatArray:
        r"""Two-sided power spectral density of the kernel applied to white noise.

        :math:`\sigma^2 |H(f)|^2 / f_s`: its integral over :math:`-f_s/2 < f \le f_s/2` is the
        variance.
        """
        return np.asarray(sigma2 * self.gain(freqs, fs=fs) ** 2 / fs)

    # ------------------------------------------------------------------ poles, zeros, stability

    @functools.cached_property
    def poles(self) -> ComplexArray:
        """Roots of the denominator in the z-plane, without pure delays (z = 0); read-only."""
        return _all_roots(self._ratio.denominators)

    @functools.cached_property
    def zeros(self) -> ComplexArray:
        """Roots of the numerator in the z-plane, without pure delays (z = 0); read-only."""
        return _all_roots(self._ratio.numerators)

    @functools.cached_property
    def is_stable(self) -> bool:
        """Whether every pole has a modulus below ``1 - CIRCLE_TOLERANCE`` (1e-10).

        Decided by the Schur-Cohn recursion, in rational arithmetic where rounding matters, so that
        the answer is right for the coefficients as stored, also for multiple poles.
        """
        return all(all_inside(den, 1 - CIRCLE_TOLERANCE) for den in self._ratio.denominators)

    @functools.cached_property
    def is_invertible(self) -> bool:
        """Whether every zero has a modulus below ``1 - CIRCLE_TOLERANCE``, as `is_stable`."""
        return not is_zero(self._ratio) and all(
            all_inside(num, 1 - CIRCLE_TOLERANCE) for num in self._ratio.numerators
        )

    # ------------------------------------------------------------------ conversions

    def to_ba(self) -> tuple[FloatArray, FloatArray]:
        """Return ``(b, a)`` for ``scipy.signal.lfilter``; a delay is written out as zeros.

        Raises
        ------
        ValueError
            If the kernel looks ahead (positive origin): ``lfilter`` cannot.
        """
        return self._causal(self.numerator), self.denominator.copy()

    @classmethod
    def from_ba(cls, b: ArrayLike, a: ArrayLike = (1.0,)) -> Kernel:
        """Build from the ``(b, a)`` of ``scipy.signal``."""
        return cls(b, denominator=a)

    def to_sos(self) -> FloatArray:
        """Second-order sections for ``scipy.signal.sosfilt``, shape (n_sections, 6).

        Factors of degree two or less are handed over as they are; longer ones are split at their
        poles and zeros by ``scipy.signal.zpk2sos``; a delay gets sections of its own.
        """
        (num, den), *rest = self.factors
        if self.origin > 0:
            num = self._causal(num)
        return sections([(num, den), *rest], max(-self.origin, 0))

    @classmethod
    def from_sos(cls, sos: ArrayLike) -> Kernel:
        """Build from second-order sections, shape (n_sections, 6); they stay separate factors."""
        table = np.asarray(sos, dtype=np.float64)
        if table.ndim != 2 or table.shape[1] != 6 or table.shape[0] == 0:
            raise ValueError(f"`sos` must have shape (n_sections, 6); got {table.shape}.")
        rows = [cls(row[:3], denominator=row[3:])._ratio for row in table]
        return cls._of(
            ratio(
                [factor for r in rows for factor in r.factors], origin=sum(r.origin for r in rows)
            )
        )

    def to_arma_process(self) -> ArmaProcess:
        """Return the ``statsmodels.tsa.arima_process.ArmaProcess`` with these polynomials."""
        from statsmodels.tsa.arima_process import ArmaProcess

        b, a = self.to_ba()
        return ArmaProcess(a, b)

    @classmethod
    def from_arma_process(cls, process: ArmaProcess) -> Kernel:
        """Build from a statsmodels ``ArmaProcess``: its ``ma`` over its ``ar`` polynomial."""
        return cls(process.ma, denominator=process.ar)

    def _causal(self, numerator: FloatArray) -> FloatArray:
        """Numerator from lag 0 on, if there is nothing before."""
        ahead = self.origin
        if ahead > 0 and np.any(numerator[:ahead]):
            raise ValueError(
                f"a causal form has no weight before lag 0; the kernel looks {ahead} samples ahead."
                f" Apply it with `convolve`, or delay it first: shift({ahead})."
            )
        return np.concatenate([np.zeros(max(-ahead, 0)), numerator[max(ahead, 0) :]])

    # ------------------------------------------------------------------ pictures and text

    def plot(self, *, n: int | None = None, fs: float = 1.0) -> Figure:
        """Draw the kernel's card: weights, gain, phase, poles and zeros (`tsconv.plot`)."""
        from tsconv.plot import plot_kernel

        return plot_kernel(self, n=n, fs=fs)

    def __repr__(self) -> str:
        nums = [num for num, _ in self.factors if num.size > 1 or num[0] != 1.0]
        return kernel_text(nums, self._ratio.denominators, self.origin)

    def _repr_html_(self) -> str:
        """Show the formula, the weights and the gain up to half the sampling rate."""
        from tsconv._svg import curve_svg, stems_svg

        count = self.taps.size if self.is_finite else min(self.memory(1e-3) or 60, 60)
        kind = "taps" if self.is_finite else "impulse response"
        freqs = np.linspace(0, 0.5, 129)[1:]  # integrating kernels are infinite at 0
        weights = stems_svg(self.impulse_response(min(count, 120)))
        pictures = ((kind, weights), ("gain, frequency 0 to 1/2", curve_svg(self.gain(freqs))))
        cells = "".join(
            f'<td style="text-align:left"><small>{name}</small><br>{picture}</td>'
            for name, picture in pictures
        )
        return f"<div><code>{html.escape(repr(self))}</code><table><tr>{cells}</tr></table></div>"

    def _key(self) -> tuple[int, bytes, bytes]:
        """Where the weights start, and both polynomials without zeros at the ends (-0.0 is 0.0)."""
        if is_zero(self._ratio):
            return 0, b"", b""
        numerator, lead = lagpoly.trimmed(self.numerator)
        denominator, _ = lagpoly.trimmed(self.denominator)
        return lead - self.origin, (numerator + 0.0).tobytes(), (denominator + 0.0).tobytes()

    def __eq__(self, other: object) -> bool:
        """Equal if both multiplied-out polynomials are, to the last bit, and lags agree."""
        return self._key() == other._key() if isinstance(other, Kernel) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._key())


def as_kernel(value: Any, name: str = "kernel") -> Kernel:
    """Return `value` if it is a Kernel; build a causal one if it is a list of taps."""
    if isinstance(value, Kernel):
        return value
    if isinstance(value, str):
        raise TypeError(
            f"`{name}` must be a Kernel or a list of taps; got {value!r}."
            " Make one, such as gaussian(3) or moving_average(7)."
        )
    try:
        return Kernel(value)
    except (TypeError, ValueError) as error:
        raise type(error)(f"`{name}` must be a Kernel or a list of taps: {error}") from None


def _angular(freqs: ArrayLike, fs: float) -> FloatArray:
    """Radians per sample."""
    values = np.asarray(freqs, dtype=np.float64)
    if not np.all(np.isfinite(values)):
        raise ValueError("`freqs` must be finite; got missing or infinite values.")
    return np.asarray(2 * np.pi * values / check_positive(fs, "fs"))


def _all_roots(polys: Sequence[FloatArray]) -> ComplexArray:
    roots = np.concatenate([np.empty(0, complex), *(lagpoly.z_roots(poly) for poly in polys)])
    roots.setflags(write=False)
    return roots


def _not_below(roots: ComplexArray, limit: float) -> list[complex]:
    """Roots at or above `limit`; the largest if, with a multiple root, rounding shows none."""
    moduli = np.abs(roots)
    return [complex(z) for z in roots[moduli >= min(limit, np.max(moduli))]]
