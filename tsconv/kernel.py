r"""One type for every linear model: `Kernel`, a ratio of lag polynomials, and its algebra.

With the lag operator :math:`(L x)_t = x_{t-1}` a kernel is

.. math:: K = L^{-o}\, \frac{B(L)}{A(L)}, \qquad
          y_t = \sum_k b_k\, x_{t-k+o} - \sum_{k \ge 1} a_k\, y_{t-k},

with the numerator :math:`B` (the taps), the denominator :math:`A` (:math:`a_0 = 1`) and the origin
:math:`o`, the place of lag 0 among the taps. ``A = 1`` is a finite kernel: a moving average, a
difference, a Gaussian. Anything else is recursive: exponential smoothing, AR, ARMA.

Composition of two kernels is the product of the ratios. The product is kept as *factors* (pairs of a
numerator and a denominator) and never multiplied out until somebody asks: seasonal polynomials
stay sparse, and a high-order filter given as second-order sections keeps its digits. A numerator
that meets an equal denominator cancels, so ``k * k.inverse()`` is the identity.
"""

from __future__ import annotations

import functools
import math
import numbers
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from . import _kernel_text as text
from . import _polynomials as lagpoly
from ._checks import FloatArray, check_choice, check_count, check_positive, check_vector
from ._polynomials import ComplexArray

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from statsmodels.tsa.arima_process import ArmaProcess

CIRCLE_TOLERANCE = 1e-10
"""A root whose modulus is within this of one counts as lying on the unit circle."""

