r"""How sure a match is: what the best of all lags would score by chance.

If either side is white noise of even strength, the correlation of m samples at one lag is
distributed as Student's with m - 2 degrees of freedom, whatever the other side is [1]_:
`p_one_lag`. Otherwise three things make chance scores larger; each is met by a test of its own,
and the largest p-value counts.

- Colour, which makes neighbouring products alike: m becomes an effective number, the smaller of
  Bartlett's [2]_ (`effective_size`) and of what the spread of the scores shows
  (`size_from_scores`).
- Bursts that coincide, and any likeness shorter than a block: `p_consistent` asks whether the
  blocks of the window agree with each other, by a t-test of their shares in the score.
- Likeness that no such model foresees, as the notes of music: `tsconv.search.tail` looks how high
  the scores of this very search reach elsewhere.

`is_white` decides which case it is. `p_of_best` goes from one lag to the best of all;
`score_needed` is the inverse. `ar_poly` fits the autoregression that whitens, by Burg's method
over several stretches [3]_, its order by BIC.

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

from tsconv._checks import FloatArray

MAX_ORDER = 32
# Below this share of the variance removed, a whitening filter is not worth its cost in power.
MIN_GAIN = 0.05
# Below this share of the variance left, what remains is the rounding of the samples, not the
# signal.
MIN_RESIDUAL = 1e-11


def p_one_lag(score: float, size: float, *, sides: int) -> float:
    r"""Probability that one chance score is at least `score`.

    Parameters
    ----------
    score : float
        Absolute correlation, in [0, 1].
    size : float
        Effective number m of samples in the correlation.
    sides : {1, 2}
        2 if either sign counts as a match.

    Notes
    -----
    :math:`I_{1-r^2}((m-2)/2, 1/2)` for both signs, half of it for one.

    Examples
    --------
    >>> round(p_one_lag(0.5, 50, sides=2), 6)
    0.000218
    """
    from scipy.special import betainc

    if size <= 2:
        return 1.0
    return 0.5 * sides * float(betainc((size - 2) / 2, 0.5, max(0.0, 1 - score * score)))


def p_consistent(snippet: FloatArray, window: FloatArray, size: float, *, sides: int) -> float:
    r"""Probability that blocks of a chance window agree so well, by a t-test.

    Parameters
    ----------
    snippet, window : ndarray, shape (m,)
        Both centred and of unit norm.
    size : float
        Effective size by the two spectra; blocks are four times m / size long, so that they are
        nearly independent.
    sides : {1, 2}

    Notes
    -----
    The score is a sum over blocks, :math:`r = \sum_b z_b`. If the window is the snippet and noise,
    a block contributes in proportion to the snippet's energy in it, :math:`E_b`; hence :math:`t^2
    = r^2 / \sum_b (z_b - r E_b)^2`. Blocks of uneven strength count less: degrees of freedom by
    Satterthwaite from :math:`v_b = E_b F_b`, F the window's energy.
    """
    from scipy.special import betainc

    width = max(4, round(4 * snippet.size / size))
    share = _block_sums(snippet, window, width)
    expected = _block_sums(snippet, snippet, width)
    variance = expected * _block_sums(window, window, width)
    score = float(share.sum())
    total = float(variance.sum())
    freedom = total**2 / float(np.sum(variance**2)) - 1 if total > 0 else 0.0
    if freedom <= 0:
        return 1.0
    rest = float(np.sum((share - score * expected) ** 2))
    level = rest * freedom / (rest * freedom + score * score)
    return 0.5 * sides * float(betainc(freedom / 2, 0.5, level))


def _block_sums(x: FloatArray, y: FloatArray, width: int) -> FloatArray:
    """Sum x * y over successive blocks, the last one shorter; in chunks, to save memory."""
    chunk = width * max(1, (1 << 16) // width)
    return np.concatenate(
        [
            np.add.reduceat(
                x[first : first + chunk] * y[first : first + chunk],
                np.arange(0, min(chunk, x.size - first), width),
            )
            for first in range(0, x.size, chunk)
        ]
    )


def p_of_best(p_one: float, n_lags: float) -> float:
    """Probability that the best of `n_lags` reaches what one reaches with probability `p_one`.

    As if lags were independent: :math:`1 - (1 - p)^L`, an upper bound if they are not.

    Examples
    --------
    >>> round(p_of_best(1e-4, 100), 5)
    0.00995
    """
    return float(-np.expm1(n_lags * np.log1p(-p_one))) if p_one < 1 else 1.0


def score_needed(p_value: float, size: float, n_lags: int, *, sides: int) -> float:
    """Return the absolute correlation that the best of `n_lags` exceeds with probability `p_value`.

    Examples
    --------
    >>> r = score_needed(0.01, 1_000, 1_000_000, sides=2)
    >>> round(p_of_best(p_one_lag(r, 1_000, sides=2), 1_000_000), 6)
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


def share_of_peaks(p_one: float, likeness: float) -> float:
    r"""Share of high scores that are not just the neighbours of high scores.

    With correlation rho of neighbouring scores, a normal process crosses a level u upwards with
    probability :math:`2 T(u, \sqrt{(1-\rho)/(1+\rho)})` at each lag, T being Owen's; over the
    probability to be above, that is the share. It is 1 for independent scores.

    Examples
    --------
    >>> round(share_of_peaks(1e-6, 0.0), 3), round(share_of_peaks(1e-6, 0.99), 3)
    (1.0, 0.274)
    """
    from scipy.special import ndtri, owens_t

    if not 1e-300 < p_one < 0.1:
        return 1.0
    crossing = 2 * owens_t(-ndtri(p_one), np.sqrt((1 - likeness) / (1 + likeness)))
    return float(np.clip(crossing / p_one, 0.0, 1.0))


def autocorrelation(segments: Sequence[FloatArray], n_lags: int) -> FloatArray:
    """Autocorrelation pooled over stretches of a series, at lags 0 to `n_lags`; lag 0 is 1."""
    import scipy.fft

    powers: dict[int, FloatArray] = {}  # stretches of one length are transformed back together
    for segment in segments:
        n_fft = scipy.fft.next_fast_len(segment.size + n_lags + 1, real=True)
        spectrum = scipy.fft.rfft(segment - segment.mean(), n_fft)
        power = spectrum.real**2 + spectrum.imag**2
        powers[n_fft] = powers[n_fft] + power if n_fft in powers else power
    total = np.zeros(n_lags + 1)
    for n_fft, power in powers.items():
        total += scipy.fft.irfft(power, n_fft)[: n_lags + 1]
    return np.asarray(total / total[0]) if total[0] > 0 else np.eye(1, n_lags + 1)[0]


def significant_acf(acf: FloatArray, n_obs: int) -> FloatArray:
    """Set autocorrelations to zero that white noise of `n_obs` samples would show too (3 sigma)."""
    kept = np.where(np.abs(acf) > 3 / np.sqrt(n_obs), acf, 0.0)
    kept[0] = 1.0
    return kept


def is_white(segments: Sequence[FloatArray]) -> bool:
    """Whether stretches of a series look like white noise of even strength.

    No autocorrelation up to a quarter of the shortest stretch beyond what chance gives, tails not
    much heavier than normal, and no more variation of the energy of blocks than such tails explain.
    """
    usable = [segment for segment in segments if segment.size >= 32]
    if not usable:
        return False
    n_obs = sum(segment.size for segment in usable)
    n_lags = min(4096, min(segment.size for segment in usable) // 4)
    limit = 4.75 / np.sqrt(n_obs)
    deviations = [segment - segment.mean() for segment in usable]
    # A glance at neighbours settles it for most series, without a transform.
    products = sum(float(np.einsum("i,i->", d[1:], d[:-1])) for d in deviations)
    if abs(products) > limit * sum(_power(d) for d in deviations):
        return False
    if np.abs(autocorrelation(usable, n_lags)[1:]).max() > limit:
        return False
    values = np.concatenate(deviations)
    power = np.square(values)
    mean = power.mean()
    if mean == 0:
        return False
    tails = float(np.mean(power**2) / mean**2)
    if tails > 6:
        return False
    width = 8
    while n_obs // width >= 16:
        blocks = power[: n_obs // width * width].reshape(-1, width).mean(axis=1)
        ratio = float(np.var(blocks, ddof=1)) * width / ((tails - 1) * mean**2)
        if ratio > 1 + 5 * np.sqrt(2 / blocks.size):
            return False
        width *= 4
    return True


def ar_poly(segments: Sequence[FloatArray], max_order: int = MAX_ORDER) -> FloatArray | None:
    """Whitening filter ``[1, -ar]`` of a series given in stretches, or None if none is needed.

    Burg's reflection coefficients from the pooled sums of all stretches; the order has the
    smallest BIC. None is returned when the filter would remove less than 5 % of the variance, or
    leave no more than rounding.
    """
    usable = [segment - segment.mean() for segment in segments if segment.size > 4]
    n_obs = sum(segment.size for segment in usable)
    power = sum(_power(x) for x in usable)
    if n_obs < 16 or power == 0:
        return None
    forward, backward = usable, usable
    poly = np.ones(1)
    best, best_bic, best_variance = poly, 0.0, 1.0
    variance = 1.0
    for order in range(1, min(max_order, n_obs // 8) + 1):
        forward = [f[1:] for f in forward]
        backward = [b[:-1] for b in backward]
        cross = sum(float(np.einsum("i,i->", f, b)) for f, b in zip(forward, backward, strict=True))
        total = sum(_power(f) + _power(b) for f, b in zip(forward, backward, strict=True))
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


def _power(x: FloatArray) -> float:
    """Sum of squares, without the threads that BLAS starts for it."""
    return float(np.einsum("i,i->", x, x))
