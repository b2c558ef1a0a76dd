r"""An upper bound of the score at every lag, from low-passed samples taken at a lower rate.

Music and most recordings have nearly all of their energy at low frequencies. So the correlation is
computed there only, at every D-th lag, and what the rest could add at most is bounded. Lags whose
bound stays below the score that counts need no correlation at full rate. The bound holds for any
signal and any snippet; when it is useless, it says so by being large.

Notes
-----
**Setting.** The template s has m samples, sum 0 and norm 1; the score at lag l is :math:`r(l) =
N(l) / \sqrt{M_2(l)}`, with :math:`N(l) = \langle x, s_l \rangle`, :math:`s_l` the template moved to
l, :math:`M_2` the window's energy about its mean. Let g be a symmetric filter of 2q + 1 taps with a
real frequency response :math:`|G(f)| \le 1`, and :math:`|G(f)| \le \delta` for :math:`|f| \ge
1/2D`. q is a multiple of D.

**One stretch for each cell.** The D lags from kD on are a cell. All that follows uses one finite
stretch of the signal, :math:`u = x - c` on [a, b) and 0 elsewhere, with any constant c (here: the
mean of the stretch), since the template's sum is 0. [a, b) begins :math:`2q + (T-1)D` before the
cell and ends as far behind its last window, so that :math:`y = g * u` is known on the core [a + q,
b - q), which contains all samples of :math:`z_l = g * s_l` for the lags of the grid nearby. Outside
the signal, x may be anything: it is c.

1. **Power complement.** With :math:`|H|^2 = 1 - G^2` and Parseval,
   :math:`N(l) = \langle g*u, g*s_l \rangle + \langle h*u, h*s_l \rangle`, and by Cauchy and Schwarz
   the second is at most :math:`h_u h_s`, where :math:`h_u^2 = \lVert u \rVert^2 - \lVert g*u
   \rVert^2` and :math:`h_s^2 = 1 - \lVert g*s \rVert^2`. The first is :math:`c_L(l)`.

2. **Sampling every D-th product** adds the aliases: for any finite u, v,
   :math:`D \sum_k (g*u)[kD] (g*v)[kD] - \langle g*u, g*v \rangle = \sum_{a=1}^{D-1} \int G(f) U(f)
   \overline{G V (f - a/D)} df`. Of f and f - a/D at most one lies in the base band :math:`|f| <
   1/2D`. Cauchy and Schwarz over a and f give, with :math:`u_o` the norm of U outside the base
   band, at most :math:`\delta \sqrt{D-1} (\lVert u \rVert v_o + u_o \lVert v \rVert) + \delta^2
   (D-1) u_o v_o`. Outside, :math:`1 - G^2 \ge 1 - \delta^2`, so :math:`u_o \le h_u /
   \sqrt{1-\delta^2}`. With :math:`\kappa = \delta \sqrt{D-1} / \sqrt{1-\delta^2}`,

   .. math:: \text{alias}(u, v) \le \kappa (\lVert u \rVert h_v + h_u \lVert v \rVert)
      + \kappa^2 h_u h_v

3. **Energies.** With :math:`A = D \sum_k (g*v)[kD]^2` (a part of the sum makes it smaller, which is
   safe), 2. with u = v gives :math:`h^2 \le E - A + 2 \kappa \sqrt{E} h + \kappa^2 h^2`, E the
   energy, and h is at most the larger root of this quadratic, `high_band`. For the signal, A is the
   sum over the core; for the snippet, E = 1 and all samples.

4. **Coarse correlation.** :math:`D \sum_j y[(k+j)D] z[jD]` differs from :math:`c_L(kD)` by at most
   alias(u, s). The K samples of z would sum to 0 without aliases; :math:`\hat c` uses them less
   their mean :math:`\bar z`, so that no level of y counts, and what this takes away is at most
   :math:`D |\bar z| \sqrt{K \sum y^2} \le 1.01 \sqrt{DK}\, |\bar z| \lVert u \rVert` by Cauchy and
   Schwarz and 2.

5. **Between the grid's lags.** For :math:`l = kD + \tau`,
   :math:`c_L(l) = \int G^2 U \bar S e^{2 \pi i f l} df`, so interpolation with any weights errs by
   at most :math:`\eta \sqrt{E}`, :math:`\eta = \max_{f,\tau} G(f)^2 |1 - \sum_j w_j(\tau)
   e^{2 \pi i f (jD - \tau)}|`, j = 1 - T to T. Weights here are least squares for this integrand.
   With :math:`\Lambda = \max_\tau \sum_j |w_j(\tau)|`, errors on the grid grow at most so much.

6. **Rounding.** Samples, taps, coarse samples and correlations in single precision err by at most
   :math:`\epsilon \sqrt{E_0}`, :math:`E_0` the energy before c is taken away; see `rounding`.

Together, for every lag of the cell,

.. math:: |N(l)| \le \Bigl| \sum_j w_j \hat c(k+j) \Bigr| + \underbrace{h_u h_s + \Lambda\,
   [\text{alias}(u, s) + 1.01 \sqrt{DK}\,
   |\bar z| \sqrt{E}] + \eta \sqrt{E} + \Lambda \epsilon
   \sqrt{E_0}}_{\text{slack}}

and :math:`M_2(l)` is at least the energy about their mean of the samples common to all windows of
the cell. A first look replaces the interpolated value by :math:`\Lambda \max_j |\hat c(k+j)|`.

`score_bound` is this in numpy, for every lag. :mod:`tsconv.search.pruning` applies it to streams.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from tsconv._checks import FloatArray
from tsconv.search.profile import Template, power

STEPS = (32, 16, 8, 4)  # lower rates that are tried: one in so many samples is kept
HALF_TAPS = 8  # q / D: longer filters are sharper, but cost time and need longer snippets
REACH = 6  # T: interpolation from 2 T lags of the grid
_CUT, _BETA = 0.3, 6.0  # of the Kaiser window design; cut in units of the lower rate
_RIDGE = 1e-9
_GRID = 1 << 12  # points of the frequency grid, times D
_EPS32 = float(np.finfo(np.float32).eps) / 2
_EPS64 = float(np.finfo(np.float64).eps) / 2


@dataclass(frozen=True)
class LowPass:
    """A low-pass filter for one step D, with what the bound must know of it.

    Attributes
    ----------
    step : int
        D.
    taps : ndarray, shape (2 q + 1,)
    weights : ndarray, shape (D, 2 T)
        Interpolation of lag kD + row from those of the grid, k + 1 - T to k + T.
    gain : float
        Response at frequency 0.
    kappa, eta, growth : float
        Constants of aliases, interpolation, and growth of errors by it.
    rounding : float
        Bound of the error of coarse samples in single precision, relative to the samples' norm.
    """

    step: int
    taps: FloatArray
    weights: FloatArray
    gain: float
    kappa: float
    eta: float
    growth: float
    rounding: float

    @cached_property
    def rows(self) -> NDArray[np.float32]:
        """Return the taps in single precision, after 0, D, 2 D, ... zeros, in rows of 16.

        So many sets that the blocks of a row of 16 samples have one each.
        """
        phases = max(1, 16 // self.step)
        longest = self.taps.size + (phases - 1) * self.step
        out = np.zeros((phases, -(-longest // 16) * 16), np.float32)
        for phase in range(phases):
            out[phase, phase * self.step :][: self.taps.size] = self.taps
        return out

    @property
    def before(self) -> int:
        """Return by how many blocks of D samples a cell's stretch begins before it."""
        return 2 * HALF_TAPS + REACH - 1

    @property
    def behind(self) -> int:
        """Return by how many blocks it ends behind the last block a window of the cell begins."""
        return 2 * HALF_TAPS + REACH