Factor = tuple[FloatArray, FloatArray]


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

    _factors: tuple[Factor, ...]
    _scale: float
    _origin: int

    def __init__(
        self, taps: ArrayLike, *, origin: int = 0, denominator: ArrayLike = (1.0,)
    ) -> None:
        numerator = check_vector(taps, "taps")
        recursion = check_vector(denominator, "denominator")
        if not np.any(recursion):
            raise ValueError("`denominator` must have a non-zero element; got only zeros.")
        lead = int(np.flatnonzero(recursion)[0])
        recursion = recursion[lead:]
        scale = 1.0
        if recursion[0] != 1.0:
            scale = 1.0 / float(recursion[0])
            recursion = recursion / recursion[0]
        self._fill(
            [(numerator, recursion)], scale, check_count(origin, "origin", minimum=-(2**62)) + lead
        )

    def _fill(self, factors: Sequence[Factor], scale: float, origin: int) -> None:
        kept = [
            (lagpoly.frozen(num), lagpoly.frozen(den))
            for num, den in factors
            if num.size > 1 or den.size > 1 or num[0] != 1.0
        ]
        if not kept:
            kept = [(lagpoly.frozen([1.0]), lagpoly.frozen([1.0]))]
        if not math.isfinite(scale):
            raise ValueError(f"the kernel's scale must be finite; got {scale}.")
        object.__setattr__(self, "_factors", tuple(kept))
        object.__setattr__(self, "_scale", float(scale))
        object.__setattr__(self, "_origin", int(origin))

    @classmethod
    def _build(cls, factors: Sequence[Factor], scale: float = 1.0, origin: int = 0) -> Kernel:
        kernel = cls.__new__(cls)
        kernel._fill(factors, scale, origin)
        return kernel

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
            Lag polynomials; applied in this order, all numerators first.
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
        return self._origin

    @property
    def is_finite(self) -> bool:
        """Whether the impulse response ends: no denominator is left."""
        return all(den.size == 1 for _, den in self._factors)

    @functools.cached_property
    def factors(self) -> tuple[Factor, ...]:
        """Pairs of numerator and denominator, in the order they are applied; scale in the first."""
        (num, den), *rest = self._factors
        return ((lagpoly.frozen(self._scale * num), den), *rest)

    @functools.cached_property
    def numerator(self) -> FloatArray:
        """The numerator multiplied out, shape (n_numerator,), read-only."""
        return lagpoly.frozen(self._scale * lagpoly.product([num for num, _ in self._factors]))

    @functools.cached_property
    def denominator(self) -> FloatArray:
        """The denominator multiplied out, shape (n_denominator,), first element 1, read-only."""
        return lagpoly.frozen(lagpoly.product([den for _, den in self._factors]))

    @property
    def taps(self) -> FloatArray:
        """The weights of a finite kernel, shape (n_taps,), read-only; ``taps[origin]`` is at lag 0."""
        if not self.is_finite:
            raise ValueError(
                f"only a finite kernel has taps; {self!r} is recursive."
                " Use `impulse_response(n)` for its first n weights."
            )
        return self.numerator

    @property
    def lags(self) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        """Lags of the taps of a finite kernel, in samples; negative ones look ahead."""
        return np.arange(self.taps.size) - self._origin

    # ------------------------------------------------------------------ algebra

    def __mul__(self, other: object) -> Kernel:
        """Compose: first one, then the other; a number scales."""
        if isinstance(other, numbers.Real):
            factor = float(other)
            if not math.isfinite(factor):
                raise ValueError(f"a kernel can be scaled by finite numbers only; got {factor}.")
            return Kernel._build(self._factors, self._scale * factor, self._origin)
        if not isinstance(other, Kernel):
            return NotImplemented
        return _reduced(
            [*self._factors, *other._factors],
            self._scale * other._scale,
            self._origin + other._origin,
        )

    __rmul__ = __mul__

    def __truediv__(self, other: object) -> Kernel:
        """Divide by a number, or compose with the other's inverse."""
        if isinstance(other, numbers.Real):
            if float(other) == 0:
                raise ZeroDivisionError("a kernel cannot be divided by zero.")
            return self * (1.0 / float(other))
        return self * other.inverse() if isinstance(other, Kernel) else NotImplemented

    def __add__(self, other: object) -> Kernel:
        """Add in parallel: the sum of both outputs; a number is a multiple of the identity."""
        if isinstance(other, numbers.Real):
            other = Kernel([float(other)])
        if not isinstance(other, Kernel):
            return NotImplemented
        mine = [den for _, den in self._factors if den.size > 1]
        theirs = [den for _, den in other._factors if den.size > 1]
        only_theirs = theirs.copy()
        only_mine: list[FloatArray] = []
        for den in mine:
            twin = next((k for k, d in enumerate(only_theirs) if np.array_equal(d, den)), None)
            if twin is None:
                only_mine.append(den)
            else:
                only_theirs.pop(twin)
        left = np.convolve(self.numerator, lagpoly.product(only_theirs))
        right = np.convolve(other.numerator, lagpoly.product(only_mine))
        origin = max(self._origin, other._origin)
        lead_left, lead_right = origin - self._origin, origin - other._origin
        total = np.zeros(max(lead_left + left.size, lead_right + right.size))
        total[lead_left : lead_left + left.size] += left
        total[lead_right : lead_right + right.size] += right
        one = np.ones(1)
        return _reduced([(total, one), *((one, den) for den in mine + only_theirs)], 1.0, origin)

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
        n = check_count(exponent, "exponent", minimum=-(2**31))
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
            ``"causal"`` swaps numerator and denominator, exactly. ``"two-sided"`` is a finite kernel
            that looks ahead too, for kernels with zeros outside the unit circle.
            ``"regularized"`` is the Wiener inverse :math:`\bar H / (|H|^2 + \mathrm{noise})`, for
            kernels that (nearly) remove some frequency.
        n_taps : int, optional
            Length of a finite inverse; by default as long as its weights matter in double precision.
        noise : float, optional
            Noise-to-signal power ratio of the regularised inverse; must be given with it.

        Returns
        -------
        Kernel

        Raises
        ------
        ValueError
            If the causal inverse would grow without bound; the message names the roots. Roots *on*
            the circle (see `CIRCLE_TOLERANCE`) are allowed: the inverse of a difference is a running sum.

        Examples
        --------
        >>> from tsconv import difference
        >>> difference().inverse().impulse_response(4)
        array([1., 1., 1., 1.])
        >>> wide = Kernel([0.3, 1.0, 0.2], origin=1)
        >>> (wide * wide.inverse(method="two-sided")).frequency_response([0.0, 0.2]).round(12)
        array([1.+0.j, 1.+0.j])
        """
        check_choice(method, "method", ("causal", "two-sided", "regularized"))
        if not np.any(self.numerator):
            raise ValueError("the zero kernel has no inverse.")
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
        if not all(lagpoly.all_inside(num, 1 + CIRCLE_TOLERANCE) for num, _ in self._factors):
            offending = [z for z in self.zeros if abs(z) > 1]
            raise ValueError(
                "a causal inverse is stable only if no zero lies outside the unit circle;"
                f" this kernel has {text.roots_text(offending)}."
                ' Try inverse(method="two-sided") or inverse(method="regularized", noise=...).'
            )
        factors: list[Factor] = []
        scale, lead = 1.0 / self._scale, 0
        for num, den in reversed(self._factors):
            core = num[np.flatnonzero(num)[0] :]
            lead += num.size - core.size
            scale /= float(core[0])
            factors.append((den, core / core[0]))
        return Kernel._build(factors, scale, lead - self._origin)

    def _finite_inverse(self, noise: float, n_taps: int | None) -> Kernel:
        taps, origin = lagpoly.wiener_taps(self.frequency_response, noise, n_taps)
        return Kernel(taps, origin=origin)

    def shift(self, lag: int) -> Kernel:
        """Delay by `lag` samples; negative values look ahead."""
        return Kernel._build(
            self._factors, self._scale, self._origin - check_count(lag, "lag", minimum=-(2**62))
        )

    def reverse(self) -> Kernel:
        """Reverse time, finite kernels only: convolution becomes correlation."""
        return Kernel(self.taps[::-1], origin=self.taps.size - 1 - self._origin)

    # ------------------------------------------------------------------ time domain

    def impulse_response(self, n: int) -> FloatArray:
        """First `n` weights, from lag ``-origin`` on; for an ARMA model these are its psi weights.

        Parameters
        ----------
        n : int
            How many.

        Returns
        -------
        weights : ndarray, shape (n,)

        Notes
        -----
        Time O(n times the non-zero coefficients), factor by factor.
        """
        from ._engines import recursive_filter

        check_count(n, "n")
        weights = np.zeros(n)
        if n:
            weights[0] = self._scale
        for num, den in self._factors:
            if num.size > 1 or num[0] != 1.0:
                weights = np.convolve(weights, num[:n])[:n] if n else weights
            lags = np.flatnonzero(den[1:]) + 1
            if lags.size and n:
                weights = recursive_filter(weights, lags, den[lags])
        return weights

    def step_response(self, n: int) -> FloatArray:
        """Running sum of the impulse response: the answer to a unit step, shape (n,)."""
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
        :math:`\gamma_k = \sigma^2 \sum_j h_j h_{j+k}`, summed until the impulse response has died out
        in double precision; where that takes more than a million samples, the Yule-Walker equations
        of the multiplied-out model are solved instead (Brockwell and Davis 1991, section 3.3).

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
                f" this one has {text.roots_text(self._poles_outside())}."
            )
        memory = self.memory()
        if memory is None or memory > 1_000_000:
            return sigma2 * lagpoly.autocovariance(self.numerator, self.denominator, n_lags)
        h = self.impulse_response(memory)
        gamma = [h[: max(h.size - k, 0)] @ h[k:] for k in range(n_lags + 1)]
        return sigma2 * np.array(gamma)

    def memory(self, tolerance: float = 1e-17) -> int | None:
        """Samples until the impulse response has died out: below `tolerance` of its peak for good.

        Returns
        -------
        n : int or None
            The length of a finite kernel; None if the kernel is not stable.
        """
        if self.is_finite:
            return int(self.numerator.size)
        if not self.is_stable:
            return None
        # A pole of modulus r and multiplicity k answers with n^(k-1) r^n.
        decay = -np.log(np.abs(self.poles))
        order = int(np.sum(decay < 2 * decay.min()))
        n = -math.log(tolerance) / float(decay.min())
        for _ in range(20):
            n = (-math.log(tolerance) + (order - 1) * math.log(max(n, 1.0))) / float(decay.min())
        return self.numerator.size + math.ceil(n)

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
        response = self._scale * np.exp(1j * omega * self._origin)
        for num, den in self._factors:
            with np.errstate(divide="ignore", invalid="ignore"):
                response = response * lagpoly.on_circle(num, omega) / lagpoly.on_circle(den, omega)
        return np.asarray(response)

    def gain(self, freqs: ArrayLike, *, fs: float = 1.0) -> FloatArray:
        """Amplitude ratio output to input at each frequency."""
        return np.abs(self.frequency_response(freqs, fs=fs))

    def phase(self, freqs: ArrayLike, *, fs: float = 1.0) -> FloatArray:
        """Phase in radians at each frequency, unwrapped along `freqs`; negative: the output is late."""
        return np.unwrap(np.angle(self.frequency_response(freqs, fs=fs)))

    def group_delay(self, freqs: ArrayLike, *, fs: float = 1.0) -> FloatArray:
        r"""Delay of the envelope in samples, :math:`-d\,\mathrm{phase}/d\omega`, exact for each factor."""
        omega = _angular(freqs, fs)
        delay = np.full(omega.shape, -float(self._origin))
        for num, den in self._factors:
            delay = delay + _polynomial_delay(num, omega) - _polynomial_delay(den, omega)
        return delay

    def spectral_density(
        self, freqs: ArrayLike, *, sigma2: float = 1.0, fs: float = 1.0
    ) -> FloatArray:
        r"""Two-sided power spectral density of the kernel applied to white noise.

        :math:`\sigma^2 |H(f)|^2 / f_s`: its integral over :math:`-f_s/2 < f \le f_s/2` is the variance.
        """
        return sigma2 * self.gain(freqs, fs=fs) ** 2 / fs

    # ------------------------------------------------------------------ poles, zeros, stability

    @functools.cached_property
    def poles(self) -> ComplexArray:
        """Roots of the denominator in the z-plane, without pure delays (z = 0)."""
        return np.concatenate([lagpoly.z_roots(den) for _, den in self._factors])

    @functools.cached_property
    def zeros(self) -> ComplexArray:
        """Roots of the numerator in the z-plane, without pure delays (z = 0)."""
        return np.concatenate([lagpoly.z_roots(num) for num, _ in self._factors])

    @property
    def is_stable(self) -> bool:
        """Whether every pole has a modulus below ``1 - CIRCLE_TOLERANCE`` (1e-10).

        Decided by the Schur-Cohn recursion, in rational arithmetic where rounding matters, so that
        the answer is right for the coefficients as stored, also for multiple poles.
        """
        return all(lagpoly.all_inside(den, 1 - CIRCLE_TOLERANCE) for _, den in self._factors)

    @property
    def is_invertible(self) -> bool:
        """Whether every zero has a modulus below ``1 - CIRCLE_TOLERANCE``: the inverse is stable."""
        return bool(np.any(self.numerator)) and all(
            lagpoly.all_inside(num, 1 - CIRCLE_TOLERANCE) for num, _ in self._factors
        )

    def _poles_outside(self) -> list[complex]:
        return [z for z in self.poles if abs(z) > 1 - 2 * CIRCLE_TOLERANCE] or list(self.poles)

    # ------------------------------------------------------------------ conversions

    def to_ba(self) -> tuple[FloatArray, FloatArray]:
        """Return ``(b, a)`` for ``scipy.signal.lfilter``; a delay is written out as zeros.

        Raises
        ------
        ValueError
            If the kernel looks ahead (positive origin): ``lfilter`` cannot.
        """
        b = np.concatenate([np.zeros(self._causal_lead()), self.numerator])
        return b, self.denominator.copy()

    @classmethod
    def from_ba(cls, b: ArrayLike, a: ArrayLike = (1.0,)) -> Kernel:
        """Build from the ``(b, a)`` of ``scipy.signal``."""
        return cls(b, denominator=a)

    def to_sos(self) -> FloatArray:
        """Second-order sections for ``scipy.signal.sosfilt``, shape (n_sections, 6).

        Factors of degree two or less are handed over as they are; longer ones are split at their
        poles and zeros by ``scipy.signal.zpk2sos``.
        """
        lead = self._causal_lead()
        if lead == 0 and all(num.size <= 3 and den.size <= 3 for num, den in self._factors):
            sections = np.zeros((len(self._factors), 6))
            for row, (num, den) in zip(sections, self.factors, strict=True):
                row[: num.size], row[3 : 3 + den.size] = num, den
            return sections
        from scipy.signal import zpk2sos

        core, delay = lagpoly.trimmed(self.numerator)
        delay += lead
        # In powers of z a causal kernel has as many poles as zeros; delays are poles at z = 0.
        zeros, poles = self.zeros, self.poles
        surplus = delay + len(zeros) - len(poles)
        zeros = np.concatenate([zeros, np.zeros(max(-surplus, 0))])
        poles = np.concatenate([poles, np.zeros(max(surplus, 0))])
        return np.asarray(zpk2sos(zeros, poles, float(core[0])), dtype=np.float64)

    @classmethod
    def from_sos(cls, sos: ArrayLike) -> Kernel:
        """Build from second-order sections, shape (n_sections, 6); they stay separate factors."""
        sections = np.asarray(sos, dtype=np.float64)
        if sections.ndim != 2 or sections.shape[1] != 6 or sections.shape[0] == 0:
            raise ValueError(f"`sos` must have shape (n_sections, 6); got {sections.shape}.")
        kernels = [cls(row[:3], denominator=row[3:]) for row in sections]
        return cls._build(
            [factor for k in kernels for factor in k._factors],
            math.prod(k._scale for k in kernels),
            sum(k._origin for k in kernels),
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

    def _causal_lead(self) -> int:
        if self._origin > 0:
            raise ValueError(
                f"the kernel looks {self._origin} samples ahead and has no causal form;"
                f" apply it with `convolve`, or delay it first: shift({self._origin})."
            )
        return -self._origin

    # ------------------------------------------------------------------ pictures and text

    def plot(self, *, n: int | None = None, fs: float = 1.0) -> Figure:
        """Draw the kernel's card: weights, gain, phase, poles and zeros; see `tsconv.plot.plot_kernel`."""
        from .plot import plot_kernel

        return plot_kernel(self, n=n, fs=fs)

    def __repr__(self) -> str:
        place = f", origin={self._origin}" if self._origin else ""
        nums = [num for num, _ in self.factors if num.size > 1 or num[0] != 1.0]
        dens = [den for _, den in self.factors if den.size > 1]
        if not dens and len(nums) < 2 and not text.is_sparse(self.numerator):
            return f"Kernel({text.taps_text(self.numerator)}{place})"
        top = text.product_text(nums)
        return (
            f"Kernel({top} / {text.product_text(dens)}{place})" if dens else f"Kernel({top}{place})"
        )

    def __eq__(self, other: object) -> bool:
        """Equal if numerator, denominator and origin are, exactly."""
        if not isinstance(other, Kernel):
            return NotImplemented
        return (
            self._origin == other._origin
            and np.array_equal(self.numerator, other.numerator)
            and np.array_equal(self.denominator, other.denominator)
        )

    def __hash__(self) -> int:
        return hash((self._origin, self.numerator.tobytes(), self.denominator.tobytes()))


