r"""The score at every lag: Pearson correlation of a snippet with the window that starts there.

.. math:: r(l) = \frac{\sum_i s_i (x_{l+i} - \bar x_l)}{\lVert x_l - \bar x_l \rVert},
   \qquad \sum_i s_i = 0, \quad \sum_i s_i^2 = 1

Numerators come by overlap-save (`Correlator`), the windows' energies from prefix and suffix sums
over blocks of the snippet's length (van Herk), so that nothing accumulates over the signal. Each
block is centred first. Lags where rounding could still matter (a quiet window beside a loud one)
are recognised by a bound and done again on their own, smaller stretch, in the end by the formula
itself (`exact_scores`).

A constant window scores 0. A window that touches a missing value scores NaN.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tsconv._checks import FloatArray


def _compiled() -> Any:
    """Return the compiled loops, or None where they are not built: numpy then does the same."""
    try:
        from tsconv.search import _ncc
    except ImportError:
        return None
    return _ncc


_ncc = _compiled()

# Window energies keep this relative accuracy: below it (with the growth of rounding over a sum of m
# terms) the lag is done again. See `_ill_conditioned`.
ENERGY_FLOOR = 1e-6
# Transforms longer than this fall out of the cache and, for snippets of a minute, out of the
# memory budget; longer snippets are cut in pieces.
MAX_PIECE = 1 << 17
MIN_FFT = 1 << 15
_DIRECT_LAGS = 48  # so few lags are cheaper by the formula than by a transform


@dataclass(frozen=True)
class Template:
    """A snippet, centred and scaled to unit norm.

    Attributes
    ----------
    taps : ndarray, shape (m,)
    scale : float
        Norm of the centred snippet before scaling.
    """

    taps: FloatArray
    scale: float

    @property
    def size(self) -> int:
        """Return the number of samples m."""
        return self.taps.size

    def now(self) -> Template:
        """Return the template with its samples at hand, for a passage that looks at them often."""
        return self

    def reversed(self) -> Template:
        """Return the template backwards."""
        return Template(self.taps[::-1].copy(), self.scale)


def make_template(
    snippet: FloatArray, name: str = "snippet", *, overwrite: bool = False
) -> Template:
    """Centre and scale a snippet; a flat one, which correlates with nothing, is refused."""
    if snippet.size < 2:
        raise ValueError(f"`{name}` must have at least 2 samples; got {snippet.size}.")
    if snippet.min() == snippet.max():
        raise ValueError(
            f"`{name}` must vary; it is flat ({snippet.size} samples of {snippet[0]:g}), and a flat"
            " snippet correlates with nothing. Choose another stretch."
        )
    largest = float(max(snippet.max(), -snippet.min()))
    taps = np.divide(snippet, largest, out=snippet if overwrite else None, dtype=np.float64)
    # Twice: the first mean is rounded, and what is left of it would weigh on offsets.
    taps -= taps.mean()
    taps -= taps.mean()
    norm = float(np.sqrt(power(taps)))
    taps /= norm
    return Template(taps, norm * largest)


class Correlator:
    """Numerators of several templates against successive frames, by overlap-save.

    Parameters
    ----------
    templates : list of Template
    longest : int, optional
        Length that decides the frames, if longer than the longest template.
    n_obs : int, optional
        Length of the signal, if known: frames are not made longer.
    single : bool, default False
        Transform in single precision: twice as fast, with a larger bound of the errors.

    Attributes
    ----------
    hop : int
        Lags of a frame.
    span : int
        Samples a frame needs: the last lags of the longest template, and a whole last piece.

    Notes
    -----
    A template up to `MAX_PIECE` samples is one piece. A longer one is cut into P pieces of B
    samples; with frames of 2 B samples every B, the spectra of the last P frames, each times the
    conjugate spectrum of its piece, add up to the spectrum of the numerators. Each frame is
    centred on its own mean c; what that takes away, ``c * sum(piece)``, is given back.
    """

    def __init__(
        self,
        templates: list[Template],
        *,
        longest: int = 0,
        n_obs: int | None = None,
        single: bool = False,
    ) -> None:
        import scipy.fft

        self._fft = scipy.fft
        self._dtype = np.dtype(np.float32 if single else np.float64)
        self._eps = float(np.finfo(np.float32 if single else np.float64).eps)
        longest = max(longest, *(template.size for template in templates))
        self._piece = min(longest, MAX_PIECE)
        self._pieces = -(-longest // self._piece)
        if self._pieces == 1:
            size = max(MIN_FFT, 4 * longest)
            if n_obs is not None:
                size = max(longest, min(size, n_obs))
            self._n_fft = scipy.fft.next_fast_len(size, real=True)
            self.hop = self._n_fft - longest + 1
            self.span = self._n_fft
        else:
            self._n_fft = 2 * self._piece
            self.hop = self._piece
            self.span = (self._pieces + 1) * self._piece
        self._spectra = [self._snippet_spectra(template.taps) for template in templates]
        self._frames: list[tuple[int, NDArray[np.complexfloating], float, float]] = []

    def _snippet_spectra(
        self, taps: FloatArray
    ) -> list[tuple[NDArray[np.complexfloating], float, float]]:
        """Return conjugate spectrum, sum and norm of each piece."""
        spectra = []
        for first in range(0, taps.size, self._piece):
            piece = taps[first : first + self._piece]
            spectrum = np.conj(self._fft.rfft(piece.astype(self._dtype), self._n_fft))
            spectra.append((spectrum, float(piece.sum()), float(np.sqrt(piece @ piece))))
        return spectra

    def numerators(self, x: FloatArray, start: int) -> list[tuple[NDArray[np.floating], float]]:
        """Return, for each template, numerators at the lags of one frame and their error bound.

        `x` holds the samples from `start` on, without gaps; frames must come one after the other.
        """
        frames = self._frame_spectra(x, start)
        n_lags = min(self.hop, x.size)
        results: list[tuple[NDArray[np.floating], float]] = []
        for pieces in self._spectra:
            used = frames[: len(pieces)]
            base = used[0][2]
            spectrum = used[0][1] * pieces[0][0]
            for (_, frame, _, _), (piece, _, _) in zip(used[1:], pieces[1:], strict=False):
                spectrum += frame * piece
            values = self._fft.irfft(spectrum, self._n_fft, overwrite_x=True)[:n_lags]
            given_back = sum(
                (centre - base) * total
                for (_, _, centre, _), (_, total, _) in zip(used, pieces, strict=False)
            )
            if given_back:
                values = values + self._dtype.type(given_back)
            bound = (
                2
                * self._eps
                * sum(
                    norm * piece_norm + abs(centre - base) * abs(total)
                    for (_, _, centre, norm), (_, total, piece_norm) in zip(
                        used, pieces, strict=False
                    )
                )
            )
            results.append((values, bound))
        return results

    def _frame_spectra(
        self, x: FloatArray, start: int
    ) -> list[tuple[int, NDArray[np.complexfloating], float, float]]:
        """Return the spectra of the P frames from `start`, reusing those of the call before."""
        known = {frame[0]: frame for frame in self._frames}
        frames = []
        for number in range(self._pieces):
            first = number * self.hop
            at = start + first
            if at in known and at + self._n_fft <= start + x.size:
                frames.append(known[at])
                continue
            samples = x[first : first + self._n_fft]
            if samples.size == 0:
                break
            centre = float(samples.mean())
            centred = samples - centre
            norm = float(np.sqrt(power(centred)))
            spectrum = self._fft.rfft(centred.astype(self._dtype, copy=False), self._n_fft)
            frames.append((at, spectrum, centre, norm))
        self._frames = frames if self._pieces > 1 else []
        return frames


def exact_scores(x: FloatArray, template: Template, *, overwrite: bool = False) -> FloatArray:
    """Return the scores of `template` at every lag of `x`, shape (x.size - m + 1,), to 1e-8.

    `x` is finite. Double precision throughout; for stretches that fit in memory a few times.
    """
    template = template.now()
    n_lags = x.size - template.size + 1
    if n_lags <= _DIRECT_LAGS:
        return _few_scores(x, template, overwrite=overwrite)
    out = np.empty(n_lags)
    correlator = Correlator([template], n_obs=x.size)
    for start in range(0, n_lags, correlator.hop):
        stretch = x[start : start + correlator.span]
        lags = min(correlator.hop, n_lags - start)
        values, bound = correlator.numerators(stretch, start)[0]
        energy, raw = window_energy(stretch[: lags + template.size - 1], template.size)
        out[start : start + lags] = normalise(
            values[:lags], bound, energy, raw, stretch, template, tolerance=1e-8
        )
    return out


def normalise(
    numerators: NDArray[np.floating],
    bound: float,
    energy: FloatArray,
    raw: FloatArray,
    x: FloatArray,
    template: Template,
    *,
    tolerance: float,
    floor: float = 0.0,
) -> FloatArray:
    """Divide numerators by the windows' norms; do again what rounding may have spoilt.

    Parameters
    ----------
    numerators, energy, raw : ndarray, shape (n_lags,)
        From `Correlator.numerators` and `window_energy`.
    bound : float
        Bound of the numerators' error.
    x : ndarray, shape (at least n_lags + m - 1,)
        The samples.
    tolerance : float
        Error of a score above which it is done again,
    floor : float
        unless it stays below this all the same.
    """
    n_lags, m = energy.size, template.size
    scores = np.empty(n_lags)
    ill = np.empty(n_lags, np.uint8)
    divide = _ncc.normalise if _ncc is not None and numerators.dtype == np.float32 else _normalise
    if divide(numerators, energy, raw, bound, tolerance, floor, ENERGY_FLOOR, scores, ill):
        flat = constant_windows(x[: n_lags + m - 1], m)
        scores[flat] = 0.0
        todo = np.flatnonzero((ill != 0) & ~flat)
        if todo.size:
            _again(scores, todo, x, template)
    return scores


def window_energy(x: FloatArray, m: int) -> tuple[FloatArray, FloatArray]:
    r"""Energy about its own mean of every window of m samples, and about its block's centre.

    Returns
    -------
    energy, raw : ndarray, shape (x.size - m + 1,)
        ``sum((w - w.mean())**2)`` and ``sum((w - c)**2)``; their ratio tells how many digits
        `energy` has.

    Notes
    -----
    A window that starts in block k of h = min(m, lags) samples is a suffix of that block, the m -
    h samples after it, and a prefix of the next h: :math:`S` and :math:`Q` (sums of d and d^2, d
    about the centre c of all these) are sums of three terms, never differences, and energy is
    :math:`Q - S^2/m`.
    """
    n_lags = x.size - m + 1
    h = min(m, n_lags)
    if _ncc is not None:
        energy, raw = np.empty(n_lags), np.empty(n_lags)
        _ncc.window_energy(x, m, np.empty(h + 1), np.empty(h + 1), energy, raw)
        return energy, raw
    return _window_energy(x, m)


def _window_energy(x: FloatArray, m: int) -> tuple[FloatArray, FloatArray]:
    """Do as `window_energy` in numpy."""
    n_lags = x.size - m + 1
    h = min(m, n_lags)
    n_blocks = -(-n_lags // h)
    missing = (n_blocks - 1) * h + m + h - x.size
    padded = np.concatenate((x, np.full(missing, x[-1]))) if missing > 0 else x
    left = padded[: n_blocks * h].reshape(n_blocks, h)
    right = padded[m : m + n_blocks * h].reshape(n_blocks, h)
    if h == m:
        centre = 0.5 * (left.mean(axis=1) + right.mean(axis=1))[:, np.newaxis]
        common_sum = common_square = 0.0
    else:
        centre = np.full((1, 1), x.mean())
        middle = x[h:m] - centre[0, 0]
        common_sum, common_square = float(middle.sum()), power(middle)
    sums = _suffix_plus_prefix(left - centre, right - centre)
    squares = _suffix_plus_prefix((left - centre) ** 2, (right - centre) ** 2)
    raw = squares.ravel()[:n_lags] + common_square
    total = sums.ravel()[:n_lags] + common_sum
    return raw - total * total / m, raw


def _normalise(
    numerators: NDArray[np.floating],
    energy: FloatArray,
    raw: FloatArray,
    bound: float,
    tolerance: float,
    floor: float,
    energy_floor: float,
    scores: FloatArray,
    ill: NDArray[np.uint8],
) -> int:
    """Fill `scores` and `ill`; return how many lags are ill, as in `_ncc.pyx`."""
    values = np.asarray(numerators, dtype=np.float64)
    cancelled = energy <= energy_floor * raw
    norm = np.sqrt(np.where(cancelled, 1.0, energy))
    loose = (norm * tolerance < bound) & (np.abs(values) + bound >= floor * norm)
    np.logical_or(cancelled, loose, out=ill.view(np.bool_))
    np.clip(values / norm, -1.0, 1.0, out=scores)
    return int(np.count_nonzero(ill))


def constant_windows(x: FloatArray, m: int) -> NDArray[np.bool_]:
    """Whether each window of m samples holds one value only, shape (x.size - m + 1,)."""
    changes = window_count(np.concatenate((x[1:] != x[:-1], [False])), m - 1)
    return np.asarray(changes[: x.size - m + 1] == 0)


def window_count(mask: NDArray[np.bool_], m: int) -> NDArray[np.int64]:
    """How many of each m successive elements are true, shape (mask.size - m + 1,)."""
    total = np.concatenate(([0], np.cumsum(mask, dtype=np.int64)))
    return np.asarray(total[m:] - total[: total.size - m])


def fill_partial(
    scores: FloatArray, wanted: NDArray[np.bool_], x: FloatArray, snippet: FloatArray
) -> None:
    r"""Put correlations over the samples present where `wanted`, for windows that miss some.

    With w = 1 where a sample is there and 0 elsewhere, all sums are correlations with w:
    :math:`r = (\sum w x s - \sum w x \sum w s / n_w) / \sqrt{E_x E_s}`, each E likewise centred.
    Lags where this loses digits are done by the formula itself.
    """
    import scipy.fft

    m, n_lags = snippet.size, scores.size
    x = x[: n_lags + m - 1]
    present = ~np.isnan(x)
    centred = np.where(present, x - np.nanmean(x) if present.any() else 0.0, 0.0)
    n_fft = scipy.fft.next_fast_len(x.size + m, real=True)
    of_w = scipy.fft.rfft(present.astype(float), n_fft)
    of_x = scipy.fft.rfft(centred, n_fft)
    of_xx = scipy.fft.rfft(centred**2, n_fft)

    def along(spectrum: NDArray[np.complexfloating], taps: FloatArray) -> FloatArray:
        product = spectrum * np.conj(scipy.fft.rfft(taps, n_fft))
        return np.asarray(scipy.fft.irfft(product, n_fft)[:n_lags])

    ones = np.ones(m)
    count = np.maximum(window_count(present, m).astype(float), 1.0)
    sum_x, sum_xx = along(of_x, ones), along(of_xx, ones)
    sum_s, sum_ss = along(of_w, snippet), along(of_w, snippet**2)
    energy_x = sum_xx - sum_x**2 / count
    energy_s = sum_ss - sum_s**2 / count
    loud = np.sum(centred**2)
    good = (energy_x > 1e-6 * loud) & (energy_s > 1e-6)
    with np.errstate(invalid="ignore", divide="ignore"):
        fast = (along(of_x, snippet) - sum_x * sum_s / count) / np.sqrt(energy_x * energy_s)
    scores[wanted & good] = np.clip(fast[wanted & good], -1.0, 1.0)
    for lag in np.flatnonzero(wanted & ~good):
        here = present[lag : lag + m]
        part, window = snippet[here], x[lag : lag + m][here]
        flat = part.size < 2 or part.min() == part.max()
        scores[lag] = 0.0 if flat else score_at(window, make_template(part))


def power(x: FloatArray) -> float:
    """Sum of squares; einsum, since a BLAS that starts threads for this loses time."""
    return float(np.einsum("i,i->", x, x))


def score_at(x: FloatArray, template: Template) -> float:
    """Return the score of one window of the template's size, by two passes in double precision."""
    if x.min() == x.max():
        return 0.0
    d = x - x.mean()
    d -= d.mean()
    d /= max(d.max(), -d.min())
    norm = float(np.sqrt(power(d)))
    return float(np.clip(np.einsum("i,i->", d, template.taps) / norm, -1.0, 1.0))


