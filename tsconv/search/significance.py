r"""How sure a match is: what the best of all lags would score by chance.

`p_of_best` is the probability that, with no match anywhere, some lag reaches a correlation as
high; `score_needed` is its inverse. If either side is white noise, the correlation of m samples at
one lag is distributed as Student's with m - 2 degrees of freedom, whatever the other side is [1]_.
Otherwise m becomes an effective number, `effective_size`: the smaller of Bartlett's [2]_ and of
what the scores themselves show (`size_from_scores`).

`ar_poly` fits the autoregression that whitens, by Burg's method over several stretches [3]_, its
order by BIC.

References
----------
.. [1] Muirhead (1982), Aspects of Multivariate Statistical Theory, theorem 5.1.1.
.. [2] Bartlett (1946), J. R. Statist. Soc. Suppl. 8, 27-41.
.. [3] Burg (1975), Maximum Entropy Spectral Analysis, Stanford, chapter II.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

MAX_ORDER = 32
# Below this share of the variance removed, a whitening filter is not worth its cost in power.
MIN_GAIN = 0.05
# Below this share of the variance left, what remains is the rounding of the samples, not the
# signal.
MIN_RESIDUAL = 1e-11


def p_of_best(score: float, size: float, n_lags: int, *, sides: int) -> float:
    r"""Probability that the best of `n_lags` chance scores is at least `score`.

    Parameters
    ----------
    score : float
        Absolute correlation, in [0, 1].
    size : float
        Effective number of samples in the correlation.
    n_lags : int
        Number of lags (times templates) tried.
    sides : {1, 2}
        2 if either sign counts as a match.

    Notes
    -----
    One lag: :math:`p_1 = I_{1-r^2}((m-2)/2, 1/2)` for both signs, half of it for one. All lags,
    as if independent: :math:`1 - (1 - p_1)^L`; lags that depend on each other make this an upper
    bound.

    Examples
    --------
    >>> round(p_of_best(0.5, 50, 1, sides=2), 6)
    0.000216
    """
    from scipy.special import betainc

    if size <= 2:
        return 1.0
    p_one = 0.5 * sides * float(betainc((size - 2) / 2, 0.5, max(0.0, 1 - score * score)))
    return float(-np.expm1(n_lags * np.log1p(-p_one))) if p_one < 1 else 1.0


def score_needed(p_value: float, size: float, n_lags: int, *, sides: int) -> float:
    """Return the absolute correlation that the best of `n_lags` exceeds with probability `p_value`.

    Examples
    --------
    >>> r = score_needed(0.01, 1_000, 1_000_000, sides=2)
    >>> round(p_of_best(r, 1_000, 1_000_000, sides=2), 6)
    0.01
    """
    from scipy.special import betaincinv

    if size <= 2 or p_value >= 1:
        return 1.0 if size <= 2 else 0.0
    p_one = -np.expm1(np.log1p(-p_value) / n_lags)
    share = float(betaincinv((size - 2) / 2, 0.5, min(1.0, 2 * p_one / sides)))
    return float(np.sqrt(max(0.0, 1 - share)))


def effective_size(size: int, acf_signal: FloatArray, acf_snippet: FloatArray) -> float:
    r"""Bartlett's effective number of samples in a correlation of two coloured series.

    :math:`m / (1 + 2 \sum_k (1 - k/m) \rho_x(k) \rho_s(k))`, never more than m, never less than 1.
    """
    n_lags = min(acf_signal.size, acf_snippet.size, size) - 1
    lags = np.arange(1, n_lags + 1)
    total = np.sum((1 - lags / size) * acf_signal[1 : n_lags + 1] * acf_snippet[1 : n_lags + 1])
    return float(np.clip(size / max(1 + 2 * total, 1e-12), 1.0, size))


def size_from_scores(scores: NDArray[np.floating], size: float) -> float:
    """Effective number of samples that the spread of the scores of one stretch shows.

    The variance of a chance score is one over the effective size. Matches are kept out of it: lags
    beyond five robust deviations do not count. A spread that one over `size` explains to three
    standard errors is no evidence and gives `size`.
    """
    values = scores[np.isfinite(scores) & (scores != 0)]
    if values.size < 30:
        return size
    spread = np.median(np.abs(values)) / 0.6745
    kept = values[np.abs(values) <= 5 * spread] if spread > 0 else values
    variance = float(np.mean(np.square(kept, dtype=np.float64)))
    if variance * size <= 1 + 3 * np.sqrt(2 / kept.size):
        return size
    return max(1.0, 1 / variance)


def autocorrelation(segments: Sequence[FloatArray], n_lags: int) -> FloatArray:
    """Autocorrelation pooled over stretches of a series, at lags 0 to `n_lags`; lag 0 is 1."""
    import scipy.fft

    total = np.zeros(n_lags + 1)
    for segment in segments:
        x = segment - segment.mean()
        n_fft = scipy.fft.next_fast_len(x.size + n_lags + 1, real=True)
        power = np.abs(scipy.fft.rfft(x, n_fft)) ** 2
        total += scipy.fft.irfft(power, n_fft)[: n_lags + 1]
    return np.asarray(total / total[0]) if total[0] > 0 else np.eye(1, n_lags + 1)[0]


def significant_acf(acf: FloatArray, n_obs: int) -> FloatArray:
    """Set autocorrelations to zero that white noise of `n_obs` samples would show too (3 sigma)."""
    kept = np.where(np.abs(acf) > 3 / np.sqrt(n_obs), acf, 0.0)
    kept[0] = 1.0
    return kept


def ar_poly(segments: Sequence[FloatArray], max_order: int = MAX_ORDER) -> FloatArray | None:
    """Whitening filter ``[1, -ar]`` of a series given in stretches, or None if there is nothing to
    whiten.

    Burg's reflection coefficients from the pooled sums of all stretches; the order has the
    smallest BIC. None is returned when the filter would remove less than 5 % of the variance, or
    leave no more than rounding.
    """
    usable = [segment - segment.mean() for segment in segments if segment.size > 4]
    n_obs = sum(segment.size for segment in usable)
    power = sum(float(x @ x) for x in usable)
    if n_obs < 16 or power == 0:
        return None
    forward, backward = usable, usable
    poly = np.ones(1)
    best, best_bic, best_variance = poly, 0.0, 1.0
    variance = 1.0
    for order in range(1, min(max_order, n_obs // 8) + 1):
        forward = [f[1:] for f in forward]
        backward = [b[:-1] for b in backward]
        cross = sum(float(f @ b) for f, b in zip(forward, backward, strict=True))
        total = sum(float(f @ f) + float(b @ b) for f, b in zip(forward, backward, strict=True))
        if total <= 0:
            break
        reflection = -2 * cross / total
        poly = np.append(poly, 0.0)
        poly = poly + reflection * poly[::-1]
        forward, backward = (
            [f + reflection * b for f, b in zip(forward, backward, strict=True)],
            [b + reflection * f for f, b in zip(forward, backward, strict=True)],
        )
        variance *= 1 - reflection**2
        if variance <= MIN_RESIDUAL:
            break
        bic = n_obs * np.log(variance) + order * np.log(n_obs)
        if bic < best_bic:
            best, best_bic, best_variance = poly, bic, variance
    return best if best_variance <= 1 - MIN_GAIN else None