def as_kernel(value: Any, name: str = "kernel") -> Kernel:
    """Return `value` if it is a Kernel; build a causal one if it is a list of taps."""
    if isinstance(value, Kernel):
        return value
    try:
        return Kernel(value)
    except (TypeError, ValueError) as error:
        raise type(error)(f"`{name}` must be a Kernel or a list of taps: {error}") from None


def _reduced(factors: Sequence[Factor], scale: float, origin: int) -> Kernel:
    """Cancel numerators against equal denominators."""
    nums = [num for num, _ in factors]
    dens = [den for _, den in factors]
    one = np.ones(1)
    for i, den in enumerate(dens):
        if den.size == 1:
            continue
        core_den, _ = lagpoly.trimmed(den)
        for j, num in enumerate(nums):
            core, lead = lagpoly.trimmed(num)
            if core.size > 1 and core[0] != 0 and lagpoly.proportional(core, core_den):
                scale, origin = scale * float(core[0]), origin - lead
                nums[j] = dens[i] = one
                break
    for j, num in enumerate(nums):
        if num.size == 1 and dens[j].size == 1:
            scale, nums[j] = scale * float(num[0]), one
    if abs(scale - 1.0) <= 4 * np.finfo(float).eps:
        scale = 1.0
    return Kernel._build(list(zip(nums, dens, strict=True)), scale, origin)


def _angular(freqs: ArrayLike, fs: float) -> FloatArray:
    values = np.asarray(freqs, dtype=np.float64)
    if not np.all(np.isfinite(values)):
        raise ValueError("`freqs` must be finite.")
    return np.asarray(2 * np.pi * values / check_positive(fs, "fs"))


def _polynomial_delay(poly: FloatArray, omega: FloatArray) -> FloatArray:
    if poly.size == 1:
        return np.zeros(omega.shape)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = lagpoly.on_circle(poly * np.arange(poly.size), omega) / lagpoly.on_circle(
            poly, omega
        )
    return np.asarray(ratio.real)