def _few_scores(x: FloatArray, template: Template, *, overwrite: bool = False) -> FloatArray:
    """Score neighbouring windows that share most of their samples, and so their sums."""
    m = template.size
    n_lags = x.size - m + 1
    if m < 4 * n_lags:
        return np.array([score_at(x[lag : lag + m], template) for lag in range(n_lags)])
    d = np.subtract(x, x.mean(), out=x if overwrite else None)
    scale = max(d.max(), -d.min())
    if scale == 0:
        return np.zeros(n_lags)
    d /= scale
    shared, before, after = d[n_lags - 1 : m], d[: n_lags - 1], d[m:]
    total = np.full(n_lags, float(np.einsum("i->", shared)))
    square = np.full(n_lags, power(shared))
    for sums, left, right in ((total, before, after), (square, before**2, after**2)):
        sums[:-1] += np.cumsum(left[::-1])[::-1]
        sums[1:] += np.cumsum(right)
    energy = square - total**2 / m
    windows = np.lib.stride_tricks.sliding_window_view(d, m)
    with np.errstate(divide="ignore", invalid="ignore"):
        scores = np.clip(np.einsum("ij,j->i", windows, template.taps) / np.sqrt(energy), -1, 1)
    for lag in np.flatnonzero(energy <= 1e-4 * square).tolist():
        scores[lag] = score_at(d[lag : lag + m], template)  # the sums have lost digits
    return np.asarray(scores)


def _suffix_plus_prefix(left: FloatArray, right: FloatArray) -> FloatArray:
    """Row by row: sum of ``left[j:]`` plus sum of ``right[:j]``, for every j."""
    out = np.cumsum(left[:, ::-1], axis=1)[:, ::-1]
    out[:, 1:] += np.cumsum(right[:, :-1], axis=1)
    return out


def _again(scores: FloatArray, todo: NDArray[np.intp], x: FloatArray, template: Template) -> None:
    """Do some lags again, run by run of neighbours, each on the samples it needs and no more."""
    m = template.size
    for run in np.split(todo, np.flatnonzero(np.diff(todo) > 1) + 1):
        first, last = int(run[0]), int(run[-1]) + 1
        whole = last - first == scores.size
        if last - first <= _DIRECT_LAGS:
            for lag in run:
                scores[lag] = score_at(x[lag : lag + m], template)
        elif whole:
            half = (first + last) // 2
            scores[:half] = exact_scores(x[: half + m - 1], template)
            scores[half:last] = exact_scores(x[half : last + m - 1], template)
        else:
            scores[first:last] = exact_scores(x[first : last + m - 1], template)