@lru_cache(maxsize=8)
def low_pass(step: int) -> LowPass:
    r"""Design the filter: a Kaiser window design, scaled so that its response stays below 1.

    Maxima over all frequencies are those over a grid of N points and a margin: a cosine polynomial
    of degree d bends between points by no more than :math:`(2 \pi d / N)^2 / 8` of its maximum
    (Bernstein's inequality, twice).
    """
    q = HALF_TAPS * step
    lags = np.arange(-q, q + 1)
    taps = np.sinc(2 * _CUT / step * lags) * np.kaiser(2 * q + 1, _BETA)
    n_grid = _GRID * step
    bend = (2 * np.pi * q / n_grid) ** 2 / 8
    largest = float(np.abs(_response(taps, n_grid)).max()) / (1 - bend)
    # The rounded taps are the filter: no error of it. Rounding moves the response by less than
    # the sum of the taps' errors.
    taps = (taps / (largest * (1 + 4 * _EPS32))).astype(np.float32).astype(np.float64)
    response = _response(taps, n_grid)
    delta = float(np.abs(response[n_grid // (2 * step) :]).max()) + bend
    kappa = float(delta * np.sqrt(step - 1) / np.sqrt(1 - delta**2))
    weights, eta = _interpolation(response[: n_grid // step : 2], step)
    sizes = np.append(np.abs(taps), np.zeros(step - 1))
    crowd = step * sizes[: sizes.size // step * step].reshape(-1, step).sum(axis=0).max()
    chain = taps.size / 16 + 8  # additions that one product goes through
    rounding = float(chain * _EPS32 * np.sqrt(np.abs(taps).sum() * crowd))
    growth = float(np.abs(weights).sum(axis=1).max())
    return LowPass(step, taps, weights, float(taps.sum()), kappa, eta, growth, rounding)


def _response(taps: FloatArray, n_grid: int) -> FloatArray:
    """Real frequency response of a symmetric filter at 0, 1/N, ..., 1/2."""
    q = taps.size // 2
    wrapped = np.zeros(n_grid)
    wrapped[: q + 1] = taps[q:]
    wrapped[-q:] = taps[:q]
    return np.asarray(np.fft.rfft(wrapped).real)


def _interpolation(response: FloatArray, step: int) -> tuple[FloatArray, float]:
    """Weights for each lag of a cell, shape (D, 2 T), and the constant eta.

    `response` holds G at frequencies from 0 to 1/D, `_GRID` / 2 to the unit of fD.
    """
    square = response**2
    offsets = np.arange(1 - REACH, REACH + 1)
    # Where the response is in its stop band, the error is bounded without looking at phases.
    rest = float(square[_GRID // 4 :].max())
    square = square[: _GRID // 4]
    angle = 2 * np.pi * 2 / _GRID * np.arange(square.size)
    weight = square**2 / np.sum(square**2)
    waves = np.exp(1j * angle * offsets[:, np.newaxis])
    moved = np.exp(1j * angle * (np.arange(step) / step)[:, np.newaxis])
    moments = np.einsum("jf,f->j", np.cos(angle * np.arange(2 * REACH)[:, np.newaxis]), weight)
    gram = moments[np.abs(offsets[:, np.newaxis] - offsets)] + _RIDGE * np.eye(2 * REACH)
    right = np.einsum("jf,tf,f->jt", waves, moved.conj(), weight).real
    weights = np.linalg.solve(gram, right).T
    error = square * np.abs(moved - np.einsum("tj,jf->tf", weights, waves))
    rest *= 1 + float(np.abs(weights).sum(axis=1).max())
    degree = 2 * HALF_TAPS + REACH + 1
    bend = (2 * np.pi * degree * 2 / _GRID) ** 2 / 8
    return weights, max(float(error.max()), rest) / (1 - bend)


@dataclass(frozen=True)
class LowTemplate:
    """A template at the lower rate, and what the bound must know of it.

    Attributes
    ----------
    taps : ndarray, shape (K,)
        D (g * s) at every D-th sample, from q before the template on, less their mean.
    size : int
        Number of samples m of the template itself.
    high : float
        Bound of h_s, the norm of what the filter takes away from the template.
    mean : float
        Bound of what the mean that was taken away contributes, relative to the norm of u.
    """

    taps: FloatArray
    size: int
    high: float
    mean: float


def low_template(template: Template, low: LowPass) -> LowTemplate:
    """Filter a template and keep every D-th sample, in double precision."""
    return describe_template(decimate(pad_template(template, low), low), template.size, low)


def pad_template(template: Template, low: LowPass) -> FloatArray:
    """Put q zeros before a template, and behind it as many as the filter spreads it, or more."""
    reach = HALF_TAPS * low.step
    n_blocks = (template.size - 1 + 2 * reach) // low.step + 1
    padded = np.zeros(n_blocks * low.step)
    padded[reach : reach + template.size] = template.taps
    return padded


def describe_template(sampled: FloatArray, size: int, low: LowPass) -> LowTemplate:
    """Bound what the filter took away; `sampled` may be rounded as `low.rounding` says."""
    kept = float(np.sqrt(low.step * power(sampled))) - low.rounding
    high = float(high_band(1.0, kept * kept * (1 - 1e-12), low.kappa))
    taps = low.step * sampled
    mean = 1.01 * abs(float(taps.sum())) / np.sqrt(low.step * taps.size)
    return LowTemplate(taps - taps.mean(), size, min(high, 1.0), float(mean))


def decimate(x: FloatArray, low: LowPass) -> FloatArray:
    """Return (g * x)[kD] for every k, samples outside x being 0: shape (x.size // D,)."""
    q = low.taps.size // 2
    n_cells = x.size // low.step
    padded = np.concatenate((np.zeros(q), x, np.zeros(q)))
    out = np.zeros(n_cells)
    for tap, weight in enumerate(low.taps):
        out += weight * padded[tap : tap + n_cells * low.step : low.step]
    return out


def high_band(energy: FloatArray | float, sampled: FloatArray | float, kappa: float) -> FloatArray:
    """Bound of the norm that the filter takes away, from energies of all and of what is sampled.

    The larger root of ``(1 - kappa^2) h^2 - 2 kappa sqrt(E) h - (E - A) = 0``.
    """
    scale = 1 - kappa**2
    half = kappa * np.sqrt(energy)
    rest = np.maximum(energy - sampled, 0.0)
    return np.asarray((half + np.sqrt(half * half + scale * rest)) / scale)


@dataclass(frozen=True)
class Windows:
    """What is known of the windows of groups of cells, whatever the template.

    Attributes
    ----------
    least : ndarray, shape (n_groups,)
        Lower bound of the norm of every window about its mean.
    about, high, norm : ndarray, shape (n_groups,)
        Norm of the stretch u, bound of h_u, and norm before c was taken away.
    rows : ndarray, shape (4 or more, n_groups), optional
        All these as one array, where they are held so.
    """

    least: FloatArray
    about: FloatArray
    high: FloatArray
    norm: FloatArray
    rows: FloatArray | None = None

    def slack(self, template: LowTemplate, low: LowPass, error: float = 0.0) -> FloatArray:
        """Bound what the low band does not see, and errors; `error` is that of coarse ones."""
        base, of_about, of_high, of_norm = slack_weights(template, low, error)
        return np.asarray(base + of_about * self.about + of_high * self.high + of_norm * self.norm)


def slack_weights(template: LowTemplate, low: LowPass, error: float = 0.0) -> FloatArray:
    """Weights of 1, `about`, `high` and `norm` of the windows in the slack, shape (4,)."""
    return np.array(
        [
            low.growth * error,
            low.eta + low.growth * (low.kappa * template.high + template.mean),
            template.high + low.growth * low.kappa * (1 + low.kappa * template.high),
            low.growth * 2.02 * low.rounding + _EPS32,
        ]
    )


@dataclass(frozen=True)
class Spans:
    """How many groups of `width` cells the parts of windows of m samples have.

    Attributes
    ----------
    inner : int
        Common to all windows that begin in one group; the first is the one behind it.
    lead : int
        By how many a stretch begins before that in which its windows begin.
    length : int
        Of a stretch.
    rim : int
        At either end of a stretch where the filter sees what lies outside.
    """

    inner: int
    lead: int
    length: int
    rim: int


def spans(m: int, low: LowPass, width: int) -> Spans:
    """Return the groups that hold all, or lie inside."""
    lead = -(-low.before // width)
    last = width - 1 + low.behind - (-m // low.step)
    return Spans(m // (width * low.step) - 1, lead, lead - (-last // width), -(-HALF_TAPS // width))


def describe_windows(
    groups: FloatArray, m: int, low: LowPass, *, width: int, first: int, n_groups: int
) -> Windows:
    """Describe windows of m samples that begin in groups of `width` cells, from group `first` on.

    Parameters
    ----------
    groups : ndarray, shape (4, any)
        Of each group: sum and sum of squares of its samples, and the same of its low-passed ones.
    """
    step, parts = low.step, spans(m, low, width)
    totals = [_running(row) for row in groups]
    # Rounding of a difference of running sums, relative to the last of them.
    spare = 4 * (groups.shape[1] + width * step) * _EPS64
    starts = first + np.arange(n_groups)

    def sums(start: NDArray[np.int64], length: int) -> list[FloatArray]:
        return [total[start + length] - total[start] for total in totals]

    inner_sum, inner_square, _, _ = sums(starts + 1, max(parts.inner, 0))
    n_inner = max(parts.inner, 1) * width * step
    least = inner_square - inner_sum**2 / n_inner - spare * totals[1][-1]
    begin = starts - parts.lead
    total, energy, _, _ = sums(begin, parts.length)
    _, _, low_sum, low_square = sums(begin + parts.rim, parts.length - 2 * parts.rim)
    whole = energy + spare * totals[1][-1]
    centre = total / (parts.length * width * step)
    about = np.maximum(whole - total * centre, 0.0)
    n_core = (parts.length - 2 * parts.rim) * width
    level = centre * low.gain
    kept = step * (low_square - 2 * level * low_sum + n_core * level**2 - spare * totals[3][-1])
    norm = np.sqrt(whole)
    kept = np.square(np.maximum(np.sqrt(np.maximum(kept, 0.0)) - low.rounding * norm, 0.0))
    high = np.minimum(high_band(about, kept, low.kappa), np.sqrt(about))
    least = np.sqrt(np.maximum(least, 0.0)) - _EPS32 * norm
    return Windows(least, np.sqrt(about), high, norm)


def _running(x: FloatArray) -> FloatArray:
    """Sum the first 0, 1, 2, ... elements."""
    return np.concatenate(([0.0], np.cumsum(x)))


def score_bound(x: FloatArray, template: Template, step: int) -> FloatArray:
    """Bound the absolute score at every lag, shape (n - m + 1,); infinite where nothing is known.

    Parameters
    ----------
    x : ndarray, shape (n,)
        Complete.
    template : Template
    step : int
        D, one of `STEPS`.

    Notes
    -----
    The plain version, for tests and to read: O(n m / D).

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> from tsconv.search.profile import exact_scores, make_template
    >>> x = np.cumsum(rng.standard_normal(4_000))
    >>> template = make_template(x[1_000:2_500])
    >>> bound = score_bound(x, template, 4)
    >>> bool(np.all(np.abs(exact_scores(x, template)) <= bound)), bool(np.median(bound) < 1)
    (True, True)
    """
    low = low_pass(step)
    short = low_template(template, low)
    n_lags = x.size - template.size + 1
    n_cells = -(-n_lags // step)
    n_blocks = n_cells + low.before + low.behind - (-template.size // step)
    padded = np.zeros((n_blocks + 2 * HALF_TAPS) * step)
    origin = low.before * step
    padded[origin : origin + x.size] = x - x.mean()
    sampled = decimate(padded, low)[:n_blocks]
    blocks = padded[: n_blocks * step].reshape(n_blocks, step)
    groups = np.stack(
        (blocks.sum(axis=1), np.square(blocks).sum(axis=1), sampled, np.square(sampled))
    )
    windows = describe_windows(
        groups, template.size, low, width=1, first=low.before, n_groups=n_cells
    )
    start = low.before - HALF_TAPS + 1 - REACH
    coarse = np.correlate(
        sampled[start : start + n_cells + 2 * REACH - 1 + short.taps.size - 1], short.taps, "valid"
    )
    near = np.lib.stride_tricks.sliding_window_view(coarse, 2 * REACH)
    between = np.abs(near @ low.weights.T)
    with np.errstate(divide="ignore"):
        bound = between + windows.slack(short, low)[:, np.newaxis]
        bound /= np.maximum(windows.least, 0.0)[:, np.newaxis]
    return np.asarray(bound.ravel()[:n_lags])
